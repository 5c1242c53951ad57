// Finished builds in the cache, one folder per key: whole or absent. When they and the build folders take more than they may,
// those that were not used for the longest time go first.
import { copyFile, mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { publishFolder, syncFile, workFolder, writeFileAtomically } from '../store/atomic.ts';
import { hashFile } from '../store/digest.ts';
import { diskFull } from './git.ts';
import type { BuildOptions } from './options.ts';
import { treesFolder } from './worktree.ts';

const manifestSchema = z.object({
  schema: z.literal(1),
  key: z.string(),
  /** File name of the program in the folder, its first line of --version and its sha256. */
  program: z.string(),
  version: z.string(),
  digest: z.string(),
  bytes: z.number(),
  /** Holds firmware that the program needs; a folder beside it, or empty. */
  firmware: z.string(),
});
export type BuildManifest = z.infer<typeof manifestSchema>;

export interface FoundBuild {
  readonly folder: string;
  readonly manifest: BuildManifest;
}

const buildsFolder = (cache: string): string => join(cache, 'build/done');
const manifestName = 'manifest.json';

/** The build of this key, if it is in the cache and whole; being looked up counts as being used. */
export async function findBuild(key: string, options: BuildOptions): Promise<FoundBuild | null> {
  const folder = join(buildsFolder(options.cache), key);
  const found = await readBuild(folder, key);
  if (found !== null) {
    const now = new Date();
    await utimes(join(folder, manifestName), now, now).catch(() => {});
    return found;
  }
  if (options.shared === undefined) return null;
  await using work = await workFolder(join(options.cache, 'build/work'));
  const restored = join(work.path, 'build');
  await mkdir(restored, { recursive: true });
  // A cache that does not answer only costs a build.
  const came = await options.shared.restore(key, restored).catch(() => false);
  const whole = came ? await readBuild(restored, key) : null;
  if (whole === null || (await hashFile(join(restored, whole.manifest.program))) !== whole.manifest.digest) return null;
  await publishFolder(restored, folder);
  return readBuild(folder, key);
}

async function readBuild(folder: string, key: string): Promise<FoundBuild | null> {
  try {
    const manifest = manifestSchema.parse(JSON.parse(await readFile(join(folder, manifestName), 'utf8')));
    const program = await stat(join(folder, manifest.program));
    return manifest.key === key && program.size === manifest.bytes ? { folder, manifest } : null;
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
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? diskFull(place) : error;
  }
  await options.shared?.save(key, place).catch(() => {});
  const kept = await readBuild(place, key);
  if (kept === null) throw new Error(`the build ${key} vanished from the cache`);
  return kept;
}

const usual = 8 * 1024 ** 3;

/** Removes what was not used for the longest time until the rest fits; never what `inUse` names. */
export async function evictBuilds(inUse: readonly string[], options: BuildOptions): Promise<string[]> {
  const most = options.mostBytes ?? usual;
  const entries = [...(await entriesOf(buildsFolder(options.cache))), ...(await entriesOf(treesFolder(options.cache)))];
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const removed: string[] = [];
  for (const entry of entries.toSorted((one, other) => one.usedMs - other.usedMs)) {
    if (total <= most) break;
    if (inUse.some((path) => path.startsWith(entry.path))) continue;
    await rm(entry.path, { recursive: true, force: true, maxRetries: 3 });
    total -= entry.bytes;
    removed.push(entry.path);
  }
  return removed;
}

/** Remembers how much a build folder takes, so that eviction need not walk it. */
export async function noteTree(folder: string): Promise<void> {
  await writeFileAtomically(join(folder, 'size.json'), JSON.stringify({ bytes: await sizeOf(folder) }));
}

/** A build folder that is in use is not counted, and so not removed. */
export async function forgetTree(folder: string): Promise<void> {
  await rm(join(folder, 'size.json'), { force: true });
}

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

async function entriesOf(parent: string): Promise<Entry[]> {
  const names = await readdir(parent).catch(() => []);
  const entries = names.map(async (name): Promise<Entry[]> => {
    const path = join(parent, name);
    const noted = await stat(join(path, 'size.json')).catch(() => null);
    if (noted !== null) {
      const text = await readFile(join(path, 'size.json'), 'utf8').catch(() => '{}');
      return [{ path, bytes: Number(/\d+/.exec(text)?.[0] ?? 0), usedMs: noted.mtimeMs }];
    }
    const manifest = await stat(join(path, manifestName)).catch(() => null);
    return manifest === null ? [] : [{ path, bytes: await sizeOf(path), usedMs: manifest.mtimeMs }];
  });
  return (await Promise.all(entries)).flat();
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const entry of entries.filter((one) => one.isFile())) {
    bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
