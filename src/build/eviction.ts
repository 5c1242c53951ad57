// Keeps what was built to a size. Who is given something says so; what was not used for the longest time goes first, as a whole, and
// never what a living process has been given or works in.
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { workFolder, writeFileAtomically } from '../store/atomic.ts';
import { acquireLock } from '../store/lock.ts';
import { isAlive, ownerName, ownerNamed, thisOwner } from '../store/owner.ts';
import type { BuildOptions } from './options.ts';
import {
  buildLock,
  buildsFolder,
  dependenciesFolder,
  dependencyLock,
  doneName,
  manifestName,
  treeLock,
  treesFolder,
  workPlace,
} from './places.ts';

const sizeName = 'size.json';
const usual = 8 * 1024 ** 3;

/** Removes finished builds and build folders until the rest fits; returns their paths. */
export async function evictBuilds(options: BuildOptions): Promise<string[]> {
  const { cache, signal, mostBytes: most = usual } = options;
  const entries = [
    ...(await entriesOf(buildsFolder(cache), manifestName, (key) => buildLock(cache, key))),
    ...(await entriesOf(dependenciesFolder(cache), doneName, (key) => dependencyLock(cache, key))),
    ...(await entriesOf(treesFolder(cache), sizeName, (name) => treeLock(cache, name))),
  ];
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= most) return [];
  await using trash = await workFolder(workPlace(cache));
  const removed: string[] = [];
  for (const entry of entries.toSorted((one, other) => one.usedMs - other.usedMs)) {
    signal.throwIfAborted();
    if (total <= most) break;
    if (!(await moveAway(entry, join(trash.path, String(removed.length))))) continue;
    total -= entry.bytes;
    removed.push(entry.path);
  }
  return removed;
}

/** In one step: a kill in the middle of removing must not leave half of something in its place. False when it is in use. */
async function moveAway({ path, lock }: Entry, trash: string): Promise<boolean> {
  await using held = await lockIfFree(lock);
  if (held === null || (await isInUse(path))) return false;
  return await rename(path, trash).then(
    () => true,
    () => false,
  );
}

/** Who evicts holds a lock already: to wait for another one could be to wait for somebody who waits for us. */
async function lockIfFree(folder: string): Promise<AsyncDisposable | null> {
  const busy = new AbortController();
  try {
    // The note that it has to wait is the first thing that a lock says when it is not free.
    return await acquireLock(folder, { what: '', progress: () => busy.abort(), signal: busy.signal });
  } catch (error) {
    if (busy.signal.aborted) return null;
    throw error;
  }
}

/** Remembers how much a build folder takes, so that eviction need not walk it. What cannot be written costs that walk. */
export async function noteTree(folder: string, { signal }: BuildOptions): Promise<void> {
  // Who interrupts does not wait for it.
  if (signal.aborted) return;
  const bytes = await sizeOf(folder);
  await writeFileAtomically(join(folder, sizeName), JSON.stringify({ bytes })).catch(() => {});
}

/** What it takes is about to change: a build that is killed has no size on record, and is measured when it counts. */
export async function forgetTree(folder: string): Promise<void> {
  await rm(join(folder, sizeName), { force: true });
}

interface Entry {
  readonly path: string;
  readonly lock: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/** What lies in `parent`. A file named `stamp` was touched when its folder was used last; one that has none was never finished. */
async function entriesOf(parent: string, stamp: string, lockOf: (name: string) => string): Promise<Entry[]> {
  const names = (await readdir(parent).catch(() => [])).filter((name) => !name.endsWith('.lock'));
  const entries = names.map(async (name): Promise<Entry[]> => {
    const path = join(parent, name);
    const [own, stamped] = await Promise.all([path, join(path, stamp)].map((one) => stat(one).catch(() => null)));
    const used = stamped ?? own;
    if (!own?.isDirectory() || !used) return [];
    const noted = stamp === sizeName ? await readFile(join(path, stamp), 'utf8').catch(() => '') : '';
    const bytes = noted === '' ? await sizeOf(path) : Number(/\d+/.exec(noted)?.[0] ?? 0);
    return [{ path, lock: lockOf(basename(path)), bytes, usedMs: used.mtimeMs }];
  });
  return (await Promise.all(entries)).flat();
}

/**
 * Says that this process uses what the folder holds, until it ends; `stamp` is the file whose date tells the last use. The caller holds
 * the folder's lock, so that nobody removes it in between.
 */
export async function noteUse(folder: string, stamp: string): Promise<void> {
  const now = new Date();
  await writeFile(join(folder, `${useMark}${ownerName(await thisOwner())}`), '').catch(() => {});
  await utimes(join(folder, stamp), now, now).catch(() => {});
}

/** Marks of dead processes are cleared away. */
async function isInUse(folder: string): Promise<boolean> {
  const marks = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(useMark));
  let used = false;
  for (const mark of marks) {
    if (await isAlive(ownerNamed(mark.slice(useMark.length)))) used = true;
    else await rm(join(folder, mark), { force: true });
  }
  return used;
}

const useMark = 'in-use-';

/** Bytes of its files, without their holes; what vanishes meanwhile counts nothing. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(path);
    else if (entry.isFile()) bytes += await diskBytes(path);
  }
  return bytes;
}

/** Firmware for UEFI is kept with holes. Elsewhere blocks are no measure: some file systems count them when they are written. */
async function diskBytes(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (found === null) return 0;
  return path.endsWith('.fd') ? Math.min(found.size, found.blocks * 512) : found.size;
}
