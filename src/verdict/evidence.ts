// What the numbers of one metric say, before words: the common result of paired and stored comparisons.
// Everything is a natural logarithm of head / base, so that swapping the sides only changes signs.

export interface Evidence {
  readonly mode: 'paired' | 'stored';
  /** Rounds (paired) or head's boots (stored) that it rests on. */
  readonly size: number;
  readonly estimate: number;
  /** 95 %, and over all looks when there are several; bounds may be infinite. */
  readonly low: number;
  readonly high: number;
  /** Simultaneous one-sided bounds at the false-alarm level: the shift is at least / at most this. */
  readonly atLeast: number;
  readonly atMost: number;
  /** One-sided bound of the test that excludes the limit: the shift is surely less. */
  readonly below: number;
  /** Outcomes of the one-sided tests. */
  readonly slower: boolean;
  readonly faster: boolean;
  /** A slowdown of the limit is excluded. */
  readonly withinLimit: boolean;
  /** Error of `slower` that the looks so far have used, and what all of them may use. */
  readonly spent: { readonly error: number; readonly of: number };
  /** Standard deviation of one boot, robust; NaN when it cannot be told. */
  readonly boot: number;
  /** Smallest slowdown, as a fraction, that is found with 95 % power at this size; null when unknown. */
  readonly detectable: number | null;
  /** More rounds (paired) or sessions (stored) that would settle it if all stays as it is; null: more will not help. */
  readonly more: number | null;
}
