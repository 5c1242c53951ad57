// Which libraries a build can find: the versions of well-known ones for people, and one digest over all that the package tool can see
// for the key. What QEMU detects by itself is no fixed list, and a library of the same version may lie in another place.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outputOrNothing } from '../host/ask.ts';
import { hashValue } from '../store/digest.ts';

export interface Libraries {
  /** Library -> version, of those that QEMU's build is known to look for. */
  readonly versions: Readonly<Record<string, string>>;
  /** Of every description that the tool can see, where libraries lie included; equal when nothing has changed. */
  readonly digest: string;
}

/** `tool` is how the build calls it, `variables` are the build's. */
export async function findLibraries(
  tool: string,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Libraries> {
  const [program, ...first] = tool.split(/\s+/) as [string, ...string[]];
  const ask = async (...args: string[]): Promise<string[]> => {
    const output = await outputOrNothing(program, [...first, ...args], { environment: variables, signal });
    return output.split('\n').map((line) => line.trim());
  };
  const ownFolders = variables.PKG_CONFIG_LIBDIR;
  const [listed, [folders = '']] = await Promise.all([
    ask('--list-all'),
    ownFolders === undefined ? ask('--variable=pc_path', 'pkg-config') : [ownFolders],
  ]);
  // What is there at all spares most of the questions.
  const present = new Set(listed.map((line) => line.split(' ', 1)[0] as string));
  const known = wellKnown.filter((name) => present.has(name));
  const versions = await Promise.all(
    known.map(async (name): Promise<[string, string]> => [name, (await ask('--modversion', name))[0] ?? '']),
  );
  const path = [variables.PKG_CONFIG_PATH ?? '', folders].join(':').split(':');
  const descriptions = await readDescriptions(path.filter((folder) => folder !== ''));
  return {
    versions: Object.fromEntries(versions.filter(([, version]) => version !== '')),
    // A tool of the user's may see more than its folders tell.
    digest: hashValue([[...present].sort(), descriptions]),
  };
}

/** Name -> bytes of the .pc files; of two with one name the first counts, as for the tool. */
async function readDescriptions(folders: readonly string[]): Promise<(readonly [string, string])[]> {
  const found = new Map<string, string>();
  for (const folder of folders) {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.pc') && !found.has(name));
    // One after the other: some machines let a program open only a few hundred files.
    for (const name of names) {
      const text = await readFile(join(folder, name), 'latin1').catch(({ code }: NodeJS.ErrnoException) =>
        code === 'ENOENT' ? null : String(code),
      );
      if (text !== null) found.set(name, text);
    }
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1));
}

const wellKnown: readonly string[] = [
  ...['glib-2.0', 'pixman-1', 'slirp', 'libfdt', 'virglrenderer', 'epoxy', 'gbm', 'egl', 'sdl2', 'SDL2_image', 'zlib'],
  ...['libzstd', 'vulkan', 'libusb-1.0', 'libusbredirparser-0.5', 'spice-server', 'spice-protocol', 'gnutls', 'nettle'],
  ...['libgcrypt', 'libpng', 'libjpeg', 'libcap-ng', 'liburing', 'libseccomp', 'capstone', 'libssh', 'libcurl'],
  ...['libnfs', 'libiscsi', 'blkio', 'snappy', 'vdeplug', 'gtk+-3.0', 'vte-2.91', 'alsa', 'libpulse', 'jack'],
  ...['libpipewire-0.3', 'libudev', 'numa', 'fuse3', 'libbpf', 'libdw', 'libcacard', 'libsasl2', 'ncursesw'],
  'rutabaga_gfx_ffi',
];
