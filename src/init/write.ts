// The files that a repository gets. One that is there already is left alone.
import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { usageError } from '../model/errors.ts';

export interface NewFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
  /** Lines for a file that may be there already, which gets those that it lacks. */
  readonly lines?: true;
}

export type Outcome = 'wrote' | 'added to' | 'kept';

/** Writes what is missing, and says of each file what was done with it. `dryRun` touches nothing. */
export async function writeFiles(folder: string, files: readonly NewFile[], dryRun: boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const file of files) outcomes.push(await writeOne(folder, file, dryRun));
  return outcomes;
}

/** null: there is nothing. Throws for what is no file, as a link to a device. */
async function textOf(place: string): Promise<string | null> {
  const found = await stat(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return null;
  if (!found.isFile()) throw new Error('what is there is no file');
  return await readFile(place, 'utf8');
}

async function writeOne(folder: string, { path, text, lines }: NewFile, dryRun: boolean): Promise<Outcome> {
  const place = join(folder, path);
  try {
    const present = await textOf(place);
    if (present === null) {
      if (!dryRun) {
        await mkdir(dirname(place), { recursive: true });
        // Who made it in the meantime keeps it.
        await writeFile(place, text, { flag: 'wx' });
      }
      return 'wrote';
    }
    const have = new Set(present.split(/\r?\n/).map((line) => line.trim()));
    const missing = lines === true ? text.split('\n').filter((line) => line !== '' && !have.has(line)) : [];
    if (missing.length === 0) return 'kept';
    if (!dryRun)
      await appendFile(place, `${present === '' || present.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
    return 'added to';
  } catch (error) {
    throw usageError(
      `cannot write ${path}: ${(error as Error).message}`,
      'start init in a folder that this user may write to',
      error,
    );
  }
}
