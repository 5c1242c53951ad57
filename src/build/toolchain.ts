// What compiles: compiler, ninja, package tool and a compiler cache, found on the command's PATH, with their versions. A missing one
// is told with the package to install.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runProgram } from '../host/processes.ts';
import { measurementError } from '../model/errors.ts';
import { hashValue } from '../store/digest.ts';
import { installHint } from './missing.ts';
import type { BuildOptions } from './options.ts';

export interface Toolchain {
  /** As the build calls it, for example `ccache cc`. */
  readonly compiler: string;
  /** First line of the compiler's --version and what it compiles for. */
  readonly compilerVersion: string;
  readonly ninja: string;
  readonly cache: 'ccache' | 'sccache' | 'none';
  /** Library -> version. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Variables for configure and ninja. */
  readonly environment: Readonly<Record<string, string>>;
}

export async function findToolchain(options: BuildOptions): Promise<Toolchain> {
  const { environment } = options;
  const named = environment.CC?.trim();
  const words = named
    ? named.split(/\s+/)
    : ['cc', 'gcc', 'clang'].filter((name) => onPath(name, environment)).slice(0, 1);
  const program = words.find((word) => !compilerCache.test(word));
  if (program === undefined || !onPath(words[0] as string, environment)) {
    throw measurementError(`there is no C compiler${named ? ` ${named}` : ''} on PATH`, installHint('cc'));
  }
  const ninja = ['ninja', 'ninja-build', 'samu'].find((name) => onPath(name, environment));
  if (ninja === undefined) throw measurementError('there is no ninja on PATH', installHint('ninja'));
  const wrapped = words.some((word) => compilerCache.test(word));
  const cache = wrapped
    ? 'none'
    : onPath('ccache', environment)
      ? 'ccache'
      : onPath('sccache', environment)
        ? 'sccache'
        : 'none';
  const variables = compileVariables(options, cache);
  const compiler = cache === 'none' ? words.join(' ') : [cache, ...words].join(' ');
  const [version, machine, dependencies] = await Promise.all([
    firstLine(program, ['--version'], variables, options.signal),
    firstLine(program, ['-dumpmachine'], variables, options.signal),
    dependencyVersions(variables, options),
  ]);
  return {
    compiler,
    compilerVersion: `${version} (${machine})`,
    ninja,
    cache,
    dependencies,
    environment: { ...variables, CC: compiler },
  };
}

/** What of a toolchain decides which bytes it makes: a part of every key. A compiler cache gives what the compiler would. */
export function toolchainKey({ compiler, compilerVersion, dependencies, environment }: Toolchain): readonly unknown[] {
  const words = compiler.split(' ').filter((word) => !compilerCache.test(word));
  const flags = Object.entries(environment).filter(([name]) => flagNames.includes(name));
  return [words, flags.toSorted(), compilerVersion, dependencies];
}

const compilerCache = /(^|\/)s?ccache$/;

/** Variables that change what a compiler makes. */
const flagNames = [
  ...['CFLAGS', 'CXXFLAGS', 'CPPFLAGS', 'LDFLAGS', 'OBJCFLAGS', 'CXX', 'OBJCC', 'LD', 'CPATH', 'LIBRARY_PATH'],
  ...['SDKROOT', 'MACOSX_DEPLOYMENT_TARGET'],
];

/** Libraries that QEMU's build looks for by itself, by the names that pkg-config knows; what is there changes what is built. */
const libraries: readonly string[] = [
  ...['glib-2.0', 'pixman-1', 'slirp', 'libfdt', 'virglrenderer', 'epoxy', 'gbm', 'egl', 'sdl2', 'SDL2_image', 'zlib'],
  ...['libzstd', 'vulkan', 'libusb-1.0', 'libusbredirparser-0.5', 'spice-server', 'spice-protocol', 'gnutls', 'nettle'],
  ...[
    'libgcrypt',
    'libpng',
    'libjpeg',
    'libcap-ng',
    'liburing',
    'libseccomp',
    'capstone',
    'libssh',
    'libcurl',
    'libnfs',
  ],
  ...['libiscsi', 'blkio', 'snappy', 'vdeplug', 'gtk+-3.0', 'vte-2.91', 'alsa', 'libpulse', 'libpipewire-0.3', 'jack'],
  ...['libudev', 'numa', 'fuse3', 'libbpf', 'libdw', 'libcacard', 'libsasl2', 'ncursesw', 'rutabaga_gfx_ffi'],
];

