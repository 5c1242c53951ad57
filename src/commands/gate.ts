// Measures for a gate: the limits and baselines of the base commit, head's emulator, one measurement at a time on a machine.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { type Config, configFileName, loadConfig, parseConfig } from '../config/config.ts';
import { qemuChoice } from '../config/qemu.ts';
import { type Overrides, scenariosOf } from '../config/scenarios.ts';
import { parseDuration } from '../config/units.ts';
import { temporaryFolder } from '../host/processes.ts';
import { usageError } from '../model/errors.ts';
import type { Report } from '../model/report.ts';
import type { Scenario, SideSpec } from '../model/scenario.ts';
import { cacheFolder } from '../store/cache-folder.ts';
import {
  changesSince,
  fileAt,
  type GateChange,
  neededCommit,
  type Repository,
  repositoryOf,
  startOfChanges,
  writeFilesOf,
} from './base-files.ts';
import type { CommandContext } from './context.ts';
import { runScenarios } from './run.ts';

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
  readonly boots: number | null;
  readonly maxBoots: number | null;
  readonly timeBudget: string;
  readonly onUndecided: 'pass' | 'fail' | null;
  /** Commit or branch that decides limits and baselines; empty: the files as they lie there. */
  readonly gateRef: string;
  /** The pull request's head commit, or empty. */
  readonly headSha: string;
  /** Runs of pull requests share nothing that a recording reads. */
  readonly trust: 'pull-request' | 'own';
}

export interface GateResult {
  readonly folder: string;
  readonly files: readonly string[];
  readonly report: Report;
  readonly onUndecided: 'pass' | 'fail';
  /** Commit that head is compared with or held to; empty when there is none. */
  readonly baseSha: string;
  readonly gateChanges: readonly GateChange[];
  /** Sentences for the reader of the report. */
  readonly notes: readonly string[];
}

export async function measureGate(request: GateRequest, context: CommandContext): Promise<GateResult> {
  if (request.mode === 'record' && request.trust === 'pull-request') {
    throw usageError(
      'a pull request cannot record a baseline',
      'Record on the main branch, by hand: see baseline.yml.',
    );
  }
  const gate = await readGate(request);
  const overrides = overridesOf(request, context);
  const chosen = scenariosOf(gate.config, request.scenarios, overrides);
  const scenarios = chosen.map((scenario) => sidesFor(withHeadFiles(scenario, request), request));
  const onUndecided = request.onUndecided ?? gate.config.onUndecided;
  await using cache = await cacheFor(request, context);
  const environment = { ...context.environment, BOOTGAUGE_CACHE: cache.path };
  const ran = await runScenarios({
    config: { ...gate.config, folder: request.folder },
    scenarios,
    onUndecided,
    context: { ...context, environment },
    root: request.output,
  });
  return { ...ran, onUndecided, baseSha: gate.baseSha, gateChanges: gate.changes, notes: gate.notes };
}

interface Gate {
  readonly config: Config;
  readonly baseSha: string;
  readonly changes: readonly GateChange[];
  readonly notes: readonly string[];
}

async function readGate(request: GateRequest): Promise<Gate> {
  const { folder, output, gateRef } = request;
  await mkdir(output, { recursive: true });
  const repository = gateRef === '' ? null : await repositoryOf(folder);
  if (gateRef !== '' && repository === null) {
    throw usageError(`${folder} is no git repository`, 'Run actions/checkout before this step.');
  }
  if (repository === null) return ownGate(request);
  const commit = await neededCommit(repository, gateRef);
  const start = await startOfChanges(repository, commit, request.headSha);
  const from = relative(repository.top, folder);
  const configPath = join(from, request.config || configFileName);
  if (configPath.startsWith('..') || isAbsolute(configPath)) {
    throw usageError(`the configuration ${request.config} lies outside the repository`);
  }
  const text = await fileAt(repository, commit, configPath);
  const place = dirname(configPath);
  const baselines = join(place, 'baselines');
  await writeFilesOf(repository, commit, { path: baselines, from: place, folder: output });
  const changes = await changesSince(repository, start, [configPath, baselines]);
  if (text === null) {
    const known = request.config !== '' || existsSync(join(folder, configFileName));
    const config = loadConfig(folder, known ? request.config || configFileName : undefined);
    const note = `The base ${commit.slice(0, 10)} has no ${configPath}: the limits are this change's own.`;
    return { config, baseSha: start, changes: [], notes: known ? [note] : [] };
  }
  const name = `${configPath} at ${commit.slice(0, 10)}`;
  const config = parseConfig(text, { path: join(output, request.config || configFileName), name });
  await writeKeyring(repository, commit, { config, place, output });
  return { config, baseSha: start, changes, notes: [] };
}

/** Pushes and dispatches on a branch of one's own: the files that lie there. Baselines are copied beside the run. */
async function ownGate({ folder, output, config: file }: GateRequest): Promise<Gate> {
  const config = loadConfig(folder, file || undefined);
  const { cp } = await import('node:fs/promises');
  const baselines = join(config.folder, 'baselines');
  if (existsSync(baselines)) await cp(baselines, join(output, 'baselines'), { recursive: true });
  return { config, baseSha: '', changes: [], notes: [] };
}

/** The keyring decides which packages are believed. */
async function writeKeyring(
  repository: Repository,
  commit: string,
  { config, place, output }: { readonly config: Config; readonly place: string; readonly output: string },
): Promise<void> {
  const keyring = config.kit.keyring === null ? '..' : relative(output, config.kit.keyring);
  if (keyring.startsWith('..') || isAbsolute(keyring)) return;
  await writeFilesOf(repository, commit, { path: join(place, keyring), from: place, folder: output });
}

/** Emulators that the base's configuration names by file are what head has built there. */
function withHeadFiles(scenario: Scenario, { folder, output }: GateRequest): Scenario {
  const moved = (side: SideSpec): SideSpec => {
    if (side.qemu.from !== 'file') return side;
    const inside = relative(output, side.qemu.path);
    if (inside.startsWith('..') || isAbsolute(inside)) return side;
    return { ...side, qemu: { from: 'file', path: resolve(folder, inside) } };
  };
  return { ...scenario, head: moved(scenario.head), base: scenario.base === null ? null : moved(scenario.base) };
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
    'Give the input `qemu-source` or `base-qemu`, or the scenario a `base:`; or use mode baseline.',
  );
}

function overridesOf(request: GateRequest, context: CommandContext): Overrides {
  const { boots, maxBoots, timeBudget, qemu } = request;
  const budget = timeBudget === '' ? null : parseDuration(timeBudget);
  if (budget !== null && 'problem' in budget) throw usageError(`\`time-budget\`: ${budget.problem}`);
  void context;
  return {
    ...(boots === null ? {} : { boots }),
    ...(maxBoots === null ? {} : { maxBoots }),
    ...(budget === null ? {} : { timeBudgetMs: budget.value }),
    ...(qemu === '' ? {} : { qemu: qemuChoice(qemu, request.folder) }),
  };
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
