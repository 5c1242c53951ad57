// What others put before each line of a console: a CI log its time, a launcher its name, the kernel its priority. Lines lose it here,
// so that they begin as the guest wrote them.
import type { StampedLine } from './lines.ts';

export interface PrefixStripper {
  /** Takes each line in its order. `learned`: a prefix became known with this line, which the lines before it still had. */
  strip(line: StampedLine): { readonly line: StampedLine; readonly learned: string };
  /** The same for a line that has not ended: nothing is learned from it. */
  peek(line: StampedLine): StampedLine;
}

/** Texts with which a guest's line begins: kernel clock, systemd's status words and its indented steps, OpenRC's steps. */
const beginOfLine =
  /(?:<\d{1,3}>)?\[ *\d{1,7}\.\d{6}\]|\[(?: {2}OK {2}|FAILED|DEPEND| TIME | INFO )\]| {8,}(?:Starting|Mounting|Stopping|Activating) | \* [A-Z]/;
/** Begins with a word or a time and ends with a blank. */
const likePrefix = /^[\w[(<][^\n]{0,58}[ \t]$/;
const mostShapes = 4;
/** A prefix is there from the begin. */
const learnedWithin = 1000;

/**
 * A prefix is learned when two lines in a row have one of the same shape (digits count as equal) before a text with which a guest's line
 * begins. Only the kernel's priority (`<6>`) is known from the start.
 */
export function createPrefixStripper(): PrefixStripper {
  const shapes: string[] = [];
  let candidate = '';
  let lines = 0;

  function strip(line: StampedLine): { line: StampedLine; learned: string } {
    const stripped = peek(line);
    if (stripped !== line || line.text === '' || lines > learnedWithin) return { line: stripped, learned: '' };
    lines += 1;
    const begin = shapes.length < mostShapes ? beginOfLine.exec(line.text.slice(0, 90)) : null;
    const prefix = begin !== null && begin.index > 0 && begin.index <= 60 ? line.text.slice(0, begin.index) : '';
    const shape = likePrefix.test(prefix) && /\w/.test(prefix) ? shapeOf(prefix) : '';
    if (shape === '' || shape !== candidate) {
      candidate = shape;
      return { line, learned: '' };
    }
    candidate = '';
    shapes.push(shape);
    return { line: peek(line), learned: prefix };
  }

  function peek(line: StampedLine): StampedLine {
    const shape = shapes.find(
      (one) => line.text.length >= one.length && shapeOf(line.text.slice(0, one.length)) === one,
    );
    const rest = shape?.length ?? 0;
    const priority =
      line.text[rest] === '<' ? (/^<\d{1,3}>(?=\[)/.exec(line.text.slice(rest, rest + 6))?.[0].length ?? 0) : 0;
    return rest + priority === 0 ? line : withoutBeginning(line, rest + priority);
  }

  return { strip, peek };
}

const shapeOf = (prefix: string): string => prefix.replace(/\d/g, '0');

function withoutBeginning(line: StampedLine, length: number): StampedLine {
  const before = line.pieces.findLast((piece) => piece.index <= length);
  const pieces = line.pieces
    .filter((piece) => piece.index > length)
    .map(({ index, atNs }) => ({ index: index - length, atNs }));
  return {
    ...line,
    text: line.text.slice(length),
    pieces: before ? [{ index: 0, atNs: before.atNs }, ...pieces] : pieces,
  };
}
