// The rank-sum test of Mann and Whitney (1947), two-sided, as benchstat and asv use it: exact for small samples without ties, else normal
// with tie and continuity correction. Bootgauge's own test is one-sided and lies in src/stats/shift-test.ts.
import { mannWhitneyTail } from '../../../src/stats/mann-whitney.ts';
import { normalUpper } from '../../../src/stats/normal.ts';

/** The p-value. Infinity ranks highest; equal values are ties. */
export function mannWhitney(x: readonly number[], y: readonly number[]): number {
  const { rankSum, tieTerm } = midRanks(x, y);
  const [m, n] = [x.length, y.length];
  const statistic = rankSum - (m * (m + 1)) / 2;
  if (tieTerm === 0 && m < 50 && n < 50) {
    const tail = mannWhitneyTail(m, n);
    return Math.min(1, 2 * Math.min(tail[statistic] ?? 0, tail[m * n - statistic] ?? 0));
  }
  const total = m + n;
  const sd = Math.sqrt(((m * n) / 12) * (total + 1 - tieTerm / (total * (total - 1))));
  if (sd === 0) return 1;
  return Math.min(1, 2 * normalUpper(Math.max(0, Math.abs(statistic - (m * n) / 2) - 0.5) / sd));
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
