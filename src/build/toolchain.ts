// What compiles: compiler, ninja, package tool and a compiler cache, found on the command's PATH, with their versions. A missing one
// is told with the package to install.
import { existsSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { outputOrNothing } from '../host/ask.ts';
import { findProgram } from '../host/files.ts';
import { thisRelease } from '../host/linux/facts.ts';
import { thisHost } from '../host/view.ts';
import { measurementError } from '../model/errors.ts';
import { firstLine } from '../model/plain-text.ts';
import { hashValue } from '../store/digest.ts';
import { installHint } from './missing.ts';
import type { BuildOptions } from './options.ts';
import { findLibraries, type Libraries } from './pkg-config.ts';
import { treesFolder } from './places.ts';

export interface Toolchain {
  /** As the build calls it, for example `ccache cc`. */
  readonly compiler: string;
  /** First line of the compiler's --version and what it compiles for. */
  readonly compilerVersion: string;
  /** The same of compilers of other languages that are named: `CXX` -> version. */
  readonly otherVersions: Readonly<Record<string, string>>;
  readonly ninja: string;
  readonly cache: 'ccache' | 'sccache' | 'none';
  readonly libraries: Libraries;
  /** This machine's processor where it is compiled for that alone; or empty. */
  readonly processor: string;
  /** Variables for configure and ninja. */
  readonly environment: Readonly<Record<string, string>>;
}

/** `configure` are the arguments of configure, which name a compiler before the environment does. */
export async function findToolchain(configure: readonly string[], options: BuildOptions): Promise<Toolchain> {
  const { environment, signal } = options;
  const isOnPath = (name: string): boolean => findProgram(options, name) !== null;
  const configured = wordOf(configure, 'cc');
  const named = configured || environment.CC?.trim();
  const words = named ? named.split(/\s+/) : ['cc', 'gcc', 'clang'].filter(isOnPath).slice(0, 1);
  const program = words.find((word) => !compilerCache.test(word));
  if (program === undefined || !isOnPath(words[0] as string)) {
    throw measurementError(`there is no C compiler${named ? ` ${named}` : ''} on PATH`, installHint('cc'));
  }
  const ninja = ['ninja', 'ninja-build', 'samu'].find(isOnPath);
  if (ninja === undefined) throw measurementError('there is no ninja on PATH', installHint('ninja'));
  // Where configure is told a compiler it calls that one, whatever CC is.
  const wrapped = configured !== '' || words.some((word) => compilerCache.test(word));
  const cache = wrapped ? 'none' : ((['ccache', 'sccache'] as const).find(isOnPath) ?? 'none');
  const variables = compileVariables(options, cache);
  const compiler = cache === 'none' ? words.join(' ') : [cache, ...words].join(' ');
  const tool = environment.PKG_CONFIG || ['pkg-config', 'pkgconf'].find(isOnPath) || '';
  const [compilerVersion, otherVersions, libraries] = await Promise.all([
    versionOf(program, variables, signal),
    versionsOfOthers(configure, variables, signal),
    findLibraries(tool, variables, signal),
  ]);
  const isNative = [...configure, ...words, ...flagsIn(variables).flat()].some((word) => nativeFlag.test(word));
  return {
    compiler,
    compilerVersion,
    otherVersions,
    ninja,
    cache,
    libraries,
    processor: isNative ? (options.processorModel ?? cpus()[0]?.model ?? '') : '',
    environment: { ...variables, CC: compiler },
  };
}

/** What of a toolchain, besides the libraries that it finds, decides which bytes it makes. A compiler cache gives what the compiler would. */
export function toolchainKey(toolchain: Toolchain): readonly unknown[] {
  const { compiler, compilerVersion, otherVersions, processor, environment } = toolchain;
  const words = compiler.split(' ').filter((word) => !compilerCache.test(word));
  return [words, flagsIn(environment).toSorted(), compilerVersion, otherVersions, processor];
}

/** The system that a build is for, a part of every key: on one of another major version a program may not find its libraries. */
export function systemKey({ platform = process.platform }: Pick<BuildOptions, 'platform'>): readonly string[] {
  return [platform, process.arch, systemName()];
}

/** `Debian GNU/Linux 12`; elsewhere the major version of the kernel, which is the system's. */
const systemName = (): string =>
  process.platform === 'linux' ? thisRelease(thisHost()).osMajor : `${process.platform} ${release().split('.')[0]}`;

const compilerCache = /(^|\/)s?ccache$/;
const nativeFlag = /-m(?:arch|cpu|tune)=native\b/;

/** Variables that change what a compiler makes, or what it finds. */
const flagNames = [
  ...['CFLAGS', 'CXXFLAGS', 'CPPFLAGS', 'LDFLAGS', 'OBJCFLAGS', 'CXX', 'OBJCC', 'LD', 'CPATH', 'LIBRARY_PATH'],
  ...['SDKROOT', 'MACOSX_DEPLOYMENT_TARGET', 'PKG_CONFIG', 'PKG_CONFIG_PATH', 'PKG_CONFIG_LIBDIR'],
];

const flagsIn = (environment: Toolchain['environment']): [string, string][] =>
  Object.entries(environment).filter(([name]) => flagNames.includes(name));

/** Of `--cc=gcc`; the last one counts. */
const wordOf = (configure: readonly string[], name: string): string =>
  configure
    .findLast((word) => word.startsWith(`--${name}=`))
    ?.slice(name.length + 3)
    .trim() ?? '';

async function versionOf(
  program: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const [version, machine] = await Promise.all(
    ['--version', '-dumpmachine'].map((flag) => outputOrNothing(program, [flag], { environment, signal })),
  );
  return `${firstLine(version ?? '')} (${firstLine(machine ?? '')})`;
}

/** Those that nobody names come with the C compiler. */
async function versionsOfOthers(
  configure: readonly string[],
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const [variable, word] of [
    ['CXX', 'cxx'],
    ['OBJCC', 'objcc'],
  ] as const) {
    const named = wordOf(configure, word) || (variables[variable]?.trim() ?? '');
    const program = named.split(/\s+/).find((part) => part !== '' && !compilerCache.test(part));
    if (program !== undefined) versions[variable] = await versionOf(program, variables, signal);
  }
  return versions;
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
  const taken = names.flatMap((name): [string, string][] => {
    const value = environment[name];
    return value ? [[name, value]] : [];
  });
  const shared = { ccache: ccacheVariables(folder), sccache: sccacheVariables(folder, environment), none: {} }[cache];
  // QEMU's generators walk through sets: with a random order two builds of one tree differ by hundreds of kilobytes.
  const fixed = { LC_ALL: 'C', PYTHONHASHSEED: '0' };
  return { ...Object.fromEntries(taken), ...homebrew(environment, platform), ...shared, ...fixed };
}

const ccacheVariables = (folder: string): Record<string, string> => ({
  CCACHE_NOHASHDIR: '1',
  CCACHE_BASEDIR: treesFolder(folder),
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

/** Libraries of Homebrew lie where neither compiler nor pkg-config look by themselves on Apple Silicon. Empty where there are none. */
export function homebrewPrefix(environment: BuildOptions['environment'], platform: NodeJS.Platform): string {
  const prefix = environment.HOMEBREW_PREFIX ?? (platform === 'darwin' ? '/opt/homebrew' : '');
  return prefix !== '' && existsSync(join(prefix, 'lib/pkgconfig')) ? prefix : '';
}

function homebrew(environment: BuildOptions['environment'], platform: NodeJS.Platform): Record<string, string> {
  const prefix = homebrewPrefix(environment, platform);
  if (prefix === '') return {};
  const before = environment.PKG_CONFIG_PATH ? `:${environment.PKG_CONFIG_PATH}` : '';
  return { PKG_CONFIG_PATH: `${join(prefix, 'lib/pkgconfig')}:${join(prefix, 'share/pkgconfig')}${before}` };
}
