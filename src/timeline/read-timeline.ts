// The facts of one boot -> its timeline: phases that tile the boot, services, initcalls, marks, clock fit.
import type { Boot } from '../model/boot.ts';
import type { Mark, ServiceSpan, Timeline } from '../model/timeline.ts';
import { passed, readyEvent } from '../probe/probe.ts';
import { metricDefinitions } from '../probe/probes.ts';
import { chosenProfile } from './choose-profile.ts';
import { type ClockPoint, fitClock } from './clock-fit.ts';
import { createInitcallReader } from './initcalls.ts';
import { readsOf } from './lines.ts';
import type { MarkerProfile } from './marker.ts';
import { PhaseMachine } from './phases.ts';
import { type ConsoleEvent, createConsoleScanner } from './scanner.ts';

/** A longer read is taken in pieces, so that a console of nothing but newlines does not become one huge list. */
const longestRead = 65_536;
const bytesPerStep = 4096;
const mostServices = 10_000;

/** Metric -> mark: probes whose success is a notable moment after the login. */
const readinessMarks: ReadonlyMap<string, string> = new Map(
  metricDefinitions.flatMap(({ name, mark }) => (mark === undefined ? [] : [[name, mark]])),
);

/**
 * Reads a boot with a marker profile. The timeline ends with the main readiness, mostly the SSH banner, or for a boot in which that never
 * came at the last moment anything is known of. A service that was still starting then is cut there: its share of the boot is what counts.
 */
export function readTimeline(input: { readonly boot: Boot; readonly markers: MarkerProfile }): Timeline {
  const steps = readTimelineInSteps(input);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same for those who must not keep others waiting: it pauses after every few kilobytes of the console. */
export function* readTimelineInSteps({
  boot,
  markers: asked,
}: {
  readonly boot: Boot;
  readonly markers: MarkerProfile;
}): Generator<void, Timeline> {
  const markers = chosenProfile(asked, boot.console.bytes);
  const collected = new Collected(boot, markers);
  const scanner = createConsoleScanner(markers);
  let sincePause = 0;
  for (const [bytes, atNs] of piecesOf(boot.console)) {
    for (const event of scanner.feed(bytes, atNs)) collected.take(event);
    sincePause += bytes.length;
    if (sincePause < bytesPerStep) continue;
    sincePause = 0;
    yield;
  }
  for (const event of scanner.finish(collected.endNs)) collected.take(event);
  return { ...collected.timeline(), ...(asked.isChosen ? { chosenMarkers: markers.name } : {}) };
}

function* piecesOf(console: Boot['console']): Generator<[Uint8Array, number]> {
  for (const [bytes, atNs] of readsOf(console)) {
    for (let offset = 0; offset < bytes.length; offset += longestRead) {
      yield [bytes.subarray(offset, offset + longestRead), atNs];
    }
  }
}

/** What a console's events come to, between the boot's spawn and its end. */
class Collected {
  readonly endNs: number;
  readonly #boot: Boot;
  readonly #readyNs: number | null;
  readonly #phases: PhaseMachine;
  readonly #initcalls = createInitcallReader();
  readonly #services: ServiceSpan[] = [];
  readonly #clock: ClockPoint[] = [];
  /** Name of a mark -> when it was seen first. */
  readonly #seen = new Map<string, number>();

  constructor(boot: Boot, markers: MarkerProfile) {
    this.#boot = boot;
    this.#readyNs = readyNs(boot);
    this.endNs = Math.round(this.#readyNs ?? lastKnownNs(boot));
    this.#phases = new PhaseMachine(markers, boot.profile);
    const { bytes, reads } = boot.console;
    if (reads[0] && bytes.length > 0) this.#see('first-byte', reads[0].atNs);
    const started = boot.events.find(({ name }) => name === 'guest-started');
    // Without a QMP socket nobody says when the guest was let go: its first phase then begins with the spawn.
    const isTold = started !== undefined || boot.events.some(({ name }) => name === 'qmp-ready');
    if (started) this.#phases.guestStarted(started.atNs);
    else if (!isTold && bytes.length > 0) this.#phases.guestStarted(0);
  }

  take(event: ConsoleEvent): void {
    if (event.kind === 'line') {
      const { kernelSeconds, firstNs } = event.line;
      this.#initcalls.take(event.line);
      if (kernelSeconds !== null) this.#clock.push({ kernelNs: kernelSeconds * 1e9, hostNs: firstNs });
      return;
    }
    if (event.kind === 'marker') this.#see(event.marker.name, event.startNs);
    if (event.kind === 'service-began') {
      for (const { name } of event.service.markers) this.#see(name, event.service.startNs);
    }
    if (event.kind === 'service-ended') this.#keep(event.service);
    this.#phases.take(event);
  }

  timeline(): Timeline {
    const banner = passed(this.#boot, 'ssh-banner', 'banner');
    if (banner) this.#seen.set('ssh-banner', banner.atNs);
    const { ready } = this.#boot;
    if (ready !== undefined && this.#readyNs !== null) this.#seen.set(ready.replace(/^time-to-/, ''), this.#readyNs);
    for (const { probe, outcome, atNs } of this.#boot.probes) {
      const name = readinessMarks.get(probe);
      if (outcome === 'ok' && name !== undefined) this.#see(name, atNs);
    }
    return {
      phases: this.#phases.finish(this.endNs),
      endNs: this.endNs,
      complete: this.#readyNs !== null,
      services: this.#services.sort((a, b) => a.startNs - b.startNs || b.endNs - a.endNs),
      initcalls: this.#initcalls.initcalls,
      marks: [...this.#seen].map(([name, atNs]): Mark => ({ name, atNs })).sort((a, b) => a.atNs - b.atNs),
      clockFit: fitClock(this.#clock),
    };
  }

  #see(name: string, atNs: number): void {
    if (!this.#seen.has(name)) this.#seen.set(name, atNs);
  }

  #keep({ name, startNs, endNs, outcome }: ServiceSpan): void {
    if (startNs >= this.endNs || this.#services.length >= mostServices) return;
    this.#services.push({ name, startNs, endNs: Math.min(endNs, this.endNs), outcome });
  }
}

/** Nanoseconds at which the main readiness was seen, the SSH banner where nothing else is named; or null. */
export function readyNs(boot: Boot): number | null {
  return readyEvent(boot)?.atNs ?? null;
}

function lastKnownNs(boot: Boot): number {
  const moments = [boot.console.reads.at(-1), boot.events.at(-1), boot.probes.at(-1), boot.usage.at(-1)];
  return moments.reduce((latest, moment) => Math.max(latest, moment?.atNs ?? 0), 0);
}
