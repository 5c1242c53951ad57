// Where the build room keeps what it made, and the locks of it. A lock lies outside of what it guards, which may go away as a whole.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hashValue } from '../store/digest.ts';

export const buildsFolder = (cache: string): string => join(cache, 'build/done');
export const dependenciesFolder = (cache: string): string => join(cache, 'build/dependencies');
export const treesFolder = (cache: string): string => join(cache, 'build/trees');
/** Repositories of ours: copies of URLs and contents of archives. */
export const sourcesFolder = (cache: string): string => join(cache, 'build/sources');
/** Beside each source one that sees its objects and takes new ones. */
export const storesFolder = (cache: string): string => join(cache, 'build/stores');
/** What is being made, and what is being removed: each folder is its process's own. */
export const workPlace = (cache: string): string => join(cache, 'build/work');

/** Of the finished builds of one content, and of making them. */
export const buildLock = (cache: string, key: string): string => join(cache, 'build/keys', contentOf(key));
export const dependencyLock = (cache: string, key: string): string =>
  join(dependenciesFolder(cache), `${contentOf(key)}.lock`);
/** Of a build folder, by its name in treesFolder. */
export const treeLock = (cache: string, name: string): string => join(cache, 'build/slots', name);

/**
 * Names what is built of this content with the libraries that can be found now. Names that begin alike are of equal content: which of
 * them is still good, its own record of the libraries that it asked for says.
 */
export const keyOf = (content: unknown, libraries: { readonly digest: string }): string =>
  hashValue(content).slice(0, contentDigits) + libraries.digest.slice(0, 8);

export const contentOf = (key: string): string => key.slice(0, contentDigits);

const contentDigits = 24;

/** What lies in a folder under keys of the same content, this very key first. */
export async function alike(folder: string, key: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const others = names.filter(
    (name) => name !== key && name.length === key.length && contentOf(name) === contentOf(key),
  );
  return [key, ...others.sort()];
}

export const manifestName = 'manifest.json';
/** Ends the making of a dependency. */
export const doneName = '.done';
