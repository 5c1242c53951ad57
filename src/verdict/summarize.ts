// Samples of one metric and side -> Summary. Failed boots count as slower than all others.
import type { Summary } from '../model/comparison.ts';
import type { Unit } from '../model/metric.ts';
import type { Better } from '../model/scenario.ts';
import type { Series } from '../model/series.ts';
import { medianInterval } from '../stats/median-interval.ts';
import { studentUpperQuantile } from '../stats/normal.ts';
import { median, scaledMad } from '../stats/quantiles.ts';

export const summarizeSeries = (series: Series): Summary =>
  summarize({ ...series, values: series.samples.map((sample) => sample.value) });

export function summarize(input: {
  readonly metric: string;
  readonly unit: Unit;
  readonly better?: Better;
  readonly resolution: number;
  readonly values: readonly (number | null)[];
}): Summary {
  const worst = input.better === 'higher' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const ranked = input.values.map((value) => value ?? worst);
  const valid = ranked.filter(Number.isFinite);
  const middle = median(ranked);
  return {
    metric: input.metric,
    unit: input.unit,
    ...(input.better === undefined ? {} : { better: input.better }),
    count: ranked.length,
    failures: ranked.length - valid.length,
    median: Number.isFinite(middle) ? middle : null,
    interval: finite(ranked.length < 6 ? smallSampleInterval(valid, ranked.length) : medianInterval(ranked, 0.95)),
    noise: valid.length < 3 || !(middle > 0) ? null : scaledMad(valid.map(logarithm)),
    resolution: input.resolution,
  };
}

/** Values below it count as that, so that a phase of no length, and a rate of nothing, can be compared. */
export const leastValue = 1e-6;

export const logarithm = (value: number): number => Math.log(Math.max(value, leastValue));

/** How bad a value is, as a logarithm: the worse, the higher; a failed boot is Infinity. What is compared is this, whatever is better. */
export function badness(value: number | null, better: Better | undefined): number {
  if (value === null) return Number.POSITIVE_INFINITY;
  return better === 'higher' ? -logarithm(value) : logarithm(value);
}

/** A change for the worse by a share, on that scale. */
export const worseBy = (share: number, better: Better | undefined): number =>
  better === 'higher' ? -Math.log1p(-Math.min(share, 0.999)) : Math.log1p(share);

/** Three to five boots are too few for order statistics: Student's interval of the logarithms, and only without failures. */
function smallSampleInterval(valid: readonly number[], count: number) {
  if (valid.length < 3 || valid.length < count) return null;
  const logs = valid.map(logarithm);
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logs.length - 1);
  const reach = studentUpperQuantile(0.025, logs.length - 1) * Math.sqrt(variance / logs.length);
  return { low: Math.exp(mean - reach), high: Math.exp(mean + reach) };
}

function finite(interval: { readonly low: number; readonly high: number } | null) {
  return interval !== null && Number.isFinite(interval.low) && Number.isFinite(interval.high) ? interval : null;
}
