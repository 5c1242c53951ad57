// Finished builds in the cache, one folder per key: whole or absent. Whoever looks for one or keeps one holds the key's lock.
import { copyFile, mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { parseOrNull } from '../model/stored.ts';
import { publishFolder, syncFile, workFolder, writeFileAtomically } from '../store/atomic.ts';
import { hashFile } from '../store/digest.ts';
import { noteUse } from './eviction.ts';
import { diskFull, isDiskFull } from './faults.ts';
import type { BuildOptions } from './options.ts';
import { type Asked, askedSchema, type Libraries } from './pkg-config.ts';
import { alike, buildsFolder, contentOf, manifestName, workPlace } from './places.ts';

const manifestSchema = z.object({
  schema: z.literal(3),
  key: z.string().regex(/^[0-9a-f]+$/),
  /** File name of the program in the folder, its first line of --version and its sha256. */
  program: z.string().regex(/^[\w.-]+$/),
  version: z.string(),
  digest: z.string(),
  bytes: z.number(),
  /** What its devices load, below the folder `firmware` beside it: path -> bytes. */
  firmware: z.record(z.string(), z.number()),
  asked: askedSchema,
});
export type BuildManifest = z.infer<typeof manifestSchema>;

export const firmwareName = 'firmware';

export interface FoundBuild {
  readonly folder: string;
  readonly manifest: BuildManifest;
  /** It came here a moment ago: it was never read from this disk. */
  readonly isNew: boolean;
}

/**
 * A build of this key's content for which all libraries that it asked for are what they were, if one is in the cache and whole; from now
 * on it is in use by this process.
 */
export async function findBuild(key: string, libraries: Libraries, options: BuildOptions): Promise<FoundBuild | null> {
  const parent = buildsFolder(options.cache);
  for (const name of await alike(parent, key)) {
    const folder = join(parent, name);
    const found = await wholeBuild(folder, libraries);
    if (found === null) continue;
    await noteUse(folder, manifestName);
    return found;
  }
  return null;
}

/** The same from another machine. */
export async function loadBuild(key: string, libraries: Libraries, options: BuildOptions): Promise<FoundBuild | null> {
  if (options.shared === undefined) return null;
  await using work = await workFolder(workPlace(options.cache));
  const restored = join(work.path, 'build');
  await mkdir(restored, { recursive: true });
  // A cache that does not answer only costs a build.
  const came = await options.shared.restore(key, contentOf(key), restored).catch(() => false);
  const loaded = came ? await wholeBuild(restored, libraries) : null;
  if (loaded === null || contentOf(loaded.manifest.key) !== contentOf(key)) return null;
  const folder = join(buildsFolder(options.cache), loaded.manifest.key);
  await publishFolder(restored, folder);
  await noteUse(folder, manifestName);
  const taken = await readBuild(folder);
  return taken === null ? null : { ...taken, isNew: true };
}

/** What a run has on record is what it boots: the bytes are the ones that were built. */
async function wholeBuild(folder: string, libraries: Libraries): Promise<FoundBuild | null> {
  const found = await readBuild(folder);
  if (found === null) return null;
  const { program, digest, asked } = found.manifest;
  if (libraries.digestOf(asked.packages) !== asked.digest) return null;
  return (await hashFile(join(folder, program)).catch(() => '')) === digest ? found : null;
}

async function readBuild(folder: string): Promise<FoundBuild | null> {
  const manifest = parseOrNull(await readFile(join(folder, manifestName), 'utf8').catch(() => ''), manifestSchema);
  if (manifest === null) return null;
  const files = Object.entries(manifest.firmware).map(([path, bytes]) => [`${firmwareName}/${path}`, bytes] as const);
  for (const [path, bytes] of [[manifest.program, manifest.bytes] as const, ...files]) {
    if ((await stat(join(folder, path)).catch(() => null))?.size !== bytes) return null;
  }
  return { folder, manifest, isNew: false };
}

export interface Finished {
  readonly key: string;
  /** File that was built, its name in the cache and what it says of itself. */
  readonly program: string;
  readonly name: string;
  readonly version: string;
  /** Firmware to keep beside it: where it shall lie -> file. */
  readonly firmware: ReadonlyMap<string, string>;
  readonly asked: Asked;
}

export async function keepBuild(finished: Finished, options: BuildOptions): Promise<FoundBuild> {
  const { key, name, version, asked } = finished;
  await using work = await workFolder(workPlace(options.cache));
  const folder = join(work.path, 'build');
  const place = join(buildsFolder(options.cache), key);
  try {
    await mkdir(folder, { recursive: true });
    const program = join(folder, name);
    await copyFile(finished.program, program);
    await syncFile(program);
    const firmware: Record<string, number> = {};
    for (const [path, from] of finished.firmware) {
      const to = join(folder, firmwareName, path);
      await mkdir(dirname(to), { recursive: true });
      firmware[path] = await copyWithHoles(from, to);
      await syncFile(dirname(to)).catch(() => {});
    }
    const { size } = await stat(program);
    const digest = await hashFile(program);
    const manifest: BuildManifest = { schema: 3, key, program: name, version, digest, bytes: size, firmware, asked };
    await writeFileAtomically(join(folder, manifestName), `${JSON.stringify(manifest)}\n`);
    await publishFolder(folder, place);
  } catch (error) {
    throw isDiskFull(error) ? diskFull(place) : error;
  }
  await options.shared?.save(key, place).catch(() => {});
  const kept = await readBuild(place);
  if (kept === null) throw new Error(`the build ${key} vanished from the cache`);
  await noteUse(place, manifestName);
  return { ...kept, isNew: true };
}

/** Zeros take no room on the disk: firmware for UEFI is 64 MiB of which 2 MiB are something. Returns its size. */
async function copyWithHoles(from: string, to: string): Promise<number> {
  const bytes = await readFile(from);
  await using file = await open(to, 'w');
  await file.truncate(bytes.length);
  const step = 64 * 1024;
  const zeros = Buffer.alloc(step);
  for (let at = 0; at < bytes.length; at += step) {
    const part = bytes.subarray(at, at + step);
    if (!part.equals(zeros.subarray(0, part.length))) await file.write(part, 0, part.length, at);
  }
  await file.sync();
  return bytes.length;
}
