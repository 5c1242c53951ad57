// What the kit's QEMU is made of: packages of the host's architecture, and what of them is left out.
import type { DebianArchitecture } from './apt-world.ts';
import { neverNeeded } from './unpack.ts';

/** Raised when the assembly changes in a way that the lists below do not show. */
const version = 1;

const wanted: readonly string[] = [
  'qemu-system-arm',
  'qemu-system-x86',
  'qemu-system-modules-opengl',
  'virgl-server',
  'libvirglrenderer1',
  'mesa-vulkan-drivers',
  'libegl1',
  'libegl-mesa0',
  'libgbm1',
  'libgl1-mesa-dri',
  'libgles2',
  'libgl1',
];

/** Only maintainer scripts, desktops or other machines want these. */
const unwanted = new RegExp(
  `^(?:${[
    'perl.*|libperl.*|python3.*|libpython.*|debconf|adduser|passwd|dpkg|tar|coreutils|ucf|sensible-utils',
    'systemd.*|init-system-helpers|dbus.*|dmsetup|login.*|mount|util-linux|iproute2|openssl.*|gcc-.*',
    'qemu-efi.*|ovmf|qemu-system-gui|gtk.*|dconf.*|gsettings.*|adwaita.*|hicolor.*|libicu.*dev',
  ].join('|')})$`,
);

const exclude: readonly string[] = [
  ...neverNeeded,
  './usr/lib/*/libvulkan_[!l]*',
  './usr/lib/*/gconv/*',
  './usr/bin/qemu-system-arm',
  './usr/bin/qemu-system-i386',
  './usr/bin/qemu-system-x86_64-microvm',
  './usr/share/qemu/openbios-*',
  './usr/share/qemu/skiboot*',
  './usr/share/X11/*',
];

export const emulatorRecipe = { version, wanted, unwanted, exclude };

/** The names that one processor has in Debian, in its library folders and for its dynamic loader. */
export interface HostNames {
  readonly debian: DebianArchitecture;
  readonly triplet: string;
  /** Relative to the root of the unpacked packages. */
  readonly loader: string;
}

/** Names for node's `process.arch`; null where the kit's QEMU cannot run. */
export function hostNames(platform: string, architecture: string): HostNames | null {
  if (platform !== 'linux') return null;
  const x64 = { debian: 'amd64', triplet: 'x86_64-linux-gnu', loader: 'usr/lib64/ld-linux-x86-64.so.2' } as const;
  const arm = { debian: 'arm64', triplet: 'aarch64-linux-gnu', loader: 'usr/lib/ld-linux-aarch64.so.1' } as const;
  return architecture === 'x64' ? x64 : architecture === 'arm64' ? arm : null;
}
