// What a boot's facts mean: lines, phases, services. Derived from a Boot, never stored as truth.

/** A console line after control sequences were removed. Stamps are the arrivals of its first and last byte. */
export interface SerialLine {
  readonly text: string;
  readonly firstNs: number;
  readonly lastNs: number;
  /** False for the tail that has not seen its newline. */
  readonly terminated: boolean;
  /** True when its first byte shared a read with earlier lines: its stamp is then an upper bound only. */
  readonly burst: boolean;
}

export interface Span {
  readonly startNs: number;
  readonly endNs: number;
}

/** A named share of the boot. Spans of all phases tile [0, end] without gap or overlap. */
export interface Phase {
  readonly name: string;
  readonly spans: readonly Span[];
  readonly durationNs: number;
}

export interface ServiceSpan extends Span {
  readonly name: string;
  readonly outcome: 'ok' | 'failed' | 'unfinished';
}

export interface Initcall extends Span {
  readonly name: string;
  /** As the kernel itself measured it. */
  readonly durationNs: number;
}

export interface Mark {
  readonly name: string;
  readonly atNs: number;
}

/** Lower envelope of host arrival against kernel timestamps: host = offset + kernel * (1 + drift). */
export interface ClockFit {
  readonly offsetNs: number;
  readonly driftPpm: number;
  readonly lines: number;
  /** Kernel time that had passed when its first line arrived. */
  readonly silentNs: number;
}

export interface Timeline {
  /** In order of first arrival; the last ends at the SSH banner, or at the last known moment of a failed boot. */
  readonly phases: readonly Phase[];
  readonly endNs: number;
  /** True when the end is the SSH banner. */
  readonly complete: boolean;
  readonly services: readonly ServiceSpan[];
  readonly initcalls: readonly Initcall[];
  readonly marks: readonly Mark[];
  /** Names of the profile's markers that never came. */
  readonly missing: readonly string[];
  readonly clockFit: ClockFit | null;
}
