// Console reads -> what they announce, in order: markers, services, whole lines. Incremental; the live matcher and the timeline share it.
import { LineReader, type StampedLine, stampAt } from './lines.ts';
import type { Marker, MarkerProfile } from './marker.ts';
import { createMender, type MendedLine } from './mend.ts';
import { createServiceEvents, type ServiceEvent } from './service-events.ts';
import { serviceTokens } from './service-tokens.ts';

type MarkerEvent = {
  readonly kind: 'marker';
  readonly marker: Marker;
  readonly startNs: number;
  readonly endNs: number;
};

export type ConsoleEvent = { readonly kind: 'line'; readonly line: MendedLine } | MarkerEvent | ServiceEvent;

export interface ConsoleScanner {
  feed(bytes: Uint8Array, atNs: number): ConsoleEvent[];
  /** What the unterminated tail says so far; each thing is said once, whether here or when the line ends. */
  peek(): ConsoleEvent[];
  /** What the unterminated line says, where that is no longer than so many characters; else nothing. */
  tailText(longest: number): string;
  /** The tail's events, and the end of every service that is still open. */
  finish(atNs: number): ConsoleEvent[];
}

export function createConsoleScanner(profile: MarkerProfile): ConsoleScanner {
  const reader = new LineReader();
  const mender = createMender();
  const search = createMarkerSearch(profile);
  const services = profile.services === 'none' ? null : createServiceEvents();
  const userLine = createUserLineScan(search, services);

  function feed(bytes: Uint8Array, atNs: number): ConsoleEvent[] {
    const events: ConsoleEvent[] = [];
    for (const line of reader.feed(bytes, atNs)) add(line, events);
    return events;
  }

  function add(raw: StampedLine, events: ConsoleEvent[]): void {
    for (const line of mender.add(raw)) {
      if (line.text === '') continue;
      events.push({ kind: 'line', line });
      if (line.kernelSeconds === null) userLine.end(line, events);
      else {
        for (const match of search.in(line.text)) events.push(markerEvent(match, line));
        services?.takeKernelLine(line, (event) => events.push(event));
      }
    }
  }

  function peek(): ConsoleEvent[] {
    const raw = reader.tail();
    const events: ConsoleEvent[] = [];
    // A kernel's or systemd's line is printed whole: it waits for its newline, which keeps verbose consoles cheap.
    const tail = raw?.text.startsWith('[') ? null : mender.tail(raw);
    if (tail) userLine.scan(tail, announcedUpTo(tail.text), events);
    return events;
  }

  function finish(atNs: number): ConsoleEvent[] {
    const events: ConsoleEvent[] = [];
    const raw = reader.tail();
    const tail = mender.tail(raw);
    if (raw) events.push({ kind: 'line', line: { ...raw, kernelSeconds: null } });
    if (tail) userLine.scan(tail, tail.text.length, events);
    services?.finish(atNs, (event) => events.push(event));
    return events;
  }

  const tailText = (longest: number): string =>
    reader.tailLength() > longest ? '' : (mender.tail(reader.tail())?.text ?? '');

  return { feed, peek, tailText, finish };
}

interface Found {
  readonly index: number;
  readonly order: number;
  readonly tell: (events: ConsoleEvent[]) => void;
}

/** A line of user space may be looked at while it grows: what was told of it is not told again. */
function createUserLineScan(
  search: ReturnType<typeof createMarkerSearch>,
  services: ReturnType<typeof createServiceEvents> | null,
) {
  let told = new Set<Marker>();
  let toldUpTo = 0;

  function scan(line: MendedLine, limit: number, events: ConsoleEvent[]): void {
    const text = line.text.slice(0, limit);
    const found: Found[] = [];
    const announced: (readonly [number, number])[] = [];
    for (const token of services === null ? [] : serviceTokens(text)) {
      if (token.kind === 'began') announced.push([token.index, token.end]);
      if (token.end <= toldUpTo) continue;
      const markers = token.kind === 'began' ? search.announcedBy(text.slice(token.index, token.end)) : [];
      for (const marker of markers) told.add(marker);
      const tell = (out: ConsoleEvent[]): void => services?.take(token, line, markers, (event) => out.push(event));
      found.push({ index: token.index, order: 1, tell });
      toldUpTo = token.end;
    }
    for (const match of search.in(text, told)) {
      const { marker, index } = match;
      if (announced.some(([from, to]) => index >= from && index < to)) continue;
      told.add(marker);
      found.push({ index, order: 0, tell: (out) => out.push(markerEvent(match, line)) });
    }
    found.sort((a, b) => a.index - b.index || a.order - b.order);
    for (const { tell } of found) tell(events);
  }

  function end(line: MendedLine, events: ConsoleEvent[]): void {
    scan(line, line.text.length, events);
    told = new Set();
    toldUpTo = 0;
  }

  return { scan, end };
}

interface MarkerMatch {
  readonly marker: Marker;
  readonly index: number;
  readonly end: number;
}

function createMarkerSearch({ markers }: MarkerProfile) {
  const announcements = new Map<string, readonly Marker[]>();
  const inner = new Set(markers.filter(({ kind }) => kind === 'ends').map(({ name }) => name));
  let lookedFor = markers;

  /** Only its first time counts; and once the guest has come so far, nothing before the kernel is looked for any more. */
  function forget(seen: Marker): void {
    const begun = seen.kind === 'starts';
    lookedFor = lookedFor.filter((marker) => marker !== seen && !(begun && marker.early));
  }

  return {
    /** Markers in the text that announces a service; it is remembered, since the same few come again and again. */
    announcedBy(announcement: string): readonly Marker[] {
      const known = announcements.get(announcement);
      if (known) return known;
      const found = markers.filter((marker) => marker.pattern.test(announcement));
      if (announcements.size < 1000) announcements.set(announcement, found);
      return found;
    },
    /** The first match of every marker that may still count, in the order in which they stand there. */
    in(text: string, without?: ReadonlySet<Marker>): MarkerMatch[] {
      const list: MarkerMatch[] = [];
      for (const marker of lookedFor) {
        if (without?.has(marker)) continue;
        const match = marker.pattern.exec(text);
        if (!match) continue;
        list.push({ marker, index: match.index, end: match.index + match[0].length });
        if (!marker.early && !inner.has(marker.name)) forget(marker);
      }
      return list.sort((a, b) => a.index - b.index);
    },
  };
}

function markerEvent({ marker, index, end }: MarkerMatch, line: MendedLine): MarkerEvent {
  return {
    kind: 'marker',
    marker,
    startNs: stampAt(line, index),
    endNs: stampAt(line, Math.max(index, end - 1)),
  };
}

/** An announcement whose ` ...` has not come yet is not read: the marker in it would lose its service. */
function announcedUpTo(text: string): number {
  const star = text.lastIndexOf(' * ');
  return star >= 0 && !text.includes(' ...', star) ? star : text.length;
}
