// The kit: a QEMU with Venus and guests to boot in it, taken from the cache or assembled when they are not there.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { ReferenceGuest } from '../model/guests/reference.ts';
import type { Emulator } from '../model/launch-plan.ts';
import { sweepWorkFolders } from '../store/atomic.ts';
import { prepareCacheFolder } from '../store/cache-folder.ts';
import { acquireLock } from '../store/lock.ts';
import { buildEmulator, findEmulator } from './emulator.ts';
import { findEntry, foldersOf, removePointer } from './entry.ts';
import { buildGuest } from './guest.ts';
import {
  findGuest,
  type GuestFiles,
  type GuestManifest,
  guestManifestSchema,
  guestRoom,
  unlockGuest,
} from './guest-entry.ts';
import { guestRecipe } from './guest-recipe.ts';
import type { KitOptions } from './options.ts';

export interface EmulatorOptions extends KitOptions {
  /** Of the guests that are to run; arm64 when not given. */
  readonly architecture?: Architecture;
}

/** The kit's QEMU for guests of one architecture; assembled when it is missing or damaged. */
export async function ensureEmulator(options: EmulatorOptions): Promise<Emulator> {
  const architecture = options.architecture ?? 'arm64';
  refuseSeparators(options.cache);
  const found = await findEmulator(options.cache, architecture);
  if (found !== null && typeof found !== 'string') return found;
  if (found !== null) options.progress({ kind: 'note', text: `${found}: it is assembled anew` });
  await prepareToBuild(options);
  return buildEmulator(options, architecture);
}

/** A reference guest with this cache's keys; assembled when it is missing or damaged. */
export async function ensureGuest(spec: ReferenceGuest, options: KitOptions): Promise<GuestFiles> {
  const recipe = guestRecipe(spec);
  const found = await findGuest(options.cache, recipe);
  if (found !== null && typeof found !== 'string') return unlockGuest(found, options);
  if (found !== null) options.progress({ kind: 'note', text: `${found}: it is assembled anew` });
  await prepareToBuild(options);
  return unlockGuest(await buildGuest(recipe, { ...options, when: 'missing' }), options);
}

/** Assembles a guest from the archive's current packages, even if there is one. */
export async function rebuildGuest(spec: ReferenceGuest, options: KitOptions): Promise<GuestFiles> {
  await prepareToBuild(options);
  return unlockGuest(await buildGuest(guestRecipe(spec), { ...options, when: 'always' }), options);
}

export interface ListedGuest {
  readonly name: string;
  readonly folder: string;
  /** null: its manifest or a file is damaged; `problem` says which. */
  readonly manifest: GuestManifest | null;
  readonly problem: string;
}

/** Every guest that has a name in the cache. */
export async function listGuests(cache: string): Promise<ListedGuest[]> {
  const room = guestRoom(cache);
  const names = (await readdir(room).catch(() => [])).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  const guests = names.sort().map(async (file): Promise<ListedGuest> => {
    const name = file.replace(/\.json$/, '');
    const found = await findEntry(room, name, guestManifestSchema);
    if (found === null || typeof found === 'string')
      return { name, folder: room, manifest: null, problem: found ?? '' };
    return { name, ...found, problem: '' };
  });
  return Promise.all(guests);
}

/** Removes a guest and everything older of the same name; false when there is none. */
export async function removeGuest(name: string, options: KitOptions): Promise<boolean> {
  const room = guestRoom(options.cache);
  await using _held = await acquireLock(join(room, `${name}.lock`), { ...options, what: name });
  const folders = await foldersOf(room, name);
  const named = await findEntry(room, name, guestManifestSchema);
  await removePointer(room, name);
  for (const folder of folders) await rm(join(room, folder), { recursive: true });
  return named !== null || folders.length > 0;
}

/** The dynamic loader takes a list of folders and has no way to quote one. */
function refuseSeparators(cache: string): void {
  if (!/[:;$]/.test(cache)) return;
  throw usageError(
    `the kit's QEMU cannot be started from ${cache}: a colon, a semicolon or a dollar sign means something to the loader`,
    'set BOOTGAUGE_CACHE to a folder without them',
  );
}

async function prepareToBuild(options: KitOptions): Promise<void> {
  if (options.offline) {
    throw usageError(
      'the kit is not whole in the cache, and --offline forbids to load it',
      'run once without --offline',
    );
  }
  await prepareCacheFolder(options.cache);
  const swept = await sweepWorkFolders(join(options.cache, 'work'));
  if (swept > 0)
    options.progress({ kind: 'note', text: `${swept} unfinished assemblies of ended processes were removed` });
}
