// Looking again after every trial at how many have hit: exact boundaries that err with a given probability over all looks.

/**
 * Whether so few hits exclude that each trial hits with probability `rate` or more, when one looks after every trial up to `most`. Who
 * says so errs with probability at most `error`. No rule needs fewer trials: without a single hit, (1 - rate) ** trials is what remains.
 */
export const excludesRate = (
  { hits, of }: { readonly hits: number; readonly of: number },
  { rate, most, error }: { readonly rate: number; readonly most: number; readonly error: number },
): boolean => of - hits >= hitBoundary(of, most, 1 - rate, error);

/**
 * Fewest hits after `trials` trials that have a probability of at most `error` when each trial hits with probability `rate` and one
 * looks after every trial up to `most`. The error is spent in proportion to the trials.
 */
export function hitBoundary(trials: number, most: number, rate: number, error: number): number {
  let boundary = 1;
  let spent = 0;
  /** Probability to stand at so many hits, never having reached a boundary. */
  let inside = [1];
  for (let trial = 1; trial <= trials; trial += 1) {
    const next = Array.from(
      { length: inside.length + 1 },
      (_, hits) => (inside[hits] ?? 0) * (1 - rate) + (inside[hits - 1] ?? 0) * rate,
    );
    const affordable = error * Math.min(1, trial / Math.max(most, trials)) - spent;
    // No look needs fewer hits than the one before it. A product of rates may differ from their power in its last digit.
    while (boundary < next.length && tail(next, boundary) > affordable + 1e-9 * error) boundary += 1;
    spent += tail(next, boundary);
    inside = next.slice(0, boundary);
  }
  return boundary;
}

const tail = (chances: readonly number[], from: number): number =>
  chances.slice(from).reduce((sum, chance) => sum + chance, 0);
