// Where the time of one side's boots went, in shares that add up: parts to phases, phases to time-to-ssh.
import type { Side } from './scenario.ts';

/** What owned a moment of the boot: the innermost service or initcall, or, where nothing named itself, the phase. */
export interface BlamePart {
  readonly kind: 'service' | 'initcall' | 'unnamed';
  readonly name: string;
  /** Its own time without what ran inside it. The parts of a phase add up to the phase. */
  readonly ms: number;
  /** First and third quartile over the boots. */
  readonly lowMs: number;
  readonly highMs: number;
}

/** The stretches of a phase in which the console said nothing. */
export interface Silence {
  /** Median over the boots. */
  readonly ms: number;
  /** Share of the phase, 0 to 1; median over the boots. */
  readonly share: number;
  /** How many host CPUs the emulator kept busy meanwhile; null when too little was silent to tell. */
  readonly cpus: number | null;
  /** busy: the emulator computed; idle: it waited. */
  readonly word: 'busy' | 'idle' | 'partly busy' | 'unknown';
}

export interface PhaseBlame {
  readonly name: string;
  /** The phases of a side add up to its `totalMs`. */
  readonly ms: number;
  readonly lowMs: number;
  readonly highMs: number;
  /** Head's share minus base's; null on base, and without a base. The differences add up to that of `totalMs`. */
  readonly differenceMs: number | null;
  readonly silence: Silence;
  /** Largest first. */
  readonly parts: readonly BlamePart[];
}

export interface ChainLink {
  readonly kind: 'phase' | 'service' | 'initcall' | 'probe';
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** What had to end, one after the other, before something was ready; the links tile the time from the spawn to it. */
export interface Chain {
  /** Name of the metric that the chain ends with. */
  readonly metric: string;
  readonly boot: number;
  readonly links: readonly ChainLink[];
}

/** What the kernel's own clock says of the silence before its first line. */
export interface ClockStory {
  readonly firstLineMs: number;
  /** Host time at which the kernel's clock stood at zero. */
  readonly kernelZeroMs: number;
  /** Kernel time that had passed when its first line arrived. */
  readonly silentMs: number;
}

export interface SideBlame {
  readonly side: Side;
  readonly profile: 'timing' | 'attribution';
  /** Boots that this is drawn from: those of this run, without warm-ups, that came to the SSH banner. */
  readonly boots: number;
  /** Median time-to-ssh of those boots. */
  readonly totalMs: number;
  /** In the order in which a boot passes them. */
  readonly phases: readonly PhaseBlame[];
  readonly chains: readonly Chain[];
  /** Of the boot that is drawn; null when too few kernel lines came. */
  readonly clock: ClockStory | null;
}
