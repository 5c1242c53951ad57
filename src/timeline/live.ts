// Follows a console while the boot runs: the phase it is in, phases newly entered, and signs that it will not come up. Bounded memory.
import type { Profile } from '../model/scenario.ts';
import { chosenProfile, profileShown } from './choose-profile.ts';
import type { MarkerProfile } from './marker.ts';
import type { MendedLine } from './mend.ts';
import { createPhaseMachine } from './phases.ts';
import { createRestartDetector } from './restarts.ts';
import { type ConsoleEvent, createConsoleScanner } from './scanner.ts';

export type LiveEvent =
  | { readonly kind: 'phase'; readonly name: string; readonly atNs: number }
  | { readonly kind: 'mark'; readonly name: string; readonly atNs: number }
  /** The guest said that it gave up; `line` is what it said. */
  | {
      readonly kind: 'failed';
      readonly reason: 'panic' | 'emergency' | 'rebooted';
      readonly line: string;
      readonly atNs: number;
    };

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

const panic = /Kernel panic - not syncing|---\[ end Kernel panic/;
const emergency =
  /initramfs emergency recovery shell|(?:Entering|You are in) (?:emergency|rescue) mode|Give root password for maintenance|Press Enter for (?:maintenance|emergency shell)|Cannot open access to console, the root account is locked|(?:Dropping|Falling back) to (?:a |an |the )?(?:\w+ )?shell|dropped into an emergency shell|An error occurred in stage 1 of the boot process|rdsosreport\.txt|^\(initramfs\) *$/;
const longestPrompt = 80;
const suspicious = new RegExp(`${panic.source}|${emergency.source}`);
/** A shell of an initramfs waits behind a prompt that no newline ends. */
const shellPrompt = /^(?:\(initramfs\)|dracut:\S{0,40}#|\[rootfs [^\]]{0,40}\]#|grub rescue>) ?$/;

/**
 * A matcher that reads as `readTimeline` does, only sooner: the unterminated tail counts too. A failure is told once. Where the profile is
 * to be chosen by the console, it is as soon as an init system speaks.
 */
export function createLiveMatcher(asked: MarkerProfile, profile: Profile): LiveMatcher {
  const choice = asked.isChosen ? createChoice() : null;
  let markers = chosenProfile(asked, new Uint8Array());
  let scanner = createConsoleScanner(markers);
  let phases = createPhaseMachine(markers, profile);
  const told = new Set<string>();
  let phase = phases.current;
  let failure: string | null = null;
  const restarts = createRestartDetector();

  function guestStarted(atNs: number): LiveEvent[] {
    phases.guestStarted(atNs);
    return entered(atNs);
  }

  function feed(bytes: Uint8Array, atNs: number): LiveEvent[] {
    const shown = choice?.feed(bytes) ?? null;
    if (shown !== null && shown !== markers) readAnewWith(shown, atNs);
    const events: LiveEvent[] = bytes.length > 0 ? guestStarted(atNs) : [];
    for (const event of scanner.feed(bytes, atNs)) take(event, events);
    for (const event of scanner.peek()) take(event, events);
    const prompt = failure === null ? scanner.tailText(longestPrompt) : '';
    if (shellPrompt.test(prompt)) fail('emergency', prompt, atNs, events);
    return events;
  }

  /** From here on. What came before an init system spoke is read alike by every profile, but for the name of the first phase. */
  function readAnewWith(shown: MarkerProfile, atNs: number): void {
    const before = phases.current;
    markers = shown;
    scanner = createConsoleScanner(markers);
    phases = createPhaseMachine(markers, profile);
    phases.guestStarted(atNs);
    phases.resume(before);
  }

  function take(event: ConsoleEvent, events: LiveEvent[]): void {
    phases.take(event);
    if (event.kind === 'line') {
      if (failure !== null) return;
      const reason = reasonIn(event.line);
      if (reason !== null) fail(reason, event.line.text, event.line.firstNs, events);
    } else if (event.kind === 'marker') {
      mark(event.marker.name, event.startNs, events);
      events.push(...entered(event.startNs));
    } else if (event.kind === 'service-began') {
      for (const marker of event.service.markers) mark(marker.name, event.service.startNs, events);
      events.push(...entered(event.service.startNs));
    } else {
      events.push(...entered(event.service.endNs));
    }
  }

  function fail(reason: 'panic' | 'emergency' | 'rebooted', line: string, atNs: number, events: LiveEvent[]): void {
    // A reboot is not the guest's last word: it goes on from its begin.
    if (reason !== 'rebooted') failure = line;
    events.push({ kind: 'failed', reason, line, atNs });
  }

  function reasonIn({ text, kernelSeconds }: MendedLine): 'panic' | 'emergency' | 'rebooted' | null {
    if (restarts.hears(text, kernelSeconds)) return 'rebooted';
    // Nearly every line is neither: one look at it is enough.
    if (!suspicious.test(text)) return null;
    return panic.test(text) ? 'panic' : 'emergency';
  }

  function mark(name: string, atNs: number, events: LiveEvent[]): void {
    if (told.has(name)) return;
    told.add(name);
    events.push({ kind: 'mark', name, atNs });
  }

  function entered(atNs: number): LiveEvent[] {
    if (phases.current === phase) return [];
    phase = phases.current;
    return [{ kind: 'phase', name: phase, atNs }];
  }

  return { phase: () => phases.current, panic: () => failure, guestStarted, feed };
}

/** Looks at the last kilobytes of a console until it shows which profile fits; then never again. */
function createChoice(): { feed(bytes: Uint8Array): MarkerProfile | null } {
  const keptBytes = 1024;
  let isMade = false;
  let kept = new Uint8Array();
  return {
    feed(bytes) {
      if (isMade || bytes.length === 0) return null;
      const seen = new Uint8Array(kept.length + bytes.length);
      seen.set(kept);
      seen.set(bytes, kept.length);
      kept = seen.slice(-keptBytes);
      const shown = profileShown(seen);
      isMade = shown !== null;
      return shown;
    },
  };
}
