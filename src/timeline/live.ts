// Follows a console while the boot runs: the phase it is in, phases newly entered, and signs that it will not come up. Bounded memory.
import type { Profile } from '../model/scenario.ts';
import { chosenProfile, profileShown } from './choose-profile.ts';
import type { Marker, MarkerProfile } from './marker.ts';
import type { MendedLine } from './mend.ts';
import { PhaseMachine } from './phases.ts';
import { createRestartDetector } from './restarts.ts';
import { type ConsoleEvent, type ConsoleScanner, createConsoleScanner } from './scanner.ts';

export type LiveEvent =
  | { readonly kind: 'phase'; readonly name: string; readonly atNs: number }
  | { readonly kind: 'mark'; readonly name: string; readonly atNs: number }
  | Failure;

/** The guest said that it gave up; `line` is what it said. */
interface Failure {
  readonly kind: 'failed';
  readonly reason: 'panic' | 'emergency' | 'rebooted';
  readonly line: string;
  readonly atNs: number;
}

export interface LiveMatcher {
  /** The phase that the boot is in now. */
  phase(): string;
  /** What the guest said when it gave up (a panic, an emergency shell); null while it has not. */
  panic(): string | null;
  /** The emulator let the guest go. The first console byte says so too. */
  guestStarted(atNs: number): LiveEvent[];
  /** Takes one console read. Cheap enough to be called on each. */
  feed(bytes: Uint8Array, atNs: number): LiveEvent[];
}

/**
 * A matcher that reads as `readTimeline` does, only sooner: the unterminated tail counts too. A failure is told once. Where the profile is
 * to be chosen by the console, it is as soon as an init system speaks.
 */
export function createLiveMatcher(asked: MarkerProfile, profile: Profile): LiveMatcher {
  const reader = new LiveReader(asked, profile);
  const failures = new FailureWatch();
  const told = new Set<string>();
  let phase = reader.phases.current;

  function guestStarted(atNs: number): LiveEvent[] {
    reader.phases.guestStarted(atNs);
    return entered(atNs);
  }

  function feed(bytes: Uint8Array, atNs: number): LiveEvent[] {
    const read = reader.feed(bytes, atNs);
    const events: LiveEvent[] = bytes.length > 0 ? guestStarted(atNs) : [];
    for (const event of read) events.push(...take(event));
    events.push(...failures.inTail(reader, atNs));
    return events;
  }

  function take(event: ConsoleEvent): LiveEvent[] {
    reader.phases.take(event);
    if (event.kind === 'line') return failures.inLine(event.line);
    if (event.kind === 'marker') return [...marks([event.marker], event.startNs), ...entered(event.startNs)];
    if (event.kind === 'service-ended') return entered(event.service.endNs);
    const { markers, startNs } = event.service;
    return [...marks(markers, startNs), ...entered(startNs)];
  }

  /** Of each name the first one. */
  function marks(markers: readonly Marker[], atNs: number): LiveEvent[] {
    const names = new Set(markers.map(({ name }) => name).filter((name) => !told.has(name)));
    for (const name of names) told.add(name);
    return [...names].map((name) => ({ kind: 'mark', name, atNs }));
  }

  function entered(atNs: number): LiveEvent[] {
    if (reader.phases.current === phase) return [];
    phase = reader.phases.current;
    return [{ kind: 'phase', name: phase, atNs }];
  }

  return { phase: () => reader.phases.current, panic: () => failures.last, guestStarted, feed };
}

/** Reads with the profile that was asked for, or from the moment on in which the console shows another one, with that. */
class LiveReader {
  phases: PhaseMachine;
  #markers: MarkerProfile;
  #scanner: ConsoleScanner;
  readonly #choice: ProfileChoice | null;
  readonly #profile: Profile;

  constructor(asked: MarkerProfile, profile: Profile) {
    this.#choice = asked.isChosen ? new ProfileChoice() : null;
    this.#profile = profile;
    this.#markers = chosenProfile(asked, new Uint8Array());
    this.#scanner = createConsoleScanner(this.#markers);
    this.phases = new PhaseMachine(this.#markers, profile);
  }

  feed(bytes: Uint8Array, atNs: number): ConsoleEvent[] {
    const shown = this.#choice?.feed(bytes) ?? null;
    if (shown !== null && shown !== this.#markers) this.#changeTo(shown, atNs);
    const events = this.#scanner.feed(bytes, atNs);
    events.push(...this.#scanner.peek());
    return events;
  }

  tailText(longest: number): string {
    return this.#scanner.tailText(longest);
  }

  /** What came before an init system spoke is read alike by every profile, but for the name of the first phase. */
  #changeTo(shown: MarkerProfile, atNs: number): void {
    const before = this.phases.current;
    this.#markers = shown;
    this.#scanner = createConsoleScanner(shown);
    this.phases = new PhaseMachine(shown, this.#profile);
    this.phases.guestStarted(atNs);
    this.phases.resume(before);
  }
}

/** Looks at the last kilobytes of a console until it shows which profile fits; then never again. */
class ProfileChoice {
  #isMade = false;
  #kept = new Uint8Array();

  feed(bytes: Uint8Array): MarkerProfile | null {
    if (this.#isMade || bytes.length === 0) return null;
    const seen = new Uint8Array(this.#kept.length + bytes.length);
    seen.set(this.#kept);
    seen.set(bytes, this.#kept.length);
    this.#kept = seen.slice(-keptBytes);
    const shown = profileShown(seen);
    this.#isMade = shown !== null;
    return shown;
  }
}

const keptBytes = 1024;

const panic = /Kernel panic - not syncing|---\[ end Kernel panic/;
const emergency =
  /initramfs emergency recovery shell|(?:Entering|You are in) (?:emergency|rescue) mode|Give root password for maintenance|Press Enter for (?:maintenance|emergency shell)|Cannot open access to console, the root account is locked|(?:Dropping|Falling back) to (?:a |an |the )?(?:\w+ )?shell|dropped into an emergency shell|An error occurred in stage 1 of the boot process|rdsosreport\.txt|^\(initramfs\) *$|starting emergency shell\.|\bsystemd\[1\]: Freezing execution|No bootable option or device was found|^ ?-- System halted|^grub> ?$/;
/** Nearly every line is neither: one look at it is enough. */
const suspicious = new RegExp(`${panic.source}|${emergency.source}`);
const longestPrompt = 80;
/** A shell of an initramfs waits behind a prompt that no newline ends. */
const shellPrompt = /^(?:\(initramfs\)|dracut:\S{0,40}#|\[rootfs [^\]]{0,40}\]#|grub(?: rescue)?>) ?$/;

/** Hears a guest give up, once. A reboot is not its last word: it goes on from its begin. */
class FailureWatch {
  readonly #restarts = createRestartDetector();
  last: string | null = null;

  inLine({ text, kernelSeconds, firstNs }: MendedLine): Failure[] {
    if (this.last !== null) return [];
    if (this.#restarts.hears(text, kernelSeconds)) return [failed('rebooted', text, firstNs)];
    if (!suspicious.test(text)) return [];
    this.last = text;
    return [failed(panic.test(text) ? 'panic' : 'emergency', text, firstNs)];
  }

  inTail(reader: Pick<LiveReader, 'tailText'>, atNs: number): Failure[] {
    const prompt = this.last === null ? reader.tailText(longestPrompt) : '';
    if (!shellPrompt.test(prompt)) return [];
    this.last = prompt;
    return [failed('emergency', prompt, atNs)];
  }
}

const failed = (reason: Failure['reason'], line: string, atNs: number): Failure => ({
  kind: 'failed',
  reason,
  line,
  atNs,
});
