// Files and folders that are either whole or absent, whatever kills the writer: made beside their place, synced, renamed.
import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { isAlive, ownerName, ownerNamed, thisOwner } from './owner.ts';

/** Replaces `path` as a whole. `mode` is the new file's permission, not narrowed by the umask. */
export async function writeFileAtomically(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await using file = await open(beside, 'wx', mode);
    await file.writeFile(data);
    await file.chmod(mode);
    await file.sync();
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** A folder below `parent` that is removed when it is disposed of, or by sweepWorkFolders once this process is dead. */
export interface WorkFolder extends AsyncDisposable {
  readonly path: string;
}

export async function workFolder(parent: string): Promise<WorkFolder> {
  const path = join(parent, `${ownerName(await thisOwner())}-${randomBytes(4).toString('hex')}`);
  await makeFolder(path);
  return { path, [Symbol.asyncDispose]: () => removeFolder(path) };
}

/** Removes what dead processes left in `parent`; returns how many folders that were. */
export async function sweepWorkFolders(parent: string): Promise<number> {
  const names = await readdir(parent).catch(() => []);
  const dead: string[] = [];
  for (const name of names) {
    if (!(await isAlive(ownerNamed(name)))) dead.push(name);
  }
  await Promise.all(dead.map((name) => removeFolder(join(parent, name))));
  return dead.length;
}

/** Moves a finished folder to its place; what stood there before goes away. Both must lie on one file system. */
export async function publishFolder(finished: string, place: string): Promise<void> {
  await makeFolder(dirname(place));
  const aside = `${finished}.old`;
  const replaced = await rename(place, aside).then(
    () => true,
    () => false,
  );
  await rename(finished, place);
  await syncFolder(dirname(place));
  if (replaced) await removeFolder(aside);
}

/** Puts a file's bytes on the disk. */
export async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}

/** Retries, since a process that was just killed may still be writing. */
function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

async function syncFolder(path: string): Promise<void> {
  // Not every file system lets a folder be synced; then the rename is as safe as it can be.
  await syncFile(path).catch(() => undefined);
}
