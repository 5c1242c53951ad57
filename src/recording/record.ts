// Does it: RunRequest -> a recorded run on disk. All I/O, no judgement; when to stop is asked of a rule that is handed in.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { conditionsOf } from '../build/conditions.ts';
import { holdPorts } from '../guest/hold-ports.ts';
import { assetDigests, changedAssets, launcherWarnings } from '../guest/launcher.ts';
import { type PrepareOptions, prepareSide } from '../guest/prepare.ts';
import { hostState, hostWarnings } from '../host/conditions.ts';
import { hostFacts, machineKey } from '../host/facts.ts';
import { watchPower } from '../host/power-watch.ts';
import { stayAwake } from '../host/stay-awake.ts';
import type { BaselineSession } from '../model/baseline.ts';
import type { Boot } from '../model/boot.ts';
import type { Warning } from '../model/comparison.ts';
import { type Conditions, type HostFacts, sidesAreIdentical } from '../model/conditions.ts';
import type { LaunchPlan } from '../model/launch-plan.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { EarlierRun, RecordedRun, RecordedScenario } from '../model/run.ts';
import type { Scenario, Side, SideSpec } from '../model/scenario.ts';
import { baselinePath, readBaseline } from '../store/baseline-file.ts';
import { publishable } from '../store/publishable.ts';
import { createRunFolder, newRunId, writeBoot, writeRun } from '../store/run-folder.ts';
import { markerProfileOf } from '../timeline/custom-markers.ts';
import { bootValues } from '../timeline/metrics.ts';
import { bootOnce } from './boot-once.ts';
import type { Slot } from './schedule.ts';
import { runSeries } from './series.ts';

/** Says after each round whether more boots are needed; judges with the same rule as the report. */
export type StopRule = (recorded: RecordedScenario) => {
  readonly decision: 'enough' | 'go-on';
  readonly because: string;
};

