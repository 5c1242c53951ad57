// The shape of one line of a baseline file, checked when it is read: people merge and edit these files.
import { z } from 'zod';
import type { BaselineSession } from '../model/baseline.ts';

const vulkan = z.object({
  driverID: z.string(),
  driverName: z.string(),
  deviceName: z.string(),
  apiVersion: z.string(),
  driverInfo: z.string(),
  offers: z
    .object({
      extensions: z.array(z.string()),
      features: z.array(z.string()),
      limits: z.record(z.string(), z.union([z.number(), z.string()])),
    })
    .nullable(),
});

export const baselineSessionSchema = z.object({
  schema: z.literal(1),
  run: z.string(),
  recordedAt: z.string(),
  key: z.object({
    chip: z.string(),
    osMajor: z.string(),
    accelerator: z.enum(['hvf', 'kvm', 'tcg']),
    guest: z.string(),
    scenario: z.string(),
    runtime: z.string().optional(),
  }),
  facts: z.object({ osVersion: z.string(), emulator: z.string(), runner: z.string() }),
  commit: z.string(),
  intended: z.string(),
  vulkan: vulkan.optional(),
  metrics: z.record(
    z.string(),
    z.object({
      unit: z.enum(['ms', 'MiB']),
      resolution: z.number().nonnegative(),
      samples: z.array(z.number().nonnegative().nullable()),
    }),
  ),
}) as unknown as z.ZodType<BaselineSession>;
