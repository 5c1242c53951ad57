// What a repository is to Bootgauge: which emulator or library it builds, and what in it can be booted. Files are only read.
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LauncherScript, longestScript, readLauncherScript } from './launcher-script.ts';

/** What is built from the repository. */
export type Tree = 'qemu' | 'virglrenderer' | 'mesa' | 'linux' | null;

export interface Found {
  readonly tree: Tree;
  /** Those that lead to the guest's SSH first. */
  readonly launchers: readonly LauncherScript[];
  /** Images of disks, relative to the repository. */
  readonly disks: readonly string[];
  /** Kernels that QEMU can load, and the ramdisk beside the first one. */
  readonly kernels: readonly string[];
  readonly initrd: string | null;
}

/** Folders in which people keep launchers and images, besides the top. */
const places = [
  '.',
  'scripts',
  'script',
  'bin',
  'tools',
  'vm',
  'images',
  'disk',
  'guest',
  'alpine-installed',
  'arch/arm64/boot',
  'build',
];
const mostFiles = 2000;
/** Of a tree, in bytes. */
const longestDescription = 4 * 1024 * 1024;

/** Reads the top of the repository and the usual folders in it. */
export async function lookAt(folder: string): Promise<Found> {
  const names = (await Promise.all(places.map((place) => filesOf(folder, place)))).flat();
  const tree = await treeOf(folder);
  const scripts = names.filter((name) => /\.sh$|^[^.]+$|\/[^./]+$/.test(name) && !name.startsWith('build/'));
  const read = await Promise.all(
    scripts.map(async (name) => {
      const place = join(folder, name);
      return readLauncherScript(name, await textOf(place, longestScript), await isExecutable(place));
    }),
  );
  const launchers = read.filter((script) => script !== null);
  const kernels = names.filter(
    (name) => /(?:^|\/)(?:vmlinuz|bzImage|Image)(?:[.-][\w.-]*)?$/.test(name) && !/\.sh$/.test(name),
  );
  return {
    tree,
    launchers: launchers.toSorted((one, other) => Number(one.port === null) - Number(other.port === null)),
    disks: await disksOf(folder, names),
    kernels,
    initrd: names.find((name) => /(?:^|\/)(?:initramfs|initrd)(?:[.-][\w.-]*)?$/.test(name)) ?? null,
  };
}

async function filesOf(folder: string, place: string): Promise<string[]> {
  const entries = await readdir(join(folder, place), { withFileTypes: true }).catch(() => []);
  return (
    entries
      // bootgauge.yml takes no name with control characters.
      .filter((entry) => entry.isFile() && !/\p{Cc}/u.test(entry.name))
      .slice(0, mostFiles)
      .map(({ name }) => (place === '.' ? name : `${place}/${name}`))
      .sort()
  );
}

/** By whom it belongs to: a umask may keep it from all others. */
const isExecutable = async (path: string): Promise<boolean> =>
  (((await stat(path).catch(() => null))?.mode ?? 0o100) & 0o100) !== 0;

/** Empty for what is no file, as a link to a device, and for one that is too long. */
async function textOf(path: string, longest: number): Promise<string> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size <= longest ? await readFile(path, 'utf8') : '';
  } catch {
    return '';
  }
}

/** By the files that only this project has. */
async function treeOf(folder: string): Promise<Tree> {
  const text = (name: string): Promise<string> => textOf(join(folder, name), longestDescription);
  const project = /project\(\s*['"](\w+)['"]/.exec((await text('meson.build')).slice(0, 4096))?.[1];
  if (project === 'qemu' || project === 'virglrenderer' || project === 'mesa') return project;
  return /^config\s+ARM64$/m.test(await text('arch/arm64/Kconfig')) ? 'linux' : null;
}

/** Images by their first bytes where they have some: an empty or foreign `.img` is none. */
async function disksOf(folder: string, names: readonly string[]): Promise<string[]> {
  const images = names.filter(
    (name) => /\.(?:qcow2|raw|img|iso|vmdk)(?:\.(?:gz|xz|zst))?$/.test(name) && !/(?:initramfs|initrd)/.test(name),
  );
  const known = await Promise.all(images.map(async (name) => ((await isDisk(join(folder, name))) ? [name] : [])));
  return known.flat();
}

async function isDisk(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const start = Buffer.alloc(0x8006);
    await file.read(start, 0, start.length, 0);
    const at = (offset: number, mark: string): boolean =>
      start.toString('latin1', offset, offset + mark.length) === mark;
    if (/\.(?:gz|xz|zst)$/.test(path)) return at(0, '\x1f\x8b') || at(0, '\xfd7zXZ\0') || at(0, '\x28\xb5\x2f\xfd');
    return at(0, 'QFI\xfb') || at(0, 'KDMV') || at(0x8001, 'CD001') || start.readUInt16BE(510) === 0x55aa;
  } catch {
    return false;
  }
}
