// Measures for a gate: the limits and baselines of the base commit, head's emulator, one measurement at a time on a machine.
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { CommandContext } from '../cli/context.ts';
import { type Config, loadConfig, parseConfig } from '../config/config.ts';
import { qemuChoice, withQemu } from '../config/qemu.ts';
import { type Overrides, scenariosOf } from '../config/scenarios.ts';
import { temporaryFolder } from '../host/processes.ts';
import { keepRun } from '../measure/earlier-runs.ts';
import { runScenarios } from '../measure/measure.ts';
import type { SharedBuilds } from '../model/build.ts';
import { usageError } from '../model/errors.ts';
import { configFileName } from '../model/file-names.ts';
import type { GateChange, StoredGate } from '../model/gate.ts';
import type { Report } from '../model/report.ts';
import type { Scenario } from '../model/scenario.ts';
import { parseDuration } from '../model/units.ts';
import { cacheFolder } from '../store/cache-folder.ts';
import {
  changesOfHead,
  extractFiles,
  fileAt,
  filesAt,
  neededCommit,
  repositoryOf,
  startOfChanges,
} from './base-files.ts';
import { type Held, heldFile, heldScenario, holdInPlace } from './held-files.ts';

export interface GateRequest {
  /** Absolute path of the folder of the project. */
  readonly folder: string;
  /** Receives the run; must outlive the caller's use of it. */
  readonly output: string;
  readonly mode: 'auto' | 'paired' | 'baseline' | 'record';
  /** Relative to `folder`; empty: bootgauge.yml. */
  readonly config: string;
  readonly scenarios: readonly string[];
  readonly qemu: string;
  readonly baseQemu: string;
  /** Folder of QEMU's source, relative to `folder`; empty: QEMU is not built, or as the configuration says. */
  readonly qemuSource: string;
  /** Applied to head's source, relative to `folder`. */
  readonly patches: readonly string[];
  readonly boots: number | null;
  readonly maxBoots: number | null;
  readonly timeBudget: string;
  readonly onUndecided: 'pass' | 'fail' | null;
  /** Commit or branch that decides limits and baselines; empty: the files as they lie there. */
  readonly gateRef: string;
  /** Commit or branch that head is compared with where both are built; empty: none. */
  readonly compareRef: string;
  /** The pull request's head commit, or empty. */
  readonly headSha: string;
  /** Finished builds of other runners; a recording uses none. null: none are to be used. */
  readonly shared: SharedBuilds | null;
  /** Runs of pull requests share nothing that a recording reads. */
  readonly trust: 'pull-request' | 'own';
}

export interface GateResult extends StoredGate {
  readonly folder: string;
  readonly files: readonly string[];
  readonly report: Report;
  readonly onUndecided: 'pass' | 'fail';
}

export async function measureGate(request: GateRequest, context: CommandContext): Promise<GateResult> {
  if (request.mode === 'record' && request.trust === 'pull-request') {
    throw usageError(
      'a pull request cannot record a baseline',
      'Record on the main branch, by hand: see baseline.yml.',
    );
  }
  await mkdir(request.output, { recursive: true });
  const gate = request.gateRef === '' ? await ownGate(request) : await baseGate(request);
  const compared = await comparedCommit(request);
  const { config, held } = gate;
  const chosen = scenariosOf(config, request.scenarios, overridesOf(request, config, compared));
  const paired = chosen.map((scenario) => sidesFor(scenario, request));
  const scenarios = held === null ? paired : await Promise.all(paired.map((scenario) => heldScenario(scenario, held)));
  await using _launchers = held === null ? null : await holdInPlace(scenarios, held);
  const onUndecided = request.onUndecided ?? config.onUndecided;
  await using cache = await cacheFor(request, context);
  const environment = { ...context.environment, ...compilerCaches(cache.path), BOOTGAUGE_CACHE: cache.path };
  const ran = await runScenarios({
    config,
    scenarios,
    onUndecided,
    context: { ...context, environment },
    root: gate.root,
    earlierRoot: cache.path,
    shared: request.mode === 'record' ? null : request.shared,
  });
  // The job's own folder is gone when somebody runs the job again.
  await keepRun(ran.folder, cache.path, context.progress);
  return { ...ran, onUndecided, baseSha: compared, gateChanges: gate.changes, notes: gate.notes };
}

interface Gate {
  readonly config: Config;
  /** Holds the baselines that count and receives the run. */
  readonly root: string;
  readonly changes: readonly GateChange[];
  readonly notes: readonly string[];
  /** Whose files are used; null: the ones that lie there. */
  readonly held: Held | null;
}

