// An assembled guest as it lies in the cache, and how it is handed to those who boot it.
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { architectureSchema } from '../model/guests/guest-kind.ts';
import type { Disk, GuestParts } from '../model/launch-plan.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { hashValue } from '../store/digest.ts';
import { entryFileSchema, type Found, type FoundEntry, findEntry, isWhole } from './entry.ts';
import type { GuestRecipe } from './guest-recipe.ts';
import { initScript } from './initramfs.ts';
import { type CacheKeys, ensureKeys } from './keys.ts';
import type { KitOptions } from './options.ts';
import { guestOverlay } from './overlay.ts';

/** A reference guest ready to be booted. The disk must not be written to. */
export interface GuestFiles extends GuestParts {
  readonly kernel: string;
  /** With this cache's keys behind it. */
  readonly initrd: string;
  readonly disks: readonly [Disk];
}

export const guestParts = ['kernel', 'initrd', 'disk'] as const;

export const guestManifestSchema = z.strictObject({
  schema: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  /** sha256 of recipe and package versions. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  recipe: z.string().regex(/^[0-9a-f]{64}$/),
  architecture: architectureSchema,
  packages: z.record(z.string(), z.string()),
  kernelRelease: z.string(),
  append: z.string(),
  /** sha256 of each part. */
  contents: z.strictObject({ kernel: z.string(), initrd: z.string(), disk: z.string() }),
  files: z.array(entryFileSchema).length(guestParts.length),
});
export type GuestManifest = z.infer<typeof guestManifestSchema>;

export const guestRoom = (cache: string): string => join(cache, 'guests');

/** What the recipe says, as one number: two versions of Bootgauge with the same one assemble the same guest. */
export function recipeDigest(recipe: GuestRecipe): string {
  return hashValue([recipe, guestOverlay(recipe), initScript([])]);
}

export function guestDigest(recipe: string, packages: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(packages).sort(([one], [other]) => (one < other ? -1 : 1));
  return hashValue([recipe, sorted]);
}

export function guestFolderName(manifest: Pick<GuestManifest, 'name' | 'digest'>): string {
  return `${manifest.name}-${manifest.digest.slice(0, 16)}`;
}

/** The guest of a recipe, if it is in the cache and whole. */
export async function findGuest(cache: string, recipe: GuestRecipe): Promise<Found<FoundEntry<GuestManifest>>> {
  const found = await findEntry(guestRoom(cache), recipe.name, guestManifestSchema);
  return isWhole(found) && found.manifest.recipe !== recipeDigest(recipe) ? null : found;
}

/** Adds the cache's keys to a found guest. Quick when that was done before. */
export async function unlockGuest(entry: FoundEntry<GuestManifest>, options: KitOptions): Promise<GuestFiles> {
  const { folder, manifest } = entry;
  const keys = await ensureKeys(options);
  return {
    identity: { name: manifest.name, digest: manifest.digest, packages: manifest.packages },
    kernel: join(folder, 'kernel'),
    initrd: await initrdWithKeys(folder, keys),
    initrdDigest: manifest.contents.initrd,
    disks: [{ path: join(folder, 'disk'), format: 'raw' }],
    append: manifest.append,
    ssh: { user: 'root', privateKeyPath: keys.privateKeyPath, hostKey: keys.hostKey },
  };
}

async function initrdWithKeys(folder: string, keys: CacheKeys): Promise<string> {
  const name = `initrd+${keys.id}`;
  const path = join(folder, name);
  const [ramdisk, archive, whole] = await Promise.all([
    stat(join(folder, 'initrd')),
    stat(keys.archive),
    stat(path).catch(() => null),
  ]);
  if (whole?.size === ramdisk.size + archive.size) return path;
  for (const old of await readdir(folder)) if (old.startsWith('initrd+')) await rm(join(folder, old));
  const parts = [await readFile(join(folder, 'initrd')), await readFile(keys.archive)];
  await writeFileAtomically(path, Buffer.concat(parts), 0o600);
  return path;
}
