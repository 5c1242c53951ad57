// What a boot's facts mean: lines, phases, services. Derived from a Boot; a report keeps those of the boots that it draws.
import { z } from 'zod';
import type { Boot } from './boot.ts';
import type { Stored } from './stored.ts';

/** A console line after control sequences were removed. Stamps are the arrivals of its first and last byte. */
export interface SerialLine {
  readonly text: string;
  readonly firstNs: number;
  readonly lastNs: number;
  /** False for the tail that has not seen its newline. */
  readonly terminated: boolean;
}

const spanSchema = z.object({ startNs: z.number(), endNs: z.number() });
export type Span = Stored<typeof spanSchema>;

/** A named share of the boot. Spans of all phases tile [0, end] without gap or overlap. */
const phaseSchema = z.object({ name: z.string(), spans: z.array(spanSchema), durationNs: z.number() });
export type Phase = Stored<typeof phaseSchema>;

const serviceSpanSchema = spanSchema.extend({
  name: z.string(),
  outcome: z.enum(['ok', 'failed', 'unfinished']),
});
export type ServiceSpan = Stored<typeof serviceSpanSchema>;

const initcallSchema = spanSchema.extend({
  name: z.string(),
  /** As the kernel itself measured it. */
  durationNs: z.number(),
});
export type Initcall = Stored<typeof initcallSchema>;

const markSchema = z.object({ name: z.string(), atNs: z.number() });
export type Mark = Stored<typeof markSchema>;

/** Lower envelope of host arrival against kernel timestamps: host = offset + kernel * (1 + drift). */
const clockFitSchema = z.object({
  offsetNs: z.number(),
  driftPpm: z.number(),
  lines: z.number(),
  /** Kernel time that had passed when its first line arrived. */
  silentNs: z.number(),
});
export type ClockFit = Stored<typeof clockFitSchema>;

export const timelineSchema = z.object({
  /** In order of first arrival; the last ends with the main readiness, mostly the SSH banner, or at the last known moment of a failed boot. */
  phases: z.array(phaseSchema),
  endNs: z.number(),
  /** True when the end is that readiness. */
  complete: z.boolean(),
  services: z.array(serviceSpanSchema),
  initcalls: z.array(initcallSchema),
  marks: z.array(markSchema),
  clockFit: clockFitSchema.nullable(),
  /** Name of the marker profile that reads it, where none was configured and what the console shows has chosen it. */
  chosenMarkers: z.string().exactOptional(),
});
export type Timeline = Stored<typeof timelineSchema>;

/** A boot that was read: whoever has it need not go through its console again. */
export interface ReadBoot {
  readonly boot: Boot;
  readonly timeline: Timeline;
}
