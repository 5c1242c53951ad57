// A throw-away clone of the tree in which a launcher lies. It stands beside the original, so that `..` leads where it led.
import { constants, existsSync, lstatSync } from 'node:fs';
import { access, copyFile, mkdir, realpath, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { usageError } from '../model/errors.ts';
import { copiedSize, copier } from './copier.ts';
import { type TemporaryFolder, temporaryFolder } from './processes.ts';

export interface ClonedTree extends AsyncDisposable {
  readonly path: string;
  readonly cost: { readonly files: number; readonly copiedBytes: number; readonly milliseconds: number };
  /** The same text; paths of the original tree in it lead into the clone. */
  moved(text: string): string;
  /** The other way round. */
  original(text: string): string;
  /** An absolute path in the clone, at which nothing is any more. Throws a usageError for one that is not below it. */
  place(path: string): Promise<string>;
  /** Puts a copy of a file or folder from elsewhere to such a path. Throws a usageError when it cannot. */
  put(from: string, to: string): Promise<void>;
  /** Originals that were written to through the clone, which must not happen. */
  changedOriginals(): Promise<string[]>;
}

/** The checkout that a folder lies in, or the folder itself, and the folder as it is named below it. A home that is a checkout is not meant. */
export async function treeAround(folder: string): Promise<{ readonly tree: string; readonly folder: string }> {
  const real = await realpath(folder);
  const homes = [homedir(), await realpath(homedir()).catch(() => '/')];
  for (const start of [folder, real]) {
    for (let top = start; !homes.some((home) => isWithin(home, top)); top = dirname(top)) {
      if (existsSync(join(top, '.git'))) return { tree: top, folder: start };
    }
  }
  return { tree: folder, folder };
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** Throws a measurementError where the disk is full. */
export async function cloneTree(tree: string): Promise<ClonedTree> {
  const begunMs = performance.now();
  const root = await realpath(tree);
  if (root === sep) {
    throw usageError(
      'a launcher gets a clone of the folder that it lies in, and the root folder cannot be cloned',
      'say in which folder it lies with guest.folder in bootgauge.yml',
    );
  }
  await using held = new AsyncDisposableStack();
  const { path } = held.use(await folderBeside(root));
  const moved = mover([tree, root], path);
  const copies = copier();
  await copies.copy(root, path, (link) => (isAbsolute(link) ? moved(link) : link));
  const milliseconds = performance.now() - begunMs;
  const place = (target: string): Promise<string> => freePlace(path, target);
  const owned = held.move();
  return {
    path,
    get cost() {
      return { ...copies.cost, milliseconds };
    },
    moved,
    original: (text) => text.replaceAll(path, () => tree),
    place,
    async put(from, to) {
      const target = await place(to);
      await copies.copy(from, target).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === undefined) throw cause;
        const why = cause.code === 'ENOENT' ? 'there is no such file' : cause.message;
        const text = `the asset ${from} cannot be placed at ${relative(path, to)}: ${why}`;
        throw usageError(text, 'correct its path under assets in bootgauge.yml', cause);
      });
    },
    changedOriginals: copies.changedOriginals,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Beside the tree, on its own file system, where that can be written to; else in the system's temporary folder. */
async function folderBeside(root: string): Promise<TemporaryFolder> {
  const parent = dirname(root);
  const [inside, outside] = await Promise.all([stat(root), stat(parent)]);
  const isWritable = await access(parent, constants.W_OK).then(
    () => true,
    () => false,
  );
  return temporaryFolder('.bootgauge-tree-', isWritable && inside.dev === outside.dev ? parent : tmpdir());
}

/** Replaces the original's path where it stands as a path of its own or begins one. */
function mover(originals: readonly string[], clone: string): (text: string) => string {
  const paths = [...new Set(originals)].map((path) => path.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\w./-])(?:${paths.join('|')})(?![\\w.-])`, 'g');
  return (text) => text.replaceAll(pattern, () => clone);
}

async function freePlace(tree: string, target: string): Promise<string> {
  const name = relative(tree, target);
  if (target === tree || !isWithin(target, tree)) {
    throw usageError(`${name} lies outside the launcher's folder`, 'give a path inside it');
  }
  // Before anything is made, which could be the user's own.
  if (await leadsOut(dirname(target), await realpath(tree))) {
    throw usageError(`${name} leads out of the launcher's folder by a symbolic link`, 'give a path inside of it');
  }
  await mkdir(dirname(target), { recursive: true });
  await rm(target, { recursive: true, force: true });
  return target;
}

/** Whether a link among these folders, of which the last ones need not be there, leads out of the tree or nowhere. */
async function leadsOut(folder: string, tree: string): Promise<boolean> {
  const real = await realpath(folder).catch(() => null);
  if (real !== null) return !isWithin(real, tree);
  return lstatSync(folder, { throwIfNoEntry: false }) !== undefined || leadsOut(dirname(folder), tree);
}

export interface TreeSurvey {
  /** Whether the file system clones; else files are linked or copied. */
  readonly clones: boolean;
  /** What each clone of the tree has to copy, and what is free where it goes. */
  readonly copiedBytes: number;
  readonly freeBytes: number;
}

/** What a clone of the tree will cost. */
export async function surveyTree(tree: string): Promise<TreeSurvey> {
  const root = await realpath(tree);
  await using folder = await folderBeside(root);
  const [one, other] = [join(folder.path, 'one'), join(folder.path, 'other')];
  await writeFile(one, 'x');
  const clones = await copyFile(one, other, constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    () => false,
  );
  const { bavail, bsize } = await statfs(folder.path);
  return { clones, copiedBytes: clones ? 0 : await copiedSize(root), freeBytes: bavail * bsize };
}

/** Path from the top of the tree, or null for one outside of it. */
export function insideOf(tree: string, path: string): string | null {
  return isWithin(path, tree) ? relative(tree, path) : null;
}
