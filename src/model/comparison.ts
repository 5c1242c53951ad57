// What is said of numbers: summaries, comparisons, verdicts. The words are a closed set.
import type { Unit } from './metric.ts';

/** Worst first when a report takes its worst metric. */
export type Word = 'incomparable' | 'failed' | 'slower' | 'undecided' | 'faster' | 'same';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Summary {
  readonly metric: string;
  readonly unit: Unit;
  readonly count: number;
  readonly failures: number;
  /** null when there is no valid sample, or when failures reach the median. */
  readonly median: number | null;
  /** 95 % interval of the median; null when there are too few samples. */
  readonly interval: Interval | null;
  /** Robust coefficient of variation, a fraction; null when there are too few samples. */
  readonly noise: number | null;
  readonly resolution: number;
}

export interface Warning {
  readonly code: string;
  readonly text: string;
}

export interface Comparison {
  readonly metric: string;
  readonly unit: Unit;
  readonly gate: boolean;
  readonly mode: 'paired' | 'stored';
  readonly base: Summary;
  readonly head: Summary;
  /** head / base; null when it cannot be computed. */
  readonly ratio: number | null;
  /** 95 % interval of the ratio. */
  readonly interval: Interval | null;
  readonly limit: number;
  readonly floor: number;
  /** Smallest slowdown, as a fraction, that this comparison finds with 95 % power; null when it cannot be told. */
  readonly detectable?: number | null;
  readonly word: Word;
  /** One sentence: what made it this word. */
  readonly because: string;
  /** What would decide an undecided comparison; empty otherwise. */
  readonly wouldDecide: string;
  readonly warnings: readonly Warning[];
}

export interface Verdict {
  readonly word: Word | 'recorded';
  /** Short name of the rule that spoke. */
  readonly rule: string;
  readonly because: string;
  readonly wouldDecide: string;
}
