// The kit: a QEMU with Venus and guests to boot in it, taken from the cache or assembled when they are not there.
import { join } from 'node:path';
import { usageError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { ReferenceGuest } from '../model/guests/reference.ts';
import type { Emulator } from '../model/launch-plan.ts';
import { sweepWorkFolders } from '../store/atomic.ts';
import { prepareCacheFolder } from '../store/cache-folder.ts';
import { acquireLock } from '../store/lock.ts';
import { buildEmulator, findEmulator } from './emulator.ts';
import { isWhole, type ListedEntry, listEntries, removeEntry } from './entry.ts';
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
  if (isWhole(found)) return found;
  if (found !== null) options.progress({ kind: 'note', text: `${found}: assembling it again` });
  await prepareToBuild(options);
  return buildEmulator(options, architecture);
}

/** A reference guest with this cache's keys; assembled when it is missing or damaged. */
export async function ensureGuest(spec: ReferenceGuest, options: KitOptions): Promise<GuestFiles> {
  const recipe = guestRecipe(spec);
  const found = await findGuest(options.cache, recipe);
  if (isWhole(found)) return unlockGuest(found, options);
  if (found !== null) options.progress({ kind: 'note', text: `${found}: assembling it again` });
  await prepareToBuild(options);
  return unlockGuest(await buildGuest(recipe, { ...options, when: 'missing' }), options);
}

/** Assembles a guest from the archive's current packages, even if there is one. */
export async function rebuildGuest(spec: ReferenceGuest, options: KitOptions): Promise<GuestFiles> {
  await prepareToBuild(options);
  return unlockGuest(await buildGuest(guestRecipe(spec), { ...options, when: 'always' }), options);
}

export type ListedGuest = ListedEntry<GuestManifest>;

/** Every guest that has a name in the cache. */
export const listGuests = (cache: string): Promise<ListedGuest[]> => listEntries(guestRoom(cache), guestManifestSchema);

/** Removes a guest and everything older of the same name. */
export async function removeGuest(name: string, options: KitOptions): Promise<void> {
  const room = guestRoom(options.cache);
  await using _lock = await acquireLock(join(room, `${name}.lock`), { ...options, what: name });
  await removeEntry(room, name);
}

/** The dynamic loader takes a list of folders and has no way to quote one. */
function refuseSeparators(cache: string): void {
  if (!/[:;$]/.test(cache)) return;
  throw usageError(
    `the kit's QEMU cannot be started from ${cache}: its loader takes no path with a colon, a semicolon or a dollar sign`,
    'set BOOTGAUGE_CACHE to a folder without them',
  );
}

async function prepareToBuild(options: KitOptions): Promise<void> {
  if (options.offline) {
    throw usageError(
      'the cache does not hold the whole kit, and --offline downloads nothing',
      'run once without --offline',
    );
  }
  await prepareCacheFolder(options.cache);
  const swept = await sweepWorkFolders(join(options.cache, 'work'));
  if (swept > 0)
    options.progress({ kind: 'note', text: `removed ${swept} unfinished assemblies of processes that have ended` });
}
