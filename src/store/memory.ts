// Small answers worth remembering between commands (which accelerator works here), in one JSON file of the cache.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseOrNull } from '../model/stored.ts';
import { writeFileAtomically } from './atomic.ts';

const memorySchema = z.record(z.string(), z.string());

/** Forgets rather than fails: a damaged file counts as empty, a write that fails is no error. */
export function rememberIn(path: string) {
  const load = async (): Promise<Record<string, string>> => {
    const text = await readFile(path, 'utf8').catch(() => '');
    return parseOrNull(text, memorySchema) ?? {};
  };
  return {
    read: async (key: string): Promise<string | null> => (await load())[key] ?? null,
    write: async (key: string, value: string): Promise<void> => {
      const known = await load();
      await writeFileAtomically(path, `${JSON.stringify({ ...known, [key]: value }, null, 1)}\n`).catch(() => {});
    },
  };
}
