// Exact tail of the binomial distribution, and the exact interval of a proportion (Clopper and Pearson 1934).
import { logGamma } from './normal.ts';

/** Two-sided interval of the rate behind `hits` of `of`. */
export function binomialInterval(hits: number, of: number, confidence: number): { low: number; high: number } {
  const outside = (1 - confidence) / 2;
  const low = hits === 0 ? 0 : solve((rate) => binomialUpper(hits, of, rate) > outside);
  const high = hits === of ? 1 : solve((rate) => 1 - binomialUpper(hits + 1, of, rate) < outside);
  return { low, high };
}

/** The rate at which a condition that holds for large rates begins to hold. */
function solve(holds: (rate: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** P(X >= hits) of so many trials with the given rate. */
export function binomialUpper(hits: number, of: number, rate: number): number {
  if (hits <= 0) return 1;
  if (rate <= 0) return 0;
  if (rate >= 1) return hits <= of ? 1 : 0;
  let sum = 0;
  for (let k = hits; k <= of; k += 1) {
    const ways = logGamma(of + 1) - logGamma(k + 1) - logGamma(of - k + 1);
    const term = Math.exp(ways + k * Math.log(rate) + (of - k) * Math.log1p(-rate));
    sum += term;
    if (k > of * rate && term < sum * 1e-17) break;
  }
  return Math.min(1, sum);
}
