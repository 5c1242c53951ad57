// Console reads -> what they announce, in order: markers, services, whole lines. Incremental; the live matcher and the timeline share it.
import type { ServiceSpan } from '../model/timeline.ts';
import { createLineReader, type StampedLine, stampAt } from './lines.ts';
import type { Marker, MarkerProfile } from './marker.ts';
import { createMender, type MendedLine } from './mend.ts';
import { announcedStep, kernelLogTokens, type ServiceToken, serviceTokens } from './service-tokens.ts';
import { createServiceTracker, type EndedService, type OpenService } from './services.ts';

export type ConsoleEvent =
  | { readonly kind: 'line'; readonly line: MendedLine }
  | { readonly kind: 'marker'; readonly marker: Marker; readonly startNs: number; readonly endNs: number }
  /** Its markers come with it, not as events of their own. */
  | { readonly kind: 'service-began'; readonly service: OpenService }
  | { readonly kind: 'service-ended'; readonly service: ServiceSpan & { readonly markers: readonly Marker[] } };

export interface ConsoleScanner {
  feed(bytes: Uint8Array, atNs: number): ConsoleEvent[];
  /** What the unterminated tail says so far; each thing is said once, whether here or when the line ends. */
  peek(): ConsoleEvent[];
  /** What the unterminated line says, where that is no longer than so many characters; else nothing. */
  tailText(longest: number): string;
  /** The tail's events, and the end of every service that is still open. */
  finish(atNs: number): ConsoleEvent[];
}

interface Found {
  readonly index: number;
  readonly order: number;
  readonly say: (events: ConsoleEvent[]) => void;
}

