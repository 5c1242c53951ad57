// How a guest responded once it was ready: the samples of one boot as they were taken, and why some are not there.
import { z } from 'zod';
import type { Stored } from './stored.ts';

/** What is measured, in this order. */
export const responseSchema = z.enum(['round-trip', 'idle-round-trip', 'timer', 'work', 'start', 'fsync', 'read']);
export type Response = z.output<typeof responseSchema>;

export const responsivenessSchema = z.object({
  /** Microseconds, in the order in which they were taken. */
  samples: z.partialRecord(responseSchema, z.array(z.number().int().nonnegative())),
  /** Why the others were not measured. */
  missing: z.partialRecord(responseSchema, z.string()),
});
export type Responsiveness = Stored<typeof responsivenessSchema>;
