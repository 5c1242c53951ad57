// Finished builds in the cache, one folder per key: whole or absent. Whoever looks for one or keeps one holds the key's lock.
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { parseOrNull } from '../model/stored.ts';
import { publishFolder, syncFile, workFolder, writeFileAtomically } from '../store/atomic.ts';
import { hashFile } from '../store/digest.ts';
import { noteUse } from './eviction.ts';
import { diskFull, isDiskFull } from './git.ts';
import type { BuildOptions } from './options.ts';
import { buildsFolder, manifestName, workPlace } from './places.ts';

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
  await using work = await workFolder(workPlace(options.cache));
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
  const manifest = parseOrNull(await readFile(join(folder, manifestName), 'utf8').catch(() => ''), manifestSchema);
  if (manifest?.key !== key) return null;
  const program = await stat(join(folder, manifest.program)).catch(() => null);
  return program?.size === manifest.bytes ? { folder, manifest, isNew: false } : null;
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
  await using work = await workFolder(workPlace(options.cache));
  const folder = join(work.path, 'build');
  const place = join(buildsFolder(options.cache), key);
  try {
    await mkdir(join(folder, 'firmware'), { recursive: true });
    const program = join(folder, name);
    const blobs = join(folder, 'firmware');
    const copies = finished.firmware.map((file) => [file, join(blobs, basename(file))] as const);
    for (const [from, to] of [[finished.program, program] as const, ...copies]) {
      await copyFile(from, to);
      await syncFile(to);
    }
    await syncFile(blobs).catch(() => {});
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
