// Files that a configuration names, looked at before anything is done with them: a slip of the pen is told with its key.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { type BootgaugeError, usageError } from '../model/errors.ts';

export interface NamedPath {
  /** The key that names it, as in `script`. */
  readonly key: string;
  readonly path: string;
  /** What it must be. A word may name a file or not: it is not looked at. */
  readonly is: 'file' | 'folder' | 'either' | 'word';
}

/** Throws a usageError for the first that is missing, of the wrong kind, or not to be read. `section`: what the keys stand under. */
export async function requireFiles(named: readonly NamedPath[], section: string): Promise<void> {
  for (const { key, path, is } of named) {
    if (is !== 'word') await requireFile(`${section}.${key}`, path, is);
  }
}

async function requireFile(key: string, path: string, is: 'file' | 'folder' | 'either'): Promise<void> {
  try {
    const found = await stat(path);
    if (is === 'file' && found.isDirectory())
      throw usageError(
        `${key}: ${path} is a folder, not a file`,
        `name a file in it, or correct ${key} in bootgauge.yml`,
      );
    if (is === 'folder' && !found.isDirectory())
      throw usageError(`${key}: ${path} is a file, not a folder`, `correct ${key} in bootgauge.yml`);
    // Reading a pipe or a socket could wait for ever.
    if (!found.isDirectory() && !found.isFile() && !found.isBlockDevice())
      throw usageError(`${key}: ${path} is not a regular file`, `correct ${key} in bootgauge.yml`);
    await access(path, found.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : unreadable(key, path, is, code, error);
  }
}

function unreadable(key: string, path: string, is: string, code: string, cause: unknown): BootgaugeError {
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const what = is === 'either' ? 'file or folder' : is;
    return usageError(
      `${key}: there is no ${what} ${path}`,
      `correct ${key} in bootgauge.yml; relative paths start in the folder of that file`,
      cause,
    );
  }
  if (code === 'EACCES' || code === 'EPERM')
    return usageError(`${key}: ${path} may not be read by this user`, `try: chmod u+r ${path}`, cause);
  return usageError(`${key}: ${path} cannot be read: ${code}`, `correct ${key} in bootgauge.yml`, cause);
}
