// virglrenderer from source, built before QEMU and linked against: meson setup, ninja install into a folder of the cache.
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildSpec } from '../model/build.ts';
import { measurementError } from '../model/errors.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { hashValue } from '../store/digest.ts';
import { acquireLock } from '../store/lock.ts';
import { firstFailure } from './compiler-errors.ts';
import { forgetTree, noteTree, noteUse } from './eviction.ts';
import { configureFailure, installHint } from './missing.ts';
import type { BuildOptions } from './options.ts';
import { doneName, virglrendererFolder, virglrendererLock } from './places.ts';
import { nativeTools } from './presets.ts';
import { type Revision, readRevision } from './revision.ts';
import { openSource, type Source } from './source.ts';
import { runStep, type StepEnd } from './steps.ts';
import { systemName } from './system-name.ts';
import { onPath, type Toolchain, toolchainKey } from './toolchain.ts';
import { type Part, partsKey, readParts } from './tree-parts.ts';
import { checkOut, openSlot } from './worktree.ts';

export interface Virglrenderer {
  readonly key: string;
  /** Finds it before the system's. */
  readonly toolchain: Toolchain;
  /** Variables with which the emulator finds it and its render server. */
  readonly environment: Readonly<Record<string, string>>;
}

export async function buildVirglrenderer(
  spec: NonNullable<BuildSpec['virglrenderer']>,
  toolchain: Toolchain,
  options: BuildOptions,
): Promise<Virglrenderer> {
  const source = await openSource(spec.source, options);
  const revision = await readRevision(source, spec.ref, options);
  const platform = options.platform ?? process.platform;
  const parts = await readParts(source, revision.tree, options);
  const made = [revision.tree, partsKey(parts), setupWords, toolchainKey(toolchain)];
  const key = hashValue([4, ...made, platform, process.arch, systemName()]).slice(0, 32);
  const prefix = join(virglrendererFolder(options.cache), key);
  const lock = { ...options, what: 'the build of virglrenderer' };
  await using _held = await acquireLock(virglrendererLock(options.cache, key), lock);
  if ((await readFile(join(prefix, doneName), 'utf8').catch(() => '')) !== key) {
    await install({ source, revision, parts, toolchain, prefix, platform }, options);
    await writeFileAtomically(join(prefix, doneName), key);
  }
  await noteUse(prefix, doneName);
  return { key, ...(await placed(prefix, platform, toolchain)) };
}

interface Installation {
  readonly source: Source;
  readonly revision: Revision;
  readonly parts: readonly Part[];
  readonly toolchain: Toolchain;
  readonly prefix: string;
  readonly platform: NodeJS.Platform;
}

async function install(
  { source, revision, parts, toolchain, prefix, platform }: Installation,
  options: BuildOptions,
): Promise<void> {
  if (!onPath('meson', options.environment)) throw measurementError('there is no meson on PATH', installHint('meson'));
  await using slot = await openSlot(source, 'virglrenderer', options);
  await forgetTree(slot.folder);
  const log = join(slot.folder, 'build.log');
  const environment = { ...toolchain.environment, ...nativeTools(platform) };
  const step = { folder: slot.workTree, environment, log, signal: options.signal, hint: '' };
  const task = `building virglrenderer (${revision.commit.slice(0, 10)})`;
  const work = async () => {
    await checkOut(source, slot, { tree: revision.tree, parts, loader: setupWords }, options);
    await rm(slot.buildFolder, { recursive: true, force: true });
    await rm(prefix, { recursive: true, force: true });
    options.progress({ kind: 'task-started', task });
    const begun = performance.now();
    const setup = await runStep('meson', ['setup', slot.buildFolder, `--prefix=${prefix}`, ...setupWords], step);
    if (!setup.ok) throw failed('configured', setup, log);
    const installed = await runStep(toolchain.ninja, ['-C', slot.buildFolder, 'install'], step);
    if (!installed.ok) throw failed('compiled', installed, log);
    options.progress({ kind: 'task-ended', task, seconds: (performance.now() - begun) / 1000, detail: '' });
  };
  try {
    await work();
  } finally {
    await noteTree(slot.folder, options);
  }
}

const setupWords = ['-Dvenus=true', '--libdir=lib', '--buildtype=release'];

async function placed(
  prefix: string,
  platform: NodeJS.Platform,
  toolchain: Toolchain,
): Promise<Pick<Virglrenderer, 'toolchain' | 'environment'>> {
  const libraries = join(prefix, 'lib');
  const before = toolchain.environment.PKG_CONFIG_PATH;
  const found = [join(libraries, 'pkgconfig'), ...(before === undefined ? [] : [before])].join(':');
  const server = join(prefix, 'libexec/virgl_render_server');
  const hasServer = (await stat(server).catch(() => null)) !== null;
  return {
    toolchain: { ...toolchain, environment: { ...toolchain.environment, PKG_CONFIG_PATH: found } },
    environment: {
      [platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: libraries,
      ...(hasServer ? { RENDER_SERVER_EXEC_PATH: server } : {}),
    },
  };
}

function failed(what: string, end: StepEnd, log: string): Error {
  const { what: reason, hint } = what === 'configured' ? configureFailure(end.output) : { what: '', hint: '' };
  const said = reason || firstFailure(end.output) || end.how;
  return measurementError(
    `virglrenderer cannot be ${what}: ${said}`,
    `${hint ? `${hint}\n` : ''}the whole output: ${log}`,
  );
}
