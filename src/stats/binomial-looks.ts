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
  const longest = Math.max(most, trials);
  const key = `${longest} ${rate} ${error}`;
  let walk = walks.get(key);
  if (walk === undefined) {
    walk = new Walk(longest, rate, error);
    walks.set(key, walk);
  }
  return walk.boundaryAt(trials);
}

/** A function of its arguments only, asked after every boot with the same ones. */
const walks = new Map<string, Walk>();

/** Looks at hits, taken as far as they were asked for. */
class Walk {
  readonly #most: number;
  readonly #rate: number;
  readonly #error: number;
  /** By trials. */
  readonly #boundaries = [1];
  #spent = 0;
  /** Probability to stand at so many hits, never having reached a boundary. */
  #inside = [1];

  constructor(most: number, rate: number, error: number) {
    this.#most = most;
    this.#rate = rate;
    this.#error = error;
  }

  boundaryAt(trials: number): number {
    while (this.#boundaries.length <= trials) this.#look(this.#boundaries.length);
    return this.#boundaries[trials] as number;
  }

  #look(trial: number): void {
    const next = Array.from(
      { length: this.#inside.length + 1 },
      (_, hits) => (this.#inside[hits] ?? 0) * (1 - this.#rate) + (this.#inside[hits - 1] ?? 0) * this.#rate,
    );
    const affordable = this.#error * (trial / this.#most) - this.#spent;
    // No look needs fewer hits than the one before it.
    let boundary = this.#boundaries.at(-1) as number;
    // A product of rates may differ from their power in its last digit.
    while (boundary < next.length && tail(next, boundary) > affordable + 1e-9 * this.#error) boundary += 1;
    this.#spent += tail(next, boundary);
    this.#inside = next.slice(0, boundary);
    this.#boundaries.push(boundary);
  }
}

const tail = (chances: readonly number[], from: number): number =>
  chances.slice(from).reduce((sum, chance) => sum + chance, 0);
