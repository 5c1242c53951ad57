// The rank-sum test of Mann and Whitney (1947): exact for small samples without ties, else normal with tie and continuity correction.
import { normalUpper } from './normal.ts';

export type Alternative = 'greater' | 'less' | 'two-sided';

export interface RankTest {
  /** Number of pairs (x, y) with x > y; ties count one half. */
  readonly statistic: number;
  readonly p: number;
  readonly exact: boolean;
}

/** Tests whether x tends to be greater (less, different) than y. Infinity ranks highest; equal values are ties. */
export function mannWhitney(x: readonly number[], y: readonly number[], alternative: Alternative): RankTest {
  const { rankSum, tieTerm } = midRanks(x, y);
  const [m, n] = [x.length, y.length];
  const statistic = rankSum - (m * (m + 1)) / 2;
  if (tieTerm === 0 && m < 50 && n < 50) {
    const greater = mannWhitneyUpper(m, n, statistic);
    const less = mannWhitneyUpper(m, n, m * n - statistic);
    return { statistic, p: choose(alternative, greater, less), exact: true };
  }
  const total = m + n;
  const sd = Math.sqrt(((m * n) / 12) * (total + 1 - tieTerm / (total * (total - 1))));
  if (sd === 0) return { statistic, p: 1, exact: false };
  const centred = statistic - (m * n) / 2;
  if (alternative === 'two-sided') {
    const z = Math.max(0, Math.abs(centred) - 0.5) / sd;
    return { statistic, p: Math.min(1, 2 * normalUpper(z)), exact: false };
  }
  const z = alternative === 'greater' ? (centred - 0.5) / sd : (-centred - 0.5) / sd;
  return { statistic, p: normalUpper(z), exact: false };
}

/** P(U >= u) when nothing differs and there are no ties. */
export function mannWhitneyUpper(m: number, n: number, u: number): number {
  return mannWhitneyTail(m, n)[Math.max(0, Math.ceil(u))] ?? 0;
}

const tails = new Map<number, Float64Array>();

/** Upper tail probabilities of U by its value, from 0 to m n. */
export function mannWhitneyTail(m: number, n: number): Float64Array {
  const [small, large] = m < n ? [m, n] : [n, m];
  const key = small * 65536 + large;
  let tail = tails.get(key);
  if (!tail) {
    tail = tailOfDensity(rankSumDensity(small, large));
    tails.set(key, tail);
  }
  return tail;
}

/** Probabilities of U by the recursion over the largest observation, in probabilities so that nothing overflows. */
function rankSumDensity(m: number, n: number): Float64Array {
  // rows[j] is the density for (i, j) observations; i grows in the outer loop.
  let rows: Float64Array[] = Array.from({ length: n + 1 }, () => Float64Array.of(1));
  for (let i = 1; i <= m; i += 1) {
    const next: Float64Array[] = [Float64Array.of(1)];
    for (let j = 1; j <= n; j += 1) {
      const density = new Float64Array(i * j + 1);
      const largestIsX = i / (i + j);
      const withoutX = rows[j] as Float64Array;
      const withoutY = next[j - 1] as Float64Array;
      for (let u = 0; u < withoutX.length; u += 1) density[u + j] = (withoutX[u] as number) * largestIsX;
      for (let u = 0; u < withoutY.length; u += 1) {
        density[u] = (density[u] as number) + (withoutY[u] as number) * (1 - largestIsX);
      }
      next.push(density);
    }
    rows = next;
  }
  return rows[n] as Float64Array;
}

export function tailOfDensity(density: Float64Array): Float64Array {
  const tail = new Float64Array(density.length + 1);
  for (let u = density.length - 1; u >= 0; u -= 1) tail[u] = (tail[u + 1] as number) + (density[u] as number);
  return tail;
}

export function choose(alternative: Alternative, greater: number, less: number): number {
  if (alternative === 'greater') return Math.min(1, greater);
  if (alternative === 'less') return Math.min(1, less);
  return Math.min(1, 2 * Math.min(greater, less));
}

function midRanks(x: readonly number[], y: readonly number[]): { rankSum: number; tieTerm: number } {
  const all = Float64Array.from([...x, ...y]).sort();
  const own = Float64Array.from(x).sort();
  let rankSum = 0;
  let tieTerm = 0;
  let position = 0;
  for (let start = 0; start < all.length; ) {
    let end = start + 1;
    while (end < all.length && all[end] === all[start]) end += 1;
    const tied = end - start;
    tieTerm += tied * tied * tied - tied;
    while (position < own.length && own[position] === all[start]) {
      rankSum += (start + 1 + end) / 2;
      position += 1;
    }
    start = end;
  }
  return { rankSum, tieTerm };
}
