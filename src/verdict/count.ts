// How much work the guest does: what counted boots say. It explains a change of time and decides nothing.
import type { Verdict, Warning } from '../model/comparison.ts';
import { phaseOfWork, workMetric } from '../model/metric.ts';
import type { ScenarioReport } from '../model/report.ts';
import { countId } from '../model/scenario.ts';
import type { Series } from '../model/series.ts';
import { studentUpperQuantile } from '../stats/normal.ts';
import type { JudgeInput, Judgement } from './judge-input.ts';
import { summarizeSeries } from './summarize.ts';

/** Shares of a whole boot. A smaller change is none. Chosen, above what four equal boots differed by (CV 0.05 %), and not measured on pairs. */
const smallestChange = 0.002;
const smallestOfPhase = 0.001;
/** Within it a change that is not sure is called none, too. */
const unchangedWithin = 0.005;
/** A phase that spreads more from boot to boot is told. */
const unsteadyFrom = 0.002;
const error = 0.05;

/** Of the mean of one metric, in millions of instructions; `reach` is that of its interval to either side. */
interface Change {
  readonly metric: string;
  readonly before: number;
  readonly difference: number;
  readonly reach: number;
}

export function judgeCount({ head, base }: JudgeInput): Judgement {
  const summaries = { head: head.map(summarizeSeries), base: (base ?? []).map(summarizeSeries) };
  return { verdict: countVerdict(head, base), comparisons: [], summaries, warnings: unsteady(head, base ?? []) };
}

function countVerdict(head: readonly Series[], base: readonly Series[] | null): Verdict {
  const say = (because: string, rule = 'counts-only'): Verdict => ({
    word: 'recorded',
    rule,
    because,
    wouldDecide: '',
  });
  const own = valuesOf(head, workMetric());
  if (own.length === 0) return say('no boot of head was counted to its end');
  if (base === null) return say(`the guest runs ${Math.round(meanOf(own))} million instructions until it is ready`);
  if (valuesOf(base, workMetric()).length === 0) return say('no boot of base was counted to its end');
  const total = changeOf(workMetric(), head, base, error);
  if (total === null) return say('one boot a side tells no change from noise: count two or more');
  const phases = movedPhases(head, base, total.before);
  const where = phases.length === 0 ? '' : `: ${phases.map(phaseText).join(', ')}`;
  const share = total.difference / total.before;
  const reach = total.reach / total.before;
  if (Math.abs(share) >= smallestChange && Math.abs(share) > reach)
    return say(`the guest does ${percent(Math.abs(share))} ${share > 0 ? 'more' : 'less'}${where}`);
  const interval = `${signed(share)}, ± ${percent(reach)}`;
  if (Math.abs(share) + reach > unchangedWithin)
    return say(`whether the guest's work changed is not known (${interval})${where}`);
  return say(`guest work unchanged (${interval})${where}`, where === '' ? unchangedRule : 'counts-only');
}

const unchangedRule = 'work-unchanged';

/** The largest first. All phases together are wrong no more often than the whole is. */
function movedPhases(head: readonly Series[], base: readonly Series[], whole: number): Change[] {
  const names = new Set([...head, ...base].map(({ metric }) => metric).filter((metric) => metric !== workMetric()));
  return [...names]
    .flatMap((metric) => changeOf(metric, head, base, error / names.size) ?? [])
    .filter(({ difference, reach }) => Math.abs(difference) > Math.max(reach, smallestOfPhase * whole))
    .toSorted((one, other) => Math.abs(other.difference) - Math.abs(one.difference));
}

/** null: too few boots to know their spread. */
function changeOf(metric: string, head: readonly Series[], base: readonly Series[], chance: number): Change | null {
  const [own, other] = [valuesOf(head, metric), valuesOf(base, metric)];
  const degrees = own.length + other.length - 2;
  if (own.length === 0 || other.length === 0 || degrees < 1) return null;
  const spread = Math.sqrt((squaresOf(own) + squaresOf(other)) / degrees);
  const reach = studentUpperQuantile(chance / 2, degrees) * spread * Math.sqrt(1 / own.length + 1 / other.length);
  return { metric, before: meanOf(other), difference: meanOf(own) - meanOf(other), reach };
}

/** A guest whose work differs from boot to boot, by the phase in which it does so most. */
function unsteady(...sides: readonly (readonly Series[])[]): Warning[] {
  return sides.flatMap((series) => {
    const whole = meanOf(valuesOf(series, workMetric()));
    const spreads = series.map(({ metric, side }) => {
      const values = valuesOf(series, metric);
      return { metric, side, share: Math.sqrt(squaresOf(values) / Math.max(1, values.length - 1)) / whole };
    });
    const [widest] = spreads
      .filter(({ metric, share }) => metric !== workMetric() && share >= unsteadyFrom)
      .toSorted((one, other) => other.share - one.share);
    if (widest === undefined) return [];
    const { metric, side, share } = widest;
    const text = `the work of ${side}'s guest is not steady: that of ${phaseOfWork(metric)} differs by ${percent(share)} of a boot (standard deviation)`;
    return [{ code: 'work-unsteady', text }];
  });
}

/** Of a counted scenario and the timed one that it stands beside: whose fault a slowdown is. A guest that sleeps runs no instructions. */
export function withWork(scenarios: readonly ScenarioReport[]): ScenarioReport[] {
  const slower = new Set(
    scenarios.filter(({ verdict }) => verdict.word === 'slower').map(({ scenario }) => countId(scenario.id)),
  );
  return scenarios.map((one) => {
    if (one.scenario.count !== true) return one;
    const { verdict } = one;
    const blamed = verdict.rule === unchangedRule && slower.has(one.scenario.id);
    const because = blamed
      ? `${verdict.because}, so the slowdown is the emulator's, or the guest waits longer`
      : verdict.because;
    // Its times are those of a clock that counts, and say nothing.
    const findings = one.findings.filter(({ severity }) => severity === 'error');
    return { ...one, verdict: { ...verdict, because }, blame: [], typical: [], findings };
  });
}

/** Of the boots that were counted to their end; one without a phase did nothing in it. */
function valuesOf(series: readonly Series[], metric: string): number[] {
  const samplesOf = (name: string) => series.find((one) => one.metric === name)?.samples ?? [];
  const own = new Map(samplesOf(metric).map(({ boot, value }) => [boot, value]));
  return samplesOf(workMetric()).flatMap(({ boot, value }) => (value === null ? [] : (own.get(boot) ?? 0)));
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function squaresOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

/** `+4.12 % in mdev`; of a phase that base does not have, in millions. */
const phaseText = ({ metric, before, difference }: Change): string =>
  before === 0
    ? `${Math.round(difference)} million in ${phaseOfWork(metric)}`
    : `${signed(difference / before)} in ${phaseOfWork(metric)}`;

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
const signed = (share: number): string => `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`;
