// The exact distribution of Mann and Whitney's U (1947) when nothing differs and nothing ties: how many pairs (x, y) have x > y.

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

/** P(value or more) by value, from the probability of each value. */
export function tailOfDensity(density: Float64Array): Float64Array {
  const tail = new Float64Array(density.length + 1);
  for (let u = density.length - 1; u >= 0; u -= 1) tail[u] = (tail[u + 1] as number) + (density[u] as number);
  return tail;
}
