// The hard ceiling of a metric: head's median against a number, whatever there is to compare with.
import type { Unit } from '../model/metric.ts';
import type { MetricRule } from '../model/scenario.ts';
import { medianLowerBound } from '../stats/median-interval.ts';
import { studentUpperQuantile } from '../stats/normal.ts';
import { ceilingError } from './error-rates.ts';
import { amount } from './phrases.ts';
import { logarithm } from './summarize.ts';

/** Why the median surely lies above the ceiling; empty when it may not, or when there is none. */
export function aboveCeiling(values: readonly (number | null)[], { max, min }: MetricRule, unit: Unit): string {
  if (min !== undefined) return belowFloor(values, min, unit);
  const least = max === null ? null : lowerBoundOfMedian(values);
  if (max === null || least === null || least <= max) return '';
  const bound = least === Number.POSITIVE_INFINITY ? 'no end' : `at least ${amount(least, unit)}`;
  return `the median is ${bound}, above the ceiling of ${amount(max, unit)}`;
}

/** The same of a number of which more is better. */
function belowFloor(values: readonly (number | null)[], min: number, unit: Unit): string {
  const least = lowerBoundOfMedian(values.map((value) => (value === null ? null : 1 / Math.max(value, 1e-6))));
  if (least === null || 1 / least >= min) return '';
  const bound = least === Number.POSITIVE_INFINITY ? 'nothing' : `at most ${amount(1 / least, unit)}`;
  return `the median is ${bound}, below the floor of ${amount(min, unit)}`;
}

/** By signs from ten boots on; before, by Student's t of the logarithms, which a slow outlier only lowers. */
function lowerBoundOfMedian(values: readonly (number | null)[]): number | null {
  const ranked = values.map((value) => value ?? Number.POSITIVE_INFINITY);
  const bound = medianLowerBound(ranked, ceilingError);
  if (bound !== null) return bound;
  const logs = ranked.filter(Number.isFinite).map(logarithm);
  if (logs.length < 3 || logs.length < ranked.length) return null;
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logs.length - 1);
  return Math.exp(mean - studentUpperQuantile(ceilingError, logs.length - 1) * Math.sqrt(variance / logs.length));
}
