// One error promise for several metrics that move together: the second-order bound of Hunter and Worsley (1976, 1982),
// fed with rank correlations. Never looser than Bonferroni; close to a single test when the metrics say the same.
import { jointNormalUpper, normalUpper, normalUpperQuantile } from './normal.ts';

/**
 * The error level for each of several tests, such that any of them errs with probability at most `error`.
 * `correlations[i][j]` are cautious estimates; negative ones count as none.
 */
export function levelPerTest(correlations: readonly (readonly number[])[], error: number): number {
  const tests = correlations.length;
  if (tests <= 1) return error;
  const tree = strongestTree(correlations);
  let low = normalUpperQuantile(error);
  let high = normalUpperQuantile(error / tests);
  for (let step = 0; step < 30; step += 1) {
    const z = (low + high) / 2;
    const shared = tree.reduce((sum, rho) => sum + jointNormalUpper(z, rho), 0);
    if (tests * normalUpper(z) - shared > error) low = z;
    else high = z;
  }
  return normalUpper(high);
}

/**
 * Spearman's rank correlations of all pairs of lists, lowered by one standard error and never below 0. Lists of different
 * lengths, and short ones, count as unrelated.
 */
export function cautiousCorrelations(lists: readonly (readonly number[])[]): number[][] {
  const ranked = lists.map(centredRanks);
  const matrix = lists.map(() => new Array<number>(lists.length).fill(1));
  for (let i = 0; i < lists.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const rho = cautiousCorrelation(ranked[i] as Float64Array, ranked[j] as Float64Array);
      (matrix[i] as number[])[j] = rho;
      (matrix[j] as number[])[i] = rho;
    }
  }
  return matrix;
}

function cautiousCorrelation(left: Float64Array, right: Float64Array): number {
  const n = left.length;
  if (n < 5 || right.length !== n) return 0;
  let [both, own, other] = [0, 0, 0];
  for (let index = 0; index < n; index += 1) {
    const a = left[index] as number;
    const b = right[index] as number;
    both += a * b;
    own += a * a;
    other += b * b;
  }
  if (own === 0 || other === 0) return 0;
  const rho = Math.min(0.9999, both / Math.sqrt(own * other));
  return Math.max(0, Math.tanh(Math.atanh(rho) - 1 / Math.sqrt(n - 3)));
}

/** Weights of the maximum spanning tree (Prim 1957). */
function strongestTree(correlations: readonly (readonly number[])[]): number[] {
  const best = [...(correlations[0] as readonly number[])];
  const open = new Set(best.keys());
  open.delete(0);
  const weights: number[] = [];
  while (open.size > 0) {
    let next = -1;
    for (const node of open) if (next < 0 || (best[node] as number) > (best[next] as number)) next = node;
    weights.push(Math.max(0, best[next] as number));
    open.delete(next);
    for (const node of open) {
      best[node] = Math.max(best[node] as number, (correlations[next] as readonly number[])[node] as number);
    }
  }
  return weights;
}

/** Ranks minus their mean; equal values share theirs. */
function centredRanks(values: readonly number[]): Float64Array {
  const sorted = Float64Array.from(values).sort();
  const rankOf = new Map<number, number>();
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && sorted[end] === sorted[start]) end += 1;
    rankOf.set(sorted[start] as number, (start + end - sorted.length) / 2);
    start = end;
  }
  return Float64Array.from(values, (value) => rankOf.get(value) as number);
}
