// Fisher's exact test (1935) of one count against another.
import { logGamma } from './normal.ts';

/** P(at least `hits` hits among `of`, given all hits of both sides), when both sides have the same rate. */
export function fisherUpper(hits: number, of: number, otherHits: number, otherOf: number): number {
  if (hits === 0) return 1;
  const allHits = hits + otherHits;
  const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  let sum = 0;
  for (let k = hits; k <= Math.min(of, allHits); k += 1) {
    if (allHits - k > otherOf) continue;
    sum += Math.exp(logChoose(of, k) + logChoose(otherOf, allHits - k) - logChoose(of + otherOf, allHits));
  }
  return Math.min(1, sum);
}
