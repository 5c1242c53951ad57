// Where a history of sessions changes its level: PELT (Killick, Fearnhead and Eckley 2012), an exact search for the best
// division into level stretches, on values whose outliers are clipped to their neighbourhood first.
import { median } from './quantiles.ts';

export interface ChangePoint {
  /** Index of the first value of the new level. */
  readonly index: number;
  /** Medians of the stretches before and after. */
  readonly before: number;
  readonly after: number;
}

/** Change points of finite values in their order; none for fewer than six. Give logarithms to find relative changes. */
export function changePoints(values: readonly number[]): ChangePoint[] {
  const n = values.length;
  if (n < 2 * shortest) return [];
  const sd = stepSpread(values);
  if (sd === 0 && values.every((value) => value === values[0])) return [];
  const unit = sd > 0 ? sd : Math.max(...values.map(Math.abs)) * 1e-12;
  const penalty = (penaltyFactor * Math.log(n) + smallestPenalty) * unit ** 2 * inertia(values, unit);
  const starts = bestStarts(clipped(values, unit), penalty);
  const bounds = [...starts, n];
  return starts.slice(1).map((index, at) => ({
    index,
    before: median(values.slice(bounds[at], index)),
    after: median(values.slice(index, bounds[at + 2])),
  }));
}

const clip = 2;
const mostInertia = 0.8;
/** Sessions whose median is their neighbourhood. */
const widest = 11;
const narrowest = 7;
/** A new level must last this long. */
const shortest = 3;
/** Twice the Bayesian criterion and some more for short histories: a false change in about one of a hundred quiet ones. */
const penaltyFactor = 4;
const smallestPenalty = 4;

/** First index of every stretch, ascending, beginning with 0. */
function bestStarts(values: Float64Array, penalty: number): number[] {
  const n = values.length;
  const sums = new Float64Array(n + 1);
  const squares = new Float64Array(n + 1);
  for (let at = 0; at < n; at += 1) {
    const value = values[at] as number;
    sums[at + 1] = (sums[at] as number) + value;
    squares[at + 1] = (squares[at] as number) + value * value;
  }
  const best = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  best[0] = -penalty;
  const previous = new Int32Array(n + 1);
  const costs = new Float64Array(n + 1);
  // Starts that can still be part of the best division; the first `open` entries count.
  const candidates = new Int32Array(n + 1);
  let open = 1;
  for (let end = shortest; end <= n; end += 1) {
    let reached = Number.POSITIVE_INFINITY;
    let reachedFrom = 0;
    const [sumEnd, squareEnd] = [sums[end] as number, squares[end] as number];
    for (let at = 0; at < open; at += 1) {
      const start = candidates[at] as number;
      const sum = sumEnd - (sums[start] as number);
      const cost = squareEnd - (squares[start] as number) - (sum * sum) / (end - start) + (best[start] as number);
      costs[at] = cost;
      if (cost < reached) [reached, reachedFrom] = [cost, start];
    }
    best[end] = reached + penalty;
    previous[end] = reachedFrom;
    let kept = 0;
    for (let at = 0; at < open; at += 1) {
      if ((costs[at] as number) <= reached + penalty) {
        candidates[kept] = candidates[at] as number;
        kept += 1;
      }
    }
    candidates[kept] = end - shortest + 1;
    open = kept + 1;
  }
  const starts: number[] = [];
  for (let at = n; at > 0; at = previous[at] as number) starts.unshift(previous[at] as number);
  return starts;
}

/**
 * By how much neighbours that resemble each other make the mean of a stretch wander more than independent values would: long-run variance
 * over the variance that steps show, of an autoregression of order one. Steps over one and over two sessions tell its coefficient,
 * and a change of level touches few of them.
 */
function inertia(values: readonly number[], sd: number): number {
  const spread = (apart: number): number => {
    const steps = values.slice(apart).map((value, at) => Math.min(Math.abs(value - (values[at] as number)), 3 * sd));
    return steps.reduce((sum, step) => sum + step ** 2, 0) / steps.length;
  };
  // And some of its standard error more: what a short history hides would else make one in twelve wandering ones show a change.
  const rho = spread(2) / spread(1) - 1 + 0.4 / Math.sqrt(values.length);
  const kept = Math.min(mostInertia, Math.max(0, rho));
  return (1 + kept) / (1 - kept) ** 2;
}

/** Values pulled to within two standard deviations of their neighbours before or after: a step stays, a spike does not. */
function clipped(values: readonly number[], sd: number): Float64Array {
  const centre = median(values);
  return Float64Array.from(values, (value, at) => {
    // At the ends a window of a few values would be its own judge.
    const earlier = values.slice(Math.max(0, at + 1 - widest), Math.max(narrowest, at + 1));
    const later = values.slice(Math.min(at, values.length - narrowest)).slice(0, widest);
    const [before, after] = [median(earlier), median(later)];
    return Math.min(Math.max(before, after) + clip * sd, Math.max(Math.min(before, after) - clip * sd, value)) - centre;
  });
}

/** Standard deviation from the differences of neighbours, which a change of level hardly touches. */
function stepSpread(values: readonly number[]): number {
  const steps = values.slice(1).map((value, at) => Math.abs(value - (values[at] as number)));
  return (1.482602218505602 * median(steps)) / Math.SQRT2;
}
