// What a run will cost and what it can show, said after its warm-up: boots are dear, and a hopeless run is better known early.
import type { RecordedScenario } from '../model/run.ts';
import { forecastRun } from '../verdict/forecast.ts';
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
  const { maxBoots, boots: fewest, timeBudgetMs } = scenario.sampling;
  const sides = conditions.base === null ? 1 : 2;
  const bootMs = elapsedMs / Math.max(1, boots.length);
  const measured = noiseOf(recorded);
  const { rounds } = forecastRun({
    bootMs,
    sides,
    boots: fewest,
    maxBoots,
    timeBudgetMs: timeBudgetMs - elapsedMs,
    noise: null,
    gatingMetrics: 1,
  });
  // The fewest boots are taken whatever the budget says.
  const planned = Math.min(maxBoots, Math.max(rounds, fewest));
  const gatingMetrics = Object.values(scenario.metrics).filter(({ gate }) => gate).length;
  const { detectable } = forecastRun({
    bootMs: 0,
    sides,
    boots: fewest,
    maxBoots: planned,
    timeBudgetMs,
    noise: measured ?? assumedNoise,
    gatingMetrics,
  });
  const end = new Date(now.getTime() + planned * sides * bootMs).toTimeString().slice(0, 5);
  const what = sides === 2 ? 'pairs' : 'boots';
  const plan = `at most ${planned} ${what} of ${((bootMs * sides) / 1000).toFixed(1)} s, until ${end} at the latest`;
  if (detectable === null) return `${scenario.id}: ${plan}${sides === 2 ? tooFew : ''}`;
  const noise = `${((measured ?? assumedNoise) * 100).toFixed(0)} % noise${measured === null ? ' (assumed)' : ''}`;
  return `${scenario.id}: ${plan}; with ${noise} they can show a slowdown of ${(detectable * 100).toFixed(1)} % or more`;
}

const tooFew = '; fewer than 5 pairs cannot show any slowdown: raise time-budget or max-boots';

/** Noise of time-to-ssh in the newest session of the baseline; null without one. */
function noiseOf({ baseline }: RecordedScenario): number | null {
  const known = baseline.at(-1)?.metrics['time-to-ssh'];
  if (known === undefined) return null;
  const { unit, resolution, samples } = known;
  return summarize({ metric: 'time-to-ssh', unit, resolution, values: samples }).noise;
}
