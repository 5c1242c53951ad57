// One line of baselines/<machine>/<scenario>.jsonl: a session that was accepted as a reference.
import { z } from 'zod';
import { comparableKeySchema } from './conditions.ts';
import { partsSchema } from './inventory.ts';
import { unitSchema } from './metric.ts';
import { betterSchema } from './scenario.ts';
import type { Stored } from './stored.ts';
import { vulkanIdentitySchema } from './vulkan.ts';

const baselineMetricSchema = z.object({
  unit: unitSchema,
  /** Of users' numbers alone. */
  better: betterSchema.exactOptional(),
  resolution: z.number().nonnegative(),
  /** In the order taken; null is a failed boot. */
  samples: z.array(z.number().nonnegative().nullable()),
});
export type BaselineMetric = Stored<typeof baselineMetricSchema>;

export const baselineSessionSchema = z.object({
  schema: z.literal(1),
  run: z.string(),
  recordedAt: z.string(),
  key: comparableKeySchema,
  /** May differ between comparable sessions; a difference is a warning. */
  facts: z.object({ osVersion: z.string(), emulator: z.string(), runner: z.string() }),
  commit: z.string(),
  /** Why it was accepted though slower; empty when it was not. */
  intended: z.string(),
  /** Why it was accepted though its boots were suspect; absent when they were not. */
  forced: z.string().exactOptional(),
  /** The driver that was there; absent where nothing was asked about Vulkan. */
  vulkan: vulkanIdentitySchema.exactOptional(),
  /** What stood under it; of a file's newest session alone. */
  parts: partsSchema.exactOptional(),
  metrics: z.record(z.string(), baselineMetricSchema),
});
export type BaselineSession = Stored<typeof baselineSessionSchema>;
