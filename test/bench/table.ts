// How every benchmark ends: a table or JSON, the promised figures, and exit code 1 when one of them is not met.

export interface Promised {
  /** The promise in words, for example `95 % of the stamps within 50 ms of the truth`. */
  readonly what: string;
  readonly measured: string;
  readonly met: boolean;
}

export interface BenchResult {
  readonly name: string;
  /** Column heads; columns of numbers are aligned to the right. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly promises: readonly Promised[];
  /** Sentences about what may have disturbed the measurement. */
  readonly notes: readonly string[];
  /** Everything that was measured, for --json. */
  readonly data: unknown;
}

/** Prints the result to standard output and sets the exit code. */
export function finishBench(result: BenchResult, format: 'table' | 'json'): void {
  process.stdout.write(format === 'json' ? `${JSON.stringify(result, null, 2)}\n` : asText(result));
  if (result.promises.some((promise) => !promise.met)) process.exitCode = 1;
}

export function asText({ name, columns, rows, promises, notes }: BenchResult): string {
  const cells = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const isNumeric = columns.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const lines = cells.map((row) =>
    row
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [
    name,
    '',
    lines[0],
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...lines.slice(1),
    '',
    ...promises.map(({ what, measured, met }) => `${met ? 'met' : 'NOT MET'}: ${what} (measured: ${measured})`),
    ...notes.map((note) => `note: ${note}`),
    '',
  ].join('\n');
}
