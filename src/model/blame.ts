// Where the time of one side's boots went, in shares that add up: parts to phases, phases to time-to-ssh.
import { z } from 'zod';
import { profileSchema, sideSchema } from './scenario.ts';
import type { Stored } from './stored.ts';

/** What owned a moment of the boot: the innermost service or initcall, or, where nothing named itself, the phase. */
const blamePartSchema = z.object({
  kind: z.enum(['service', 'initcall', 'unnamed']),
  name: z.string(),
  /** Its own time without what ran inside it. The parts of a phase add up to the phase. */
  ms: z.number(),
  /** First and third quartile over the boots. */
  lowMs: z.number(),
  highMs: z.number(),
});
export type BlamePart = Stored<typeof blamePartSchema>;

/** The stretches of a phase in which the console said nothing. */
const silenceSchema = z.object({
  /** Median over the boots. */
  ms: z.number(),
  /** Share of the phase, 0 to 1; median over the boots. */
  share: z.number(),
  /** How many host CPUs the emulator kept busy meanwhile; null when too little was silent to tell. */
  cpus: z.number().nullable(),
  /** busy: the emulator computed; idle: it waited. */
  word: z.enum(['busy', 'idle', 'partly busy', 'unknown']),
});
export type Silence = Stored<typeof silenceSchema>;

const phaseBlameSchema = z.object({
  name: z.string(),
  /** The phases of a side add up to its `totalMs`. */
  ms: z.number(),
  lowMs: z.number(),
  highMs: z.number(),
  /** Head's share minus base's; null on base, and without a base. The differences add up to that of `totalMs`. */
  differenceMs: z.number().nullable(),
  silence: silenceSchema,
  /** Largest first. */
  parts: z.array(blamePartSchema),
});
export type PhaseBlame = Stored<typeof phaseBlameSchema>;

const chainLinkSchema = z.object({
  kind: z.enum(['phase', 'service', 'initcall', 'probe']),
  name: z.string(),
  startMs: z.number(),
  endMs: z.number(),
});
export type ChainLink = Stored<typeof chainLinkSchema>;

/** What had to end, one after the other, before something was ready; the links tile the time from the spawn to it. */
const chainSchema = z.object({
  /** Name of the metric that the chain ends with. */
  metric: z.string(),
  boot: z.number(),
  links: z.array(chainLinkSchema),
});
export type Chain = Stored<typeof chainSchema>;

/** What the kernel's own clock says of the silence before its first line. */
const clockStorySchema = z.object({
  firstLineMs: z.number(),
  /** Host time at which the kernel's clock stood at zero. */
  kernelZeroMs: z.number(),
  /** Kernel time that had passed when its first line arrived. */
  silentMs: z.number(),
});
export type ClockStory = Stored<typeof clockStorySchema>;

export const sideBlameSchema = z.object({
  side: sideSchema,
  profile: profileSchema,
  /** Boots that this is drawn from: those of this run, without warm-ups, that came to the SSH banner. */
  boots: z.number(),
  /** Median time-to-ssh of those boots. */
  totalMs: z.number(),
  /** In the order in which a boot passes them. */
  phases: z.array(phaseBlameSchema),
  chains: z.array(chainSchema),
  /** Of the boot that is drawn; null when too few kernel lines came. */
  clock: clockStorySchema.nullable(),
});
export type SideBlame = Stored<typeof sideBlameSchema>;