export function createConsoleScanner(profile: MarkerProfile): ConsoleScanner {
  const reader = createLineReader();
  const mender = createMender();
  const tracker = createServiceTracker();
  const announcements = new Map<string, readonly Marker[]>();
  /** Steps that the kernel's log announced, with the stamp of their begin. */
  const steps = new Map<string, number>();
  /** Steps that it told of; user space may tell of the same ones, and then knows better when they began and ended. */
  const logged = new Map<string, EndedService>();
  const shown = new Set<string>();
  const later = profile.markers.filter((marker) => !marker.early);
  let lookedFor = profile.markers;
  /** What was already said of the user-space line in progress. */
  let said = new Set<Marker>();
  let saidUpTo = 0;

  function feed(bytes: Uint8Array, atNs: number): ConsoleEvent[] {
    const events: ConsoleEvent[] = [];
    for (const line of reader.feed(bytes, atNs)) add(line, events);
    return events;
  }

  function add(raw: StampedLine, events: ConsoleEvent[]): void {
    for (const line of mender.add(raw)) {
      if (line.text === '') continue;
      events.push({ kind: 'line', line });
      if (line.kernelSeconds !== null) {
        sayMarkers(line, events);
        if (profile.services !== 'none') saySteps(line, events);
      } else {
        scan(line, line.text.length, events);
        said = new Set();
        saidUpTo = 0;
      }
    }
  }

  function peek(): ConsoleEvent[] {
    const raw = reader.tail();
    // A kernel's or systemd's line is printed whole: it waits for its newline, which keeps verbose consoles cheap.
    if (raw?.text.startsWith('[')) return [];
    const tail = mender.tail(raw);
    const events: ConsoleEvent[] = [];
    if (tail) scan(tail, announcedUpTo(tail.text), events);
    return events;
  }

  function finish(atNs: number): ConsoleEvent[] {
    const events: ConsoleEvent[] = [];
    const tail = mender.tail(reader.tail());
    const raw = reader.tail();
    if (raw) events.push({ kind: 'line', line: { ...raw, kernelSeconds: null } });
    if (tail) scan(tail, tail.text.length, events);
    for (const [name, service] of logged) if (!shown.has(name)) events.push(ended(service));
    for (const service of tracker.finish(atNs)) events.push(ended(service));
    return events;
  }

  function scan(line: MendedLine, limit: number, events: ConsoleEvent[]): void {
    const text = line.text.slice(0, limit);
    const found: Found[] = [];
    const announced: (readonly [number, number])[] = [];
    for (const token of profile.services === 'none' ? [] : serviceTokens(text)) {
      if (token.kind === 'began') announced.push([token.index, token.end]);
      if (token.end <= saidUpTo) continue;
      const markers = token.kind === 'began' ? markersIn(text.slice(token.index, token.end)) : [];
      for (const marker of markers) said.add(marker);
      found.push({ index: token.index, order: 1, say: (out) => sayToken(token, line, markers, out) });
      saidUpTo = token.end;
    }
    for (const [marker, index, end] of matches(text, said)) {
      if (announced.some(([from, to]) => index >= from && index < to)) continue;
      said.add(marker);
      const event: ConsoleEvent = {
        kind: 'marker',
        marker,
        startNs: stampAt(line, index),
        endNs: stampAt(line, Math.max(index, end - 1)),
      };
      found.push({ index, order: 0, say: (out) => out.push(event) });
    }
    found.sort((a, b) => a.index - b.index || a.order - b.order);
    for (const { say } of found) say(events);
  }

  function sayToken(token: ServiceToken, line: MendedLine, markers: readonly Marker[], out: ConsoleEvent[]): void {
    const { voice } = token;
    const startNs = stampAt(line, token.index);
    const endNs = stampAt(line, token.end - 1);
    const over = (service: EndedService | null): void => void (service && out.push(ended(service)));
    if (token.kind === 'began') {
      const { name, label, indent } = token;
      const service = { name, label, voice, indent, startNs, markers };
      const before = tracker.begin(service);
      before?.forEach(over);
      if (before !== null) out.push({ kind: 'service-began', service });
    } else if (token.kind === 'whole') {
      const { name, outcome } = token;
      const isLogged = line.kernelSeconds !== null;
      const begunNs = isLogged ? (steps.get(name) ?? startNs) : startNs;
      const service = { name, label: name, voice, indent: 1, startNs: begunNs, markers, outcome, endNs };
      if (isLogged) {
        if (logged.size < 100) logged.set(name, service);
      } else {
        shown.add(name);
        out.push({ kind: 'service-began', service });
        over(service);
      }
    } else if (token.kind === 'failed') tracker.fail(token.name, startNs).forEach(over);
    else if (token.label === '') over(tracker.endInnermost(voice, token.outcome, endNs));
    else over(tracker.endLabelled(voice, token.label, token.outcome, endNs));
  }

  /** systemd and the scripts of an initramfs may speak through the kernel's log alone. */
  function saySteps(line: MendedLine, events: ConsoleEvent[]): void {
    const step = announcedStep(line.text);
    if (step !== null && steps.size < 100 && !steps.has(step)) steps.set(step, line.firstNs);
    for (const token of kernelLogTokens(line.text)) sayToken(token, line, [], events);
  }

  function sayMarkers(line: MendedLine, events: ConsoleEvent[]): void {
    for (const [marker, index, end] of matches(line.text, new Set())) {
      const endNs = stampAt(line, Math.max(index, end - 1));
      events.push({ kind: 'marker', marker, startNs: stampAt(line, index), endNs });
    }
  }

  function markersIn(announcement: string): readonly Marker[] {
    const known = announcements.get(announcement);
    if (known) return known;
    const markers = profile.markers.filter((marker) => marker.pattern.test(announcement));
    if (announcements.size < 1000) announcements.set(announcement, markers);
    return markers;
  }

  function matches(text: string, without: Set<Marker>): (readonly [Marker, number, number])[] {
    const list: (readonly [Marker, number, number])[] = [];
    for (const marker of lookedFor) {
      if (without.has(marker)) continue;
      const match = marker.pattern.exec(text);
      if (!match) continue;
      list.push([marker, match.index, match.index + match[0].length]);
      // Firmware and boot loaders are silent from here on.
      if (marker.kind === 'starts' && !marker.early && lookedFor === profile.markers) lookedFor = later;
    }
    return list.sort((a, b) => a[1] - b[1]);
  }

  function tailText(longest: number): string {
    if (reader.tailLength() > longest) return '';
    return mender.tail(reader.tail())?.text ?? '';
  }

  return { feed, peek, tailText, finish };
}

/** An announcement whose ` ...` has not come yet is not read: the marker in it would lose its service. */
function announcedUpTo(text: string): number {
  const star = text.lastIndexOf(' * ');
  return star >= 0 && !text.includes(' ...', star) ? star : text.length;
}

function ended(service: EndedService): ConsoleEvent {
  const { name, startNs, endNs, outcome, markers } = service;
  return { kind: 'service-ended', service: { name, startNs, endNs, outcome, markers } };
}
