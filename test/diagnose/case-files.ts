// Where the cases lie, by kind.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, readCase } from './case-file.ts';

const folder = join(import.meta.dirname, '../fixtures/consoles/cases');

/** Kind -> names of its cases. */
export function caseNames(): Map<string, string[]> {
  const kinds = readdirSync(folder).sort();
  return new Map(kinds.map((kind) => [kind, readdirSync(join(folder, kind)).sort()]));
}

export const caseBytes = (kind: string, name: string): Uint8Array => readFileSync(join(folder, kind, name));

export const caseOf = (kind: string, name: string): Case => readCase(caseBytes(kind, name));
