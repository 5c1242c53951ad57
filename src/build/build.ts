// One side from source: spec -> revision -> patches -> key -> a finished build from the cache, or configure, ninja, sign, keep.
import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../host/processes.ts';
import { requireFiles } from '../host/require-files.ts';
import type { BuildFacts, BuildSpec } from '../model/build.ts';
import { measurementError, usageError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { Emulator } from '../model/launch-plan.ts';
import { firstLine } from '../model/plain-text.ts';
import { formatCount } from '../model/units.ts';
import { sweepWorkFolders } from '../store/atomic.ts';
import { acquireLock } from '../store/lock.ts';
import { type FoundBuild, findBuild, firmwareName, keepBuild, loadBuild } from './builds.ts';
import { type Compiled, compile } from './compile.ts';
import { type BuiltDependencies, buildDependencies } from './dependencies.ts';
import { evictBuilds, forgetTree, noteTree } from './eviction.ts';
import { diskFull, isDiskFull, sourceFault } from './faults.ts';
import { firmwareOf } from './firmware.ts';
import type { BuildOptions } from './options.ts';
import { patchFiles } from './patch-files.ts';
import { applyPatches, type Patched } from './patches.ts';
import { buildLock, keyOf, workPlace } from './places.ts';
import { type ConfigurePlan, planConfigure } from './presets.ts';
import { type Revision, readRevision } from './revision.ts';
import { ensureSigned } from './signing.ts';
import { openSource, type Source } from './source.ts';
import { findToolchain, homebrewPrefix, systemKey, type Toolchain, toolchainKey } from './toolchain.ts';
import { type Part, partsKey, readParts } from './tree-parts.ts';
import { checkOut, openSlot } from './worktree.ts';

export interface BuildRequest {
  readonly spec: BuildSpec;
  readonly architecture: Architecture;
  /** Names the work tree that is kept for the next time: `base`, `head`. */
  readonly slot: string;
  /** Which one it is of those that a run needs: `build 1 of 2`; absent: the only one. */
  readonly count?: string;
}

export interface BuiltEmulator {
  readonly emulator: Emulator & { readonly build: BuildFacts };
  /** null: it was in the cache. */
  readonly made: Compiled | null;
  /** It was made or loaded just now: its first boot will not be like the others. */
  readonly isNew: boolean;
}

/** An emulator of the spec. Throws a usage error for what cannot be read or patched, a measurement error for what does not build. */
export function buildEmulator(request: BuildRequest, options: BuildOptions): Promise<BuiltEmulator> {
  return tellingOfFullDisks(options, async () => {
    const planned = await planBuild(request, options);
    const { facts, spec } = planned;
    const lock = { ...options, what: `the build of ${planned.what}` };
    await using _lock = await acquireLock(buildLock(options.cache, facts.key), lock);
    const { libraries } = planned.toolchain;
    let found = await findBuild(facts.key, libraries, options);
    let made: Compiled | null = null;
    if (found === null) {
      found = await loadBuild(facts.key, libraries, options);
      if (found !== null) await makeRoom(options);
      else ({ found, made } = await make(planned, request.count, options));
    }
    const { folder, manifest } = found;
    const firmware = Object.keys(manifest.firmware).length === 0 ? [] : ['-L', join(folder, firmwareName)];
    const emulator = {
      origin: 'build' as const,
      program: join(folder, manifest.program),
      leadingArguments: firmware,
      environment: { ...planned.dependencies.environment, ...spec.environment },
      version: manifest.version,
      digest: manifest.digest,
      build: {
        ...facts,
        dependencies: { ...libraries.versionsOf(manifest.asked.packages), ...planned.dependencies.versions },
        key: manifest.key,
      },
    };
    return { emulator, made, isNew: found.isNew };
  });
}

/**
 * Proves what can be proved without building anything: source, ref, patches and tools. For a caller with several sides, none of
 * which shall be built when another one cannot be. Throws as buildEmulator does.
 */
export function checkBuild(spec: BuildSpec, options: BuildOptions): Promise<void> {
  return tellingOfFullDisks(options, async () => {
    await readTree(spec, options);
    await findToolchain(spec.configure, options);
    for (const { source, ref } of spec.dependencies)
      await readRevision(await openSource(source, options), ref, options);
  });
}

async function tellingOfFullDisks<T>({ cache }: BuildOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDiskFull(error) ? diskFull(join(cache, 'build')) : error;
  }
}

interface PlannedBuild {
  readonly spec: BuildSpec;
  readonly source: Source;
  readonly parts: readonly Part[];
  readonly slot: string;
  /** For people: `head (1a2b3c4, 1 patch)`. */
  readonly what: string;
  readonly plan: ConfigurePlan;
  readonly toolchain: Toolchain;
  readonly dependencies: BuiltDependencies;
  readonly facts: BuildFacts;
}

interface Tree {
  readonly source: Source;
  readonly revision: Revision;
  readonly patched: Patched;
}

