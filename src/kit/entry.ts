// What lies assembled in the cache: one folder per content with a manifest in it, and one pointer per name that says which folder
// is meant. Looking one up reads two small files and compares sizes and dates; nothing is hashed.
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseOrNull } from '../model/stored.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { makeFolder } from '../store/make-folder.ts';

const plainName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/);

/** A file of an entry as it was when the entry was made. */
export const entryFileSchema = z.strictObject({
  path: z.string(),
  bytes: z.int().nonnegative(),
  /** Seconds since 1970; archives and copies keep no more. */
  modified: z.int(),
});
export type EntryFile = z.infer<typeof entryFileSchema>;

const pointerSchema = z.strictObject({ schema: z.literal(1), recipe: z.string(), folder: plainName });
export type Pointer = z.infer<typeof pointerSchema>;

/** A manifest that has at least these fields. */
export interface Manifest {
  readonly recipe: string;
  readonly files: readonly EntryFile[];
}

export interface FoundEntry<M> {
  readonly folder: string;
  readonly manifest: M;
}

/** What was looked for in the cache; null when it is not there; a string that says what is wrong with a damaged one. */
export type Found<T> = T | string | null;

export const isWhole = <T extends object>(found: Found<T>): found is T => found !== null && typeof found !== 'string';

/** The entry that a pointer names. */
export async function findEntry<M extends Manifest>(
  room: string,
  name: string,
  schema: z.ZodType<M>,
): Promise<Found<FoundEntry<M>>> {
  const pointerPath = join(room, `${name}.json`);
  const text = await readFile(pointerPath, 'utf8').catch(() => null);
  if (text === null) return null;
  const pointer = parseOrNull(text, pointerSchema);
  const folder = join(room, pointer?.folder ?? '');
  const manifest = parseOrNull(await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => ''), schema);
  if (pointer === null || manifest === null) return `the manifest of ${name} cannot be read`;
  const stats = await Promise.all(manifest.files.map((file) => stat(join(folder, file.path)).catch(() => null)));
  for (const [position, file] of manifest.files.entries()) {
    const found = stats[position];
    if (!found) return `the file ${file.path} of ${name} is missing`;
    if (found.size !== file.bytes || seconds(found.mtimeMs) !== file.modified)
      return `the file ${file.path} of ${name} was changed`;
  }
  return { folder, manifest };
}

/**
 * Makes a finished folder the one that is meant by `name`. The one that was meant before stays, since a run may still boot from it;
 * what is older goes away.
 */
export async function pointTo(room: string, name: string, recipe: string, folder: string): Promise<void> {
  await makeFolder(room);
  const path = join(room, `${name}.json`);
  const before = parseOrNull(await readFile(path, 'utf8').catch(() => ''), pointerSchema)?.folder;
  const pointer: Pointer = { schema: 1, recipe, folder };
  await writeFileAtomically(path, `${JSON.stringify(pointer)}\n`);
  for (const other of await foldersOf(room, name))
    if (other !== folder && other !== before) await rm(join(room, other), { recursive: true, force: true });
}

/** Every folder that is or was meant by a name. */
async function foldersOf(room: string, name: string): Promise<string[]> {
  const entries = await readdir(room);
  return entries.filter((entry) => entry.startsWith(`${name}-`) && /^[0-9a-f]{16}$/.test(entry.slice(name.length + 1)));
}

export interface ListedEntry<M> {
  readonly name: string;
  readonly folder: string;
  /** null: its manifest or a file is damaged; `problem` says which. */
  readonly manifest: M | null;
  readonly problem: string;
}

/** Every entry that has a name. */
export async function listEntries<M extends Manifest>(room: string, schema: z.ZodType<M>): Promise<ListedEntry<M>[]> {
  const files = (await readdir(room).catch(() => [])).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  const entries = files.sort().map(async (file): Promise<ListedEntry<M>> => {
    const name = file.replace(/\.json$/, '');
    const found = await findEntry(room, name, schema);
    return isWhole(found)
      ? { name, ...found, problem: '' }
      : { name, folder: room, manifest: null, problem: found ?? '' };
  });
  return Promise.all(entries);
}

/** Removes a name and every folder that was meant by it. The name first, so that nobody finds one that goes. */
export async function removeEntry(room: string, name: string): Promise<void> {
  const folders = await foldersOf(room, name);
  await rm(join(room, `${name}.json`), { force: true });
  for (const folder of folders) await rm(join(room, folder), { recursive: true });
}

export async function describeFile(folder: string, path: string): Promise<EntryFile> {
  const found = await stat(join(folder, path));
  return { path, bytes: found.size, modified: seconds(found.mtimeMs) };
}

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);
