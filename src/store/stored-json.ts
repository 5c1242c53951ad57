// JSON that Bootgauge has written, read back: checked against its schema, and told from what another version wrote.
import { z } from 'zod';
import { usageError } from '../model/errors.ts';

const version = 1;
const versioned = z.object({ schema: z.number() });

export interface StoredFile {
  /** How messages call it: a path, and where the file has several, the line. */
  readonly name: string;
  /** What to do when it cannot be read. */
  readonly repair: string;
}

/** Throws a usage error that names the file and everything that is wrong with it. */
export function parseStored<T>(json: string, schema: z.ZodType<T>, { name, repair }: StoredFile): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw usageError(`${name} cannot be read: ${(cause as Error).message}`, repair, cause);
  }
  const found = versioned.safeParse(value).data?.schema ?? version;
  if (found > version) {
    throw usageError(`${name} was written by a newer Bootgauge (schema ${found})`, 'update Bootgauge to read it');
  }
  if (found < version) throw usageError(`${name} was written by an older Bootgauge (schema ${found})`, repair);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw usageError(`${name} cannot be read: ${z.prettifyError(parsed.error)}`, repair);
  return parsed.data;
}
