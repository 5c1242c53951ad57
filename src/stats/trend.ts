// Drift and association by ranks: Kendall's tau (1938) and the Theil-Sen slope (1950, 1968).
import { normalUpper } from './normal.ts';
import { median } from './quantiles.ts';

/** Kendall's tau of two lists in the same order, in [-1, 1]; ties count as neither. 0 for fewer than two values. */
export function kendallTau(x: readonly number[], y: readonly number[]): number {
  let sum = 0;
  for (let i = 1; i < x.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      sum += Math.sign(order(x[i], x[j]) * order(y[i], y[j]));
    }
  }
  const pairs = (x.length * (x.length - 1)) / 2;
  return pairs === 0 ? 0 : sum / pairs;
}

/** Two-sided p-value of the trend test of Mann and Kendall: values against their order. */
export function trendP(values: readonly number[]): number {
  const n = values.length;
  const pairs = (n * (n - 1)) / 2;
  const score = Math.abs(
    Math.round(
      kendallTau(
        values,
        values.map((_value, index) => index),
      ) * pairs,
    ),
  );
  const sd = Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  return sd === 0 ? 1 : Math.min(1, 2 * normalUpper(Math.max(0, score - 1) / sd));
}

/** Median of the slopes of all pairs, per position. */
export function theilSenSlope(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let i = 1; i < values.length; i += 1) {
    for (let j = 0; j < i; j += 1) slopes.push(((values[i] as number) - (values[j] as number)) / (i - j));
  }
  return slopes.length === 0 ? 0 : median(slopes);
}

const order = (a: number | undefined, b: number | undefined): number => (a === b ? 0 : Math.sign((a ?? 0) - (b ?? 0)));
