// Raw console bytes -> stamped lines. Any split of the bytes gives the same texts; memory is bounded by the longest line kept.
import type { Console } from '../model/boot.ts';
import type { SerialLine } from '../model/timeline.ts';
import { carriageReturn, createCharacterDecoder, lineFeed } from './characters.ts';

/** A longer line is cut into pieces of this many UTF-16 units; all but the last are then unterminated. */
export const longestLine = 4096;

/** Characters from `index` on arrived at `atNs`, until the next piece. */
export interface Piece {
  readonly index: number;
  readonly atNs: number;
}

/** A line that knows the arrival of each of its characters. */
export interface StampedLine extends SerialLine {
  readonly pieces: readonly Piece[];
  /** Something was written into a colour sequence of this line: the rest of the sequence stands in a later one. */
  readonly cutColour?: true;
}

export interface LineReader {
  /** Takes one read and returns the lines that it ended. A stamp earlier than the last one counts as the last one. */
  feed(bytes: Uint8Array, atNs: number): StampedLine[];
  /** The same, for reads that may hold millions of lines. */
  feedEach(bytes: Uint8Array, atNs: number, take: (line: StampedLine) => void): void;
  /** How long the line is that has not ended yet. */
  tailLength(): number;
  /** The line that has not ended yet; null when there is none. Feeding may go on. */
  tail(): StampedLine | null;
}

/** Of a console with more lines than this, only so many are kept: its beginning and its end. */
export const mostLines = 200_000;

/** All lines of a recorded console, the unterminated tail last. */
export function readLines(console: Console, most = mostLines): StampedLine[] {
  const reader = createLineReader();
  const lines: StampedLine[] = [];
  for (const [bytes, atNs] of readsOf(console)) {
    reader.feedEach(bytes, atNs, (line) => {
      lines.push(line);
      if (lines.length > 2 * most) lines.splice(most >> 1, lines.length - most);
    });
  }
  const tail = reader.tail();
  if (tail) lines.push(tail);
  if (lines.length > most) lines.splice(most >> 1, lines.length - most);
  return lines;
}

/** The bytes of each read with its stamp. A console without reads counts as one read at 0. */
export function* readsOf(console: Console): Generator<[Uint8Array, number]> {
  const { bytes, reads } = console;
  if (reads.length === 0) {
    if (bytes.length > 0) yield [bytes, 0];
    return;
  }
  for (const [position, read] of reads.entries()) {
    const start = position === 0 ? 0 : read.offset;
    const end = reads[position + 1]?.offset ?? bytes.length;
    if (end > start) yield [bytes.subarray(start, end), read.atNs];
  }
}

/** When the character at `index` arrived. */
export function stampAt(line: StampedLine, index: number): number {
  let stamp = line.firstNs;
  for (const piece of line.pieces) {
    if (piece.index > index) break;
    stamp = piece.atNs;
  }
  return stamp;
}

/** Splits a stream of reads into lines: LF, CR LF and a lone CR behind text end a line. */
export function createLineReader(): LineReader {
  const decoder = createCharacterDecoder();
  const units = new Uint16Array(longestLine);
  let ended: (line: StampedLine) => void = () => {};
  let pieces: Piece[] = [];
  let length = 0;
  let started = false;
  let returned = false;
  let firstNs = 0;
  let lastNs = 0;
  let pieceNs = 0;
  let nowNs = 0;

  function feed(bytes: Uint8Array, atNs: number): StampedLine[] {
    const lines: StampedLine[] = [];
    feedEach(bytes, atNs, (line) => lines.push(line));
    return lines;
  }

  function feedEach(bytes: Uint8Array, atNs: number, take: (line: StampedLine) => void): void {
    nowNs = Math.max(nowNs, atNs);
    ended = take;
    for (let position = 0; position < bytes.length; position += 1) {
      const byte = bytes[position] as number;
      if (byte >= 0x20 && byte < 0x7f && started && !returned && decoder.isPlain()) {
        lastNs = nowNs;
        put(byte);
        continue;
      }
      if (returned && byte !== 0x0a && byte !== 0x0d) end(true);
      if (!started && byte !== 0x0d) start();
      if (started) lastNs = nowNs;
      decoder.push(byte, character);
    }
  }

  function character(code: number): void {
    if (code === lineFeed) end(true);
    else if (code === carriageReturn) returned = started;
    else if (code > 0xffff) {
      if (length > longestLine - 2) cut();
      put(0xd7c0 + (code >> 10));
      put(0xdc00 + (code & 0x3ff));
    } else put(code);
  }

  function put(unit: number): void {
    if (length === longestLine) cut();
    if (pieces.length === 0 || pieceNs !== nowNs) {
      pieces.push({ index: length, atNs: nowNs });
      pieceNs = nowNs;
    }
    units[length] = unit;
    length += 1;
  }

  function start(): void {
    started = true;
    firstNs = nowNs;
    lastNs = nowNs;
  }

  function cut(): void {
    end(false);
    start();
  }

  function end(terminated: boolean): void {
    if (!started) start();
    const line = current(terminated);
    ended(decoder.takeCut() ? { ...line, cutColour: true } : line);
    pieces = [];
    length = 0;
    started = false;
    returned = false;
  }

  function current(terminated: boolean): StampedLine {
    if (length === 0) return { text: '', firstNs, lastNs, terminated, pieces };
    // It takes whatever is like an array; its type says arrays alone.
    const text = String.fromCharCode.apply(null, units.subarray(0, length) as unknown as number[]);
    return { text, firstNs, lastNs, terminated, pieces };
  }

  return {
    feed,
    feedEach,
    tailLength: () => length,
    tail: () => (started ? { ...current(false), pieces: [...pieces] } : null),
  };
}
