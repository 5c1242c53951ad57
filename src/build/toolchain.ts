// What compiles: compiler, ninja, package tool and a compiler cache, found on the command's PATH, with their versions. A missing one
// is told with the package to install.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runProgram } from '../host/processes.ts';
import { measurementError } from '../model/errors.ts';
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
  const program = words.find((word) => !/(^|\/)s?ccache$/.test(word));
  if (program === undefined || !onPath(words[0] as string, environment)) {
    throw measurementError(`there is no C compiler${named ? ` ${named}` : ''} on PATH`, installHint('cc'));
  }
  const ninja = ['ninja', 'ninja-build', 'samu'].find((name) => onPath(name, environment));
  if (ninja === undefined) throw measurementError('there is no ninja on PATH', installHint('ninja'));
  const wrapped = words.some((word) => /(^|\/)s?ccache$/.test(word));
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

/** Libraries that change a QEMU; asked of pkg-config by these names. */
const libraries: readonly string[] = [
  ...['glib-2.0', 'pixman-1', 'slirp', 'libfdt', 'virglrenderer', 'epoxy', 'gbm', 'egl', 'sdl2', 'zlib', 'libzstd'],
  ...['vulkan', 'libusb-1.0', 'spice-server', 'gnutls', 'libpng', 'libcap-ng', 'liburing'],
];

async function dependencyVersions(
  variables: Readonly<Record<string, string>>,
  options: BuildOptions,
): Promise<Record<string, string>> {
  const tool = ['pkg-config', 'pkgconf'].find((name) => onPath(name, options.environment));
  if (tool === undefined) return {};
  const versions = await Promise.all(
    libraries.map(
      async (name) => [name, await firstLine(tool, ['--modversion', name], variables, options.signal)] as const,
    ),
  );
  return Object.fromEntries(versions.filter(([, version]) => version !== ''));
}

/** What of the command's environment means something to a compiler, and how the compiler cache is to see two work trees as one. */
function compileVariables(
  { environment, cache: folder }: BuildOptions,
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
  const shared = cache === 'ccache' ? { CCACHE_NOHASHDIR: '1', CCACHE_BASEDIR: join(folder, 'build/trees') } : {};
  // QEMU's generators walk through sets: with a random order two builds of one tree differ by hundreds of kilobytes.
  const fixed = { LC_ALL: 'C', PYTHONHASHSEED: '0' };
  return { ...Object.fromEntries(taken), ...homebrew(environment), ...shared, ...fixed };
}

/** Libraries of Homebrew lie where neither compiler nor pkg-config look by themselves on Apple Silicon. */
function homebrew(environment: BuildOptions['environment']): Record<string, string> {
  const prefix = environment.HOMEBREW_PREFIX ?? (process.platform === 'darwin' ? '/opt/homebrew' : '');
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
