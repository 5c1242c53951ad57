// What is said of numbers: summaries, comparisons, verdicts. The words are a closed set.
import { z } from 'zod';
import { unitSchema } from './metric.ts';
import { betterSchema } from './scenario.ts';
import type { Stored } from './stored.ts';

/** Worst first. */
const wordSchema = z.enum(['incomparable', 'failed', 'slower', 'undecided', 'faster', 'same']);
export type Word = z.output<typeof wordSchema>;

const intervalSchema = z.object({ low: z.number(), high: z.number() });
export type Interval = Stored<typeof intervalSchema>;

export const summarySchema = z.object({
  metric: z.string(),
  unit: unitSchema,
  /** Of a user's number alone. */
  better: betterSchema.exactOptional(),
  count: z.number(),
  failures: z.number(),
  /** null when there is no valid sample, or when failures reach the median. */
  median: z.number().nullable(),
  /** 95 % interval of the median; null when there are too few samples. */
  interval: intervalSchema.nullable(),
  /** Robust coefficient of variation, a fraction; null when there are too few samples. */
  noise: z.number().nullable(),
  resolution: z.number(),
});
export type Summary = Stored<typeof summarySchema>;

export const warningSchema = z.object({ code: z.string(), text: z.string() });
export type Warning = Stored<typeof warningSchema>;

/** Each text once, in the order in which it came first. */
export const distinctWarnings = (warnings: readonly Warning[]): Warning[] => [
  ...new Map(warnings.map((warning) => [warning.text, warning])).values(),
];

export const comparisonSchema = z.object({
  metric: z.string(),
  unit: unitSchema,
  gate: z.boolean(),
  mode: z.enum(['paired', 'stored']),
  base: summarySchema,
  head: summarySchema,
  /** head / base; null when it cannot be computed. */
  ratio: z.number().nullable(),
  /** 95 % interval of the ratio. */
  interval: intervalSchema.nullable(),
  limit: z.number(),
  floor: z.number(),
  /** Smallest slowdown, as a fraction, that this comparison finds with 95 % power; null when it cannot be told. */
  detectable: z.number().nullable().exactOptional(),
  /** Rounds (paired) or sessions (stored) more that would settle it if all stays as it is; null: more would not. */
  more: z.number().nullable().exactOptional(),
  /** Probability of calling this metric slower by chance that was used so far, and what all looks may use; absent where nothing was tested. */
  spent: z.object({ error: z.number(), of: z.number() }).exactOptional(),
  /** A share of head's boots became far slower, which makes it slower whatever the ratio of most boots is. */
  slowBoots: z.literal(true).exactOptional(),
  word: wordSchema,
  /** One sentence: what made it this word. */
  because: z.string(),
  /** What would decide an undecided comparison; empty otherwise. */
  wouldDecide: z.string(),
  warnings: z.array(warningSchema),
});
export type Comparison = Stored<typeof comparisonSchema>;

export const verdictSchema = z.object({
  word: z.enum([...wordSchema.options, 'recorded']),
  /** Short name of the rule that spoke. */
  rule: z.string(),
  because: z.string(),
  wouldDecide: z.string(),
});
export type Verdict = Stored<typeof verdictSchema>;

/** Rules by which boots are told and no later ones are to be compared with them. */
export const judgesNothing = (rule: string): boolean =>
  ['explains-only', 'soak', 'counts-only', 'work-unchanged'].includes(rule);

/** 0 is the worst. */
export const severity = (word: Verdict['word']): number => verdictSchema.shape.word.options.indexOf(word);
