// The facts of one boot as they are recorded: nothing here is interpreted.
// All times are nanoseconds since just before the spawn of the emulator, as plain numbers.
import type { Profile, Side } from './scenario.ts';
import type { VulkanFacts } from './vulkan.ts';

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

/** What the emulator process did: `spawned`, `qmp-ready`, `guest-started` (QMP cont acknowledged), `qmp:<EVENT>`, `exited`. */
export interface VmEvent {
  readonly atNs: number;
  readonly name: string;
  readonly detail: string;
}

/** One answer of one probe. `outcome` is the probe's own word (`timeout`, `reset`, `eof`, `banner`, `ok`, ...). */
export interface ProbeEvent {
  readonly atNs: number;
  readonly probe: string;
  readonly outcome: string;
  readonly detail: string;
  /** When the attempt began. The truth lies between this (or the previous failed attempt) and `atNs`. */
  readonly startedNs: number;
}

/** The emulator's process tree at one moment. */
export interface UsageSample {
  readonly atNs: number;
  readonly cpuNs: number;
  readonly rssBytes: number;
}

export type Outcome =
  | { readonly kind: 'ready' }
  /** The guest said so on its console, or pvpanic did. */
  | { readonly kind: 'panicked'; readonly line: string }
  /** A deadline passed; `phase` is the phase the boot was in. */
  | { readonly kind: 'hung'; readonly phase: string; readonly deadlineMs: number }
  /** The emulator ended before the boot was ready. */
  | { readonly kind: 'exited'; readonly code: number | null; readonly signal: string | null }
  /** The guest began anew: a second kernel, or a second start of its first program, spoke on one console. */
  | { readonly kind: 'rebooted'; readonly line: string }
  /** The guest came up but a probe did not pass; or a launcher ended before its guest said anything (probe `launcher`). */
  | { readonly kind: 'failed'; readonly probe: string; readonly detail: string };

export interface Boot {
  readonly schema: 1;
  /** 1-based position in the run; also the name of its files. */
  readonly number: number;
  readonly scenario: string;
  readonly side: Side;
  readonly profile: Profile;
  /** 1-based; the boots of a pair share it. 0 for warm-ups. */
  readonly round: number;
  readonly warmup: boolean;
  /** Wall clock, ISO 8601, for people only. */
  readonly startedAt: string;
  /** Argument vector as shown to people: home folder shortened to ~. */
  readonly command: readonly string[];
  readonly console: Console;
  /** Standard error of the emulator, decoded leniently, size-capped at its end. */
  readonly stderr: string;
  readonly events: readonly VmEvent[];
  readonly probes: readonly ProbeEvent[];
  readonly usage: readonly UsageSample[];
  /** What was found out about Vulkan; absent where nothing was asked. */
  readonly vulkan?: VulkanFacts;
  readonly outcome: Outcome;
}
