// Hodges and Lehmann's (1963) estimate of a centre, and the sorted contrasts that rank-test intervals are read from.
import { quantileOfSorted } from './quantiles.ts';

/** All differences x - y, ascending. Two failed boots (Infinity) differ by 0. */
export function sortedDifferences(x: readonly number[], y: readonly number[]): Float64Array {
  const differences = new Float64Array(x.length * y.length);
  let at = 0;
  for (const left of x) {
    for (const right of y) {
      differences[at] = left === right ? 0 : left - right;
      at += 1;
    }
  }
  return differences.sort();
}

/** Means of all pairs of values, each with itself too, ascending (Walsh averages). Opposite infinities average to 0. */
export function walshAverages(values: readonly number[]): Float64Array {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2);
  let at = 0;
  for (let i = 0; i < values.length; i += 1) {
    for (let j = i; j < values.length; j += 1) {
      const average = ((values[i] as number) + (values[j] as number)) / 2;
      averages[at] = Number.isNaN(average) ? 0 : average;
      at += 1;
    }
  }
  return averages.sort();
}

/** Centre of symmetric values: the median of their Walsh averages. */
export const centreEstimate = (values: readonly number[]): number => quantileOfSorted(walshAverages(values), 0.5);
