// Libraries from source, built before QEMU and one after the other, each seeing those before it: meson setup, ninja install into a
// folder of the cache, found through pkg-config.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, isThere } from '../host/files.ts';
import { asTask } from '../host/task.ts';
import type { Dependency } from '../model/build.ts';
import { measurementError } from '../model/errors.ts';
import { parseOrNull } from '../model/stored.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { acquireLock } from '../store/lock.ts';
import { firstFailure } from './compiler-errors.ts';
import { forgetTree, noteTree, noteUse } from './eviction.ts';
import { sourceFault } from './faults.ts';
import { configureFailure, installHint } from './missing.ts';
import type { BuildOptions } from './options.ts';
import { type Asked, askedIn, askedSchema, type Libraries, watchPackages } from './pkg-config.ts';
import { alike, dependenciesFolder, dependencyLock, doneName, keyOf } from './places.ts';
import { nativeTools } from './presets.ts';
import { type Revision, readRevision } from './revision.ts';
import { openSource, type Source } from './source.ts';
import { runStep, type StepEnd } from './steps.ts';
import { systemKey, type Toolchain, toolchainKey } from './toolchain.ts';
import { type Part, partsKey, readParts } from './tree-parts.ts';
import { checkOut, openSlot } from './worktree.ts';

export interface BuiltDependencies {
  /** In their order; together they stand for where the dependencies are found. */
  readonly keys: readonly string[];
  /** Name -> commit. */
  readonly versions: Readonly<Record<string, string>>;
  /** Where each was installed. */
  readonly prefixes: readonly string[];
  /** Finds them before the system's. */
  readonly toolchain: Toolchain;
  /** Variables with which the emulator finds them, their drivers and the render server. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Throws a SourceFault for one that does not build, a usage error for one whose source cannot be read. */
export async function buildDependencies(
  dependencies: readonly Dependency[],
  bare: Toolchain,
  options: BuildOptions,
): Promise<BuiltDependencies> {
  const keys: string[] = [];
  const versions: Record<string, string> = {};
  const prefixes: string[] = [];
  for (const dependency of dependencies) {
    const { key, prefix, commit } = await buildOne({ dependency, bare, keys, prefixes }, options);
    keys.push(key);
    prefixes.push(prefix);
    versions[dependency.name] = commit;
  }
  const environment = await runningWith(prefixes, options.platform ?? process.platform);
  return { keys, versions, prefixes, toolchain: finding(bare, prefixes), environment };
}

interface Building {
  readonly dependency: Dependency;
  readonly bare: Toolchain;
  /** Of those before it. */
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
}

async function buildOne(building: Building, options: BuildOptions) {
  const { dependency, bare, keys, prefixes } = building;
  const source = await openSource(dependency.source, options);
  const revision = await readRevision(source, dependency.ref, options);
  const parts = await readParts(source, revision.tree, options);
  const flags = [...dependency.meson, ...usualFlags];
  const made = [revision.tree, partsKey(parts), flags, toolchainKey(bare), ...keys];
  const { libraries } = bare;
  let key = keyOf([6, ...made, ...systemKey(options)], libraries);
  const lock = { ...options, what: `the build of ${dependency.name}` };
  await using _lock = await acquireLock(dependencyLock(options.cache, key), lock);
  const known = await findInstalled(key, libraries, options);
  key = known ?? key;
  const prefix = join(dependenciesFolder(options.cache), key);
  if (known === null) {
    const toolchain = finding(bare, prefixes);
    const asked = await install({ name: dependency.name, source, revision, parts, flags, toolchain, prefix }, options);
    await writeFileAtomically(join(prefix, doneName), JSON.stringify(asked));
  }
  await noteUse(prefix, doneName);
  return { key, prefix, commit: revision.commit };
}

/** One of this content that is whole, and for which the libraries that it asked for are what they were. */
async function findInstalled(key: string, libraries: Libraries, { cache }: BuildOptions): Promise<string | null> {
  for (const name of await alike(dependenciesFolder(cache), key)) {
    const done = await readFile(join(dependenciesFolder(cache), name, doneName), 'utf8').catch(() => '');
    const asked = parseOrNull(done, askedSchema);
    if (asked !== null && libraries.digestOf(asked.packages) === asked.digest) return name;
  }
  return null;
}

const usualFlags = ['--libdir=lib', '--buildtype=release'];

interface Installation {
  readonly name: string;
  readonly source: Source;
  readonly revision: Revision;
  readonly parts: readonly Part[];
  readonly flags: readonly string[];
  readonly toolchain: Toolchain;
  readonly prefix: string;
}

async function install(installation: Installation, options: BuildOptions): Promise<Asked> {
  const { name, source, revision, parts, flags, toolchain, prefix } = installation;
  if (findProgram(options, 'meson') === null) throw measurementError('there is no meson on PATH', installHint('meson'));
  await using slot = await openSlot(source, name, options);
  await forgetTree(slot.folder);
  const log = join(slot.folder, 'build.log');
  const environment: Record<string, string> = {
    ...toolchain.environment,
    ...nativeTools(options.platform ?? process.platform),
  };
  const step = { folder: slot.workTree, environment, log, signal: options.signal, hint: '' };
  try {
    await checkOut(source, slot, { tree: revision.tree, parts, loader: flags }, options);
    await rm(slot.buildFolder, { recursive: true, force: true });
    await rm(prefix, { recursive: true, force: true });
    await mkdir(slot.buildFolder, { recursive: true });
    Object.assign(environment, await watchPackages(slot.buildFolder, toolchain.libraries));
    await asTask(options, `building ${name} (${revision.commit.slice(0, 10)})`, async () => {
      const setup = await runStep('meson', ['setup', slot.buildFolder, `--prefix=${prefix}`, ...flags], step);
      if (!setup.ok) throw failed(name, 'configured', setup, log);
      const installed = await runStep(toolchain.ninja, ['-C', slot.buildFolder, 'install'], step);
      if (!installed.ok) throw failed(name, 'compiled', installed, log);
      return '';
    });
    return await askedIn(slot.buildFolder, toolchain.libraries);
  } finally {
    await noteTree(slot.folder, options);
  }
}

/** The later one is found first. */
function finding(toolchain: Toolchain, prefixes: readonly string[]): Toolchain {
  if (prefixes.length === 0) return toolchain;
  const folders = prefixes
    .toReversed()
    .flatMap((prefix) => [join(prefix, 'lib/pkgconfig'), join(prefix, 'share/pkgconfig')]);
  const before = toolchain.environment.PKG_CONFIG_PATH;
  const path = [...folders, ...(before === undefined ? [] : [before])].join(':');
  return { ...toolchain, environment: { ...toolchain.environment, PKG_CONFIG_PATH: path } };
}

async function runningWith(prefixes: readonly string[], platform: NodeJS.Platform): Promise<Record<string, string>> {
  if (prefixes.length === 0) return {};
  const latest = prefixes.toReversed();
  const environment: Record<string, string> = {
    [platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: latest
      .map((prefix) => join(prefix, 'lib'))
      .join(':'),
  };
  const places = async (below: string, wanted = /./): Promise<string[]> => {
    const found = latest.map(async (prefix) => {
      const names = await readdir(join(prefix, below)).catch(() => []);
      return names.filter((name) => wanted.test(name)).map((name) => join(prefix, below, name));
    });
    return (await Promise.all(found)).flat().sort();
  };
  const [server] = await places('libexec', /^virgl_render_server$/);
  if (server !== undefined) environment.RENDER_SERVER_EXEC_PATH = server;
  // What a Mesa brings: drivers of Vulkan, and of OpenGL for QEMU itself.
  const drivers = await places('share/vulkan/icd.d', /\.json$/);
  if (drivers.length > 0) environment.VK_DRIVER_FILES = drivers.join(':');
  const vendors = await places('share/glvnd/egl_vendor.d', /\.json$/);
  if (vendors.length > 0) environment.__EGL_VENDOR_LIBRARY_FILENAMES = vendors.join(':');
  for (const prefix of latest) {
    if (!(await isThere(join(prefix, 'lib/dri')))) continue;
    environment.LIBGL_DRIVERS_PATH = join(prefix, 'lib/dri');
    break;
  }
  return environment;
}

function failed(name: string, what: 'configured' | 'compiled', end: StepEnd, log: string): Error {
  const { what: reason, hint } = what === 'configured' ? configureFailure(end.output) : { what: '', hint: '' };
  return sourceFault(
    `${name} cannot be ${what}: ${reason || firstFailure(end.output) || end.how}`,
    `${hint ? `${hint}\n` : ''}the whole output: ${log}`,
  );
}
