// What stands under a run and has moved, as a table for any format.
import type { MovedPart } from '../model/inventory.ts';
import { plainLine } from '../model/plain-text.ts';
import { type Cell, cell, nameColumn, type Table, textColumn } from './table.ts';
import { layoutTable, type TerminalStyle, wrapText } from './terminal-table.ts';

/** `after` names what the newer ones are of. */
export function movedTable(parts: readonly MovedPart[], before: string, after: string): Table {
  const shown = (text: string | null): Cell => cell(text === null ? 'none' : plainLine(text, 120));
  return {
    title: movedTitle(before),
    columns: [textColumn('part'), nameColumn('name'), nameColumn('before', before), nameColumn('after', after)],
    rows: parts.map(({ kind, name, before: old, after: now }) => ({
      cells: [
        cell(kind, kind === 'Venus protocol' ? 'bad' : 'plain'),
        cell(plainLine(name, 80)),
        shown(old),
        shown(now),
      ],
    })),
  };
}

export const movedTitle = (since: string): string => `What moved underneath since ${since}`;

/** For a terminal, of one scenario; one newline at the end. */
export function movedText(
  difference: {
    readonly scenario: string;
    readonly moved: readonly MovedPart[];
    readonly unrecorded: readonly string[];
  },
  { before, after }: { readonly before: string; readonly after: string },
  style: TerminalStyle,
): string {
  const { scenario, moved, unrecorded } = difference;
  const lines = [
    ...wrapText(
      `${scenario}: ${moved.length === 0 ? 'nothing that is recorded moved' : 'moved'} from ${before} to ${after}`,
      style,
      {
        bold: 'bold',
      },
    ),
    ...layoutTable(movedTable(moved, before, after), style),
    ...unrecorded.flatMap((kind) => wrapText(`${kind}: not recorded in both`, style, { paint: 'dim', indent: 2 })),
  ];
  return `${lines.join('\n')}\n`;
}
