// What lies on this machine, asked so that the answer is never an error: whether a path is there, and where a program is.
import { accessSync, constants, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import type { Variables } from '../model/variables.ts';

export const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

/**
 * Absolute path of the first executable file of this name on PATH or in the folders given after it, or null. A name with a slash is
 * a path already.
 */
export function findProgram(
  { environment }: { readonly environment: Variables },
  name: string,
  moreFolders: readonly string[] = [],
): string | null {
  const folders = [...(environment.PATH ?? '').split(delimiter), ...moreFolders].filter((folder) => folder !== '');
  const candidates = name.includes('/') ? [resolve(name)] : folders.map((folder) => resolve(folder, name));
  return candidates.find((path) => whyNotExecutable(path) === null) ?? null;
}

/** What keeps a file from being started, to be said behind its name; null: nothing does. */
export function whyNotExecutable(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return 'is not a file';
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'may not be executed' : 'does not exist';
  }
}
