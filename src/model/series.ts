// The samples of one metric on one side of a run, in the order in which they were taken.
import { z } from 'zod';
import { unitSchema } from './metric.ts';
import { betterSchema, sideSchema } from './scenario.ts';
import type { Stored } from './stored.ts';

const sampleSchema = z.object({
  boot: z.number().int(),
  round: z.number().int(),
  /** null: the boot failed before this metric; it ranks as the slowest and is never dropped. */
  value: z.number().nonnegative().nullable(),
  /** How late this value may be where that is far more than usual; absent where it is not. In the metric's unit. */
  late: z.number().positive().exactOptional(),
});
export type Sample = Stored<typeof sampleSchema>;

export const seriesSchema = z.object({
  metric: z.string(),
  unit: unitSchema,
  /** Of a user's number alone. */
  better: betterSchema.exactOptional(),
  side: sideSchema,
  /** How late a value may usually be, in the metric's unit: about the period of the probe that found it. */
  resolution: z.number().nonnegative(),
  samples: z.array(sampleSchema),
});
export type Series = Stored<typeof seriesSchema>;
