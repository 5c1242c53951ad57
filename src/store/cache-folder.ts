// Where Bootgauge keeps what can be made again, and whether it may write there.

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { measurementError } from '../model/errors.ts';
import type { Variables } from '../model/variables.ts';
import { makeIgnoredFolder } from './ignored-folder.ts';

/**
 * BOOTGAUGE_CACHE, else bootgauge in XDG_CACHE_HOME, else ~/.cache/bootgauge. Empty variables count as unset, and so does
 * a relative XDG_CACHE_HOME, as the XDG base directory specification asks.
 */
export function cacheFolder(environment: Variables, home: string): string {
  if (environment.BOOTGAUGE_CACHE) return resolve(environment.BOOTGAUGE_CACHE);
  const xdg = environment.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.cache'), 'bootgauge');
}

/** Makes the folder when it is missing, and hides it from git: it may lie in a checkout. A BootgaugeError when it cannot be written. */
export async function prepareCacheFolder(folder: string): Promise<void> {
  try {
    await makeIgnoredFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw measurementError(
      `the cache folder ${folder} cannot be written: ${(cause as Error).message}`,
      'make it writable, or set BOOTGAUGE_CACHE to a folder that is',
      cause,
    );
  }
}
