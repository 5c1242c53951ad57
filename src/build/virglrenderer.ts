// virglrenderer from source, built before QEMU and linked against: meson setup, ninja install into a folder of the cache.
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildSpec } from '../model/build.ts';
import { measurementError } from '../model/errors.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { hashValue } from '../store/digest.ts';
import { acquireLock } from '../store/lock.ts';
import { doneName, forgetTree, noteTree, noteUse, virglrendererFolder } from './builds.ts';
import { firstFailure } from './compiler-errors.ts';
import { configureFailure, installHint } from './missing.ts';
import type { BuildOptions } from './options.ts';
import { nativeTools } from './presets.ts';
import { readRevision } from './revision.ts';
import { openSource } from './source.ts';
import { runStep, type StepEnd } from './steps.ts';
import { systemName } from './system-name.ts';
import { onPath, type Toolchain } from './toolchain.ts';
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
  const { compilerVersion, dependencies } = toolchain;
  const made = [revision.tree, setupWords, compilerVersion, dependencies];
  const key = hashValue([2, ...made, platform, process.arch, systemName()]).slice(0, 32);
  const prefix = join(virglrendererFolder(options.cache), key);
  await mkdir(virglrendererFolder(options.cache), { recursive: true });
  const done = join(prefix, doneName);
  if ((await readFile(done, 'utf8').catch(() => '')) !== key) {
    await using _held = await acquireLock(`${prefix}.lock`, { ...options, what: 'the build of virglrenderer' });
    if ((await readFile(done, 'utf8').catch(() => '')) !== key) {
      if (!onPath('meson', options.environment))
        throw measurementError('there is no meson on PATH', installHint('meson'));
      await using slot = await openSlot(source, 'virglrenderer', options);
      await forgetTree(slot.folder);
      await checkOut(source, slot, revision.tree, options);
      await rm(slot.buildFolder, { recursive: true, force: true });
      await rm(prefix, { recursive: true, force: true });
      const log = join(slot.folder, 'build.log');
      const environment = { ...toolchain.environment, ...nativeTools(platform) };
      const step = { folder: slot.workTree, environment, log, signal: options.signal, hint: '' };
      const task = `building virglrenderer (${revision.commit.slice(0, 10)})`;
      options.progress({ kind: 'task-started', task });
      const begun = performance.now();
      const setup = await runStep('meson', ['setup', slot.buildFolder, `--prefix=${prefix}`, ...setupWords], step);
      if (!setup.ok) throw failed('configured', setup, log);
      const installed = await runStep(toolchain.ninja, ['-C', slot.buildFolder, 'install'], step);
      if (!installed.ok) throw failed('compiled', installed, log);
      await writeFileAtomically(done, key);
      await noteTree(slot.folder);
      options.progress({ kind: 'task-ended', task, seconds: (performance.now() - begun) / 1000, detail: '' });
    }
  }
  await noteUse(prefix, doneName);
  return { key, ...(await placed(prefix, platform, toolchain)) };
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
    `${hint ? `${hint}\n` : ''}The whole output: ${log}`,
  );
}
