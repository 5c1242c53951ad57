// Does a study: arms in blocks of random order, each boot on disk as it ends, so that an interrupted study can be taken up again.
import { homedir } from 'node:os';
import { conditionsOf } from '../build/conditions.ts';
import { holdPorts } from '../guest/hold-ports.ts';
import { assetDigests, changedAssets, launcherWarnings } from '../guest/launcher.ts';
import type { PrepareOptions } from '../guest/prepare.ts';
import { type PreparedArm, prepareArms } from '../guest/prepare-arms.ts';
import { hostState, hostWarnings } from '../host/conditions.ts';
import { hostFacts } from '../host/facts.ts';
import { watchPower } from '../host/power-watch.ts';
import { temporaryFolder } from '../host/processes.ts';
import { stayAwake } from '../host/stay-awake.ts';
import type { Warning } from '../model/comparison.ts';
import type { Conditions, HostFacts, HostState } from '../model/conditions.ts';
import { type BootgaugeError, measurementError } from '../model/errors.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { RecordedRun, RecordedScenario } from '../model/run.ts';
import type { Scenario } from '../model/scenario.ts';
import type { EndedArm, StudyPlan } from '../model/study.ts';
import { publishable } from '../store/publishable.ts';
import { createRunFolder, newRunId, writeBoot, writeRun } from '../store/run-folder.ts';
import { writeStudy } from '../store/study-folder.ts';
import { holdStudy, type UnfinishedStudy, unfinishedStudy } from '../store/unfinished-study.ts';
import { mainTable } from '../study/analyze-study.ts';
import { blocksOf, type StudyBlocks, withoutTorn } from '../study/blocks.ts';
import { endings } from '../study/decide.ts';
import { blockOrder } from '../study/order.ts';
import { markerProfileOf } from '../timeline/custom-markers.ts';
import { bannerNs } from '../timeline/read-timeline.ts';
import { bootOnce } from './boot-once.ts';

