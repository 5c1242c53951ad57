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
  const reference = (await listGuests(cache)).map(({ name, folder, manifest, problem }) => ({
    name,
    folder,
    digest: manifest?.digest ?? null,
    kernel: manifest?.kernelRelease ?? null,
    packages: manifest?.packages ?? {},
    bytes: sizeOf(manifest?.files ?? []),
    problem,
  }));
  const alpine = (await listAlpine(cache)).map(({ name, folder, manifest, problem }) => ({
    name,
    folder,
    digest: manifest?.digest ?? null,
    kernel: manifest?.packages['linux-virt'] ?? manifest?.packages['linux-lts'] ?? null,
    packages: manifest?.packages ?? {},
    bytes: sizeOf(manifest?.files ?? []),
    problem,
  }));
  return [...reference, ...alpine];
}

/** Removes a guest that `cachedGuests` lists. */
export async function removeCached(name: string, options: KitOptions): Promise<void> {
  if (name.startsWith('alpine-')) await removeAlpine(name, options);
  else await removeGuest(name, options);
}

const sizeOf = (files: readonly { readonly bytes: number }[]): number =>
  files.reduce((sum, file) => sum + file.bytes, 0);
