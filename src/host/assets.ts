// What an original is that boots are given copies of, told by its content.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../model/errors.ts';

/**
 * sha256 over an original: its bytes, or names, kinds and bytes of everything in a folder. Throws a usageError when it cannot
 * be read.
 */
export async function assetDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await addTo(hash, await realpath(path), '');
  } catch (cause) {
    throw usageError(
      `the asset ${path} cannot be read: ${(cause as Error).message}`,
      'correct its path in bootgauge.yml',
      cause,
    );
  }
  return hash.digest('hex');
}

async function addTo(hash: ReturnType<typeof createHash>, path: string, name: string): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) hash.update(`link ${name}\0${await readlink(path)}\0`);
  else if (found.isDirectory()) {
    hash.update(`folder ${name}\0`);
    for (const inner of (await readdir(path)).sort()) await addTo(hash, join(path, inner), `${name}/${inner}`);
  } else if (found.isFile()) {
    hash.update(`file ${name}\0${found.size}\0`);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  }
}
