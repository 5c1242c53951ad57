// Wilcoxon's signed-rank test (1945) of paired differences: exact for small samples without ties or zeros, else normal.
import { type Alternative, choose, type RankTest, tailOfDensity } from './mann-whitney.ts';
import { normalUpper } from './normal.ts';

/** Tests whether the differences tend to be greater (less) than 0. Zeros are left out, as Wilcoxon did. */
export function signedRank(differences: readonly number[], alternative: Alternative): RankTest {
  const nonZero = differences.filter((difference) => difference !== 0);
  const n = nonZero.length;
  const sorted = nonZero.slice().sort((a, b) => Math.abs(a) - Math.abs(b));
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
  const most = (n * (n + 1)) / 2;
  if (tieTerm === 0 && n === differences.length && n < 50) {
    const tail = signedRankTail(n);
    const greater = tail[Math.max(0, Math.ceil(statistic))] ?? 0;
    const less = tail[Math.max(0, Math.ceil(most - statistic))] ?? 0;
    return { statistic, p: choose(alternative, greater, less), exact: true };
  }
  const sd = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - tieTerm / 48);
  if (sd === 0) return { statistic, p: 1, exact: false };
  const centred = statistic - most / 2;
  if (alternative === 'two-sided') {
    return { statistic, p: Math.min(1, 2 * normalUpper(Math.max(0, Math.abs(centred) - 0.5) / sd)), exact: false };
  }
  return { statistic, p: normalUpper(((alternative === 'greater' ? centred : -centred) - 0.5) / sd), exact: false };
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
