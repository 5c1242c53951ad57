// Measures for a gate, in one line: whose rules hold, which commit head is compared with, which sides are booted with whose files, one
// measurement, and its run kept for the next time somebody runs the job again.
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CommandContext } from '../cli/context.ts';
import { cacheOf } from '../cli/kit-options.ts';
import { temporaryFolder } from '../host/processes.ts';
import { keepRun } from '../measure/earlier-runs.ts';
import { type ReportedRun, runScenarios } from '../measure/measure.ts';
import type { SharedBuilds } from '../model/build.ts';
import { usageError } from '../model/errors.ts';
import type { MeasurementInputs, StoredGate } from '../model/gate.ts';
import { changesOfHead } from './changes.ts';
import { neededCommit, requireCheckedOut, startOfChanges } from './commits.ts';
import { realBelow, repositoryOf } from './git.ts';
import { heldScenario, holdInPlace } from './held-files.ts';
import { notHeld } from './not-held.ts';
import { type Rules, rulesFor } from './rules.ts';
import { sidesToMeasure } from './sides.ts';

export interface GateRequest {
  readonly inputs: MeasurementInputs;
  /** Absolute path of the folder of the project. */
  readonly folder: string;
  /** Absolute path of the folder that holds all checkouts; repositories are looked for from there downwards. */
  readonly workspace: string;
  /** Receives the run; must outlive the caller's use of it. */
  readonly output: string;
  readonly commits: GateCommits;
  /** Path of the workflow file from the top of the repository; empty where it is not known. */
  readonly workflow: string;
  /** Finished builds of other runners; a recording uses none. null: none are to be used. */
  readonly shared: SharedBuilds | null;
}

export interface GateCommits {
  /** Commit or branch that decides limits and baselines; empty: the files as they lie there. */
  readonly gateRef: string;
  /** Commit or branch that head is compared with where both are built; empty: none. */
  readonly compareRef: string;
  /** The pull request's head commit, or empty. */
  readonly headSha: string;
  /** What must be checked out, or the merge that GitHub makes of it, and what to do where it is not; null: anything. */
  readonly checkedOut: { readonly commit: string; readonly hint: string } | null;
  /** Runs of pull requests share nothing that a recording reads. */
  readonly trust: 'pull-request' | 'own';
}

export interface GateResult extends StoredGate, ReportedRun {
  readonly onUndecided: 'pass' | 'fail';
}

export async function measureGate(asked: GateRequest, context: CommandContext): Promise<GateResult> {
  // git tells real paths, and the workspace may have been named by way of a link.
  const request = { ...asked, folder: realBelow(asked.folder, asked.workspace) };
  const { inputs, folder, workspace, output, commits } = request;
  if (inputs.mode === 'record' && commits.trust === 'pull-request') {
    throw usageError('a pull request cannot record a baseline', 'record on the main branch, by hand: see baseline.yml');
  }
  await mkdir(output, { recursive: true });
  const compared = await comparedCommit(request);
  const rules = await rulesFor({ folder, workspace, output, file: inputs.config, gateRef: commits.gateRef });
  const { config, held } = rules;
  const sides = sidesToMeasure(config, { inputs, folder, compared });
  const scenarios = held === null ? sides : await Promise.all(sides.map((scenario) => heldScenario(scenario, held)));
  await using _inPlace = held === null ? null : await holdInPlace(scenarios, held);
  const onUndecided = inputs.onUndecided ?? config.onUndecided;
  await using cache = await cacheFor(request, context);
  const environment = { ...context.environment, ...compilerCaches(cache.path), BOOTGAUGE_CACHE: cache.path };
  const ran = await runScenarios({
    config,
    scenarios,
    onUndecided,
    context: { ...context, environment },
    root: rules.root,
    earlierRoot: cache.path,
    shared: inputs.mode === 'record' ? null : request.shared,
    identicalSides: inputs.mode === 'soak' ? 'boot' : 'spare',
  });
  // The job's own folder is gone when somebody runs the job again.
  await keepRun(ran.folder, cache.path, context.progress);
  const { changes, notes } = await changesOf(rules, commits.headSha, request.workflow);
  const allNotes = [...rules.notes, ...notes, ...(held === null ? [] : notHeld(scenarios, held))];
  return { ...ran, onUndecided, baseSha: compared, gateChanges: changes, notes: allNotes };
}

/** Also those of files that were held, as a launcher, and of the workflow, which nobody here can hold. */
async function changesOf({ held, decides }: Rules, head: string, workflow: string) {
  if (held === null || decides === null) return { changes: [], notes: [] };
  const paths = [...(workflow === '' ? [] : [workflow]), ...decides.paths, ...[...held.used].sort()];
  const { changes, notes } = await changesOfHead(held.repository, { base: decides.commit, head, paths });
  return { changes: changes.map((each) => (each.path === workflow ? { ...each, ran: true as const } : each)), notes };
}

/** The commit that head's changes start from, in the repository that is built, else in the project's; empty without any. */
async function comparedCommit({ folder, workspace, inputs, commits }: GateRequest): Promise<string> {
  const { compareRef, headSha, checkedOut } = commits;
  const repository = await repositoryOf(realBelow(resolve(folder, inputs.qemuSource), workspace), workspace);
  if (repository === null) {
    if (commits.trust === 'own' && inputs.qemuSource === '') return '';
    throw usageError(`${inputs.qemuSource || folder} is not a git repository`, 'run actions/checkout before this step');
  }
  if (checkedOut !== null) await requireCheckedOut(repository, checkedOut.commit, checkedOut.hint);
  if (compareRef === '') return '';
  return startOfChanges(repository, await neededCommit(repository, compareRef), headSha);
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
async function cacheFor({ inputs, commits }: GateRequest, context: CommandContext): Promise<Cache> {
  if (inputs.mode === 'record') return temporaryFolder('bootgauge-record-');
  const path = join(cacheOf(context), commits.trust === 'own' ? 'own' : 'pull-requests');
  return { path, [Symbol.asyncDispose]: async () => {} };
}
