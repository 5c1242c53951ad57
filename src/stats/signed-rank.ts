// Wilcoxon's signed-rank test (1945) of paired differences: exact for small samples without ties or zeros, else normal.
import { tailOfDensity } from './mann-whitney.ts';
import { normalUpper } from './normal.ts';

/** One-sided p-values of the differences' place against 0. */
export interface SignedRankTest {
  /** Small when the differences tend to be above 0. */
  readonly above: number;
  /** Small when they tend to be below 0. */
  readonly below: number;
}

/** Zeros are left out, as Wilcoxon did. */
export function signedRankTest(differences: readonly number[]): SignedRankTest {
  const { statistic, tieTerm, n } = signedRanks(differences);
  const most = (n * (n + 1)) / 2;
  if (tieTerm === 0 && n === differences.length && n < 50) {
    const tail = signedRankTail(n);
    const upper = (w: number): number => Math.min(1, tail[w] ?? 0);
    return { above: upper(statistic), below: upper(most - statistic) };
  }
  const sd = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - tieTerm / 48);
  if (sd === 0) return { above: 1, below: 1 };
  const centred = statistic - most / 2;
  return { above: normalUpper((centred - 0.5) / sd), below: normalUpper((-centred - 0.5) / sd) };
}

/** Sum of the positive ranks, and what ties take from its variance; equal sizes share their ranks. */
function signedRanks(differences: readonly number[]): { statistic: number; tieTerm: number; n: number } {
  const sorted = differences.filter((difference) => difference !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = sorted.length;
  let statistic = 0;
  let tieTerm = 0;
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && Math.abs(sorted[end] as number) === Math.abs(sorted[start] as number)) end += 1;
    for (let index = start; index < end; index += 1) {
      if ((sorted[index] as number) > 0) statistic += (start + 1 + end) / 2;
    }
    tieTerm += (end - start) ** 3 - (end - start);
    start = end;
  }
  return { statistic, tieTerm, n };
}

const tails = new Map<number, Float64Array>();

/** Upper tail probabilities of the sum of positive ranks by its value, from 0 to n (n + 1) / 2. */
export function signedRankTail(n: number): Float64Array {
  let tail = tails.get(n);
  if (!tail) {
    let density = Float64Array.of(1);
    for (let rank = 1; rank <= n; rank += 1) {
      const next = new Float64Array(density.length + rank);
      for (let w = 0; w < density.length; w += 1) {
        const half = (density[w] as number) / 2;
        next[w] = (next[w] as number) + half;
        next[w + rank] = (next[w + rank] as number) + half;
      }
      density = next;
    }
    tail = tailOfDensity(density);
    tails.set(n, tail);
  }
  return tail;
}
