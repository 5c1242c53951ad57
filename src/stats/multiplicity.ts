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

/** Spearman's rank correlation lowered by one standard error, and never below 0. */
export function cautiousRankCorrelation(x: readonly number[], y: readonly number[]): number {
  const n = x.length;
  if (n < 5) return 0;
  const [left, right] = [ranks(x), ranks(y)];
  const middle = (n + 1) / 2;
  let [both, own, other] = [0, 0, 0];
  for (let index = 0; index < n; index += 1) {
    const a = (left[index] as number) - middle;
    const b = (right[index] as number) - middle;
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

function ranks(values: readonly number[]): number[] {
  const order = values.map((_value, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number));
  const result = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) end += 1;
    for (let at = start; at < end; at += 1) result[order[at] as number] = (start + 1 + end) / 2;
    start = end;
  }
  return result;
}
