// Lines that the kernel cut in two are put together again: a printk that lands inside a user-space line becomes a line of its own,
// and the rest of the user-space line follows its beginning. Both keep the stamps of their characters.
import type { SerialLine } from '../model/timeline.ts';
import { longestLine, type Piece, type StampedLine } from './lines.ts';
import { createPrefixStripper } from './prefixes.ts';

/** A line as its writer meant it. */
export interface MendedLine extends StampedLine {
  /** Seconds of the kernel's clock, when the kernel wrote the line. */
  readonly kernelSeconds: number | null;
}

export interface Mender {
  /** Takes a line that has ended and returns the lines that are whole with it. */
  add(line: StampedLine): MendedLine[];
  /** What the user-space line in progress looks like together with the reader's tail; null when there is none. */
  tail(readerTail: StampedLine | null): MendedLine | null;
}

const kernelPrefix = /\[ *(\d{1,7}\.\d{6})\](?:\[ *[TC]\d+\])? /;
/** What is left of a colour sequence behind the line that was written into it. */
const restOfColour = /^[\d;]{0,12}[mK]/;

/** Seconds of the kernel's clock at the head of a line, or null. */
function kernelSecondsOf(text: string): number | null {
  const match = kernelPrefix.exec(text);
  return match?.index === 0 ? Number(match[1]) : null;
}

/** All lines of a console, mended; for those who only read texts and times. The last line may lack its end. */
export function mendLines(lines: readonly SerialLine[]): MendedLine[] {
  const mender = createMender();
  const mended: MendedLine[] = [];
  for (const line of lines) {
    const { pieces = [{ index: 0, atNs: line.firstNs }] } = line as Partial<StampedLine>;
    mended.push(...mender.add({ ...line, pieces }));
  }
  const tail = mender.tail(null);
  return tail ? [...mended, tail] : mended;
}

export function createMender(): Mender {
  const prefixes = createPrefixStripper();
  let pending: StampedLine | null = null;

  function add(raw: StampedLine): MendedLine[] {
    const { line, learned } = prefixes.strip(raw);
    // What stood before the kernel's lines was nobody's line.
    if (learned !== '') pending = null;
    const cut = kernelPrefix.exec(line.text);
    if (cut?.index === 0) return [{ ...line, kernelSeconds: Number(cut[1]) }];
    if (!cut) return [...lost(line), ...continued(line)];
    pending = joined(pending, slice(line, 0, cut.index));
    return [{ ...slice(line, cut.index, line.text.length), kernelSeconds: Number(cut[1]) }];
  }

  /** A beginning whose rest does not come with this line: it is all there is. */
  function lost(next: StampedLine): MendedLine[] {
    if (!pending?.cutColour || restOfColour.test(next.text)) return [];
    const line = { ...pending, kernelSeconds: null };
    pending = null;
    return [line];
  }

  function continued(line: StampedLine): MendedLine[] {
    const whole = joined(pending, line);
    // Its rest is to come, behind what was written into its colour.
    pending = line.cutColour ? whole : null;
    return line.cutColour ? [] : [{ ...whole, kernelSeconds: null }];
  }

  function tail(readerTail: StampedLine | null): MendedLine | null {
    const line = readerTail && prefixes.peek(readerTail);
    if (line && kernelSecondsOf(line.text) === null) {
      const cut = kernelPrefix.exec(line.text);
      return { ...joined(pending, cut ? slice(line, 0, cut.index) : line), kernelSeconds: null };
    }
    return pending && { ...pending, kernelSeconds: null };
  }

  return { add, tail };
}

/** A beginning and what follows it; only what follows, where both together would be too long. */
function joined(pending: StampedLine | null, next: StampedLine): StampedLine {
  if (!pending) return next;
  const rest = pending.cutColour ? (restOfColour.exec(next.text)?.[0].length ?? 0) : 0;
  const line = rest > 0 ? slice(next, rest, next.text.length) : next;
  if (pending.text.length + line.text.length > longestLine) return line;
  const shift = pending.text.length;
  const pieces = line.pieces.map((piece) => ({ index: piece.index + shift, atNs: piece.atNs }));
  return {
    ...line,
    text: pending.text + line.text,
    firstNs: pending.firstNs,
    pieces: [...pending.pieces, ...pieces],
  };
}

function slice(line: StampedLine, from: number, to: number): StampedLine {
  const before = line.pieces.findLast((piece) => piece.index <= from);
  const inside = line.pieces.filter((piece) => piece.index > from && piece.index < to);
  const pieces: Piece[] = [
    ...(before && to > from ? [{ index: 0, atNs: before.atNs }] : []),
    ...inside.map((piece) => ({ index: piece.index - from, atNs: piece.atNs })),
  ];
  const firstNs = from === 0 ? line.firstNs : (pieces[0]?.atNs ?? line.firstNs);
  const lastNs = to === line.text.length ? line.lastNs : (pieces.at(-1)?.atNs ?? line.firstNs);
  return { ...line, text: line.text.slice(from, to), firstNs, lastNs, pieces };
}
