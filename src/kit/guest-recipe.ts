// What a reference guest is made of: packages, kernel modules, and what is left out. Everything here is part of its identity.
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { ReferenceGuest } from '../model/guests/reference.ts';
import type { DebianArchitecture } from './apt-world.ts';
import { neverNeeded } from './unpack.ts';

/** Raised when the assembly changes in a way that the lists and texts of the recipe do not show. */
const version = 1;

export interface GuestRecipe {
  readonly version: number;
  readonly name: string;
  readonly spec: ReferenceGuest;
  readonly debian: DebianArchitecture;
  readonly triplet: string;
  /** The serial console as Linux names it. */
  readonly tty: string;
  /** The kernel command line that this guest needs with any profile. */
  readonly append: string;
  readonly kernelPackage: string;
  readonly packages: readonly string[];
  /** Sources of regular expressions over package names: their packages are not unpacked. */
  readonly unwanted: readonly string[];
  readonly exclude: readonly string[];
  /** Loaded by the initial ramdisk, in an order that dependencies may extend. */
  readonly earlyModules: readonly string[];
  /** In the guest for hwdrivers, mdev and modprobe to find. */
  readonly modules: readonly string[];
  /** Parts of the kernel package, without which no module above is complete. */
  readonly kernelMembers: readonly string[];
}

export function guestRecipe(spec: ReferenceGuest): GuestRecipe {
  const { debian, triplet, tty } = names[spec.architecture];
  const pages = spec.pages === '16k' ? '-16k' : '';
  return {
    version,
    name: guestName(spec),
    spec: { kind: 'reference', architecture: spec.architecture, sshd: spec.sshd, pages: spec.pages },
    debian,
    triplet,
    tty,
    // Without the kernel's tests of its own cryptography: about a fifth of a boot on an emulated processor.
    append: `console=${tty} panic=-1 cryptomgr.notests`,
    kernelPackage: `linux-image-${debian}${pages}`,
    // bash only for the truth helper: it opens a TCP connection without starting a program.
    packages: [
      ...['libc6', 'openrc', 'busybox-static', 'bash', 'mesa-vulkan-drivers', 'vulkan-tools'],
      ...(spec.sshd === 'openssh' ? ['openssh-server'] : ['dropbear-bin']),
    ],
    unwanted,
    exclude,
    earlyModules: ['crc32c_generic', 'virtio_pci', 'virtio_mmio', 'virtio_blk', 'ext4'],
    modules: ['virtio_net', 'virtio_gpu', 'virtio_rng', 'virtio_console', 'zram', 'loop', 'overlay'],
    kernelMembers: [
      ...['crypto', 'lib', 'fs/ext4', 'fs/jbd2', 'fs/mbcache*', 'fs/overlayfs', 'net/core', 'arch'],
      ...['virtio', 'block', 'char', 'net/virtio_net*', 'net/net_failover*'].map((path) => `drivers/${path}`),
      ...['drm*', 'virtio', 'display'].map((path) => `drivers/gpu/drm/${path}`),
    ].map((path) => `./*/kernel/${path}`),
  };
}

/** For example `reference-arm64-openssh-16k`. */
export function guestName({ architecture, sshd, pages }: ReferenceGuest): string {
  return `reference-${architecture}-${sshd}${pages === '16k' ? '-16k' : ''}`;
}

/** The inverse of guestName; null when no guest has that name. */
export function guestByName(name: string): ReferenceGuest | null {
  for (const architecture of ['arm64', 'x86_64'] as const) {
    for (const sshd of ['dropbear', 'openssh'] as const) {
      for (const pages of ['4k', '16k'] as const) {
        const spec: ReferenceGuest = { kind: 'reference', architecture, sshd, pages };
        if (guestName(spec) === name && (pages === '4k' || architecture === 'arm64')) return spec;
      }
    }
  }
  return null;
}

const names: Record<Architecture, { debian: DebianArchitecture; triplet: string; tty: string }> = {
  arm64: { debian: 'arm64', triplet: 'aarch64-linux-gnu', tty: 'ttyAMA0' },
  x86_64: { debian: 'amd64', triplet: 'x86_64-linux-gnu', tty: 'ttyS0' },
};

const unwanted: readonly string[] = [
  // Only maintainer scripts and other init systems want these.
  'perl.*|libperl.*|python3.*|libpython.*|debconf|adduser|passwd|dpkg|tar|cpio|coreutils|procps|ucf|usrmerge',
  'udev|systemd.*|libsystemd-shared|sysvinit-utils|insserv|runit-helper|init-system-helpers|lsb-base|login.*',
  'initramfs.*|dracut.*|klibc.*|libklibc|linux-.*|kmod|libkmod2|zstd|logsave|sensible-utils|media-types',
  'libpam-modules.*|libpam-runtime|libdb5.3.*|libgdbm.*|libfile-.*|libnumber-.*|libtext-.*|libtirpc-common|libsemanage.*',
  'libsepol2|libproc2-0|libncursesw6|libaudit-common|readline-common|libreadline8.*|gcc-[0-9]+-base|base-files',
  'openssl-provider-legacy|openssh-client|openssh-sftp-server|debianutils|libnss-nis.*',
  'mawk|util-linux|mount|libmount1|libsmartcols1|libuuid1|libfdisk1',
  // Mesa drivers other than the one for Venus want these.
  'libllvm.*|libz3.*|libxml2|libedit2|libelf1.*|libdrm-amdgpu1|libicu.*|mesa-libgallium|libdrm-.*[0-9]|libsensors.*',
];

const exclude: readonly string[] = [
  ...neverNeeded,
  // A second driver would answer in Venus' place and hide that Venus is lost.
  './usr/lib/*/libvulkan_[!v]*',
  './usr/share/vulkan/icd.d/[!v]*',
  './usr/lib/*/libVkLayer*',
  './usr/lib/*/gconv/*',
  './usr/share/X11/*',
  './etc/init.d/*',
  './etc/runlevels/*',
  './etc/default/*',
  './etc/skel*',
];
