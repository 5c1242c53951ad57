// Finished builds in the cache, one folder per key: whole or absent. When they and the build folders take more than they may,
// those that were not used for the longest time go first, never one that a living process has been given.
import { copyFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { publishFolder, syncFile, workFolder, writeFileAtomically } from '../store/atomic.ts';
import { hashFile } from '../store/digest.ts';
import { isAlive, thisOwner } from '../store/owner.ts';
import { diskFull, isDiskFull } from './git.ts';
import type { BuildOptions } from './options.ts';
import { treesFolder } from './worktree.ts';

const manifestSchema = z.object({
  schema: z.literal(1),
  key: z.string(),
  /** File name of the program in the folder, its first line of --version and its sha256. */
  program: z.string().regex(/^[\w.-]+$/),
  version: z.string(),
  digest: z.string(),
  bytes: z.number(),
  /** Holds firmware that the program needs; a folder beside it, or empty. */
  firmware: z.enum(['', 'firmware']),
});
export type BuildManifest = z.infer<typeof manifestSchema>;

export interface FoundBuild {
  readonly folder: string;
  readonly manifest: BuildManifest;
  /** It came here a moment ago: it was never read from this disk. */
  readonly isNew: boolean;
}

const buildsFolder = (cache: string): string => join(cache, 'build/done');
const manifestName = 'manifest.json';
export const virglrendererFolder = (cache: string): string => join(cache, 'build/virglrenderer');
/** Ends the making of a virglrenderer. */
export const doneName = '.done';

/** The build of this key, if it is in the cache and whole; from now on it is in use by this process. */
export async function findBuild(key: string, options: BuildOptions): Promise<FoundBuild | null> {
  const folder = join(buildsFolder(options.cache), key);
  const found = await wholeBuild(folder, key);
  if (found !== null) await noteUse(folder, manifestName);
  return found;
}

/** The build of this key from another machine, if there is one and it is whole. */
export async function loadBuild(key: string, options: BuildOptions): Promise<FoundBuild | null> {
  if (options.shared === undefined) return null;
  const folder = join(buildsFolder(options.cache), key);
  await using work = await workFolder(join(options.cache, 'build/work'));
  const restored = join(work.path, 'build');
  await mkdir(restored, { recursive: true });
  // A cache that does not answer only costs a build.
  const came = await options.shared.restore(key, restored).catch(() => false);
  if (!came || (await wholeBuild(restored, key)) === null) return null;
  await publishFolder(restored, folder);
  await noteUse(folder, manifestName);
  const taken = await readBuild(folder, key);
  return taken === null ? null : { ...taken, isNew: true };
}

/** What a run has on record is what it boots: the bytes are the ones that were built. */
async function wholeBuild(folder: string, key: string): Promise<FoundBuild | null> {
  const found = await readBuild(folder, key);
  if (found === null) return null;
  const { program, digest } = found.manifest;
  return (await hashFile(join(folder, program)).catch(() => '')) === digest ? found : null;
}

async function readBuild(folder: string, key: string): Promise<FoundBuild | null> {
  try {
    const manifest = manifestSchema.parse(JSON.parse(await readFile(join(folder, manifestName), 'utf8')));
    const program = await stat(join(folder, manifest.program));
    return manifest.key === key && program.size === manifest.bytes ? { folder, manifest, isNew: false } : null;
  } catch {
    return null;
  }
}

export interface Finished {
  readonly key: string;
  /** File that was built, its name in the cache and what it says of itself. */
  readonly program: string;
  readonly name: string;
  readonly version: string;
  /** Firmware files to keep beside it. */
  readonly firmware: readonly string[];
}

export async function keepBuild(finished: Finished, options: BuildOptions): Promise<FoundBuild> {
  const { key, name, version } = finished;
  await using work = await workFolder(join(options.cache, 'build/work'));
  const folder = join(work.path, 'build');
  const place = join(buildsFolder(options.cache), key);
  try {
    await mkdir(join(folder, 'firmware'), { recursive: true });
    const program = join(folder, name);
    await copyFile(finished.program, program);
    for (const file of finished.firmware)
      await copyFile(file, join(folder, 'firmware', file.split('/').at(-1) as string));
    await syncFile(program);
    const { size } = await stat(program);
    const firmware = finished.firmware.length > 0 ? 'firmware' : '';
    const digest = await hashFile(program);
    const manifest: BuildManifest = { schema: 1, key, program: name, version, digest, bytes: size, firmware };
    await writeFileAtomically(join(folder, manifestName), `${JSON.stringify(manifest)}\n`);
    await publishFolder(folder, place);
  } catch (error) {
    throw isDiskFull(error) ? diskFull(place) : error;
  }
  await options.shared?.save(key, place).catch(() => {});
  const kept = await readBuild(place, key);
  if (kept === null) throw new Error(`the build ${key} vanished from the cache`);
  await noteUse(place, manifestName);
  return { ...kept, isNew: true };
}

const sizeName = 'size.json';
const usual = 8 * 1024 ** 3;

/** Removes what was not used for the longest time until the rest fits; never what `inUse` names. */
export async function evictBuilds(inUse: readonly string[], options: BuildOptions): Promise<string[]> {
  const most = options.mostBytes ?? usual;
  const kinds = [
    entriesOf(buildsFolder(options.cache), manifestName),
    entriesOf(virglrendererFolder(options.cache), doneName),
    entriesOf(treesFolder(options.cache), sizeName),
  ];
  const entries = (await Promise.all(kinds)).flat();
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const removed: string[] = [];
  for (const entry of entries.toSorted((one, other) => one.usedMs - other.usedMs)) {
    if (total <= most) break;
    if (inUse.includes(entry.path) || (await isInUse(entry.path))) continue;
    await rm(entry.path, { recursive: true, force: true, maxRetries: 3 });
    total -= entry.bytes;
    removed.push(entry.path);
  }
  return removed;
}

/** Remembers how much a build folder takes, so that eviction need not walk it. */
export async function noteTree(folder: string): Promise<void> {
  await writeFileAtomically(join(folder, sizeName), JSON.stringify({ bytes: await sizeOf(folder) }));
}

/** A build folder that is in use is not counted, and so not removed. */
export async function forgetTree(folder: string): Promise<void> {
  await rm(join(folder, sizeName), { force: true });
}

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/** Folders in `parent` that hold a file of this name, which was touched when they were used. */
async function entriesOf(parent: string, stamp: string): Promise<Entry[]> {
  const names = await readdir(parent).catch(() => []);
  const entries = names.map(async (name): Promise<Entry[]> => {
    const path = join(parent, name);
    const found = await stat(join(path, stamp)).catch(() => null);
    if (found === null) return [];
    const noted = stamp === sizeName ? await readFile(join(path, stamp), 'utf8').catch(() => '') : '';
    const bytes = noted === '' ? await sizeOf(path) : Number(/\d+/.exec(noted)?.[0] ?? 0);
    return [{ path, bytes, usedMs: found.mtimeMs }];
  });
  return (await Promise.all(entries)).flat();
}

/** Says that this process uses what the folder holds, until it ends; `stamp` is the file whose date tells the last use. */
export async function noteUse(folder: string, stamp: string): Promise<void> {
  const { pid, started } = thisOwner();
  const now = new Date();
  await writeFile(join(folder, `${useMark}${pid}-${started}`), '').catch(() => {});
  await utimes(join(folder, stamp), now, now).catch(() => {});
}

/** Marks of dead processes are cleared away. */
async function isInUse(folder: string): Promise<boolean> {
  const marks = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(useMark));
  let used = false;
  for (const mark of marks) {
    const [pid, started] = mark.slice(useMark.length).split('-');
    if (isAlive({ pid: Number(pid) || 0x7fffffff, started: started ?? '' })) used = true;
    else await rm(join(folder, mark), { force: true });
  }
  return used;
}

const useMark = 'in-use-';

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const entry of entries.filter((one) => one.isFile())) {
    bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