export interface StudyRequest {
  readonly root: string;
  readonly plan: StudyPlan;
  /** What the arms are variants of. */
  readonly scenario: Scenario;
  readonly prepare: PrepareOptions;
  readonly commit: string;
  readonly tool: string;
  /** The words of the command line that asks for it, to be told in the report. */
  readonly command?: readonly string[] | undefined;
  /** early: hopeless and settled arms end; never: every arm is booted to the end. What has ended before an interruption stays so. */
  readonly endings: 'early' | 'never';
  /** Goes on with the newest unfinished study of the same digest. */
  readonly resume: 'if-there-is-one' | 'no';
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

export interface RecordedStudy {
  readonly folder: string;
  readonly run: RecordedRun;
  readonly ended: readonly EndedArm[];
}

export async function recordStudy(request: StudyRequest): Promise<RecordedStudy> {
  const { now, progress } = request;
  const plan = publishable(request.plan, homedir());
  // Before anything is found out: it would be out of date when a session that is waited for has ended.
  await using _held = await holdStudy(request.root, plan.digest, request);
  await using _awake = await stayAwake();
  await using files = await temporaryFolder('bootgauge-study-');
  const begun = now();
  const host = await hostFacts();
  const arms = await prepareArms(request, files);
  const prepared = await withConditions(arms.prepared, host, request.signal);
  const plans = arms.prepared.map((arm) => arm.plan);
  await using _ports = await holdPorts(plans, request);
  const earlier = await earlierSession(request, (id) => prepared.get(id)?.conditions);
  const earlierOf = (id: string) => earlier?.run.scenarios.find((entry) => entry.scenario.id === id);
  const { whole, torn } = earlier?.blocks ?? { whole: [], torn: [] };
  let lastWhole = whole.at(-1) ?? 0;
  const ended: EndedArm[] = [...(earlier?.ended ?? [])];
  for (const entry of publishable(arms.ended, homedir())) {
    if (ended.some(({ arm }) => arm === entry.arm)) continue;
    ended.push(earlierOf(entry.arm) === undefined ? entry : { ...entry, block: whole.length });
  }
  const id = earlier?.run.id ?? newRunId(begun);
  const folder = earlier?.folder ?? (await createRunFolder(request.root, id));
  const { quietWaitMs } = request.scenario.sampling;
  const power = watchPower({ quietWaitMs, progress, signal: request.signal });
  await power.settle();
  const before = await hostState(folder);
  const assets = plans.flatMap((launch) => (launch.kind === 'launcher' ? launch.assets : []));
  const originals = await assetDigests(assets);
  const scenarios = plan.arms.flatMap(({ id: arm }): RecordedScenario[] => {
    const there = earlierOf(arm);
    const own = prepared.get(arm);
    if (own === undefined) return there === undefined ? [] : [there];
    const recorded = {
      scenario: own.scenario,
      conditions: { head: own.conditions, base: null },
      hostState: { before: there?.hostState.before ?? before, after: null },
      baseline: [],
      baselinePath: '',
      warnings: there?.warnings ?? [],
    };
    return [{ ...publishable(recorded, homedir()), boots: there?.boots ?? [] }];
  });
  const runOf = (finished: boolean, after: HostState | null, changed: readonly Warning[]): RecordedRun => ({
    schema: 1,
    id,
    startedAt: earlier?.run.startedAt ?? begun.toISOString(),
    tool: request.tool,
    finished,
    onUndecided: 'pass',
    commit: request.commit,
    ...(request.command === undefined ? {} : { command: publishable(request.command, homedir()) }),
    scenarios: scenarios.map((entry) => {
      const own = prepared.get(entry.scenario.id);
      if (own === undefined) return entry;
      const noticed = [...hostWarnings(host, before, after), ...power.warnings(), ...changed];
      const warnings = unique([...entry.warnings, ...noticed, ...launcherWarnings(own.plan, entry.boots)]);
      return { ...entry, hostState: { ...entry.hostState, after }, warnings };
    }),
  });
  /** The run first: a study without one could not be gone on with. */
  const keep = async (run: RecordedRun = runOf(false, null, [])): Promise<RecordedRun> => {
    await writeRun(folder, run);
    await writeStudy(folder, { plan, ended, torn, lastWhole });
    return run;
  };
  // A binary that was linked a moment ago is read from the disk for the first time.
  const fresh = arms.prepared.some((arm) => arm.plan.emulator.fresh);
  const warmups = Math.max(plan.sampling.warmup, fresh ? 1 : 0);
  // A kill between the last boot of a block and its endings has lost these. The default has another chance.
  if (whole.length > 0) endSome(whole.length);
  await keep();
  const startedMs = now().getTime();
  let timeIsOver = false;
  // What a torn block lacks is not booted now: its boots would be compared across the interruption.
  const next = 1 + Math.max(0, ...whole, ...torn);
  if (warmups > 0 && living().length > 1) await bootBlock(0, whole.length);
  for (let more = 0; whole.length + more < plan.sampling.maxBlocks && living().length > 1; more += 1) {
    // Never within a block, nor before the first: sessions that boot none whole could follow one another for ever.
    timeIsOver = more > 0 && now().getTime() - startedMs > plan.sampling.timeBudgetMs;
    if (timeIsOver) break;
    await bootBlock(next + more, whole.length + more + 1);
  }
  // Whatever a session has booted: without the default there is nothing that was compared.
  const usual = scenarios.find(({ scenario }) => scenario.id === plan.arms[0]?.id)?.boots ?? [];
  if (!timeIsOver && usual.length > 0 && !usual.some(({ outcome }) => outcome.kind === 'ready'))
    throw defaultIsDead(`none of its ${usual.length} boots came up`);
  const after = await hostState(folder);
  if (timeIsOver) progress({ kind: 'note', text: 'the time is over; the same command goes on from here' });
  const run = await keep(runOf(!timeIsOver, after, await changedAssets(assets, originals)));
  return { folder, run, ended };

  function living(): string[] {
    return plan.arms.map(({ id: arm }) => arm).filter((arm) => !ended.some((entry) => entry.arm === arm));
  }

  /** `count`: how many whole blocks there are with this one. */
  async function bootBlock(block: number, count: number): Promise<void> {
    const order = blockOrder(living(), plan.digest, block);
    let boots = 0;
    for (const arm of block === 0 ? order.flatMap((one) => Array<string>(warmups).fill(one)) : order) {
      boots += await bootArm(arm, block);
    }
    lastWhole = Math.max(lastWhole, block);
    // After warm-ups of an earlier session there is nothing new to judge.
    const dead = boots > 0 ? endSome(count) : undefined;
    await keep();
    if (dead !== undefined) throw defaultIsDead(dead.because);
  }

  function defaultIsDead(because: string): BootgaugeError {
    const hint = `Its boots are in ${folder}; --restart begins anew.`;
    return measurementError(`the default arm does not come up: ${because}`, hint);
  }

  /** Resolves to how many boots that were. */
  async function bootArm(arm: string, block: number): Promise<0 | 1> {
    const index = scenarios.findIndex(({ scenario }) => scenario.id === arm);
    const entry = scenarios[index];
    const own = prepared.get(arm);
    if (entry === undefined || own === undefined) return 0;
    const warmup = block === 0;
    if (warmup && entry.boots.filter((boot) => boot.warmup).length >= warmups) return 0;
    const number = 1 + Math.max(0, ...scenarios.flatMap(({ boots }) => boots.map((boot) => boot.number)));
    const apart = bootCount(scenarios) - bootCount(withoutTorn(scenarios, torn));
    const of = apart + prepared.size * (warmups + plan.sampling.maxBlocks);
    progress({ kind: 'boot-started', number, of, scenario: arm, side: 'head', warmup });
    const booted = await bootOnce({
      plan: own.plan,
      scenario: own.scenario,
      markers: markerProfileOf(own.scenario),
      slot: { side: 'head', round: block, warmup },
      number,
      onPhase: (phase, atNs) => progress({ kind: 'phase-entered', number, phase, atNs }),
      signal: request.signal,
    });
    const boot = publishable(booted, homedir());
    await writeBoot(folder, boot);
    await power.look(number);
    const ns = bannerNs(boot);
    progress({ kind: 'boot-ended', number, outcome: boot.outcome, timeToSshMs: ns === null ? null : ns / 1e6 });
    scenarios[index] = { ...entry, boots: [...entry.boots, boot] };
    // What was noticed during this boot must not wait for the end of a block that may never come.
    await writeRun(folder, runOf(false, null, []));
    return 1;
  }

  /** Returns the ending of the default arm, with which the study would end, and which is none yet. */
  function endSome(block: number): EndedArm | undefined {
    const outcomes = new Map(
      scenarios.map(({ scenario, boots }) => [
        scenario.id,
        boots.map(({ round, outcome }) => ({ block: round, came: outcome.kind === 'ready' })),
      ]),
    );
    const found = endings({ plan, table: mainTable(withoutTorn(scenarios, torn)), outcomes, ended, block });
    const chosen = found.filter(({ arm, why }) => {
      const isHopeless = why !== 'settled' && why !== 'slower';
      return arm !== plan.arms[0]?.id && (request.endings === 'early' || isHopeless);
    });
    for (const entry of chosen)
      progress({ kind: 'note', text: `${entry.arm} ends after block ${block}: ${entry.because}` });
    ended.push(...chosen);
    return found.find(({ arm }) => arm === plan.arms[0]?.id);
  }
}

interface Arm extends PreparedArm {
  readonly conditions: Conditions;
}

/** By their ids. */
async function withConditions(
  arms: readonly PreparedArm[],
  host: HostFacts,
  signal: AbortSignal,
): Promise<Map<string, Arm>> {
  const found = new Map<string, Arm>();
  for (const arm of arms) {
    const { id, head } = arm.scenario;
    const options = { gpu: head.machine.gpu, environment: process.env, signal };
    const conditions = await conditionsOf(arm.plan, host, options);
    // As they are kept: those of an earlier session are held against them.
    found.set(id, { ...arm, conditions: publishable(conditions, homedir()) });
  }
  return found;
}

interface EarlierSession extends UnfinishedStudy {
  readonly blocks: StudyBlocks;
  /** Arms that are not taken up again, whatever is asked for now: the blocks that they missed were booted at another time. */
  readonly ended: readonly EndedArm[];
}

/** An unfinished study to go on with, if this machine still boots the same with the same. Says what is made of it. */
async function earlierSession(
  { root, plan, resume, endings: wanted, progress }: StudyRequest,
  conditions: (arm: string) => Conditions | undefined,
): Promise<EarlierSession | null> {
  const found = resume === 'no' ? null : await unfinishedStudy(root, plan.digest, progress);
  if (found === null) return null;
  const { run, stored } = found;
  const note = (text: string): void => progress({ kind: 'note', text });
  const hasChanged = run.scenarios.some((entry) => {
    const now = conditions(entry.scenario.id);
    return now !== undefined && identityOf(entry.conditions.head) !== identityOf(now);
  });
  if (hasChanged) {
    note(`${run.id} is left as it is: machine, emulator or guest have changed since`);
    return null;
  }
  const { ended: endedBefore, torn: known = [], lastWhole = 0 } = stored;
  const blocks = blocksOf({ arms: plan.arms, scenarios: run.scenarios, ended: endedBefore, torn: known, lastWhole });
  // What a machine cannot boot, or boots twice, is found out anew.
  const ended = endedBefore.filter(({ why }) => why !== 'unreachable' && why !== 'same plan');
  note(`going on with ${run.id}: ${bootCount(run.scenarios)} boots are there`);
  const cut = blocks.torn.filter((block) => !known.includes(block));
  if (cut.length > 0)
    note(`block ${cut.join()} was cut short: its boots are kept but not compared, and a whole one is booted instead`);
  if (ended.length > 0) {
    const hint = wanted === 'never' ? '; --restart begins anew and boots all arms to the end' : '';
    note(`ended before and not booted again: ${ended.map(({ arm, why }) => `${arm} (${why})`).join(', ')}${hint}`);
  }
  return { ...found, blocks, ended };
}

/** Of a build its binary counts: the same one can come from another commit. */
const identityOf = ({ host, accelerator, emulator, guest }: Conditions): string => {
  const runtime = Object.entries(emulator.runtime ?? {}).toSorted();
  return JSON.stringify([host.chip, host.osMajor, accelerator, emulator.digest, runtime, guest.digest]);
};

const unique = (warnings: readonly Warning[]): Warning[] => [
  ...new Map(warnings.map((warning) => [warning.text, warning])).values(),
];

const bootCount = (scenarios: readonly RecordedScenario[]): number =>
  scenarios.reduce((sum, { boots }) => sum + boots.length, 0);
