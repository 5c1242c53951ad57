// Confidence bounds of a shift, read from the sorted contrasts by inverting the rank test that belongs to them.
// Bounds hold for any distribution; they need no variance and do not move when the slowest boots get slower.
import { sortedDifferences, walshAverages } from './hodges-lehmann.ts';
import { mannWhitneyTail } from './mann-whitney.ts';
import { normalUpperQuantile } from './normal.ts';
import { quantileOfSorted } from './quantiles.ts';
import { signedRankTail } from './signed-rank.ts';

/** pooled: all boots of one side against all of the other. rounds: each boot against its partner in the round. */
export type Pairing = 'pooled' | 'rounds';

export interface Contrasts {
  readonly pairing: Pairing;
  /** Sizes of x and y; equal when paired by rounds. */
  readonly sizes: readonly [number, number];
  readonly sorted: Float64Array;
  readonly estimate: number;
}

/** When paired by rounds, x[i] and y[i] were taken in the same round. */
export function contrastsOf(x: readonly number[], y: readonly number[], pairing: Pairing): Contrasts {
  const sorted = pairing === 'pooled' ? sortedDifferences(x, y) : walshAverages(differences(x, y));
  return { pairing, sizes: [x.length, y.length], sorted, estimate: quantileOfSorted(sorted, 0.5) };
}

/**
 * Each x less its partner, to twelve digits: equal ones must tie whatever the unit of the times behind the logarithms, which rounds
 * them elsewhere.
 */
export const differences = (x: readonly number[], y: readonly number[]): number[] =>
  x.map((value, index) => (value === y[index] ? 0 : Math.round((value - (y[index] as number)) * 1e12) / 1e12));

/** Below the true shift with probability at least 1 - level; -Infinity when there are too few rounds for that level. */
export function lowerBound(contrasts: Contrasts, level: number): number {
  const critical = criticalValue(contrasts.pairing, contrasts.sizes, level);
  const { sorted } = contrasts;
  return critical > sorted.length ? Number.NEGATIVE_INFINITY : (sorted[sorted.length - critical] as number);
}

/** The mirror of `lowerBound`. */
export function upperBound(contrasts: Contrasts, level: number): number {
  const critical = criticalValue(contrasts.pairing, contrasts.sizes, level);
  const { sorted } = contrasts;
  return critical > sorted.length ? Number.POSITIVE_INFINITY : (sorted[critical - 1] as number);
}

/** The level that a test at `level` really has; rank tests have steps, and none below one in the number of arrangements. */
export function attainedLevel(pairing: Pairing, rounds: number, level: number): number {
  if (rounds > largestTable) return level;
  return tailOf(pairing, [rounds, rounds])[criticalValue(pairing, [rounds, rounds], level)] ?? 0;
}

/** Smallest value of the rank statistic whose upper tail is at most `level`; beyond the largest value when there is none. */
function criticalValue(pairing: Pairing, sizes: readonly [number, number], level: number): number {
  const [m, n] = sizes;
  const most = pairing === 'pooled' ? m * n : (m * (m + 1)) / 2;
  if (level <= 0) return most + 1;
  const variance = pairing === 'pooled' ? (m * n * (m + n + 1)) / 12 : (m * (m + 1) * (2 * m + 1)) / 24;
  const near = Math.ceil(most / 2 + 0.5 + normalUpperQuantile(level) * Math.sqrt(variance));
  if (Math.max(m, n) > largestTable) return Math.min(near, most + 1);
  const tail = tailOf(pairing, sizes);
  // A level that came out of the same table must find its own step again, whatever its last digit.
  const enough = level * (1 + 1e-9);
  let critical = Math.max(0, Math.min(near, most + 1));
  while (critical > 0 && (tail[critical - 1] as number) <= enough) critical -= 1;
  while (critical <= most && (tail[critical] as number) > enough) critical += 1;
  return critical;
}

/** Larger samples are judged by the normal limit. */
const largestTable = 50;

const tailOf = (pairing: Pairing, [m, n]: readonly [number, number]): Float64Array =>
  pairing === 'pooled' ? mannWhitneyTail(m, n) : signedRankTail(m);
