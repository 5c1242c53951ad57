// Where the build room keeps what it made, and the locks of it. A lock lies outside of what it guards, which may go away as a whole.
import { join } from 'node:path';

export const buildsFolder = (cache: string): string => join(cache, 'build/done');
export const dependenciesFolder = (cache: string): string => join(cache, 'build/dependencies');
export const treesFolder = (cache: string): string => join(cache, 'build/trees');
/** Repositories of ours: copies of URLs and contents of archives. */
export const sourcesFolder = (cache: string): string => join(cache, 'build/sources');
/** Beside each source one that sees its objects and takes new ones. */
export const storesFolder = (cache: string): string => join(cache, 'build/stores');
/** What is being made, and what is being removed: each folder is its process's own. */
export const workPlace = (cache: string): string => join(cache, 'build/work');

/** Of the finished build of a key, and of making it. */
export const buildLock = (cache: string, key: string): string => join(cache, 'build/keys', key);
export const dependencyLock = (cache: string, key: string): string => join(dependenciesFolder(cache), `${key}.lock`);
/** Of a build folder, by its name in treesFolder. */
export const treeLock = (cache: string, name: string): string => join(cache, 'build/slots', name);

export const manifestName = 'manifest.json';
/** Ends the making of a dependency. */
export const doneName = '.done';
