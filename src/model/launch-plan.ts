// What to start and how to reach it: the guest room makes plans, the qemu room carries them out.

import type { BuildFacts } from './build.ts';
import type { Warning } from './comparison.ts';
import type { GuestIdentity } from './conditions.ts';
import type { Architecture } from './guests/guest-kind.ts';
import type { Asset, LauncherGuest } from './guests/launcher.ts';
import type { Rewrite } from './guests/rewrite.ts';
import type { Accelerator, Gpu } from './scenario.ts';

/** A QEMU system emulator that can be started. */
export interface Emulator {
  readonly origin: 'kit' | 'path' | 'file' | 'build' | 'launcher';
  /** Absolute path of the program to spawn (for the kit, its own dynamic loader). */
  readonly program: string;
  /** Arguments that come before QEMU's own (for the kit: library path and the real binary). */
  readonly leadingArguments: readonly string[];
  /** Added to the allow-listed environment of the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** First line of `--version`, without the program's path. */
  readonly version: string;
  /** sha256 of the emulator binary, hex. */
  readonly digest: string;
  /** Its HVF can be told the granule of the guest's physical pages (a patch that forks for Venus on macOS carry). */
  readonly hasIpaGranule?: true;
  /** Package -> version, where it was assembled from packages. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Where it comes from, when it was built here. */
  readonly build?: BuildFacts;
  /** It was built just now: its first boot is not like the others. */
  readonly fresh?: true;
}

/** Equal for emulators that run alike: the same bytes with the same libraries that were built for them. */
export const emulatorContent = ({ digest, build }: Pick<Emulator, 'digest' | 'build'>): string =>
  [digest, ...(build?.dependencyKeys ?? [])].join(' ');

/** Name of QEMU's program for guests of one architecture. */
export const emulatorName = (architecture: Architecture): string =>
  architecture === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';

export interface Disk {
  readonly path: string;
  readonly format: 'raw' | 'qcow2' | 'vmdk';
  /** A CD in its drive. */
  readonly cdrom?: true;
  /** What the guest writes is kept; otherwise it goes into a temporary overlay. */
  readonly writable?: true;
}

export interface SshAccess {
  readonly user: string;
  /** Absolute path; empty when no key is authorized, then only the banner is timed. */
  readonly privateKeyPath: string;
  /** The guest's host key as `ssh-ed25519 AAAA...`, or null when it is not known beforehand. */
  readonly hostKey: string | null;
}

/** A guest as files that QEMU can boot directly, whatever machine it is given. All paths are absolute. */
export interface GuestParts {
  readonly identity: GuestIdentity;
  /** null: firmware boots the first disk. */
  readonly kernel: string | null;
  readonly initrd: string | null;
  /** sha256 of the ramdisk without the cache's keys behind it, which are others on each machine; absent: it holds none. */
  readonly initrdDigest?: string;
  /** The first is the root disk. */
  readonly disks: readonly Disk[];
  /** What the kernel is told with any profile. */
  readonly append: string;
  /** What QEMU is told besides; nothing if not given. */
  readonly extraArguments?: readonly string[];
  readonly ssh: SshAccess;
}

export interface QemuLaunchPlan {
  readonly kind: 'qemu';
  readonly emulator: Emulator;
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly gpu: Gpu;
  /** null: firmware boots the first disk. */
  readonly kernel: string | null;
  readonly initrd: string | null;
  readonly initrdDigest?: GuestParts['initrdDigest'];
  /** The whole kernel command line. */
  readonly append: string;
  /** The first is the root disk. */
  readonly disks: readonly Disk[];
  readonly extraArguments: readonly string[];
  /** Where the guest gets randomness from: a virtio-rng device unless it says none. */
  readonly entropy?: 'virtio' | 'none';
  readonly ssh: SshAccess;
  readonly guest: GuestIdentity;
  /** What a reader of the boots must know of how they were prepared; none if not given. */
  readonly notes?: readonly Warning[];
}

/** A user's own command. What it starts, and with what, is its own business. */
export interface LauncherLaunchPlan {
  readonly kind: 'launcher';
  readonly command: readonly string[];
  readonly folder: string;
  /** The folder around it of which each boot gets a clone. */
  readonly tree: string;
  readonly environment: Readonly<Record<string, string>>;
  /** null: a port is chosen and takes the place of `{port}`. */
  readonly port: number | null;
  readonly console: LauncherGuest['console'];
  readonly qmp: string | null;
  readonly assets: readonly Asset[];
  /** Absolute paths of files that overlays in the tree stand on, and that all boots share. */
  readonly backing: readonly string[];
  /** Where `emulator` is put for the command to find; null: it brings its own. */
  readonly binary: string | null;
  readonly emulator: Emulator;
  /** What is changed in the arguments that the command gives to it. */
  readonly rewrite: Rewrite;
  /** What is changed in the kernel's command line, where the launcher gives one, for boots that explain; empty: nothing. */
  readonly explain: string;
  readonly architecture: Architecture;
  readonly accelerator: Accelerator;
  readonly ssh: SshAccess;
  readonly guest: GuestIdentity;
  /** The variables that its QEMU gets, and whether it draws; absent: not known. */
  readonly seen?: { readonly environment: Readonly<Record<string, string>>; readonly gpu: Gpu };
  /** What cannot be measured this way. */
  readonly notes: readonly Warning[];
}

export type LaunchPlan = QemuLaunchPlan | LauncherLaunchPlan;
