// A recorded run: what `record` writes to disk and `analyze` reads. Facts only.
import { z } from 'zod';
import { baselineSessionSchema } from './baseline.ts';
import type { Boot } from './boot.ts';
import { warningSchema } from './comparison.ts';
import { hostStatesSchema, sidesConditionsSchema } from './conditions.ts';
import { acceleratorSchema, onUndecidedSchema, scenarioSchema } from './scenario.ts';
import { seriesSchema } from './series.ts';
import type { Stored } from './stored.ts';

/** An earlier run of the very same two sides. Its rounds are judged together with those of the run that names it. */
const earlierRunSchema = z.object({
  run: z.string(),
  /** Of the emulators; only equal ones pool. */
  digests: z.object({ head: z.string(), base: z.string() }),
  /** Its boots are those of both sides at the same time. */
  joint: z.literal(true).exactOptional(),
  head: z.array(seriesSchema),
  base: z.array(seriesSchema),
});
export type EarlierRun = Stored<typeof earlierRunSchema>;

/** Standard deviation of the logarithm of one boot's time, worth so many degrees of freedom. */
const otherSpreadSchema = z.object({ scenario: z.string(), sd: z.number().positive(), degrees: z.number().positive() });
export type OtherSpread = Stored<typeof otherSpreadSchema>;

const storedScenarioSchema = z.object({
  scenario: scenarioSchema,
  conditions: sidesConditionsSchema,
  hostState: hostStatesSchema,
  /** The sessions this run is judged against, as they stood when it was recorded. */
  baseline: z.array(baselineSessionSchema),
  /** How single boots of the machine's other scenarios spread, of their logarithms; absent where nothing is known. */
  otherSpreads: z.array(otherSpreadSchema).exactOptional(),
  /** Earlier runs of the same two sides, oldest first, as they stood when it was recorded; absent when there are none. */
  earlier: z.array(earlierRunSchema).exactOptional(),
  /** Draws who boots first in each block of two rounds (ABBA or BAAB); absent where one side boots alone, and AB BA AB ... before there was one. */
  orderSeed: z.number().int().nonnegative().exactOptional(),
  /** Rounds that the time budget allowed, as told before the first look; absent where they were not fewer than the most. */
  plannedRounds: z.number().int().positive().exactOptional(),
  /**
   * Which rounds are judged, those of boots at the same time or those of boots one after the other, and why; the others are set aside.
   * Absent where the machine has no room for two guests: all rounds are then booted one after the other.
   */
  parallel: z.object({ judged: z.enum(['joint', 'single']), because: z.string() }).exactOptional(),
  /** Rounds at which the boots of another run begin, where runs were merged. */
  sessionStarts: z.array(z.number().int().positive()).exactOptional(),
  /** Where the baseline was looked for, relative to the repository. */
  baselinePath: z.string(),
  /** Where head was left to choose and has no hypervisor: the one that stored sessions of the scenario ran on; absent without any. */
  usualAccelerator: acceleratorSchema.exactOptional(),
  /** Things noticed while recording that the report must show. */
  warnings: z.array(warningSchema),
});

/** `run.json`: all of a run but its boots, each of which has files of its own. */
export const storedRunSchema = z.object({
  schema: z.literal(1),
  id: z.string(),
  startedAt: z.string(),
  /** Version of Bootgauge. */
  tool: z.string(),
  /** True once the run came to its planned end. */
  finished: z.boolean(),
  onUndecided: onUndecidedSchema,
  /** Commit of the repository the run was made in, or empty. */
  commit: z.string(),
  /** The words of the command line that made it, after the program's name; absent where there was none, as in the Action. */
  command: z.array(z.string()).exactOptional(),
  scenarios: z.array(storedScenarioSchema),
});
export type StoredRun = Stored<typeof storedRunSchema>;

export interface RecordedScenario extends Stored<typeof storedScenarioSchema> {
  readonly boots: readonly Boot[];
}

export interface RecordedRun extends Omit<StoredRun, 'scenarios'> {
  readonly scenarios: readonly RecordedScenario[];
}

/**
 * Whether the boots that count are those of both sides at the same time. Where a run was interrupted before it knew, the kind of most
 * boots counts.
 */
export function countsJoint({ parallel, boots }: Pick<RecordedScenario, 'parallel' | 'boots'>): boolean {
  if (parallel !== undefined) return parallel.judged === 'joint';
  const measured = boots.filter(({ warmup }) => !warmup);
  return 2 * measured.filter(({ joint }) => joint === true).length > measured.length;
}
