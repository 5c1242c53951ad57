// Globs of the configuration -> patch files, in order: the globs as they are written, the files of one by name.
import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../model/errors.ts';

/** Throws a usage error for a glob that no file answers to. */
export async function patchFiles(globs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const pattern of globs) {
    const named = await stat(pattern).catch(() => null);
    if (named?.isFile()) {
      files.push(pattern);
      continue;
    }
    const answers = named?.isDirectory() ? await answersTo('*.patch', pattern) : await answersTo(pattern, '/');
    if (answers.length === 0) {
      throw usageError(
        `no patch matches ${pattern}`,
        'paths in bootgauge.yml are relative to that file, those on the command line to the current folder',
      );
    }
    files.push(...answers.sort());
  }
  return [...new Set(files)];
}

/** Folders that are there by their very name are no pattern, even if one is called `[old]`. */
async function answersTo(pattern: string, folder: string): Promise<string[]> {
  const parts = pattern.split('/').filter(Boolean);
  let from = folder;
  while (parts.length > 1 && (await stat(join(from, parts[0] as string)).catch(() => null))?.isDirectory()) {
    from = join(from, parts.shift() as string);
  }
  const found: string[] = [];
  for await (const name of glob(parts.join('/'), { cwd: from })) {
    const path = join(from, name);
    const there = await stat(path).catch((cause: Error) => {
      throw usageError(
        `the patch ${path} cannot be read: ${cause.message}`,
        'check that it is not a link to a file that is gone',
        cause,
      );
    });
    if (there.isFile()) found.push(path);
  }
  return found;
}
