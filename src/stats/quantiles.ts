// Quantiles and robust spread of plain numbers. Infinity is allowed: a failed boot ranks as the slowest.

export function ascending(values: readonly number[]): number[] {
  return Array.from(Float64Array.from(values).sort());
}

/** Quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996). NaN when there are none. */
export function quantile(values: readonly number[], probability: number): number {
  return quantileOfSorted(ascending(values), probability);
}

export function median(values: readonly number[]): number {
  return quantileOfSorted(Float64Array.from(values).sort(), 0.5);
}

/** A value that really occurs, and with two of which one is doubtful the better one. 0 when there is none. */
export const lowerMedian = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.ceil(values.length / 2) - 1] ?? 0;

export function quantileOfSorted(sorted: ArrayLike<number>, probability: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = probability * (sorted.length - 1);
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below === above ? below : below + (above - below) * (position - Math.floor(position));
}

/** Median absolute deviation, scaled so that it estimates the standard deviation of normal data. */
export function scaledMad(values: readonly number[]): number {
  const middle = median(values);
  return 1.482602218505602 * median(values.map((value) => (value === middle ? 0 : Math.abs(value - middle))));
}
