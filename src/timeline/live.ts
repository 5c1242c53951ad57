// Follows a console while the boot runs: the phase it is in, phases newly entered, and signs that it will not come up. Bounded memory.
import type { Profile } from '../model/scenario.ts';
import type { MarkerProfile } from './marker-profiles.ts';
import type { MendedLine } from './mend.ts';
import { createPhaseMachine } from './phases.ts';
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
  /Launching initramfs emergency recovery shell|(?:Entering|You are in) emergency mode|Give root password for maintenance|Entering emergency mode\. Exit the shell/;
const kernelBanner = /Booting Linux on|Linux version \d/;
const serviceManager = /OpenRC \S{1,40} is starting up/;
const suspicious = new RegExp(
  [panic, emergency, kernelBanner, serviceManager].map(({ source }) => `(?:${source})`).join('|'),
);

/** A matcher that reads as `readTimeline` does, only sooner: the unterminated tail counts too. A failure is told once. */
export function createLiveMatcher(markers: MarkerProfile, profile: Profile): LiveMatcher {
  const scanner = createConsoleScanner(markers);
  const phases = createPhaseMachine(markers, profile);
  const told = new Set<string>();
  let phase = phases.current;
  let failure: string | null = null;
  const rebooted = rebootDetector();

  function guestStarted(atNs: number): LiveEvent[] {
    phases.guestStarted(atNs);
    return entered(atNs);
  }

  function feed(bytes: Uint8Array, atNs: number): LiveEvent[] {
    const events: LiveEvent[] = bytes.length > 0 ? guestStarted(atNs) : [];
    for (const event of scanner.feed(bytes, atNs)) take(event, events);
    for (const event of scanner.peek()) take(event, events);
    return events;
  }

  function take(event: ConsoleEvent, events: LiveEvent[]): void {
    phases.take(event);
    if (event.kind === 'line') {
      if (failure !== null) return;
      const reason = reasonIn(event.line);
      if (reason === null) return;
      // Not the guest's last word: it goes on from its begin.
      if (reason !== 'rebooted') failure = event.line.text;
      events.push({ kind: 'failed', reason, line: event.line.text, atNs: event.line.firstNs });
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

  function reasonIn({ text, kernelSeconds }: MendedLine): 'panic' | 'emergency' | 'rebooted' | null {
    // Nearly every line is none of these: one look at it is enough.
    if (!suspicious.test(text)) {
      rebooted.pass(kernelSeconds);
      return null;
    }
    if (panic.test(text)) return 'panic';
    if (emergency.test(text)) return 'emergency';
    return rebooted.hears(text, kernelSeconds) ? 'rebooted' : null;
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

interface RebootDetector {
  /** A line that announces no begin. */
  pass(kernelSeconds: number | null): void;
  /** Whether this line says that the guest began anew. */
  hears(line: string, kernelSeconds: number | null): boolean;
}

/**
 * Hears a guest begin anew on the same console: the kernel's clock falls back at its banner, the banner comes after a
 * service manager's, or the service manager starts twice. The kernel may print its log twice when the console changes
 * hands; that alone is none.
 */
function rebootDetector(): RebootDetector {
  let latest = 0;
  let userspace = 0;
  const pass = (kernelSeconds: number | null): void => {
    latest = Math.max(latest, kernelSeconds ?? 0);
  };
  return {
    pass,
    hears(line, kernelSeconds) {
      if (kernelBanner.test(line)) return userspace > 0 || (kernelSeconds !== null && latest > kernelSeconds + 5);
      pass(kernelSeconds);
      if (!serviceManager.test(line)) return false;
      userspace += 1;
      return userspace > 1;
    },
  };
}
