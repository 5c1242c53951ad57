// A table before it has a format: what its cells say and mean. Exporters lay it out and choose columns.

export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  /** What the column holds, for exporters that show only some. */
  readonly id: string;
  readonly title: string;
  /** `figure` stands to the right and is not broken; `name` is something that could be typed or searched for. */
  readonly kind: 'name' | 'text' | 'figure';
  /** The title is itself such a name. */
  readonly named?: true;
}

const columnOf =
  (kind: Column['kind']) =>
  (id: string, title = id): Column => ({ id, title, kind });
export const nameColumn = columnOf('name');
export const textColumn = columnOf('text');
export const figureColumn = columnOf('figure');

export interface Row {
  readonly cells: readonly Cell[];
  /** Length of the row's bar, 0 to 1, where a table has bars. */
  readonly share?: number;
}

export interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

/** What a figure or a word means for the reader. */
export type Tone = 'plain' | 'bad' | 'good' | 'doubt';

export const cell = (text: string, tone: Tone = 'plain'): Cell => ({ text, tone });

/** The columns with these ids, in this order; an id that the table lacks is passed over. */
export function withColumns(table: Table, ids: readonly string[]): Table {
  const kept = ids.map((id) => table.columns.findIndex((column) => column.id === id)).filter((index) => index >= 0);
  const pick = <T>(from: readonly T[]): T[] => kept.map((index) => from[index] as T);
  return {
    ...table,
    columns: pick(table.columns),
    rows: table.rows.map((row) => ({ ...row, cells: pick(row.cells) })),
  };
}

/** Columns that say something in some row. */
export function withoutEmptyColumns(table: Table): Table {
  const filled = table.columns.filter((_, index) => table.rows.some(({ cells }) => cells[index]?.text !== ''));
  return withColumns(
    table,
    filled.map(({ id }) => id),
  );
}

/** The first rows, as many as asked for. */
export const firstRows = (table: Table, most: number): Table => ({ ...table, rows: table.rows.slice(0, most) });
