// What guests the cache holds, of every kind that Bootgauge makes itself.

import { listGuests, removeGuest } from '../kit/kit.ts';
import type { KitOptions } from '../kit/options.ts';
import { listAlpine, removeAlpine } from './alpine.ts';

export interface CachedGuest {
  readonly name: string;
  readonly folder: string;
  readonly digest: string | null;
  readonly kernel: string | null;
  readonly packages: Readonly<Record<string, string>>;
  readonly bytes: number;
  /** Why it cannot be used; empty when it can. */
  readonly problem: string;
}

export async function cachedGuests(cache: string): Promise<CachedGuest[]> {
  const reference = (await listGuests(cache)).map((listed) => entryOf(listed, listed.manifest?.kernelRelease));
  const alpine = (await listAlpine(cache)).map((listed) => {
    const packages = listed.manifest?.packages;
    return entryOf(listed, packages?.['linux-virt'] ?? packages?.['linux-lts']);
  });
  return [...reference, ...alpine];
}

interface Listed extends Pick<CachedGuest, 'name' | 'folder' | 'problem'> {
  readonly manifest: {
    readonly digest: string;
    readonly packages: CachedGuest['packages'];
    readonly files: readonly { readonly bytes: number }[];
  } | null;
}

function entryOf({ name, folder, manifest, problem }: Listed, kernel: string | null = null): CachedGuest {
  const { digest = null, packages = {}, files = [] } = manifest ?? {};
  return { name, folder, digest, kernel, packages, bytes: files.reduce((sum, file) => sum + file.bytes, 0), problem };
}

/** Removes a guest that `cachedGuests` lists. */
export async function removeCached(name: string, options: KitOptions): Promise<void> {
  if (name.startsWith('alpine-')) await removeAlpine(name, options);
  else await removeGuest(name, options);
}
