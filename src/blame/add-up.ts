// Medians do not add up: the median of a sum is not the sum of the medians. Here they are made to, with the least change.

export interface Share {
  readonly value: number;
  /** How uncertain the value is; a share without spread is not moved as long as others can be. */
  readonly spread: number;
}

/**
 * The values, moved so that they add up to `total`: the difference goes to each in proportion to its variance, which is the
 * least-squares reconciliation of uncertain figures with a certain sum. None becomes negative.
 */
export function addUp(shares: readonly Share[], total: number): number[] {
  const values = shares.map(({ value }) => Math.max(0, value));
  const weights = shares.map(({ value, spread }) => Math.max(spread, Math.max(0, value) * 1e-3, 1e-9) ** 2);
  for (let round = 0; round < shares.length + 1; round += 1) {
    const missing = total - values.reduce((sum, value) => sum + value, 0);
    if (Math.abs(missing) < 1e-9) break;
    const movable = weights.map((weight, index) => (missing < 0 && values[index] === 0 ? 0 : weight));
    const sum = movable.reduce((all, weight) => all + weight, 0);
    if (sum === 0) break;
    for (const [index, weight] of movable.entries()) {
      values[index] = Math.max(0, (values[index] as number) + (missing * weight) / sum);
    }
  }
  return values;
}