export interface RunRequest {
  /** Folder that holds `baselines` and receives `.bootgauge`. */
  readonly root: string;
  readonly scenarios: readonly Scenario[];
  readonly prepare: PrepareOptions;
  readonly onUndecided: 'pass' | 'fail';
  /** Commit of the repository, or empty. */
  readonly commit: string;
  readonly tool: string;
  /** The words of the command line that asks for it, to be told in the report. */
  readonly command?: readonly string[] | undefined;
  readonly stopRule: StopRule;
  /** What to say after the warm-up of what is to come. */
  readonly forecast?: (input: { recorded: RecordedScenario; elapsedMs: number; now: Date }) => string;
  /** Earlier runs of the same two sides, whose rounds are judged together with the new ones. */
  readonly earlier?: (
    scenario: Scenario,
    conditions: { readonly head: Conditions; readonly base: Conditions },
  ) => Promise<readonly EarlierRun[]>;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

export interface RecordedFolder {
  readonly folder: string;
  readonly run: RecordedRun;
}

/**
 * Boots every scenario and writes each boot as it ends. When it is interrupted the finished boots and a run.json with
 * `finished: false` are on disk.
 */
export async function record(request: RunRequest): Promise<RecordedFolder> {
  const begin = request.now();
  const id = newRunId(begin);
  await using _awake = await stayAwake();
  const host = await hostFacts();
  const prepared: Prepared[] = [];
  for (const scenario of request.scenarios) prepared.push(await prepareScenario(scenario, host, request));
  const plans = prepared.flatMap((entry) => [entry.plans.base, entry.plans.head]);
  await using _ports = await holdPorts(plans, request);
  const folder = await createRunFolder(request.root, id);
  const done: RecordedScenario[] = [];
  const runOf = (scenarios: readonly RecordedScenario[], finished: boolean): RecordedRun => ({
    schema: 1,
    id,
    startedAt: begin.toISOString(),
    tool: request.tool,
    finished,
    onUndecided: request.onUndecided,
    commit: request.commit,
    ...(request.command === undefined ? {} : { command: publishable(request.command, homedir()) }),
    scenarios,
  });
  let booted = 0;
  for (const entry of prepared) {
    const keep = async (recorded: RecordedScenario): Promise<void> =>
      writeRun(folder, runOf([...done, recorded], false));
    const recorded = await recordScenario({ entry, request, folder, firstNumber: booted + 1, keep });
    done.push(recorded);
    booted += recorded.boots.length;
  }
  const run = runOf(done, true);
  await writeRun(folder, run);
  return { folder, run };
}

interface Prepared {
  readonly scenario: Scenario;
  readonly plans: Readonly<Record<Side, LaunchPlan | null>>;
  readonly conditions: { readonly head: Conditions; readonly base: Conditions | null };
  readonly warnings: readonly Warning[];
  readonly earlier: readonly EarlierRun[];
  readonly baselinePath: string;
  readonly baseline: readonly BaselineSession[];
}

async function prepareScenario(scenario: Scenario, host: HostFacts, request: RunRequest): Promise<Prepared> {
  const prepare = (name: Side, spec: SideSpec): Promise<LaunchPlan> =>
    prepareSide(spec, scenario.profile, request.prepare, name);
  const base = scenario.base === null ? null : await prepare('base', scenario.base);
  const head = await prepare('head', scenario.head);
  const { gpu } = scenario.head.machine;
  const options = { gpu, environment: process.env, signal: request.signal };
  const conditions = {
    head: await conditionsOf(head, host, options),
    base: base === null ? null : await conditionsOf(base, host, options),
  };
  const identical = sidesAreIdentical(scenario, conditions);
  if (identical) request.progress({ kind: 'note', text: `${scenario.id}: ${identicalSides.text}` });
  const both = conditions.base === null ? null : { head: conditions.head, base: conditions.base };
  const earlier = both === null ? [] : ((await request.earlier?.(scenario, both)) ?? []);
  const pooled = earlier.length === 0 ? [] : [pooledWarning(earlier)];
  for (const { text } of pooled) request.progress({ kind: 'note', text: `${scenario.id}: ${text}` });
  const path = baselinePath(machineKey(host, head.accelerator), scenario.id);
  return {
    scenario,
    plans: { head, base },
    conditions,
    warnings: [...(identical ? [identicalSides] : []), ...pooled],
    earlier,
    baselinePath: path,
    // Now, not when it is needed: a damaged one must not cost the boots before it.
    baseline: await readBaseline(join(request.root, path)),
  };
}

const identicalSides: Warning = {
  code: 'identical-sides',
  text: 'base and head are identical: this is an A/A run, and what differs is noise',
};

function pooledWarning(earlier: readonly EarlierRun[]): Warning {
  const runs = earlier.map(({ run }) => run).join(', ');
  const text = `base and head were booted before (${runs}): those pairs are judged together with the new ones`;
  return { code: 'pooled', text };
}

interface Recording {
  readonly entry: Prepared;
  readonly request: RunRequest;
  readonly folder: string;
  readonly firstNumber: number;
  readonly keep: (recorded: RecordedScenario) => Promise<void>;
}

async function recordScenario({ entry, request, folder, firstNumber, keep }: Recording): Promise<RecordedScenario> {
  const { scenario, plans } = entry;
  const { sampling } = scenario;
  const sides: Side[] = plans.base === null ? ['head'] : ['base', 'head'];
  const { progress, signal } = request;
  const power = watchPower({ quietWaitMs: sampling.quietWaitMs, progress, signal });
  await power.settle();
  const before = await hostState(folder);
  const boots: Boot[] = [];
  const assets = [plans.base, plans.head].flatMap((plan) => (plan?.kind === 'launcher' ? plan.assets : []));
  const originals = await assetDigests(assets);
  const told = (): Warning[] => sides.flatMap((side) => launcherWarnings(plans[side] as LaunchPlan, boots));
  let recorded: RecordedScenario = {
    scenario: publishable(scenario, homedir()),
    conditions: publishable(entry.conditions, homedir()),
    hostState: { before, after: null },
    baseline: entry.baseline,
    ...(entry.earlier.length === 0 ? {} : { earlier: entry.earlier }),
    baselinePath: entry.baselinePath,
    warnings: [...entry.warnings, ...hostWarnings(entry.conditions.head.host, before), ...unique(told())],
    boots,
  };
  await keep(recorded);
  const startedMs = request.now().getTime();
  const boot = async (slot: Slot): Promise<number> => {
    const number = firstNumber + boots.length;
    const ended = await oneBoot({ entry, request, slot, number, of: expectedBoots(entry, sides) + firstNumber - 1 });
    await writeBoot(folder, ended.boot);
    const { outcome } = ended.boot;
    // Only what is on disk is called ended.
    request.progress({ kind: 'boot-ended', number, outcome, timeToSshMs: ended.timeToSshMs });
    boots.push(ended.boot);
    await power.look(number);
    recorded = { ...recorded, boots: [...boots] };
    return ended.timeToSshMs ?? scenario.deadlines.totalMs;
  };
  const statistics = await runSeries({
    sides,
    // A binary that was linked a moment ago is read from the disk for the first time.
    warmup: sides.some((side) => plans[side]?.emulator.fresh) ? Math.max(1, sampling.warmup) : sampling.warmup,
    minRounds: sampling.boots,
    maxRounds: sampling.maxBoots,
    boot,
    enough: (round) => {
      if (round === 0) {
        const elapsedMs = request.now().getTime() - startedMs;
        const text = boots.length > 0 ? request.forecast?.({ recorded, elapsedMs, now: request.now() }) : undefined;
        if (text !== undefined) progress({ kind: 'note', text });
        return false;
      }
      if (request.now().getTime() - startedMs > sampling.timeBudgetMs) return true;
      const { decision, because } = request.stopRule(recorded);
      if (decision === 'enough') request.progress({ kind: 'note', text: because });
      return decision === 'enough';
    },
  });
  for (const { side, boots: count, meanMs, sdMs, rme } of statistics) {
    // A failed boot stands in these statistics with its deadline, which is no time of a boot.
    if (boots.some((ended) => ended.side === side && !ended.warmup && ended.outcome.kind !== 'ready')) continue;
    const text = `${side}: ${count} ${count === 1 ? 'boot' : 'boots'}, mean ${seconds(meanMs)}, SD ${seconds(sdMs)}, margin of the mean ${(rme * 100).toFixed(1)} %`;
    request.progress({ kind: 'note', text });
  }
  const after = await hostState(folder);
  return {
    ...recorded,
    hostState: { before, after },
    warnings: [
      ...entry.warnings,
      ...hostWarnings(entry.conditions.head.host, before, after),
      ...power.warnings(),
      ...unique(told()),
      ...(await changedAssets(assets, originals)),
    ],
  };
}

const unique = (warnings: readonly Warning[]): Warning[] => [
  ...new Map(warnings.map((warning) => [warning.text, warning])).values(),
];

interface OneBoot {
  readonly entry: Prepared;
  readonly request: RunRequest;
  readonly slot: Slot;
  readonly number: number;
  readonly of: number;
}

async function oneBoot({
  entry,
  request,
  slot,
  number,
  of,
}: OneBoot): Promise<{ boot: Boot; timeToSshMs: number | null }> {
  const { scenario, plans } = entry;
  const { progress } = request;
  const markers = markerProfileOf(scenario);
  progress({ kind: 'boot-started', number, of, scenario: scenario.id, side: slot.side, warmup: slot.warmup });
  const ended = await bootOnce({
    plan: plans[slot.side] as LaunchPlan,
    scenario,
    markers,
    slot,
    number,
    onPhase: (phase, atNs) => progress({ kind: 'phase-entered', number, phase, atNs }),
    signal: request.signal,
  });
  const boot = publishable(ended, homedir());
  return { boot, timeToSshMs: bootValues(boot, markers)['time-to-ssh'] ?? null };
}

const expectedBoots = ({ scenario }: Prepared, sides: readonly Side[]): number =>
  (scenario.sampling.warmup + scenario.sampling.maxBoots) * sides.length;

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