async function readTree(spec: BuildSpec, options: BuildOptions): Promise<Tree> {
  await requirePlainCache(options);
  if (spec.python !== null) await requireFiles([{ key: 'python', path: spec.python, is: 'file' }], 'qemu');
  const source = await openSource(spec.source, options);
  const revision = await readRevision(source, spec.ref, options);
  const patched = await applyPatches(source, revision.tree, await patchFiles(spec.patches), options);
  return { source, revision, patched };
}

/** QEMU's configure refuses such a place, and so do the flags and files by which it is told where dependencies and tools lie. */
async function requirePlainCache({ cache }: BuildOptions): Promise<void> {
  const places = [cache, await realpath(cache).catch(() => cache)];
  const place = places.find((path) => /[\s:]/.test(path));
  if (place === undefined) return;
  throw usageError(
    `QEMU cannot be built in the cache folder '${place}': its configure takes no path with spaces or colons`,
    'set BOOTGAUGE_CACHE to a folder without them',
  );
}

/** All that can be said before QEMU is checked out; its dependencies are built, since what they give is a part of the key. */
async function planBuild({ spec, architecture, slot }: BuildRequest, options: BuildOptions): Promise<PlannedBuild> {
  const { source, revision, patched } = await readTree(spec, options);
  const parts = await readParts(source, patched.tree, options);
  const bare = await findToolchain(spec.configure, options);
  const dependencies = await buildDependencies(spec.dependencies, bare, options);
  const { toolchain, prefixes } = dependencies;
  const platform = options.platform ?? process.platform;
  const homebrew = homebrewPrefix(options.environment, platform);
  const plan = planConfigure(spec, architecture, { platform, processor: process.arch, homebrew, prefixes });
  const content = [
    ...[9, patched.tree, partsKey(parts), plan.flags, plan.files, plan.environment, plan.target],
    ...[toolchainKey(bare), ...systemKey(options), dependencies.keys],
  ];
  const facts: BuildFacts = {
    commit: revision.commit,
    subject: revision.subject,
    ref: spec.ref ?? '',
    uncommitted: revision.uncommitted,
    patches: patched.patches,
    tree: patched.tree,
    configure: plan.flags,
    compiler: toolchain.compilerVersion,
    dependencies: {},
    ...(dependencies.keys.length === 0 ? {} : { dependencyKeys: dependencies.keys }),
    key: keyOf(content, bare.libraries),
  };
  return { spec, source, parts, slot, what: describe(slot, facts), plan, toolchain, dependencies, facts };
}

function describe(slot: string, { commit, patches, uncommitted }: BuildFacts): string {
  const applied = patches.filter(({ state }) => state === 'applied').length;
  const parts = [commit.slice(0, 10)];
  if (uncommitted !== null) parts.push('uncommitted changes');
  if (applied > 0) parts.push(`${applied} ${applied === 1 ? 'patch' : 'patches'}`);
  return `${slot} (${parts.join(', ')})`;
}

async function make(
  { source, parts, slot: name, what, plan, toolchain, facts, dependencies }: PlannedBuild,
  count: string | undefined,
  options: BuildOptions,
): Promise<{ readonly found: FoundBuild; readonly made: Compiled }> {
  await sweepWorkFolders(workPlace(options.cache));
  await using slot = await openSlot(source, `${name}-${plan.target}`, options);
  const log = join(slot.folder, 'build.log');
  await rm(log, { force: true });
  await forgetTree(slot.folder);
  let made: Compiled;
  let found: FoundBuild;
  try {
    await checkOut(source, slot, { tree: facts.tree, parts, loader: plan.flags }, options);
    const task = count === undefined ? what : `${what}, ${count}`;
    made = await compile({ what, task, slot, plan, toolchain, parts, log }, options);
    await ensureSigned(made.program, slot.workTree, slot.folder, options);
    const version = await versionOf(made.program, what, dependencies.environment, options);
    const firmware = await firmwareOf(slot);
    const { program, asked } = made;
    const finished = { key: facts.key, program, name: plan.target, version, firmware, asked };
    found = await keepBuild(finished, options);
  } finally {
    // A tree that does not build takes as much room as one that does.
    await noteTree(slot.folder, options);
  }
  await makeRoom(options);
  return { found, made };
}

async function makeRoom(options: BuildOptions): Promise<void> {
  const removed = await evictBuilds(options);
  if (removed.length === 0) return;
  options.progress({
    kind: 'note',
    text: `removed ${formatCount(removed.length, 'build')} from the cache, those unused for the longest time`,
  });
}

async function versionOf(
  program: string,
  what: string,
  environment: Readonly<Record<string, string>>,
  options: BuildOptions,
): Promise<string> {
  const answer = await runProgram(program, ['--version'], { timeoutMs: 20_000, environment, signal: options.signal });
  const version = firstLine(answer.stdout);
  if (/^QEMU emulator version \d/.test(version)) return version;
  if (answer.timedOut || answer.signal === 'SIGKILL') {
    const how = answer.timedOut ? 'did not answer in 20 s' : 'was killed';
    throw measurementError(
      `${what} was built, but ${how} when asked for its version`,
      'check that the machine has enough memory',
    );
  }
  const why = firstLine(answer.stderr) || answer.signal || `code ${answer.code}`;
  throw sourceFault(`${what} was built but does not run: ${why}`, 'check that it finds its libraries');
}
