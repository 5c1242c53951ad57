// When a series of boots has enough: the time is over, or the stop rule says so. After the warm-ups the forecast is told.
import type { ProgressSink } from '../model/progress.ts';
import type { RecordedScenario } from '../model/run.ts';
import type { SamplingSpec } from '../model/scenario.ts';
import type { ReadBoot } from '../model/timeline.ts';
import type { JointRounds } from './joint.ts';
import type { SeriesOptions } from './series.ts';

/**
 * Says after each round whether more boots are needed; judges with the same rule as the report. `read` are the boots of `recorded`,
 * in their order.
 */
export type StopRule = (
  recorded: RecordedScenario,
  read: readonly ReadBoot[],
) => {
  readonly decision: 'enough' | 'go-on';
  readonly because: string;
  /** Rounds that do not count: so many may be taken beyond the most. */
  readonly replaced?: number;
};

export interface StopRequest {
  readonly stopRule: StopRule;
  /** What to say after the warm-up of what is to come. */
  readonly forecast?: (input: { recorded: RecordedScenario; elapsedMs: number; now: Date }) => string;
  readonly progress: ProgressSink;
  readonly now: () => Date;
}

interface Series {
  readonly request: StopRequest;
  readonly sampling: SamplingSpec;
  readonly joint: JointRounds;
  readonly read: readonly ReadBoot[];
  /** What boots of an earlier session took of the time. */
  readonly spentMs: number;
  /** With the number of rounds that fit into the time, once it is known. */
  readonly soFar: (planned?: number | null) => RecordedScenario;
}

/** How long these boots took together, by clocks of their own, which may go on in a machine that sleeps: boots of such are left out. */
export const lengthMs = (read: readonly ReadBoot[]): number =>
  read.reduce((sum, { boot: { events, probes, usage, sleptMs } }) => {
    if (sleptMs !== undefined) return sum;
    const last = [events, probes, usage].map((all) => all.at(-1)?.atNs ?? 0);
    return sum + Math.max(...last) / 1e6;
  }, 0);

export function whenToStop(series: Series): Pick<SeriesOptions, 'enough' | 'replaces' | 'givenUp'> {
  const { request, sampling, joint, read, spentMs, soFar } = series;
  const { timeBudgetMs, boots, maxBoots } = sampling;
  const note = (text: string): void => request.progress({ kind: 'note', text });
  const elapsed = (): number => request.now().getTime() - startedMs;
  const startedMs = request.now().getTime() - spentMs;
  /** When each round ended; the first entry is the end of the warm-ups. */
  const endedMs: number[] = [];
  const replaces = (round: number): boolean => {
    if (elapsed() > timeBudgetMs) return false;
    const { replaced = 0 } = request.stopRule(soFar(), read);
    if (round - joint.setAside(read) - maxBoots >= replaced) return false;
    note('the end of a boot was noticed late: its round is taken again');
    return true;
  };
  const decide = (recorded: RecordedScenario, isOver = false): boolean => {
    const { decision, because } = isOver
      ? { decision: 'enough', because: `the time budget of ${Math.round(timeBudgetMs / 1000)} s is used up` }
      : request.stopRule(recorded, read);
    if (decision === 'enough') note(`no more boots of ${recorded.scenario.id}: ${because}`);
    return decision === 'enough';
  };
  const hasHung = (): boolean => read.some(({ boot }) => boot.outcome.kind === 'hung');
  const enough = (round: number): boolean => {
    const elapsedMs = elapsed();
    endedMs.push(elapsedMs);
    if (round === 0) {
      const recorded = soFar();
      const text = read.length > 0 ? request.forecast?.({ recorded, elapsedMs, now: request.now() }) : undefined;
      if (text !== undefined) note(text);
      return hasHung() && decide(recorded);
    }
    // The error is spent by what fits, so it must be known before the first look. A round that was begun in time is ended.
    const ms = meanRoundMs(endedMs, joint, read);
    const fitting = elapsedMs > timeBudgetMs ? 0 : Math.floor((timeBudgetMs - elapsedMs) / ms) + 1;
    const counted = round - joint.setAside(read);
    const recorded = soFar(ms > 0 ? Math.max(boots, counted + fitting) : null);
    return decide(recorded, elapsedMs > timeBudgetMs && counted >= boots);
  };
  const givenUp = (): boolean => {
    endedMs.push(elapsed());
    return hasHung() && decide(soFar());
  };
  return { enough, replaces, givenUp };
}

/** Of the rounds so far that will be judged. */
function meanRoundMs(endedMs: readonly number[], joint: JointRounds, read: readonly ReadBoot[]): number {
  const counting = joint.judged(read)?.judged === 'joint';
  const took = endedMs.slice(1).map((end, index) => ({ ms: end - (endedMs[index] ?? 0), round: index + 1 }));
  const kind = took.filter(({ round }) => joint.isJoint(round, read) === counting);
  return kind.reduce((sum, { ms }) => sum + ms, 0) / kind.length;
}
