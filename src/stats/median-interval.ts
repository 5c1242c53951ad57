// An interval of the median that assumes no distribution: order statistics, interpolated (Hettmansperger and Sheather 1986).
import { logGamma } from './normal.ts';
import { ascending } from './quantiles.ts';

/** Two-sided interval; null with fewer than six values at 95 %. Bounds may be Infinity when failures reach that far. */
export function medianInterval(
  values: readonly number[],
  confidence: number,
): { readonly low: number; readonly high: number } | null {
  const n = values.length;
  const sorted = ascending(values);
  const cumulative = binomialHalf(n);
  const outside = (depth: number): number => cumulative[depth - 1] as number;
  const target = (1 - confidence) / 2;
  if (n < 2 || outside(1) > target) return null;
  let depth = 1;
  while (depth < Math.floor(n / 2) && outside(depth + 1) <= target) depth += 1;
  const fraction = (outside(depth + 1) - target) / (outside(depth + 1) - outside(depth));
  const inner = ((n - depth) * (1 - fraction)) / (depth * fraction + (n - depth) * (1 - fraction));
  const between = (outer: number, next: number): number =>
    outer === next || inner === 0 ? outer : outer + (next - outer) * inner;
  return {
    low: between(sorted[depth - 1] as number, sorted[depth] as number),
    high: between(sorted[n - depth] as number, sorted[n - depth - 1] as number),
  };
}

/** The largest value that the median exceeds with the given error probability (sign test); null when n is too small. */
export function medianLowerBound(values: readonly number[], error: number): number | null {
  const cumulative = binomialHalf(values.length);
  let depth = 0;
  while (depth < values.length && (cumulative[depth] as number) <= error * (1 + 1e-12)) depth += 1;
  return depth === 0 ? null : (ascending(values)[depth - 1] as number);
}

const halves = new Map<number, Float64Array>();

/** P(at most k of n fair coins show heads), by k. */
function binomialHalf(n: number): Float64Array {
  const known = halves.get(n);
  if (known !== undefined) return known;
  const cumulative = new Float64Array(n + 1);
  let sum = 0;
  for (let k = 0; k <= n; k += 1) {
    sum += Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) - n * Math.LN2);
    cumulative[k] = sum;
  }
  halves.set(n, cumulative);
  return cumulative;
}
