// The facts of one boot -> its timeline: phases that tile the boot, services, initcalls, marks, clock fit.
import type { Boot } from '../model/boot.ts';
import type { Mark, ServiceSpan, Timeline } from '../model/timeline.ts';
import { metricDefinitions } from '../probe/probes.ts';
import { chosenProfile } from './choose-profile.ts';
import { type ClockPoint, fitClock } from './clock-fit.ts';
import { createInitcallReader } from './initcalls.ts';
import { readsOf } from './lines.ts';
import type { MarkerProfile } from './marker.ts';
import { createPhaseMachine } from './phases.ts';
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
 * Reads a boot with a marker profile. The timeline ends at the SSH banner, or for a boot that never showed one at the last moment
 * anything is known of. A service that was still starting then is cut there: its share of the boot is what counts.
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
  const banner = bannerNs(boot);
  const endNs = Math.round(banner ?? lastKnownNs(boot));
  const phases = createPhaseMachine(markers, boot.profile);
  const initcalls = createInitcallReader();
  const services: ServiceSpan[] = [];
  const clock: ClockPoint[] = [];
  const seen = new Map<string, number>();
  const firstByte = boot.console.reads[0];
  if (firstByte && boot.console.bytes.length > 0) seen.set('first-byte', firstByte.atNs);

  const guestStarted = boot.events.find((event) => event.name === 'guest-started');
  // Without a QMP socket nobody says when the guest was let go: its first phase then begins with the spawn.
  const isSaid = boot.events.some((event) => event.name === 'qmp-ready' || event.name === 'guest-started');
  if (guestStarted) phases.guestStarted(guestStarted.atNs);
  else if (!isSaid && boot.console.bytes.length > 0) phases.guestStarted(0);

  const take = (event: ConsoleEvent): void => {
    if (event.kind === 'line') {
      initcalls.take(event.line);
      if (event.line.kernelSeconds !== null) {
        clock.push({ kernelNs: event.line.kernelSeconds * 1e9, hostNs: event.line.firstNs });
      }
      return;
    }
    if (event.kind === 'marker') see(seen, event.marker.name, event.startNs);
    if (event.kind === 'service-began') {
      for (const marker of event.service.markers) see(seen, marker.name, event.service.startNs);
    }
    if (event.kind === 'service-ended' && event.service.startNs < endNs && services.length < mostServices) {
      const { name, startNs, outcome } = event.service;
      services.push({ name, startNs, endNs: Math.min(event.service.endNs, endNs), outcome });
    }
    phases.take(event);
  };

  const scanner = createConsoleScanner(markers);
  let sincePause = 0;
  for (const [bytes, atNs] of readsOf(boot.console)) {
    for (let offset = 0; offset < bytes.length; offset += longestRead) {
      const piece = bytes.subarray(offset, offset + longestRead);
      for (const event of scanner.feed(piece, atNs)) take(event);
      sincePause += piece.length;
      if (sincePause < bytesPerStep) continue;
      sincePause = 0;
      yield;
    }
  }
  for (const event of scanner.finish(endNs)) take(event);

  if (banner !== null) seen.set('ssh-banner', banner);
  for (const { probe, outcome, atNs } of boot.probes) {
    const name = readinessMarks.get(probe);
    if (outcome === 'ok' && name !== undefined) see(seen, name, atNs);
  }
  return {
    phases: phases.finish(endNs),
    endNs,
    complete: banner !== null,
    services: services.sort((a, b) => a.startNs - b.startNs || b.endNs - a.endNs),
    initcalls: initcalls.initcalls,
    marks: [...seen].map(([name, atNs]): Mark => ({ name, atNs })).sort((a, b) => a.atNs - b.atNs),
    clockFit: fitClock(clock),
    ...(asked.isChosen ? { chosenMarkers: markers.name } : {}),
  };
}

/** Nanoseconds at which the SSH server's banner was seen, or null. */
export function bannerNs(boot: Boot): number | null {
  return boot.probes.find((event) => event.probe === 'ssh-banner' && event.outcome === 'banner')?.atNs ?? null;
}

function lastKnownNs(boot: Boot): number {
  const moments = [boot.console.reads.at(-1), boot.events.at(-1), boot.probes.at(-1), boot.usage.at(-1)];
  return moments.reduce((latest, moment) => Math.max(latest, moment?.atNs ?? 0), 0);
}

function see(seen: Map<string, number>, name: string, atNs: number): void {
  if (!seen.has(name)) seen.set(name, atNs);
}