async function dependencyVersions(
  variables: Readonly<Record<string, string>>,
  options: BuildOptions,
): Promise<Record<string, string>> {
  const tool = ['pkg-config', 'pkgconf'].find((name) => onPath(name, options.environment));
  if (tool === undefined) return {};
  // One question for what is there at all spares most of the others.
  const listed = await runProgram(tool, ['--list-all'], {
    timeoutMs: 20_000,
    environment: variables,
    signal: options.signal,
  });
  const present = new Set(listed.stdout.split('\n').map((line) => line.split(' ', 1)[0]));
  const versions = await Promise.all(
    libraries
      .filter((name) => present.has(name))
      .map(async (name) => [name, await firstLine(tool, ['--modversion', name], variables, options.signal)] as const),
  );
  return Object.fromEntries(versions.filter(([, version]) => version !== ''));
}

/** What of the command's environment means something to a compiler, and how the compiler cache is to see two work trees as one. */
function compileVariables(
  { environment, cache: folder, platform = process.platform }: BuildOptions,
  cache: Toolchain['cache'],
): Record<string, string> {
  const names = [
    ...[
      'PATH',
      'HOME',
      'TMPDIR',
      'CFLAGS',
      'CXXFLAGS',
      'CPPFLAGS',
      'LDFLAGS',
      'OBJCFLAGS',
      'CXX',
      'OBJCC',
      'LD',
      'AR',
      'NM',
    ],
    ...['RANLIB', 'STRIP', 'PKG_CONFIG', 'PKG_CONFIG_PATH', 'PKG_CONFIG_LIBDIR', 'CPATH', 'LIBRARY_PATH', 'SDKROOT'],
    ...['MACOSX_DEPLOYMENT_TARGET', 'DEVELOPER_DIR', 'PYTHON', 'MESON', 'NINJA', 'HOMEBREW_PREFIX', 'HOMEBREW_CELLAR'],
    ...[
      'CCACHE_DIR',
      'CCACHE_MAXSIZE',
      'CCACHE_REMOTE_STORAGE',
      'CCACHE_CONFIGPATH',
      'SCCACHE_DIR',
      'SCCACHE_CACHE_SIZE',
    ],
  ];
  const taken = names.flatMap((name) => (environment[name] ? [[name, environment[name] as string]] : []));
  const shared = { ccache: ccacheVariables(folder), sccache: sccacheVariables(folder, environment), none: {} }[cache];
  // QEMU's generators walk through sets: with a random order two builds of one tree differ by hundreds of kilobytes.
  const fixed = { LC_ALL: 'C', PYTHONHASHSEED: '0' };
  return { ...Object.fromEntries(taken), ...homebrew(environment, platform), ...shared, ...fixed };
}

const ccacheVariables = (folder: string): Record<string, string> => ({
  CCACHE_NOHASHDIR: '1',
  CCACHE_BASEDIR: join(folder, 'build/trees'),
});

/**
 * sccache compiles in a server of its own, which keeps the cache that it was started with: each of our caches has another one, so
 * that no run is given what a run of less trust has compiled. It ends soon after the last compilation.
 */
function sccacheVariables(folder: string, environment: BuildOptions['environment']): Record<string, string> {
  const number = Number.parseInt(hashValue([folder, environment.SCCACHE_DIR ?? '']).slice(0, 8), 16);
  return {
    SCCACHE_SERVER_PORT: environment.SCCACHE_SERVER_PORT || String(20_000 + (number % 12_000)),
    SCCACHE_IDLE_TIMEOUT: environment.SCCACHE_IDLE_TIMEOUT || '5',
  };
}

/** Libraries of Homebrew lie where neither compiler nor pkg-config look by themselves on Apple Silicon. */
function homebrew(environment: BuildOptions['environment'], platform: NodeJS.Platform): Record<string, string> {
  const prefix = environment.HOMEBREW_PREFIX ?? (platform === 'darwin' ? '/opt/homebrew' : '');
  if (prefix === '' || !exists(join(prefix, 'lib/pkgconfig'))) return {};
  const before = environment.PKG_CONFIG_PATH ? `:${environment.PKG_CONFIG_PATH}` : '';
  return { PKG_CONFIG_PATH: `${join(prefix, 'lib/pkgconfig')}:${join(prefix, 'share/pkgconfig')}${before}` };
}

async function firstLine(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const answer = await runProgram(program, words, { timeoutMs: 20_000, environment, signal }).catch((error) => {
    if (signal.aborted) throw error;
    return null;
  });
  return answer?.code === 0 ? (answer.stdout.split('\n')[0]?.trim() ?? '') : '';
}

export function onPath(name: string, environment: BuildOptions['environment']): boolean {
  if (name.includes('/')) return isProgram(name);
  return (environment.PATH ?? '').split(delimiter).some((folder) => folder !== '' && isProgram(join(folder, name)));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
