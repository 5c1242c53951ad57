// Looking again after every trial at how many have failed: the exact boundary that errs with a given probability over all looks.

/**
 * Fewest failures after `trials` trials that have a probability of at most `error` when each trial fails with probability `rate` and one
 * looks after every trial up to `most`. The error is spent in proportion to the trials.
 */
export function failureBoundary(trials: number, most: number, rate: number, error: number): number {
  let boundary = 1;
  let spent = 0;
  /** Probability to stand at so many failures, never having reached a boundary. */
  let inside = [1];
  for (let trial = 1; trial <= trials; trial += 1) {
    const next = Array.from(
      { length: inside.length + 1 },
      (_, failures) => (inside[failures] ?? 0) * (1 - rate) + (inside[failures - 1] ?? 0) * rate,
    );
    const affordable = error * Math.min(1, trial / Math.max(most, trials)) - spent;
    // No look needs fewer failures than the one before it.
    while (boundary < next.length && tail(next, boundary) > affordable) boundary += 1;
    spent += tail(next, boundary);
    inside = next.slice(0, boundary);
  }
  return boundary;
}

const tail = (chances: readonly number[], from: number): number =>
  chances.slice(from).reduce((sum, chance) => sum + chance, 0);