/** Limits, baselines and the guest's files as the base commit has them; what head changed in them is only told. */
async function baseGate(request: GateRequest): Promise<Gate> {
  const { folder, output, gateRef } = request;
  const repository = await repositoryOf(folder);
  if (repository === null) throw usageError(`${folder} is no git repository`, 'Run actions/checkout before this step.');
  const commit = await neededCommit(repository, gateRef);
  const configPath = join(relative(repository.top, folder), request.config || configFileName);
  if (configPath.startsWith('..') || isAbsolute(configPath)) {
    throw usageError(`the configuration ${request.config} lies outside the repository`);
  }
  const text = await fileAt(repository, commit, configPath);
  const baselines = join(dirname(configPath), 'baselines');
  const root = join(output, dirname(configPath));
  await mkdir(root, { recursive: true });
  await extractFiles(repository, commit, await filesAt(repository, commit, baselines), output);
  const held = { repository, commit, folder: output };
  if (text === null) {
    const known = request.config !== '' || existsSync(join(folder, configFileName));
    const config = loadConfig(folder, known ? request.config || configFileName : undefined);
    const note = `The base ${commit.slice(0, 10)} has no ${configPath}: the limits are this change's own.`;
    return { config, root, changes: [], notes: known ? [note] : [], held };
  }
  const name = `${configPath} at ${commit.slice(0, 10)}`;
  const written = parseConfig(text, { path: join(folder, request.config || configFileName), name });
  const keyring = written.kit.keyring === null ? null : await heldFile(written.kit.keyring, held);
  const since = { base: commit, head: request.headSha, paths: [configPath, baselines] };
  const { changes, notes } = await changesOfHead(repository, since);
  return { config: { ...written, kit: { ...written.kit, keyring } }, root, changes, notes, held };
}

/** Pushes and dispatches on a branch of one's own: the files that lie there. Baselines are copied beside the run. */
async function ownGate({ folder, output, config: file }: GateRequest): Promise<Gate> {
  const config = loadConfig(folder, file || undefined);
  const baselines = join(config.folder, 'baselines');
  if (existsSync(baselines)) await cp(baselines, join(output, 'baselines'), { recursive: true });
  return { config, root: output, changes: [], notes: [], held: null };
}

/** The commit that head's changes start from, in the repository that is built, else in the project's; empty without any. */
async function comparedCommit({ folder, qemuSource, compareRef, headSha }: GateRequest): Promise<string> {
  if (compareRef === '') return '';
  const repository = await repositoryOf(resolve(folder, qemuSource));
  if (repository === null) return '';
  return startOfChanges(repository, await neededCommit(repository, compareRef), headSha);
}

function sidesFor(scenario: Scenario, request: GateRequest): Scenario {
  const { mode, baseQemu, folder } = request;
  if (mode === 'baseline' || mode === 'record') return { ...scenario, base: null };
  if (baseQemu !== '') {
    const base = scenario.base ?? scenario.head;
    return { ...scenario, base: { ...base, qemu: qemuChoice(baseQemu, folder) } };
  }
  if (mode === 'auto' || scenario.base !== null) return scenario;
  throw usageError(
    `${scenario.id} has nothing to be compared with in mode paired`,
    'Give the input `qemu-source` and a base, or `base-qemu`, or the scenario a `base:`; or use mode baseline.',
  );
}

function overridesOf(request: GateRequest, config: Config, compared: string): Overrides {
  const { boots, maxBoots, timeBudget, qemu, qemuSource, patches, folder } = request;
  const budget = timeBudget === '' ? null : parseDuration(timeBudget);
  if (budget !== null && 'problem' in budget) throw usageError(`\`time-budget\`: ${budget.problem}`);
  const built =
    qemuSource === '' ? {} : { qemu: withQemu(config.qemu, { source: resolve(folder, qemuSource) }, folder) };
  const head = patches.length === 0 ? {} : { head: { patches: patches.map((path) => resolve(folder, path)) } };
  return {
    ...(boots === null ? {} : { boots }),
    ...(maxBoots === null ? {} : { maxBoots }),
    ...(budget === null ? {} : { timeBudgetMs: budget.value }),
    ...(qemu === '' ? built : { qemu: qemuChoice(qemu, folder) }),
    ...head,
    ...(qemuSource === '' || compared === '' ? {} : { base: { ref: compared } }),
  };
}

/** Object files that a pull request has compiled are never linked into what a recording measures. */
function compilerCaches(folder: string): Record<string, string | undefined> {
  const own = { CCACHE_DIR: join(folder, 'ccache'), SCCACHE_DIR: join(folder, 'sccache') };
  return { ...own, CCACHE_REMOTE_STORAGE: undefined, CCACHE_CONFIGPATH: undefined };
}

interface Cache extends AsyncDisposable {
  readonly path: string;
}

/** A recording makes everything anew; pull requests have a cache of their own. */
async function cacheFor(request: GateRequest, context: CommandContext): Promise<Cache> {
  if (request.mode === 'record') return temporaryFolder('bootgauge-record-');
  const path = join(cacheFolder(context.environment, homedir()), request.trust === 'own' ? 'own' : 'pull-requests');
  return { path, [Symbol.asyncDispose]: async () => {} };
}
