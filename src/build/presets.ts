// What `configure` is told: a preset, the configuration's own flags, and what makes two builds of one tree equal. Pure.
import type { BuildSpec } from '../model/build.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { emulatorName } from '../model/launch-plan.ts';

export interface ConfigurePlan {
  /** Equal on both sides: no path of a work tree is in them. */
  readonly flags: readonly string[];
  /** Given besides, and of no consequence for what is built: where this machine's tools lie. */
  readonly localFlags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Files that must be there before: path below the work tree -> content. */
  readonly files: Readonly<Record<string, string>>;
  /** What ninja is to make. */
  readonly target: string;
}

const processor = (architecture: Architecture): string => (architecture === 'arm64' ? 'aarch64' : 'x86_64');

export interface BuildHost {
  readonly platform: NodeJS.Platform;
  /** Of the machine, as node names it. */
  readonly processor: string;
  /** Where Homebrew keeps its libraries; empty: nowhere. */
  readonly homebrew: string;
  /** Where dependencies that were built here were installed. */
  readonly prefixes: readonly string[];
}

export function planConfigure(spec: BuildSpec, architecture: Architecture, host: BuildHost): ConfigurePlan {
  const { platform } = host;
  const given = spec.configure;
  const localFlags = [...(spec.python === null ? [] : [`--python=${spec.python}`]), ...searched(host.prefixes)];
  const target = emulatorName(architecture);
  if (spec.preset === 'none')
    return { flags: given, localFlags, environment: nativeTools(platform), files: {}, target };
  const common = [
    `--target-list=${processor(architecture)}-softmmu`,
    // The version would name the commit, and binaries that are equal would differ.
    '--with-pkgversion=bootgauge',
  ];
  if (spec.preset === 'fork-macos') {
    const flags = [...common, ...forkFlags, ...searched(host.homebrew === '' ? [] : [host.homebrew]), ...given];
    return { flags, localFlags, environment: nativeTools(platform), files: {}, target };
  }
  const native = host.processor === (architecture === 'arm64' ? 'arm64' : 'x64');
  const hardware = native ? [platform === 'darwin' ? '--enable-hvf' : '--enable-kvm'] : [];
  const renders = spec.dependencies.some(({ name }) => name === 'virglrenderer');
  const graphics = renders ? ['--enable-opengl', '--enable-virglrenderer'] : [];
  const devices = `--with-devices-${processor(architecture)}=bootgauge`;
  return {
    flags: [...common, ...minimalFlags, '--enable-tcg', ...hardware, ...graphics, devices, ...given],
    localFlags,
    environment: nativeTools(platform),
    // Beside QEMU's own lists: from 1.12 on meson takes a file of the build folder for one that it makes, and does not find it.
    files: { [`configs/devices/${processor(architecture)}-softmmu/bootgauge.mak`]: deviceList(architecture) },
    target,
  };
}

/** GNU ar, where PATH has it first, makes archives that Apple's linker rejects. */
export function nativeTools(platform: NodeJS.Platform): Record<string, string> {
  return platform === 'darwin' ? { AR: '/usr/bin/ar', RANLIB: '/usr/bin/ranlib' } : {};
}

/** Not all that a fork includes is asked of pkg-config: MoltenVK and the headers of Vulkan are not. */
const searched = (prefixes: readonly string[]): string[] =>
  prefixes.toReversed().flatMap((prefix) => [`--extra-cflags=-I${prefix}/include`, `--extra-ldflags=-L${prefix}/lib`]);

const minimalFlags: readonly string[] = [
  ...['--without-default-features', '--enable-system', '--enable-slirp', '--enable-pixman', '--enable-fdt=system'],
  ...['--without-default-devices', '--disable-docs', '--disable-tools', '--disable-guest-agent'],
  // Debug information names the folder it was built in, which would make equal binaries differ.
  ...['--disable-download', '--disable-install-blobs', '--disable-debug-info'],
  // --disable-werror is lost when meson configures itself again in a git checkout.
  '--extra-cflags=-Wno-error',
];

const forkFlags: readonly string[] = [
  ...['--enable-hvf', '--enable-cocoa', '--enable-virglrenderer', '--enable-virtfs', '--disable-fuse'],
  // Debug information again.
  ...['--disable-werror', '--disable-debug-info', '--extra-cflags=-Wno-error'],
];

function deviceList(architecture: Architecture): string {
  const machine = architecture === 'arm64' ? ['ARM_VIRT'] : ['Q35', 'SERIAL_ISA'];
  // Since 10.1 the ACPI tables of both machines call CXL, which is made of these four and links in every release with all of them.
  const cxl = ['CXL', 'CXL_MEM_DEVICE', 'PXB', 'PCIE_PORT'];
  const virtio = ['PCI', 'NET', 'BLK', 'GPU', 'SERIAL', 'RNG', 'INPUT'].map((name) => `VIRTIO_${name}`);
  return [...machine, 'PCI_DEVICES', ...virtio, ...cxl].map((name) => `CONFIG_${name}=y\n`).join('');
}
