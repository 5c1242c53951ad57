// Console reads -> what they announce, in order: markers, services, whole lines. Incremental; the live matcher and the timeline share it.
import type { ServiceSpan } from '../model/timeline.ts';
import { createLineReader, type StampedLine, stampAt } from './lines.ts';
import type { Marker, MarkerProfile } from './marker-profiles.ts';
import { createMender, type MendedLine } from './mend.ts';
import { serviceTokens } from './service-tokens.ts';
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
        sayMarkers(line, line.text.length, new Set(), events);
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
    for (const service of tracker.finish(atNs)) events.push(ended(service));
    return events;
  }

  function scan(line: MendedLine, limit: number, events: ConsoleEvent[]): void {
    const text = line.text.slice(0, limit);
    const found: Found[] = [];
    const announced: (readonly [number, number])[] = [];
    for (const token of serviceTokens(profile.services, text)) {
      if (token.kind === 'began') announced.push([token.index, token.end]);
      if (token.end <= saidUpTo) continue;
      const markers = token.kind === 'began' ? markersIn(text.slice(token.index, token.end)) : [];
      for (const marker of markers) said.add(marker);
      const startNs = stampAt(line, token.index);
      const endNs = stampAt(line, token.end - 1);
      const say = (out: ConsoleEvent[]): void => {
        if (token.kind !== 'ended') {
          for (const service of tracker.begin({ name: token.name, indent: token.indent, startNs, markers })) {
            out.push(ended(service));
          }
          out.push({ kind: 'service-began', service: { name: token.name, indent: token.indent, startNs, markers } });
        }
        if (token.kind === 'began') return;
        const over =
          token.name === '' || token.kind === 'whole'
            ? tracker.endInnermost(token.outcome, endNs)
            : tracker.endNamed(token.name, token.outcome, endNs);
        if (over) out.push(ended(over));
      };
      found.push({ index: token.index, order: 1, say });
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

  function sayMarkers(line: MendedLine, limit: number, without: Set<Marker>, events: ConsoleEvent[]): void {
    for (const [marker, index, end] of matches(line.text.slice(0, limit), without)) {
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
    for (const marker of profile.markers) {
      if (without.has(marker)) continue;
      const match = marker.pattern.exec(text);
      if (match) list.push([marker, match.index, match.index + match[0].length]);
    }
    return list.sort((a, b) => a[1] - b[1]);
  }

  return { feed, peek, finish };
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
