// Text fitted to a terminal: wrapped paragraphs, and tables that shrink instead of breaking. Every text is made one plain
// line here, so that no control sequence of a guest reaches the terminal.
import picocolors from 'picocolors';
import wrapAnsi from 'wrap-ansi';
import { columnsOf, cutToColumns, plainLine } from '../model/plain-text.ts';
import { longestProse } from './escape.ts';
import type { Table, Tone } from './table.ts';

export type Paint = 'plain' | 'dim' | 'red' | 'yellow' | 'green';

export interface TerminalStyle {
  readonly columns: number;
  readonly colour: 'colour' | 'none';
  readonly characters: 'unicode' | 'ascii';
}

export interface WrapOptions {
  readonly paint?: Paint;
  readonly bold?: 'bold';
  readonly indent?: number;
}

export const tonePaint: Record<Tone, Paint> = { plain: 'plain', bad: 'red', good: 'green', doubt: 'yellow' };

/** Foreign text as lines that fit; continuation lines are indented two more. Empty text gives no line. */
export function wrapText(text: string, style: TerminalStyle, options: WrapOptions = {}): readonly string[] {
  const { indent = 0 } = options;
  const line = asciiOnly(plainLine(text, longestProse), style).replace(figureUnit, '$1\u00a0');
  if (line === '') return [];
  const room = Math.max(8, style.columns - indent);
  const wrapped = (rest: string, columns: number): string[] => wrapAnsi(rest, columns, { hard: true }).split('\n');
  const [first = '', ...others] = wrapped(line, room);
  const rest = others.length === 0 ? [] : wrapped(line.slice(first.length).trimStart(), room - 2);
  return [first, ...rest.map((entry) => `  ${entry}`)].map((entry) =>
    painted(' '.repeat(indent) + entry.replaceAll('\u00a0', ' '), style, options),
  );
}

/** The blank between a figure and its unit: no line ends there. */
const figureUnit = /(\d) (?=(?:%|ms|s|MiB)(?![\p{L}\d]))/gu;

/**
 * A table as lines, indented by two. When there is too little room, the droppable columns go one by one, then the rightmost,
 * and names are cut; what is left of the line is for bars.
 */
export function layoutTable(table: Table, style: TerminalStyle, droppable: readonly string[] = []): readonly string[] {
  const { columns, rows } = table;
  if (rows.length === 0) return [];
  const shown = (text: string): string => asciiOnly(plainLine(text, longestCell), style);
  const titles = columns.map(({ title }) => shown(title));
  const texts = rows.map(({ cells }) => cells.map(({ text }) => shown(text)));
  const widths = fitColumns(table, [titles, ...texts], style.columns - indent, droppable);
  const barRoom = Math.min(40, style.columns - indent - totalOf(widths) - gap);
  const line = (line: readonly string[], paintAt: (column: number) => Paint, bar = ''): string => {
    const cells = [...widths].map(([column, width]) => {
      const text = cutToColumns(line[column] ?? '', width, style.characters === 'ascii' ? '~' : '…');
      const padding = ' '.repeat(width - columnsOf(text));
      const right = columns[column]?.kind === 'figure';
      return painted(right ? padding + text : text + padding, style, { paint: paintAt(column) });
    });
    return `${' '.repeat(indent)}${[...cells, bar].join(' '.repeat(gap))}`.trimEnd();
  };
  const body = rows.map(({ cells, share }, index) =>
    line(
      texts[index] ?? [],
      (column) => tonePaint[cells[column]?.tone ?? 'plain'],
      drawBar(share ?? 0, barRoom, style),
    ),
  );
  return titles.every((title) => title === '') ? body : [line(titles, () => 'dim'), ...body];
}

const gap = 2;
const indent = 2;
/** Characters: enough for the longest service names, too few for a hostile one to push the figures away. */
const longestCell = 36;
/** A name is cut down to so many columns before a figure goes. */
const leastName = 12;

/** Column -> its width, of the columns that fit. */
function fitColumns(
  { columns }: Table,
  lines: readonly (readonly string[])[],
  room: number,
  droppable: readonly string[],
): ReadonlyMap<number, number> {
  const widths = new Map(
    columns.map((_, column) => [column, Math.max(1, ...lines.map((line) => columnsOf(line[column] ?? '')))]),
  );
  const named = Math.max(
    0,
    columns.findIndex(({ kind }) => kind === 'name'),
  );
  const name = widths.get(named) ?? 0;
  const ids = columns.map(({ id }) => id);
  const order = [...droppable, ...ids.toReversed()].map((id) => ids.indexOf(id));
  for (const column of order) {
    const fits = totalOf(widths) - Math.max(0, name - leastName) <= room;
    if (!fits && column !== named && widths.size > 2) widths.delete(column);
  }
  widths.set(named, Math.max(1, Math.min(name, name + room - totalOf(widths))));
  return widths;
}

const totalOf = (widths: ReadonlyMap<number, number>): number =>
  [...widths.values()].reduce((sum, width) => sum + width + gap, -gap);

function drawBar(share: number, room: number, style: TerminalStyle): string {
  if (room < 4 || !(share > 0)) return '';
  const eighths = Math.max(1, Math.round(Math.min(1, share) * room * 8));
  if (style.characters === 'ascii') return '#'.repeat(Math.max(1, Math.round(eighths / 8)));
  const part = eighths % 8 === 0 ? '' : String.fromCodePoint(0x2590 - (eighths % 8));
  return '█'.repeat(Math.floor(eighths / 8)) + part;
}

/** Whether there is colour is the caller's to say, not the environment's. */
const colours = picocolors.createColors(true);

function painted(text: string, style: TerminalStyle, { paint = 'plain', bold }: WrapOptions): string {
  if (style.colour === 'none' || text.trim() === '') return text;
  const coloured = paint === 'plain' ? text : colours[paint](text);
  return bold ? colours.bold(coloured) : coloured;
}

function asciiOnly(text: string, style: TerminalStyle): string {
  return style.characters === 'unicode'
    ? text
    : text
        .replace(/·/g, '-')
        .replace(/…/g, '~')
        .replace(/[^ -~]/gu, '?');
}
