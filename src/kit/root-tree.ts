// The guest's root folder: unpacked packages, kernel modules, the overlay, and a link for every program that busybox can be.
import { chmod, lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { measurementError } from '../model/errors.ts';
import { aliasIndex, dependencyIndex, type Module } from './modules.ts';
import type { Overlay } from './overlay.ts';

/** Makes the folders and links that must be there before packages are unpacked. Programs all go into one folder, as in Alpine's newest. */
export async function makeGuestRoot(root: string): Promise<void> {
  for (const name of ['usr/bin', 'usr/lib']) await makePlainFolder(join(root, name));
  await symlink('bin', join(root, 'usr/sbin'));
  await symlink('lib', join(root, 'usr/lib64'));
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${name}`, join(root, name));
}

export async function writeOverlay(root: string, overlay: Overlay): Promise<void> {
  for (const { path, mode } of overlay.folders) {
    await makePlainFolder(join(root, path));
    await chmod(join(root, path), mode);
  }
  for (const { path, mode, text } of overlay.files) await writeWithMode(join(root, path), text, mode);
  for (const { path, target } of overlay.links) await symlink(target, join(root, path));
}

export async function writeModules(root: string, release: string, modules: readonly Module[]): Promise<void> {
  const folder = join(root, 'usr/lib/modules', release);
  for (const { path, content } of modules) await writeWithMode(join(folder, path), content, 0o644);
  const indexes = {
    'modules.dep': dependencyIndex(modules),
    'modules.alias': aliasIndex(modules),
    'modules.symbols': '',
    'modules.softdep': '',
  };
  for (const [name, text] of Object.entries(indexes)) await writeWithMode(join(folder, name), text, 0o644);
}

/** Links every applet that no package brought as a program of its own. */
export async function linkApplets(root: string): Promise<void> {
  for (const name of busyboxApplets(await readFile(join(root, 'usr/bin/busybox')))) {
    const path = join(root, 'usr/bin', name);
    if (!(await lstat(path).catch(() => null))) await symlink('busybox', path);
  }
}

/** The names in busybox's own table: sorted, each ended by a NUL, beginning with `[`. The program cannot be asked: it is of another architecture. */
export function busyboxApplets(binary: Buffer): string[] {
  const start = binary.indexOf('[\0[[\0');
  const end = binary.indexOf('\0\0', start);
  if (start < 0 || end < 0) throw measurementError('the busybox package has no table of its programs');
  const names = binary.subarray(start, end).toString('latin1').split('\0');
  const stop = names.findIndex((name, position) => !/^[\w[.-]+$/.test(name) || name < (names[position - 1] ?? ''));
  return stop < 0 ? names : names.slice(0, stop);
}

/** Folders on the way are made with plain permissions, whatever the umask is. */
async function writeWithMode(path: string, content: string | Buffer, mode: number): Promise<void> {
  await makePlainFolder(dirname(path));
  await writeFile(path, content);
  await chmod(path, mode);
}

async function makePlainFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true });
  for (let folder = path; made !== undefined && folder.length >= made.length; folder = dirname(folder)) {
    await chmod(folder, 0o755);
  }
}
