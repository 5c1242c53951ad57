// Text fitted to a terminal: wrapped paragraphs, and tables that shrink instead of breaking.
import { columnsOf, cutToColumns, plainLine } from '../model/plain-text.ts';

export type Paint = 'plain' | 'dim' | 'red' | 'yellow' | 'green';

export interface TerminalStyle {
  readonly columns: number;
  readonly colour: 'colour' | 'none';
  readonly characters: 'unicode' | 'ascii';
}

export interface Cell {
  readonly text: string;
  /** `bar` fills what is left of the line by `share`, 0 to 1. */
  readonly align: 'left' | 'right' | 'bar';
  readonly share?: number;
  readonly paint?: Paint;
}

export interface WrapOptions {
  readonly paint?: Paint;
  readonly bold?: 'bold';
  readonly indent?: number;
}

/** Foreign text as lines that fit; continuation lines are indented two more. Empty text gives no line. */
export function wrapText(text: string, style: TerminalStyle, options: WrapOptions = {}): readonly string[] {
  const indent = options.indent ?? 0;
  const lines: string[] = [];
  let line = '';
  const width = (): number => Math.max(8, style.columns - indent - (lines.length > 0 ? 2 : 0));
  const flush = (): void => {
    lines.push(`${' '.repeat(indent + (lines.length > 0 ? 2 : 0))}${line}`);
    line = '';
  };
  for (const word of asciiOnly(plainLine(text, 2000), style).split(' ')) {
    let rest = word;
    if (line !== '' && columnsOf(line) + 1 + columnsOf(rest) > width()) flush();
    while (columnsOf(rest) > width()) {
      const head = cutToColumns(rest, width(), '');
      line = head === '' ? rest : head;
      rest = rest.slice(line.length);
      flush();
    }
    if (rest !== '') line = line === '' ? rest : `${line} ${rest}`;
  }
  if (line !== '') flush();
  return lines.map((entry) => painted(entry, style, options));
}

/**
 * Rows as lines; the second column holds names. When there is too little room, the columns of `dropOrder` go one by one,
 * then names are cut, then the rightmost columns go.
 */
export function layoutTable(
  rows: readonly (readonly Cell[])[],
  style: TerminalStyle,
  dropOrder: readonly number[] = [],
): readonly string[] {
  const texts = rows.map((row) => row.map((cell) => asciiOnly(plainLine(cell.text, longestCell), style)));
  const width = (column: number): number => Math.max(1, ...texts.map((row) => columnsOf(row[column] ?? '')));
  const widths = new Map((rows[0] ?? []).map((cell, column) => [column, cell.align === 'bar' ? 0 : width(column)]));
  const total = (): number => [...widths.values()].reduce((sum, entry) => sum + entry + gap, -gap);
  const name = (): number => widths.get(1) ?? 0;
  for (const column of dropOrder) {
    if (total() - Math.max(0, name() - 14) > style.columns) widths.delete(column);
  }
  while (total() > style.columns && name() > 6) widths.set(1, name() - 1);
  while (total() > style.columns && widths.size > 2) widths.delete([...widths.keys()].at(-1) as number);
  const barRoom = Math.min(40, style.columns - total());
  return rows.map((row, index) =>
    [...widths]
      .map(([column, width]) => {
        const cell = row[column] as Cell;
        if (cell.align === 'bar') return drawBar(cell.share ?? 0, barRoom, style);
        const text = cutToColumns(texts[index]?.[column] ?? '', width, style.characters === 'ascii' ? '~' : '…');
        const padding = ' '.repeat(Math.max(0, width - columnsOf(text)));
        return painted(cell.align === 'right' ? padding + text : text + padding, style, cell);
      })
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

const gap = 2;
/** Characters: enough for the longest service names, too few for a hostile one to push the figures away. */
const longestCell = 36;

function drawBar(share: number, room: number, style: TerminalStyle): string {
  if (room < 4 || !(share > 0)) return '';
  const eighths = Math.max(1, Math.round(Math.min(1, share) * room * 8));
  if (style.characters === 'ascii') return '#'.repeat(Math.max(1, Math.round(eighths / 8)));
  const part = eighths % 8 === 0 ? '' : String.fromCodePoint(0x2590 - (eighths % 8));
  return '█'.repeat(Math.floor(eighths / 8)) + part;
}

function painted(text: string, style: TerminalStyle, how: { readonly paint?: Paint; readonly bold?: 'bold' }): string {
  if (style.colour === 'none') return text;
  const codes = [...(how.bold ? [1] : []), ...(how.paint && how.paint !== 'plain' ? [paints[how.paint]] : [])];
  return codes.length === 0 || text.trim() === '' ? text : `\u001b[${codes.join(';')}m${text}\u001b[0m`;
}

function asciiOnly(text: string, style: TerminalStyle): string {
  return style.characters === 'unicode'
    ? text
    : text
        .replace(/·/g, '-')
        .replace(/…/g, '~')
        .replace(/[^ -~]/gu, '?');
}

const paints: Record<Exclude<Paint, 'plain'>, number> = { dim: 2, red: 31, yellow: 33, green: 32 };
