// Recorded runs as sessions that later ones are compared with: accepted into the baselines of the repository, or taken just once.
import { join } from 'node:path';
import { analyze, seriesOf, vulkanIdentityOf } from '../analyze.ts';
import type { BaselineSession } from '../model/baseline.ts';
import { usageError } from '../model/errors.ts';
import { mainMetricOf } from '../model/readiness.ts';
import { countsJoint, type RecordedRun, type RecordedScenario } from '../model/run.ts';
import { partsOf } from '../runs/parts.ts';
import { addSession } from '../store/baseline-file.ts';
import { sessionOf } from '../trend/session.ts';
import { unfitReason } from '../verdict/unfit.ts';

export interface AcceptRequest {
  /** Folder that holds `baselines`. */
  readonly folder: string;
  /** Why a regression is accepted; empty: none is. */
  readonly intended: string;
  /** Why a session is accepted though its boots are suspect; empty: none is. */
  readonly forced: string;
  /** Newest sessions to keep in each file; undefined: as many as usual. */
  readonly keep: number | undefined;
}

export interface AcceptedSession {
  readonly path: string;
  /** All that the file holds now. */
  readonly sessions: readonly BaselineSession[];
  /** The time until its guest is ready. */
  readonly metric: string;
}

/** Adds the head boots of a run to its baselines, file by file. Throws a usage error, before the first, for a run that is unfit for it. */
export async function* acceptAsBaseline(run: RecordedRun, request: AcceptRequest): AsyncGenerator<AcceptedSession> {
  const { folder, intended, forced, keep } = request;
  if (run.scenarios.some(({ baselinePath }) => baselinePath === '')) {
    throw usageError(`run ${run.id} is a study and no baseline`, 'name a run that `bootgauge run` recorded');
  }
  if (run.scenarios.some(({ scenario }) => scenario.soak !== undefined)) {
    throw usageError(`run ${run.id} is a soak and no baseline`, 'name a run that `bootgauge run` recorded');
  }
  if (!run.finished) {
    throw usageError(`run ${run.id} was interrupted and is no baseline`, 'record it again with `bootgauge run`');
  }
  if (intended === '') refuseRegression(run);
  const timing = run.scenarios.filter(({ scenario }) => scenario.profile === 'timing' && !scenario.count);
  if (timing.length === 0) {
    throw usageError(
      `run ${run.id} is no baseline: a verbose console makes the boot itself slower`,
      'record one with `bootgauge run`, without --profile attribution',
    );
  }
  for (const recorded of timing) refuseUnmeasured(run, recorded);
  for (const recorded of timing) refuseJoint(run, recorded);
  if (forced === '') refuseSuspect(run, timing);
  for (const recorded of timing) {
    const path = join(folder, recorded.baselinePath);
    const sessions = await addSession(path, sessionFrom(run, recorded, intended, forced), keep);
    yield { path, sessions, metric: mainMetricOf(recorded.scenario) };
  }
}

function refuseRegression(run: RecordedRun): void {
  for (const { scenario, verdict } of analyze(run).scenarios) {
    if (verdict.word !== 'slower' && verdict.word !== 'failed') continue;
    throw usageError(
      `run ${run.id} is not accepted: ${scenario.id} is ${verdict.word} (${verdict.because})`,
      'if the change is intended, say why: bootgauge baseline accept --intended "why"',
    );
  }
}

function refuseUnmeasured(run: RecordedRun, { scenario, boots }: RecordedScenario): void {
  const measured = boots.filter((boot) => boot.side === 'head' && !boot.warmup);
  if (measured.some((boot) => boot.outcome.kind === 'ready')) return;
  throw usageError(
    `run ${run.id} is not accepted: no measured boot of ${scenario.id} became ready`,
    'fix the boot first: `bootgauge analyze` shows how each one ended',
  );
}

/** Stored sessions are compared with boots that had the machine for themselves. */
function refuseJoint(run: RecordedRun, recorded: RecordedScenario): void {
  if (!countsJoint(recorded)) return;
  throw usageError(
    `run ${run.id} is not accepted: base and head of ${recorded.scenario.id} were booted at the same time`,
    'record one without a base, or with `sampling: {parallel: off}` in bootgauge.yml',
  );
}

/** What resembles a suspect baseline would pass for the same. */
function refuseSuspect(run: RecordedRun, timing: readonly RecordedScenario[]): void {
  const judged = analyze(run).scenarios;
  for (const recorded of timing) {
    const { scenario } = recorded;
    const wider = judged
      .filter((report) => report.scenario.id === scenario.id)
      .flatMap(({ comparisons }) => comparisons.filter(({ gate }) => gate).flatMap(({ warnings }) => warnings))
      .find(({ code }) => code === 'wider-spread');
    const why = unfitReason(seriesOf(recorded).head, { scenario }) || (wider?.text ?? '');
    if (why === '') continue;
    throw usageError(
      `run ${run.id} is not accepted: in ${scenario.id} ${why}`,
      'record it again on a quiet machine; where the guest is like that, say so: bootgauge baseline accept --force "why"',
    );
  }
}

/** Head's run with base's run as its only baseline session; scenarios that base does not have are left out. */
export function comparedWith(base: RecordedRun, head: RecordedRun): RecordedRun {
  if (base.id === head.id) throw usageError('a run cannot be compared with itself', 'name two different runs');
  const known = new Map(base.scenarios.map((entry) => [entry.scenario.id, entry]));
  const scenarios = head.scenarios.flatMap((entry) => {
    const other = known.get(entry.scenario.id);
    if (other === undefined || entry.scenario.profile !== 'timing') return [];
    if (countsJoint(entry) !== countsJoint(other)) {
      const both = `one of the runs ${base.id} and ${head.id} booted both sides of ${entry.scenario.id} at the same time`;
      throw usageError(
        `${both}, the other did not`,
        'compare runs that booted alike: `sampling: {parallel: off}` makes sure',
      );
    }
    return {
      ...entry,
      scenario: { ...entry.scenario, base: null },
      conditions: { ...entry.conditions, base: null },
      baseline: [sessionFrom(base, other, '')],
      // The arms of a study have none, however they are compared.
      baselinePath: entry.baselinePath === '' ? '' : `run ${base.id}`,
      boots: entry.boots.filter((boot) => boot.side === 'head'),
    };
  });
  if (scenarios.length > 0) return { ...head, scenarios };
  throw usageError(
    `runs ${base.id} and ${head.id} have no scenario of the profile timing in common`,
    `the first one has: ${[...known.keys()].join(', ')}`,
  );
}

function sessionFrom(run: RecordedRun, recorded: RecordedScenario, intended: string, forced = ''): BaselineSession {
  const { scenario, conditions } = recorded;
  const series = seriesOf(recorded).head;
  const vulkan = vulkanIdentityOf(recorded);
  const parts = partsOf(recorded, 'head');
  return sessionOf({ run, scenario, conditions: conditions.head, series, vulkan, parts, intended, forced });
}
