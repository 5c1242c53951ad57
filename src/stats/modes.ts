// Two modes in one sample: boots that take one of two roads. Found by the best split in two, told apart by Ashman's D (1994).
import { ascending, median } from './quantiles.ts';

export interface TwoModes {
  /** Medians of the two groups. */
  readonly low: number;
  readonly high: number;
  /** Share of the values in the slow group. */
  readonly highShare: number;
}

/** null unless both groups have at least three values and a tenth of all, and lie clearly apart. */
export function twoModes(values: readonly number[]): TwoModes | null {
  const sorted = ascending(values.filter(Number.isFinite));
  const n = sorted.length;
  const smallest = Math.max(3, Math.ceil(n / 10));
  let best = -1;
  let bestBetween = 0;
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let sum = 0;
  for (let split = 1; split < n; split += 1) {
    sum += sorted[split - 1] as number;
    if (split < smallest || n - split < smallest) continue;
    const between = split * (n - split) * (sum / split - (total - sum) / (n - split)) ** 2;
    if (between > bestBetween) [best, bestBetween] = [split, between];
  }
  if (best < 0) return null;
  const [low, high] = [sorted.slice(0, best), sorted.slice(best)];
  const gap = (high[0] as number) - (low[best - 1] as number);
  const spread = Math.sqrt((variance(low) + variance(high)) / 2);
  const distance = mean(high) - mean(low);
  if (distance < apart * spread || gap < distance / 3) return null;
  return { low: median(low), high: median(high), highShare: high.length / n };
}

/** A normal sample cut in half has a distance of 2.6 spreads; clear modes have far more. */
const apart = 5;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, values.length - 1);
}
