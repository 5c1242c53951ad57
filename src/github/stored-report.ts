// The files of a run that somebody else's job made: read within bounds and checked against their schemas, since they are hostile.
import { lstatSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { usageError } from '../model/errors.ts';
import { type StoredGate, storedGateSchema } from '../model/gate.ts';
import { type Report, reportSchema } from '../model/report.ts';
import { type Bounds, parseBounded } from './bounded-json.ts';

const largestReport = 8 * 1024 * 1024;
export const storedGateName = 'gate.json';

/** Far above what a run of 10,000 boots needs. A diff of what was not committed is cut at 64 KiB when it is recorded. */
const bounds: Bounds = {
  depth: 24,
  values: 1_000_000,
  entries: 20_000,
  key: 300,
  text: 20_000,
  textOf: { diff: 100_000 },
};

/** Reads `report.json` in a folder. A usage error says what is wrong with it. */
export function readStoredReport(folder: string): Report {
  return readChecked(join(folder, 'report.json'), namedReportSchema);
}

/** Reads `gate.json`; without the file nothing is known. */
export function readStoredGate(folder: string): StoredGate {
  const path = join(folder, storedGateName);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return { baseSha: '', gateChanges: [], notes: [] };
  return readChecked(path, storedGateSchema);
}

/** What the shards of one run say together: each may have held other files. A usage error where they had different bases. */
export function mergeStoredGates(gates: readonly StoredGate[]): StoredGate {
  const [baseSha = '', ...others] = distinct(gates.flatMap((gate) => (gate.baseSha === '' ? [] : [gate.baseSha])));
  if (others.length > 0) {
    const bases = [baseSha, ...others].map((sha) => sha.slice(0, 12)).join(' and ');
    throw usageError(
      `the shards were held to different commits of base: ${bases}`,
      'run all shards of one workflow run',
    );
  }
  const all = <T>(of: (gate: StoredGate) => readonly T[]): T[] => distinct(gates.flatMap(of));
  return { baseSha, gateChanges: all((gate) => gate.gateChanges), notes: all(({ notes }) => notes) };
}

/** Equal ones once, by what they hold. */
function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** What becomes a part of commands and links must be a name and nothing more. */
const name = z.string().regex(/^[\w.-]{1,100}$/);
const namedReportSchema = reportSchema
  .extend({ run: name, commit: z.string().regex(/^[0-9a-f]{0,64}$/) })
  .refine(({ scenarios }) => scenarios.every(({ scenario }) => name.safeParse(scenario.id).success), {
    path: ['scenarios'],
    error: 'a scenario has an id that is no name',
  });

function readChecked<T>(path: string, schema: z.ZodType<T>): T {
  try {
    const stats = lstatSync(path);
    if (!stats.isFile()) throw new Error('it is no regular file');
    if (stats.size > largestReport) throw new Error(`it is larger than ${largestReport / (1024 * 1024)} MiB`);
    return schema.parse(parseBounded(readFileSync(path, 'utf8'), bounds));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? `\n${z.prettifyError(cause).slice(0, 2000)}` : (cause as Error).message;
    throw usageError(
      `${basename(path)} cannot be used: ${why}`,
      'it must come from the artifact of a run of the same version of Bootgauge',
    );
  }
}
