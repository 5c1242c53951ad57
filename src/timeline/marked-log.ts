// How a console log without stamps would be read, so that a user can write markers: its lines with what matched and the phase they lie in.
import type { Profile } from '../model/scenario.ts';
import type { Phase } from '../model/timeline.ts';
import { chosenProfile } from './choose-profile.ts';
import { LineReader, mostLines, readLines } from './lines.ts';
import { type Marker, type MarkerProfile, shapesPhases } from './marker.ts';
import { PhaseMachine } from './phases.ts';
import { createConsoleScanner } from './scanner.ts';

export interface MarkedLine {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
  readonly phase: string;
  /** Names of the markers that counted here, with what they did. */
  readonly markers: readonly { readonly name: string; readonly kind: string }[];
}

export interface MarkedLog {
  readonly lines: readonly MarkedLine[];
  /** So many lines in the middle of a log with very many are not read and not shown. */
  readonly leftOut: number;
  /** Names of markers that every guest of the profile should print and this one did not. */
  readonly missing: readonly string[];
}

/** Reads a log. Line numbers stand in for the time that is not known: line n is at 2n, its last byte at 2n + 1. */
export function readMarkedLog(bytes: Uint8Array, asked: MarkerProfile, boot: Profile): MarkedLog {
  const profile = chosenProfile(asked, bytes);
  const texts = readLines({ bytes, reads: [], droppedBytes: 0 });
  const leftOut = countLines(bytes) - texts.length;
  const numberOf = (position: number): number => position + 1 + (position < mostLines >> 1 ? 0 : leftOut);
  const scanner = createConsoleScanner(profile);
  const machine = new PhaseMachine(profile, boot);
  machine.guestStarted(0);
  const encoder = new TextEncoder();
  const hits = new Map<number, Marker[]>();
  const end = 2 * texts.length + 2;
  texts.forEach(({ text, terminated }, position) => {
    const moment = 2 * (position + 1);
    const events = scanner.feed(encoder.encode(text.slice(0, -1)), moment);
    events.push(...scanner.feed(encoder.encode(terminated ? `${text.slice(-1)}\n` : text.slice(-1)), moment + 1));
    for (const event of position + 1 < texts.length ? events : [...events, ...scanner.finish(end)]) {
      machine.take(event);
      if (event.kind === 'marker') hit(hits, event.startNs, [event.marker]);
      if (event.kind === 'service-began') hit(hits, event.service.startNs, event.service.markers);
    }
  });
  const phases = machine.finish(end);
  const shown = new Set<string>();
  const lines = texts.map(({ text }, position): MarkedLine => {
    const read = position + 1;
    const counted = (hits.get(read) ?? []).filter((marker) => counts(marker, read, phases, shown, boot));
    for (const marker of counted) shown.add(marker.name);
    const begun = counted.findLast((marker) => marker.kind === 'starts' && shapesPhases(marker, boot));
    const markers = counted.map(({ name, kind }) => ({ name, kind }));
    return { number: numberOf(position), text, phase: begun?.name ?? phaseAt(phases, 2 * read), markers };
  });
  const expected = profile.markers.filter((marker) => !marker.optional && !(marker.verbose && boot === 'timing'));
  const names = new Set(expected.map((marker) => marker.name));
  for (const markers of hits.values()) for (const marker of markers) names.delete(marker.name);
  return { lines, leftOut, missing: [...names] };
}

function countLines(bytes: Uint8Array): number {
  const reader = new LineReader();
  let count = 0;
  reader.feedEach(bytes, 0, () => (count += 1));
  return count + (reader.tail() === null ? 0 : 1);
}

/** One row per line: number, phase, text, and `<- name (kind)` where a marker counted. Text is already free of control characters. */
export function renderMarkedLog({ lines, leftOut, missing }: MarkedLog): string {
  const numberWidth = String(lines.at(-1)?.number ?? 0).length;
  const phaseWidth = lines.reduce((widest, line) => Math.max(widest, line.phase.length), 0);
  const rows = lines.map(({ number, phase, text, markers }) => {
    const found = markers.map((marker) => `${marker.name} (${marker.kind})`).join(', ');
    const row = `${String(number).padStart(numberWidth)}  ${phase.padEnd(phaseWidth)}  ${text}`.trimEnd();
    return found === '' ? row : `${row}   <- ${found}`;
  });
  if (leftOut > 0) rows.splice(mostLines >> 1, 0, `... ${leftOut} lines in the middle are not read and not shown ...`);
  const absent = missing.length > 0 ? [`never matched: ${missing.join(', ')}`] : [];
  return [...rows, ...absent, ''].join('\n');
}

/** A marker counts where it starts a span of its phase, where it ends one, and otherwise the first time. */
function counts(
  marker: Marker,
  line: number,
  phases: readonly Phase[],
  shown: ReadonlySet<string>,
  boot: Profile,
): boolean {
  if (!shapesPhases(marker, boot)) return !shown.has(marker.name);
  if (marker.kind === 'ends') return true;
  return phases.some(({ name, spans }) => name === marker.name && spans.some((span) => span.startNs === 2 * line));
}

function phaseAt(phases: readonly Phase[], moment: number): string {
  const around = phases.find(({ spans }) => spans.some((span) => span.startNs <= moment && moment < span.endNs));
  return around?.name ?? phases.at(-1)?.name ?? '';
}

function hit(hits: Map<number, Marker[]>, moment: number, markers: readonly Marker[]): void {
  const line = Math.floor(moment / 2);
  hits.set(line, [...(hits.get(line) ?? []), ...markers]);
}
