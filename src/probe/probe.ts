// What a probe is: something that is asked of a guest, or read from what every boot records, and the metrics that come of it.
import type { Boot, ProbeEvent } from '../model/boot.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { Measurement, MetricDefinition } from '../model/metric.ts';
import type { Responsiveness } from '../model/responsiveness.ts';
import type { Gpu, MetricRule, Scenario, SideSpec } from '../model/scenario.ts';
import type { VulkanFacts } from '../model/vulkan.ts';

export interface Probe {
  readonly name: string;
  /** In the order in which they pass. */
  readonly metrics: readonly MetricDefinition[];
  /** Whether the boots of this side are asked. One that is asked and does not answer has failed. */
  asked(side: SideSpec, scenario: Scenario): boolean;
  /**
   * Asks the guest until it answers as it must. null: it did, or the guest's signal was aborted. Where there is
   * no such function, what every boot records is enough.
   */
  readonly run?: (guest: AskedGuest) => Promise<FailedProbe | null>;
  /** It takes seconds: users' probes are asked first, whose moments it would delay. */
  readonly takesLong?: true;
  /** What is done to a guest that is ready, in boots that count. */
  readonly afterwards?: (guest: ReadyGuest) => Promise<void>;
  /** What a ready guest is asked once all of its boot is on record: nothing of it is part of the boot, and it fails none. */
  readonly later?: (guest: RecordedGuest) => Promise<void>;
  /** The value of one of the metrics in a boot, from its facts alone. */
  measure(boot: Boot, metric: string): Measurement;
}

export interface FailedProbe {
  readonly probe: string;
  readonly detail: string;
}

/** A guest while it boots. Everything that happens is told as an event; its `probe` is the metric's name where it has one. */
export interface WatchedGuest {
  /** Nanoseconds since the spawn. */
  nowNs(): number;
  /** Waits, at most until the signal is aborted. */
  pause(ms: number): Promise<void>;
  onEvent(event: ProbeEvent): void;
  /** Aborted when the boot is over. */
  readonly signal: AbortSignal;
}

/** A guest that can be logged in to. */
export interface GuestWithShell extends WatchedGuest {
  readonly session: GuestShell;
}

export interface AskedGuest extends GuestWithShell {
  readonly gpu: Gpu;
  readonly architecture: Architecture;
  /** Kept with the boot. */
  readonly facts: GuestFacts;
}

export interface ReadyGuest extends WatchedGuest {
  /** Records what the emulator has used up to now. */
  usageNow(): Promise<unknown>;
  /** Whether the emulator has ended. */
  hasEnded(): boolean;
}

/** A guest whose boot is on record. */
export interface RecordedGuest extends Omit<WatchedGuest, 'onEvent'> {
  readonly architecture: Architecture;
  /** Logs in once more; the same session for all who ask. Rejects with the reason when that does not work. */
  session(): Promise<GuestSession>;
  /** Kept with the boot. */
  readonly facts: LaterFacts;
}

export interface LaterFacts {
  /** null where it was not asked. */
  responsiveness: Responsiveness | null;
}

export interface GuestFacts {
  /** null where nothing was asked about Vulkan. */
  vulkan: VulkanFacts | null;
  /** What the guest is asked at the moment; undefined: nothing. */
  underWay?: UnderWay | undefined;
  /** All that decides was answered over SSH: what is still read of the guest may be lost. */
  isAnswered?: true;
}

/** A probe that has not come to its end: it is what failed where a boot's time ends. */
export interface UnderWay {
  readonly probe: string;
  /** Which of its events tell how far it came. */
  readonly events: readonly string[];
  /** Which part of it is under way; its own name says enough where there are none. */
  readonly part?: string;
  /** Puts what is known of it on record: where the time of the boot ends, or the emulator. */
  cutOff?(detail: string, outcome: 'timeout' | 'failed'): FailedProbe;
}

export interface GuestShell {
  /** Runs a shell command in the guest. */
  run(command: string, options: { readonly timeoutMs: number; readonly stdin?: string }): Promise<CommandResult>;
}

export interface GuestSession extends GuestShell {
  /** Starts a shell command that is talked to while it runs. */
  start(command: string): Promise<GuestProgram>;
}

/** Disposing of it ends it. */
export interface GuestProgram extends AsyncDisposable {
  write(text: string): void;
  /** What comes next, as it came, and when; null once it has ended. */
  read(): Promise<{ readonly text: string; readonly atNs: number } | null>;
  /** What it said on standard error so far. */
  complaint(): string;
}

/** Exit code of a command whose connection failed: an emulator that hangs takes the network of its guest along. */
export const connectionLost = 255;

export interface CommandResult {
  /** 255 when the connection failed; null when the command was ended by a signal or by us. */
  readonly exitCode: number | null;
  /** The first MiB. */
  readonly stdout: string;
  readonly stderr: string;
  readonly startedNs: number;
  readonly endedNs: number;
  readonly timedOut: boolean;
  readonly truncated: boolean;
}

/** How metrics are judged unless the configuration says otherwise. */
export const gating: MetricRule = { gate: true, tolerate: 0, limit: 0.05, floor: 50, max: null };
export const informing: MetricRule = { ...gating, gate: false };

export const passed = (boot: Boot, probe: string, outcome = 'ok'): ProbeEvent | undefined =>
  boot.probes.find((event) => event.probe === probe && event.outcome === outcome);

/** The main readiness of a boot, with which its phases end; undefined: it never came. */
export const readyEvent = (boot: Boot): ProbeEvent | undefined =>
  boot.ready === undefined ? passed(boot, 'ssh-banner', 'banner') : passed(boot, boot.ready);

/** Since the spawn, in ms. */
export function moment(event: ProbeEvent | undefined): Measurement {
  if (!event) return { value: null, resolution: 0 };
  return { value: event.atNs / 1e6, resolution: Math.max(0, event.atNs - event.startedNs) / 1e6 };
}

/** How long a program ran, from its start to its end, in ms: where it is itself what is measured. */
export const duration = (event: ProbeEvent | undefined): Measurement => ({
  value: event ? (event.atNs - event.startedNs) / 1e6 : null,
  resolution: 0,
});

/** The end of a program's work: only the time before its run, `work`, began is lateness. */
export function endOfWork(event: ProbeEvent | undefined, work: ProbeEvent | undefined): Measurement {
  const { value, resolution } = moment(event);
  return { value, resolution: Math.max(0, resolution - (duration(work).value ?? 0)) };
}

export const always = (): boolean => true;
