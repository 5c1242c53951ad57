// Vulkan in the guest: what one boot found out about it. Facts only; whether that is good enough is judged elsewhere.
import { z } from 'zod';
import type { Gpu } from './scenario.ts';
import type { Stored } from './stored.ts';

/** One GPU as the Vulkan loader lists it. Empty: vulkaninfo did not say. */
const vulkanDeviceSchema = z.object({
  index: z.number(),
  /** For example `1.4.305`, without the packed number that older versions add. */
  apiVersion: z.string(),
  driverVersion: z.string(),
  /** For example `PHYSICAL_DEVICE_TYPE_CPU`. */
  deviceType: z.string(),
  /** With Venus it names the host's driver in brackets: `Virtio-GPU Venus (Apple M2 Pro)`. */
  deviceName: z.string(),
  /** For example `DRIVER_ID_MESA_VENUS`. */
  driverID: z.string(),
  driverName: z.string(),
  /** For Mesa its version. */
  driverInfo: z.string(),
  conformanceVersion: z.string(),
});
export type VulkanDevice = Stored<typeof vulkanDeviceSchema>;

/** wrong-driver: devices, but the first has another driver. no-device: the loader found none. missing: no vulkaninfo. */
const vulkanOutcomeSchema = z.enum(['ok', 'wrong-driver', 'no-device', 'missing', 'timeout', 'failed']);
export type VulkanOutcome = z.output<typeof vulkanOutcomeSchema>;

/** missing: the guest has no Vulkan loader that could run the program. */
const dispatchOutcomeSchema = z.enum(['ok', 'wrong-driver', 'wrong-result', 'missing', 'timeout', 'failed']);
export type DispatchOutcome = z.output<typeof dispatchOutcomeSchema>;

/** What became of a compute pipeline over a buffer. */
const dispatchFactsSchema = z.object({
  outcome: dispatchOutcomeSchema,
  detail: z.string(),
  /** The steps as the program announced them, `<us since its start> <what came next>`. */
  output: z.string(),
  stderr: z.string(),
});
export type DispatchFacts = Stored<typeof dispatchFactsSchema>;

/** wrong: pixels differ from what must be there. missing: the guest cannot run the program. */
const drawingOutcomeSchema = z.enum(['ok', 'wrong', 'missing', 'timeout', 'failed']);
export type DrawingOutcome = z.output<typeof drawingOutcomeSchema>;

/** What became of one picture that a program in the guest drew. */
const drawingFactsSchema = z.object({
  /** For example `texture`. */
  name: z.string(),
  outcome: drawingOutcomeSchema,
  detail: z.string(),
  /** What was drawn, as base64 of a PNG; empty where nothing was. */
  picture: z.string(),
  /** Values of metrics that this drawing alone tells, by the metric's name and in its unit. */
  measured: z.record(z.string(), z.number()),
  /** What the driver complained of, the end of it. */
  stderr: z.string(),
});
export type DrawingFacts = Stored<typeof drawingFactsSchema>;

export const vulkanFactsSchema = z.object({
  /** The driverID that was asked for; null: any would have done. */
  required: z.string().nullable(),
  outcome: vulkanOutcomeSchema,
  detail: z.string(),
  /** Driver descriptions (ICD files) that the loader was held to, joined by colons; empty: it chose among all. */
  icd: z.string(),
  instanceVersion: z.string(),
  /** In the loader's order. Of a boot without the required driver: what an application would get. */
  devices: z.array(vulkanDeviceSchema),
  /** vulkaninfo's complaints, the end of them. */
  stderr: z.string(),
  dispatch: dispatchFactsSchema.nullable(),
  /** In the order in which they were drawn; absent where nothing was to be. */
  drawings: z.array(drawingFactsSchema).exactOptional(),
  /** `vulkaninfo --json`, as it was printed; taken in few boots, null in the others. */
  profile: z.string().nullable(),
});
export type VulkanFacts = Stored<typeof vulkanFactsSchema>;

/** The driver that a graphics device promises. */
export function requiredDriver(gpu: Gpu): string | null {
  return gpu === 'venus' ? 'DRIVER_ID_MESA_VENUS' : null;
}

/** What a driver offers to applications. */
const vulkanOffersSchema = z.object({
  extensions: z.array(z.string()),
  /** Names of the features that are there. */
  features: z.array(z.string()),
  limits: z.record(z.string(), z.union([z.number(), z.string()])),
});
export type VulkanOffers = Stored<typeof vulkanOffersSchema>;

const vulkanChangeSchema = z.object({
  kind: z.enum(['extension', 'feature', 'limit']),
  name: z.string(),
  base: z.string(),
  head: z.string(),
  /** Something that base had is gone. */
  lost: z.boolean(),
});
export type VulkanChange = Stored<typeof vulkanChangeSchema>;

/** The driver as a baseline keeps it. */
export const vulkanIdentitySchema = z.object({
  driverID: z.string(),
  driverName: z.string(),
  deviceName: z.string(),
  apiVersion: z.string(),
  driverInfo: z.string(),
  /** null where no profile was taken, or a newer session of the file has the same. */
  offers: vulkanOffersSchema.nullable(),
});
export type VulkanIdentity = Stored<typeof vulkanIdentitySchema>;

/** One side of a report. */
const vulkanSideSchema = z.object({
  /** Measured boots that were asked, and those of them in which Vulkan was as required and computed. */
  boots: z.number(),
  ready: z.number(),
  /** Of the first boot that was not ready, else of the first; empty fields where the loader found no device. */
  identity: vulkanIdentitySchema,
  icd: z.string(),
  /** What went wrong in the first boot that was not ready; empty when all were. */
  trouble: z.string(),
});
export type VulkanSide = Stored<typeof vulkanSideSchema>;

/** One drawing on one side: of its first measured boot in which it was not right, else of the first. */
const drawingSideSchema = z.object({
  /** Measured boots in which it was tried, and those of them in which it was right. */
  boots: z.number(),
  right: z.number(),
  outcome: drawingOutcomeSchema,
  detail: z.string(),
  picture: z.string(),
});
export type DrawingSide = Stored<typeof drawingSideSchema>;

/** A drawing that was not right everywhere; null for a side that never tried it. */
const drawingReportSchema = z.object({
  name: z.string(),
  base: drawingSideSchema.nullable(),
  head: drawingSideSchema.nullable(),
});
export type DrawingReport = Stored<typeof drawingReportSchema>;

const baselineVulkanSchema = z.object({ from: z.literal('baseline'), identity: vulkanIdentitySchema });

export const vulkanReportSchema = z.object({
  head: vulkanSideSchema,
  /** The other side, or what the newest baseline session says; null when neither knows. */
  base: z
    .discriminatedUnion('from', [z.object({ from: z.literal('side'), side: vulkanSideSchema }), baselineVulkanSchema])
    .nullable(),
  /** What head lost, in a few words for a headline; empty when nothing. */
  lost: z.string(),
  changes: z.array(vulkanChangeSchema),
  /** Absent where nothing was to be drawn; empty where all was right. */
  drawings: z.array(drawingReportSchema).exactOptional(),
});
export type VulkanReport = Stored<typeof vulkanReportSchema>;
