// Globs of the configuration -> patch files, in order: the globs as they are written, the files of one by name.
import { glob, stat } from 'node:fs/promises';
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
    const found = named?.isDirectory() ? `${pattern}/*.patch` : pattern;
    const answers: string[] = [];
    for await (const path of glob(found)) if ((await stat(path)).isFile()) answers.push(path);
    if (answers.length === 0) {
      throw usageError(`no patch answers to ${pattern}`, 'Paths of patches are relative to bootgauge.yml.');
    }
    files.push(...answers.sort());
  }
  return [...new Set(files)];
}
