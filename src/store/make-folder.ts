// Makes a folder and those above it, one by one: Node's own recursive mkdir never returns below /proc.
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** It is no error when the folder is there already. */
export async function makeFolder(path: string): Promise<void> {
  const error = await tryToMake(path);
  if (error === null) return;
  if (error.code !== 'ENOENT' || dirname(path) === path) throw error;
  await makeFolder(dirname(path));
  const again = await tryToMake(path);
  if (again !== null) throw again;
}

async function tryToMake(path: string): Promise<NodeJS.ErrnoException | null> {
  try {
    await mkdir(path);
    return null;
  } catch (error) {
    const found = await stat(path).catch(() => null);
    return found?.isDirectory() ? null : (error as NodeJS.ErrnoException);
  }
}
