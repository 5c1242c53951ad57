// Several recorded runs -> one. Facts are joined, nothing is judged: rounds and boots are numbered on, so that partners stay partners.
import type { Boot } from '../model/boot.ts';
import { distinctWarnings, type Warning } from '../model/comparison.ts';
import { type Conditions, comparableKey, keyDifferences } from '../model/conditions.ts';
import { measurementError } from '../model/errors.ts';
import { countsJoint, type RecordedRun, type RecordedScenario } from '../model/run.ts';
import type { Scenario } from '../model/scenario.ts';

/**
 * Scenarios of one id become one, in the order of the runs. Throws a measurementError for a run given twice, and for parts that
 * were taken under other conditions. The first run names id, version and commit; no one command line made them all.
 */
export function mergeRuns(runs: readonly RecordedRun[]): RecordedRun {
  const [first] = runs;
  if (first === undefined) throw measurementError('there is no run to merge');
  for (const [index, { id }] of runs.entries()) {
    if (runs.findIndex((other) => other.id === id) < index) {
      throw measurementError(`run ${id} was given twice`, 'every boot counts once');
    }
  }
  const ids = [...new Set(runs.flatMap(({ scenarios }) => scenarios.map(({ scenario }) => scenario.id)))];
  let number = 0;
  const scenarios = ids.map((id) => {
    const parts = runs.flatMap((run) =>
      run.scenarios.filter(({ scenario }) => scenario.id === id).map((part) => ({ run: run.id, part })),
    );
    const merged = mergeScenario(parts, number);
    number += merged.boots.length;
    return merged;
  });
  const { command: _, ...named } = first;
  return {
    ...named,
    finished: runs.every(({ finished }) => finished),
    onUndecided: runs.some(({ onUndecided }) => onUndecided === 'fail') ? 'fail' : 'pass',
    scenarios,
  };
}

interface Part {
  readonly run: string;
  readonly part: RecordedScenario;
}

function mergeScenario(parts: readonly Part[], before: number): RecordedScenario {
  const [first] = parts as readonly [Part, ...Part[]];
  for (const other of parts) checkSame(first, other);
  refuseSameBoots(parts);
  const boots: Boot[] = [];
  const sessionStarts: number[] = [];
  let round = 0;
  for (const { part } of parts) {
    const start = round;
    if (start > 0) sessionStarts.push(start + 1);
    sessionStarts.push(...(part.sessionStarts ?? []).map((own) => own + start));
    for (const boot of part.boots) {
      const own = boot.round === 0 ? 0 : boot.round + start;
      round = Math.max(round, own);
      boots.push({ ...boot, number: before + boots.length + 1, round: own });
    }
  }
  // What one part was pooled with may be another part; the merged run is judged by what was named.
  const { earlier: _pooled, ...part } = first.part;
  if (parts.length === 1) return { ...part, warnings: withoutPooled(part.warnings), boots };
  // Each shard had its own plan and drew its own order; boots tell theirs by their numbers.
  const { orderSeed: _order, plannedRounds: _planned, ...own } = part;
  const text = `merged from ${parts.length} sessions: ${parts.map(({ run }) => run).join(', ')}`;
  return {
    ...own,
    ...(sessionStarts.length === 0 ? {} : { sessionStarts }),
    ...parallelOf(parts),
    hostState: { before: first.part.hostState.before, after: parts.at(-1)?.part.hostState.after ?? null },
    warnings: distinctWarnings([
      { code: 'merged', text },
      ...parts.flatMap(({ part }) => withoutPooled(part.warnings)),
    ]),
    boots,
  };
}

/** Boots of both kinds are not judged together: the kind of most of them counts. */
function parallelOf(parts: readonly Part[]): Pick<RecordedScenario, 'parallel'> {
  if (parts.every(({ part }) => part.parallel === undefined)) return {};
  const boots = parts.flatMap(({ part }) => part.boots);
  return {
    parallel: {
      judged: countsJoint({ boots }) ? 'joint' : 'single',
      because: 'most of the merged boots were taken like that',
    },
  };
}

/** A copy of a run under another id has the same boots: no two boots of one machine have the same reads to the nanosecond. */
function refuseSameBoots(parts: readonly Part[]): void {
  const seen = new Map<string, string>();
  for (const { run, part } of parts) {
    for (const { startedAt, side, console, probes } of part.boots) {
      const { reads } = console;
      if (reads.length === 0) continue;
      const boot = JSON.stringify([startedAt, side, reads, probes]);
      const other = seen.get(boot);
      if (other !== undefined && other !== run) {
        const hint = 'every boot counts once: name each run once, also where it was copied';
        throw measurementError(`runs ${other} and ${run} hold the same boots of ${part.scenario.id}`, hint);
      }
      seen.set(boot, run);
    }
  }
}

function checkSame(one: Part, other: Part): void {
  const name = one.part.scenario.id;
  const refuse = (what: string): never => {
    throw measurementError(
      `${name} cannot be joined: runs ${one.run} and ${other.run} differ in ${what}`,
      'use runners of the same kind, and the same configuration, guest and emulators, for all shards',
    );
  };
  for (const side of ['head', 'base'] as const) {
    const [mine, theirs] = [one.part.conditions[side], other.part.conditions[side]];
    if (mine === null || theirs === null) {
      if (mine !== theirs) refuse('whether both sides were booted');
      continue;
    }
    const difference = conditionsDiffer(mine, theirs, one.part.scenario, other.part.scenario);
    if (difference !== '') refuse(`${difference} of ${side}`);
  }
  if (JSON.stringify(one.part.scenario.metrics) !== JSON.stringify(other.part.scenario.metrics)) refuse('the limits');
}

function conditionsDiffer(mine: Conditions, theirs: Conditions, own: Scenario, others: Scenario): string {
  const [field] = keyDifferences(comparableKey(mine, own), comparableKey(theirs, others));
  if (field !== undefined) return `the ${field}`;
  return mine.emulator.digest === theirs.emulator.digest ? '' : 'the emulator';
}

const withoutPooled = (warnings: readonly Warning[]): Warning[] => warnings.filter(({ code }) => code !== 'pooled');
