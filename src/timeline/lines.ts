// Raw console bytes -> stamped lines. Any split of the bytes gives the same texts; memory is bounded by the longest line kept.
import type { Console } from '../model/boot.ts';
import type { SerialLine } from '../model/timeline.ts';
import { CharacterDecoder, carriageReturn, lineFeed } from './characters.ts';

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

/** Of a console with more lines than this, only so many are kept: its beginning and its end. */
export const mostLines = 200_000;

/** All lines of a recorded console, the unterminated tail last. */
export function readLines(console: Console, most = mostLines): StampedLine[] {
  const reader = new LineReader();
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
export class LineReader {
  readonly #decoder = new CharacterDecoder();
  /** The line in progress, and when its characters arrived. */
  readonly #units = new Uint16Array(longestLine);
  #length = 0;
  #pieces: Piece[] = [];
  #started = false;
  /** A CR came last. */
  #returned = false;
  #firstNs = 0;
  #lastNs = 0;
  #pieceNs = 0;
  #nowNs = 0;
  #take: (line: StampedLine) => void = () => {};

  /** Takes one read and returns the lines that it ended. A stamp earlier than the last one counts as the last one. */
  feed(bytes: Uint8Array, atNs: number): StampedLine[] {
    const lines: StampedLine[] = [];
    this.feedEach(bytes, atNs, (line) => lines.push(line));
    return lines;
  }

  /** The same, for reads that may hold millions of lines. */
  feedEach(bytes: Uint8Array, atNs: number, take: (line: StampedLine) => void): void {
    this.#nowNs = Math.max(this.#nowNs, atNs);
    this.#take = take;
    for (let position = 0; position < bytes.length; position += 1) {
      const byte = bytes[position] as number;
      if (byte >= 0x20 && byte < 0x7f && this.#started && !this.#returned && this.#decoder.isPlain()) {
        this.#lastNs = this.#nowNs;
        this.#put(byte);
        continue;
      }
      if (this.#returned && byte !== 0x0a && byte !== 0x0d) this.#end(true);
      if (!this.#started && byte !== 0x0d) this.#start();
      if (this.#started) this.#lastNs = this.#nowNs;
      this.#decoder.push(byte, this.#character);
    }
  }

  /** How long the line is that has not ended yet. */
  tailLength(): number {
    return this.#length;
  }

  /** The line that has not ended yet; null when there is none. Feeding may go on. */
  tail(): StampedLine | null {
    return this.#started ? { ...this.#line(false), pieces: [...this.#pieces] } : null;
  }

  readonly #character = (code: number): void => {
    if (code === lineFeed) this.#end(true);
    else if (code === carriageReturn) this.#returned = this.#started;
    else if (code > 0xffff) {
      if (this.#length > longestLine - 2) this.#cut();
      this.#put(0xd7c0 + (code >> 10));
      this.#put(0xdc00 + (code & 0x3ff));
    } else this.#put(code);
  };

  #put(unit: number): void {
    if (this.#length === longestLine) this.#cut();
    if (this.#pieces.length === 0 || this.#pieceNs !== this.#nowNs) {
      this.#pieces.push({ index: this.#length, atNs: this.#nowNs });
      this.#pieceNs = this.#nowNs;
    }
    this.#units[this.#length] = unit;
    this.#length += 1;
  }

  #start(): void {
    this.#started = true;
    this.#firstNs = this.#nowNs;
    this.#lastNs = this.#nowNs;
  }

  #cut(): void {
    this.#end(false);
    this.#start();
  }

  #end(terminated: boolean): void {
    if (!this.#started) this.#start();
    const line = this.#line(terminated);
    this.#take(this.#decoder.takeCut() ? { ...line, cutColour: true } : line);
    this.#pieces = [];
    this.#length = 0;
    this.#started = false;
    this.#returned = false;
  }

  #line(terminated: boolean): StampedLine {
    // `apply` takes whatever is like an array; its type says arrays alone.
    const units = this.#units.subarray(0, this.#length) as unknown as number[];
    const text = this.#length === 0 ? '' : String.fromCharCode.apply(null, units);
    return { text, firstNs: this.#firstNs, lastNs: this.#lastNs, terminated, pieces: this.#pieces };
  }
}
