// What a run will cost and what it can show, said after its warm-up: boots are dear, and a hopeless run is better known early.
import { comparableKey, comparableWith } from '../model/conditions.ts';
import { mainMetricOf } from '../model/readiness.ts';
import type { RecordedScenario } from '../model/run.ts';
import { earliestLook } from '../model/scenario.ts';
import { slowerError } from '../verdict/error-rates.ts';
import { alikeSessions, type KnownSpread, spreadFor } from '../verdict/known-spread.ts';
import { detectableKnown, detectableSlowdown, fewestForPower } from '../verdict/power.ts';
import { fewestForSame } from '../verdict/shape.ts';
import { summarize } from '../verdict/summarize.ts';

export interface ForecastInput {
  readonly recorded: RecordedScenario;
  /** Since the first warm-up was begun. */
  readonly elapsedMs: number;
  readonly now: Date;
}

/** Noise of one boot where nobody has measured it yet. */
const assumedNoise = 0.03;

/** One sentence. The end is the latest one: the run stops as soon as the verdict is clear. */
export function forecastText({ recorded, elapsedMs, now }: ForecastInput): string {
  const { scenario, conditions, boots } = recorded;
  const { boots: fewest, maxBoots, timeBudgetMs } = scenario.sampling;
  const sides = conditions.base === null ? 1 : 2;
  const atOnce = recorded.parallel?.judged === 'joint' ? 1 : sides;
  const roundMs = (elapsedMs / Math.max(1, boots.length)) * atOnce;
  const fitting = roundMs > 0 ? Math.floor((timeBudgetMs - elapsedMs) / roundMs) : maxBoots;
  // The fewest boots are taken whatever the budget says.
  const rounds = Math.min(maxBoots, Math.max(1, fewest, fitting));
  const end = new Date(now.getTime() + rounds * roundMs).toTimeString().slice(0, 5);
  const what = sides === 2 ? 'pairs' : 'boots';
  const plan = `${scenario.id}: at most ${rounds} ${what} of ${(roundMs / 1000).toFixed(1)} s, until ${end} at the latest`;
  return sides === 2 ? `${plan}; ${powerText(recorded, rounds)}` : plan;
}

function powerText(recorded: RecordedScenario, rounds: number): string {
  const { scenario, baseline } = recorded;
  const gating = Object.values(scenario.metrics).filter(({ gate }) => gate).length;
  // Metrics that move together share about half of their error: between one test and Bonferroni.
  const error = slowerError / Math.sqrt(Math.max(1, gating));
  const known = knownFor(recorded);
  const measured = known?.sd ?? noiseOf(baseline, mainMetricOf(scenario));
  const noise = measured ?? assumedNoise;
  const first = Math.min(rounds, known === null ? scenario.sampling.boots : earliestLook);
  const plan = { first, most: rounds };
  const detectable =
    known === null
      ? detectableSlowdown({ boot: noise, rounds, error, plan })
      : detectableKnown({ known, rounds, error, plan });
  if (detectable === null && known !== null)
    return `fewer than ${earliestLook} pairs cannot show any slowdown: raise time-budget or max-boots`;
  if (detectable === null)
    return 'fewer than 5 pairs cannot show any slowdown, unless a baseline tells the noise of this machine: raise time-budget or max-boots';
  const of = `${(noise * 100).toFixed(0)} % noise${measured === null ? ' (assumed)' : ''}`;
  const same = fewestForSame(plan) > rounds ? '; fewer than nine never show that nothing changed' : '';
  const often = known === null || rounds >= fewestForPower ? '' : ` in ${rounds > 3 ? 'four' : 'three'} of five runs`;
  return `with ${of} they can show a slowdown of ${(detectable * 100).toFixed(1)} % or more${often}${same}`;
}

/** The spread that the rule will know, so that the forecast and the rule agree. */
function knownFor({ scenario, conditions, baseline, otherSpreads = [] }: RecordedScenario): KnownSpread | null {
  const { host, emulator } = conditions.head;
  const headFacts = { osVersion: host.osVersion, emulator: emulator.version, runner: host.runner };
  const comparable = comparableWith(baseline, comparableKey(conditions.head, scenario));
  return spreadFor(mainMetricOf(scenario), alikeSessions(comparable, { headFacts }), { scenario, otherSpreads });
}

/** Noise of a metric in the newest session of the baseline; null without one. */
function noiseOf(baseline: RecordedScenario['baseline'], metric: string): number | null {
  const known = baseline.at(-1)?.metrics[metric];
  if (known === undefined) return null;
  const { unit, resolution, samples } = known;
  return summarize({ metric, unit, resolution, values: samples }).noise;
}
