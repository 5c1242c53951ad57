// Files from elsewhere in a tree for as long as something runs there: clones where the file system can, copies where it cannot.
// The originals are only ever read.
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { cp, lstat, mkdir, readdir, readlink, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { usageError } from '../model/errors.ts';
import type { Asset } from '../model/guests/launcher.ts';
import { reaper } from './reaper.ts';

/** Puts clones of the assets into `tree`, makes the folders they need, and takes all of it away again on disposal. */
export async function placeAssets(tree: string, assets: readonly Asset[]): Promise<AsyncDisposable> {
  await using placed = new AsyncDisposableStack();
  for (const asset of assets) {
    const target = await freePlace(tree, asset.to, placed);
    await cp(asset.from, target, {
      recursive: true,
      // A link inside a share means what it means there.
      verbatimSymlinks: true,
      dereference: false,
      mode: constants.COPYFILE_FICLONE,
      errorOnExist: true,
      force: false,
    }).catch((cause: NodeJS.ErrnoException) => {
      throw usageError(
        `the asset ${asset.from} cannot be placed at ${asset.to}: ${cause.code === 'ENOENT' ? 'there is no such file' : cause.message}`,
        'correct its path under assets in bootgauge.yml',
        cause,
      );
    });
  }
  return placed.move();
}

/** Writes a program into `tree` and takes it away again on disposal. */
export async function placeProgram(tree: string, path: string, text: string): Promise<AsyncDisposable> {
  await using placed = new AsyncDisposableStack();
  await writeFile(await freePlace(tree, path, placed), text, { mode: 0o755, flag: 'wx' });
  return placed.move();
}

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

/** The absolute path of something new in the tree. The folders above it are made; what was made is known to `placed` and the reaper. */
async function freePlace(tree: string, path: string, placed: AsyncDisposableStack): Promise<string> {
  const root = await realpath(tree);
  const target = resolve(root, path);
  const inside = relative(root, target);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`)) {
    throw usageError(`${path} does not lie below ${tree}`, 'give a path inside of it');
  }
  if (await lstat(target).catch(() => null)) {
    throw usageError(
      `${path} is already there in ${tree}`,
      'take it away, or leave it out of bootgauge.yml: assets and binary are put only where nothing is',
    );
  }
  const made = await firstMissing(dirname(target));
  await mkdir(dirname(target), { recursive: true });
  // A link among the folders above could lead out of the tree.
  const parent = await realpath(dirname(target));
  if (parent !== root && !parent.startsWith(root + sep)) {
    throw usageError(`${path} leads out of ${tree} by a symbolic link`, 'give a path inside of it');
  }
  const remove = made ?? target;
  reaper().watchFolder(remove);
  placed.defer(async () => {
    await rm(remove, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    reaper().forgetFolder(remove);
  });
  return target;
}

/** The uppermost folder of a path that does not exist, or null. */
async function firstMissing(folder: string): Promise<string | null> {
  if (await stat(folder).catch(() => null)) return null;
  return (await firstMissing(dirname(folder))) ?? folder;
}
