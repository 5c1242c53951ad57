// The facts of one boot as they are recorded: nothing here is interpreted.
// All times are nanoseconds since just before the spawn of the emulator, as plain numbers.
import { z } from 'zod';
import { autopsySchema } from './autopsy.ts';
import { inventorySchema } from './inventory.ts';
import { responsivenessSchema } from './responsiveness.ts';
import { profileSchema, sideSchema } from './scenario.ts';
import type { Stored } from './stored.ts';
import { vulkanFactsSchema } from './vulkan.ts';

/** One read from the console: the bytes from `offset` up to the next read's offset had arrived at `atNs`. */
export interface ConsoleRead {
  readonly offset: number;
  readonly atNs: number;
}

/** The raw serial console of one boot. */
export interface Console {
  readonly bytes: Uint8Array;
  readonly reads: readonly ConsoleRead[];
  /** Bytes that came after the size cap and were not kept. */
  readonly droppedBytes: number;
}

const nanoseconds = z.number().int().nonnegative();
const bytes = z.number().int().nonnegative();

/** What the emulator process did: `spawned`, `qmp-ready`, `guest-started` (QMP cont acknowledged), `qmp:<EVENT>`, `exited`. */
const vmEventSchema = z.object({ atNs: nanoseconds, name: z.string(), detail: z.string() });
export type VmEvent = Stored<typeof vmEventSchema>;

/** One answer of one probe. `outcome` is the probe's own word (`timeout`, `reset`, `eof`, `banner`, `ok`, ...). */
const probeEventSchema = z.object({
  atNs: nanoseconds,
  probe: z.string(),
  outcome: z.string(),
  detail: z.string(),
  /** What a probe's output said, where a number is wanted of it. */
  value: z.number().nonnegative().exactOptional(),
  /** When the attempt began. The truth lies between this (or the previous failed attempt) and `atNs`. */
  startedNs: nanoseconds,
});
export type ProbeEvent = Stored<typeof probeEventSchema>;

/** The emulator's process tree at one moment. */
const usageSampleSchema = z.object({
  /** When it was asked for. */
  atNs: nanoseconds,
  cpuNs: nanoseconds,
  rssBytes: bytes,
  /** How long the system took to tell, where it did not at once: the figures are of some moment in it. */
  tookNs: nanoseconds.exactOptional(),
  /** Of the busiest process, where the system has bands of them (macOS). */
  priority: z.number().exactOptional(),
});
export type UsageSample = Stored<typeof usageSampleSchema>;

/** Below this many busy CPUs the emulator waits: what is left is timers and the sampling itself. */
export const idleCpus = 0.25;
/** From this many on it computes: at least one virtual CPU does not rest. */
export const busyCpus = 0.7;

/** Instructions that the guest had run when QEMU was asked because of what came at `atNs`. */
const workSampleSchema = z.object({ atNs: nanoseconds, instructions: z.number().int().nonnegative() });
export type WorkSample = Stored<typeof workSampleSchema>;

export const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  /** The guest said so on its console, or pvpanic did. */
  z.object({ kind: z.literal('panicked'), line: z.string() }),
  /** A deadline passed; `phase` is the phase the boot was in. */
  z.object({ kind: z.literal('hung'), phase: z.string(), deadlineMs: z.number() }),
  /** The emulator ended before the boot was ready; `during` says in the middle of what, where that is known. */
  z.object({
    ...{ kind: z.literal('exited'), code: z.number().nullable(), signal: z.string().nullable() },
    during: z.string().exactOptional(),
  }),
  /** The guest began anew: a second kernel, or a second start of its first program, spoke on one console. */
  z.object({ kind: z.literal('rebooted'), line: z.string() }),
  /** The guest came up but a probe did not pass; or a launcher ended before its guest said anything (probe `launcher`). */
  z.object({ kind: z.literal('failed'), probe: z.string(), detail: z.string() }),
]);
export type Outcome = Stored<typeof outcomeSchema>;

/** `boots/NNNN.json`: a boot without the bytes of its console, which lie in a file of their own beside it. */
export const storedBootSchema = z.object({
  schema: z.literal(1),
  /** 1-based position in the run; also the name of its files. */
  number: z.number().int().positive(),
  scenario: z.string(),
  side: sideSchema,
  profile: profileSchema,
  /** 1-based; the boots of a pair share it. 0 for warm-ups. */
  round: z.number().int().nonnegative(),
  warmup: z.boolean(),
  /** The other side of its round was booted at the same time. */
  joint: z.literal(true).exactOptional(),
  /** Wall clock, ISO 8601, for people only. */
  startedAt: z.string(),
  /** Argument vector as shown to people: home folder shortened to ~. */
  command: z.array(z.string()),
  /** How many bytes the console's file has; `reads` is offset, ns, offset, ns, ... */
  console: z.object({ bytes, droppedBytes: bytes, reads: z.array(nanoseconds) }),
  /** Standard error of the emulator, decoded leniently, size-capped at its end. */
  stderr: z.string(),
  events: z.array(vmEventSchema),
  probes: z.array(probeEventSchema),
  /** The metric of the readiness with which its phases end; absent: time-to-ssh. */
  ready: z.string().exactOptional(),
  usage: z.array(usageSampleSchema),
  /** Of a boot that is there to be counted: after each console read, and at its main readiness. */
  work: z.array(workSampleSchema).exactOptional(),
  /** What was found out about Vulkan; absent where nothing was asked. */
  vulkan: vulkanFactsSchema.exactOptional(),
  /** How the guest responded after all of the above; absent where that was not asked. */
  responsiveness: responsivenessSchema.exactOptional(),
  /** What the guest's software is; of one boot of each side. */
  inventory: inventorySchema.exactOptional(),
  /** What was looked at in a boot that hung, before QEMU was ended. */
  autopsy: autopsySchema.exactOptional(),
  /** How long the machine slept meanwhile, or by how much its clock was set; absent where it did neither. */
  sleptMs: z.number().exactOptional(),
  outcome: outcomeSchema,
});
export type StoredBoot = Stored<typeof storedBootSchema>;

export interface Boot extends Omit<StoredBoot, 'console'> {
  readonly console: Console;
}
