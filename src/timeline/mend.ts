// Lines that the kernel cut in two are put together again: a printk that lands inside a user-space line becomes a line of its own,
// and the rest of the user-space line follows its beginning. Both keep the stamps of their characters.
import { longestLine, type Piece, type StampedLine } from './lines.ts';

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

/** Seconds of the kernel's clock at the head of a line, or null. */
function kernelSecondsOf(text: string): number | null {
  const match = kernelPrefix.exec(text);
  return match?.index === 0 ? Number(match[1]) : null;
}

export function createMender(): Mender {
  let pending: StampedLine | null = null;

  function add(line: StampedLine): MendedLine[] {
    const cut = kernelPrefix.exec(line.text);
    if (cut?.index === 0) return [{ ...line, kernelSeconds: Number(cut[1]) }];
    if (!cut) {
      const whole = joined(line);
      pending = null;
      return [{ ...whole, kernelSeconds: null }];
    }
    pending = joined(slice(line, 0, cut.index));
    return [{ ...slice(line, cut.index, line.text.length), kernelSeconds: Number(cut[1]) }];
  }

  function tail(readerTail: StampedLine | null): MendedLine | null {
    if (readerTail && kernelSecondsOf(readerTail.text) === null) {
      const cut = kernelPrefix.exec(readerTail.text);
      return { ...joined(cut ? slice(readerTail, 0, cut.index) : readerTail), kernelSeconds: null };
    }
    return pending && { ...pending, kernelSeconds: null };
  }

  function joined(line: StampedLine): StampedLine {
    if (!pending) return line;
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

  return { add, tail };
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
  return { ...line, text: line.text.slice(from, to), firstNs, lastNs, pieces, burst: line.burst || from > 0 };
}
