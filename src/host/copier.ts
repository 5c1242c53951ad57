// Copies files and trees for as long as something runs with them: clones where the file system can, else hard links to what nobody
// writes in place, and copies of the rest. The originals are only read.
import { constants, type Stats } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
} from 'node:fs/promises';
import { join } from 'node:path';
import { measurementError, usageError } from '../model/errors.ts';
import { runProgram } from './processes.ts';

export interface Copier {
  /** A file or a folder with all in it. A symbolic link has the target that `target` answers. */
  copy(from: string, to: string, target?: (link: string) => string): Promise<void>;
  /** So far. */
  readonly cost: { readonly files: number; readonly copiedBytes: number };
  /** Originals that hard links led to and that were written to since. */
  changedOriginals(): Promise<string[]>;
}

export function copier(): Copier {
  const cost = { files: 0, copiedBytes: 0 };
  const linked: { readonly path: string; readonly before: Stats }[] = [];
  let clones: 'untried' | 'yes' | 'no' = 'untried';

  async function bring(from: string, to: string): Promise<void> {
    const found = await lstat(from);
    cost.files += 1;
    if (clones !== 'no' && (await cloned(from, to, found))) {
      clones = 'yes';
      return;
    }
    if (clones === 'untried') clones = 'no';
    if ((await canBeLinked(from, found)) && (await isLinked(from, to))) {
      linked.push({ path: from, before: found });
      return;
    }
    await copied(from, to, found);
    cost.copiedBytes += sizeOnDisk(found);
  }

  return {
    cost,
    async copy(original, to, target = (text) => text) {
      const from = await realpath(original);
      try {
        if (!(await stat(from)).isDirectory()) return await bring(from, to);
        await mkdir(to, { recursive: true });
        await visitTree(from, {
          folder: async (inside) => void (await mkdir(join(to, inside))),
          file: (inside) => bring(join(from, inside), join(to, inside)),
          link: async (inside) => symlink(target(await readlink(join(from, inside))), join(to, inside)),
        });
      } catch (cause) {
        throw (cause as NodeJS.ErrnoException).code === 'ENOSPC' ? diskFull(from, to, cause) : cause;
      }
    },
    async changedOriginals() {
      const now = await Promise.all(linked.map(({ path }) => stat(path).catch(() => null)));
      return linked.flatMap(({ path, before }, index) => {
        const after = now[index];
        return after && (after.mtimeMs !== before.mtimeMs || after.size !== before.size) ? [path] : [];
      });
    },
  };
}

export interface TreeVisitor {
  folder(inside: string): Promise<void>;
  file(inside: string): Promise<void>;
  link(inside: string): Promise<void>;
}

/**
 * Folders before what is in them. Sockets, pipes and devices are passed by, and so is what Bootgauge itself has put there. Throws a
 * usageError for what may not be read.
 */
export async function visitTree(root: string, visitor: TreeVisitor, inside = ''): Promise<void> {
  const found = await readdir(join(root, inside), { withFileTypes: true }).catch(toldIfUnreadable);
  const entries = inside === '' ? found.filter(({ name }) => !ofVolume.test(name)) : found;
  const folders = entries.filter((entry) => entry.isDirectory() && !isOurs(entry.name));
  for (let begin = 0; begin < entries.length; begin += mostAtOnce) {
    await Promise.all(
      entries.slice(begin, begin + mostAtOnce).map(async (entry) => {
        const path = join(inside, entry.name);
        if (entry.isFile()) await visitor.file(path).catch(passGone);
        else if (entry.isSymbolicLink()) await visitor.link(path).catch(passGone);
      }),
    );
  }
  for (const { name } of folders) {
    await visitor.folder(join(inside, name));
    await visitTree(root, visitor, join(inside, name)).catch(passGone);
  }
}

/** A folder of a build has thousands of files, and each of them is open for a moment. */
const mostAtOnce = 64;

/** What a system keeps for itself at the top of a volume, and lets nobody read. */
const ofVolume = /^(?:lost\+found|\.(?:Spotlight-V100|Trashes|fseventsd|DocumentRevisions-V100|TemporaryItems))$/;

const isOurs = (name: string): boolean => name === '.bootgauge' || name.startsWith('.bootgauge-');

/** What vanishes while we look. */
function passGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') toldIfUnreadable(error);
}

/** A script that misses a file in its clone might make an empty one in its place: another guest than the user's own. */
function toldIfUnreadable(error: NodeJS.ErrnoException): never {
  if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
  throw usageError(
    `${error.path} may not be read, and each boot of a launcher gets a copy of all that lies in its folder`,
    'let this user read it (ls -l shows whose it is), or move it out of there',
    error,
  );
}

/** What is compiled is replaced rather than written to, and so are the packs of git. A disk may be written to, whatever its mode says. */
async function canBeLinked(path: string, found: Stats): Promise<boolean> {
  return found.size >= leastLinked && compiled.test(await beginOf(path, 4));
}

/** Smaller ones are copied as fast as they are linked. */
const leastLinked = 64 * 1024;
/** ELF, archives, Mach-O of both byte orders and for several processors; packs. */
const compiled = /^(?:PACK|\x7fELF|!<ar|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe)/;

/** The first bytes of a file as latin1. */
async function beginOf(path: string, length: number): Promise<string> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  return buffer.toString('latin1', 0, bytesRead);
}

/** Bytes that a file with holes really has. */
const sizeOnDisk = ({ size, blocks }: Stats): number => Math.min(size, blocks * 512);

/** Of a file, or of all files in a folder, where nothing is cloned. */
export async function copiedSize(path: string): Promise<number> {
  const root = await realpath(path);
  const found = await stat(root);
  if (!found.isDirectory()) return sizeOnDisk(found);
  let bytes = 0;
  await visitTree(root, {
    folder: () => Promise.resolve(),
    link: () => Promise.resolve(),
    async file(inside) {
      const inner = await lstat(join(root, inside));
      if (!(await canBeLinked(join(root, inside), inner))) bytes += sizeOnDisk(inner);
    },
  });
  return bytes;
}

async function cloned(from: string, to: string, found: Stats): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
  } catch (error) {
    if (['ENOSPC', 'ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
  await utimes(to, found.atime, found.mtime);
  return true;
}

const isLinked = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    () => false,
  );

/** With its times: whoever makes something of these files sees which one is newer. */
async function copied(from: string, to: string, found: Stats): Promise<void> {
  if (!(await copiedWithHoles(from, to, found))) await copyFile(from, to);
  await utimes(to, found.atime, found.mtime);
}

/** Node fills the holes of a file, and an empty disk of 8 GB would take 8 GB. */
async function copiedWithHoles(from: string, to: string, found: Stats): Promise<boolean> {
  if (process.platform !== 'linux' || found.size - sizeOnDisk(found) < 1024 * 1024) return false;
  const words = ['--sparse=always', '--', from, to];
  const { code, stderr } = await runProgram('cp', words, { timeoutMs: 600_000 });
  if (code === 0) return true;
  await rm(to, { force: true });
  if (/No space left/.test(stderr)) throw diskFull(from, to, stderr);
  return false;
}

const diskFull = (from: string, to: string, cause: unknown): Error =>
  measurementError(
    `cannot copy ${from}: the disk of ${to} is full`,
    'free space there: each boot of a launcher gets a copy of its folder, which only APFS, Btrfs and XFS make for free',
    cause,
  );
