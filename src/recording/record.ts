// Records a run: every boot of every scenario, as facts on disk. All I/O, no judgement; when to stop is asked of a rule that is handed in.
import { randomInt } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { conditionsOf } from '../build/conditions.ts';
import { type PrepareOptions, prepareSide } from '../guest/prepare.ts';
import { hostFacts, machineKey } from '../host/facts.ts';
import { stayAwake } from '../host/stay-awake.ts';
import type { BaselineSession } from '../model/baseline.ts';
import { distinctWarnings, type Warning } from '../model/comparison.ts';
import { type Conditions, type HostFacts, sameBytes, sidesAreIdentical } from '../model/conditions.ts';
import type { LaunchPlan } from '../model/launch-plan.ts';
import { awaitsSsh } from '../model/readiness.ts';
import type { EarlierRun, OtherSpread, RecordedRun, RecordedScenario } from '../model/run.ts';
import { type Accelerator, earliestLook, type Scenario, type Side, type SideSpec } from '../model/scenario.ts';
import type { ReadBoot } from '../model/timeline.ts';
import { baselinePath, readBaseline } from '../store/baseline-file.ts';
import { publishable } from '../store/publishable.ts';
import { markerProfileOf } from '../timeline/custom-markers.ts';
import { bootTaker } from './boot-taker.ts';
import { type JointOptions, type JointRounds, jointRounds } from './joint.ts';
import { readBoot } from './read-boot.ts';
import { runSeries } from './series.ts';
import { openSession, type Session, type SessionRequest, type WatchedBoots } from './session.ts';
import { kindTexts, pooledWarnings, statisticsText } from './told.ts';
import { lengthMs, type StopRequest, whenToStop } from './when-to-stop.ts';

export interface RunRequest extends SessionRequest, StopRequest {
  readonly scenarios: readonly Scenario[];
  readonly prepare: PrepareOptions;
  readonly onUndecided: 'pass' | 'fail';
  /** Earlier runs of the same two sides, whose rounds are judged together with the new ones. */
  readonly earlier?: (
    scenario: Scenario,
    conditions: { readonly head: Conditions; readonly base: Conditions },
  ) => Promise<readonly EarlierRun[]>;
  /** How boots of other scenarios on this machine spread; `path` is that of the scenario's own baseline. */
  readonly otherSpreads?: (path: string, scenario: Scenario, head: Conditions) => Promise<readonly OtherSpread[]>;
  /** What becomes of two sides that are the same bytes with the same settings: boots that show the noise, if not given. */
  readonly identicalSides?: 'boot' | 'spare';
  /** What booting both sides at the same time needs; they boot one after the other if not given. */
  readonly joint?: JointOptions;
  /** An unfinished run of one scenario to go on with. */
  readonly resume?: (now: Pick<RecordedScenario, 'scenario' | 'conditions'>) => Promise<Resumed | null>;
  /** Of the order in which the sides boot; drawn anew for each scenario if not given. */
  readonly orderSeed?: number;
}

export interface Resumed {
  readonly folder: string;
  readonly run: RecordedRun;
}

export interface RecordedFolder {
  readonly folder: string;
  readonly run: RecordedRun;
  /** The boots of each scenario as the stop rule had them: nobody needs to read a console again. */
  readonly read: readonly (readonly ReadBoot[])[];
}

/**
 * Boots every scenario and writes each boot as it ends. When it is interrupted the finished boots and a run.json with
 * `finished: false` are on disk.
 */
export async function record(request: RunRequest): Promise<RecordedFolder> {
  const begun = request.now();
  await using _awake = await stayAwake();
  const host = await hostFacts();
  const prepared: Prepared[] = [];
  for (const scenario of request.scenarios) prepared.push(await prepareScenario(scenario, host, request));
  const plans = prepared.flatMap((entry) => [entry.plans.base, entry.plans.head]);
  const [only] = prepared.length === 1 ? prepared : [];
  const kept = only && publishable({ scenario: only.scenario, conditions: only.conditions }, homedir());
  const resumed = (kept && (await request.resume?.(kept))) ?? null;
  const taken = resumed?.run.scenarios[0];
  await using session = await openSession(request, { plans, begun, onUndecided: request.onUndecided, resumed });
  const done: RecordedScenario[] = [];
  const read: (readonly ReadBoot[])[] = [];
  for (const entry of prepared) {
    const booted = await recordScenario({ entry, request, session, done, ...(taken && { taken }) });
    done.push(booted.recorded);
    read.push(booted.read);
  }
  return { folder: session.folder, run: await session.keep(done, true), read };
}

interface Prepared {
  readonly scenario: Scenario;
  readonly plans: { readonly head: LaunchPlan; readonly base: LaunchPlan | null };
  readonly conditions: { readonly head: Conditions; readonly base: Conditions | null };
  readonly warnings: readonly Warning[];
  readonly earlier: readonly EarlierRun[];
  /** Nothing is booted: both sides are the same. */
  readonly spared: boolean;
  /** Of the order of sides within blocks of rounds. */
  readonly orderSeed: number;
  readonly baselinePath: string;
  readonly baseline: readonly BaselineSession[];
  readonly otherSpreads: readonly OtherSpread[];
  readonly usualAccelerator: Accelerator | null;
  readonly joint: JointRounds;
}

async function prepareScenario(scenario: Scenario, host: HostFacts, request: RunRequest): Promise<Prepared> {
  const prepare = (name: Side, spec: SideSpec): Promise<LaunchPlan> =>
    prepareSide(spec, scenario.profile, { ...request.prepare, awaitsSsh: awaitsSsh(scenario) }, name);
  const base = scenario.base === null ? null : await prepare('base', scenario.base);
  const head = await prepare('head', scenario.head);
  const { gpu } = scenario.head.machine;
  const asked = { gpu, environment: process.env, signal: request.signal };
  const conditions = {
    head: await conditionsOf(head, host, asked),
    base: base === null ? null : await conditionsOf(base, host, asked),
  };
  const identical = sidesAreIdentical(scenario, conditions);
  const spared = identical && request.identicalSides === 'spare';
  const warnings: Warning[] = identical && !spared ? [identicalSides] : [];
  const both = conditions.base === null || spared ? null : { head: conditions.head, base: conditions.base };
  const earlier = both === null ? [] : ((await request.earlier?.(scenario, both)) ?? []);
  for (const { text } of warnings) request.progress({ kind: 'note', text: `${scenario.id}: ${text}` });
  const path = baselinePath(machineKey(host, head.accelerator), scenario.id);
  const plans = { head, base };
  const orderSeed = request.orderSeed ?? randomInt(2 ** 32);
  const options = spared ? undefined : request.joint;
  return {
    scenario,
    plans,
    conditions,
    warnings,
    earlier,
    spared,
    orderSeed,
    joint: await jointRounds({ scenario, plans, conditions, earlier, seed: orderSeed, options, now: request.now() }),
    baselinePath: path,
    // Now, not when it is needed: a damaged one must not cost the boots before it.
    baseline: await readBaseline(join(request.root, path)),
    otherSpreads: both === null ? [] : ((await request.otherSpreads?.(path, scenario, conditions.head)) ?? []),
    usualAccelerator: await usualAccelerator(scenario, { host, root: request.root, accelerator: head.accelerator }),
  };
}

/** Sessions of another accelerator lie in another file: a head that fell back to TCG would find nothing, or sessions just as slow. */
async function usualAccelerator(
  scenario: Scenario,
  { host, root, accelerator }: { readonly host: HostFacts; readonly root: string; readonly accelerator: Accelerator },
): Promise<Accelerator | null> {
  if (scenario.head.machine.accel !== 'auto' || accelerator !== 'tcg') return null;
  for (const other of ['hvf', 'kvm'] as const) {
    const sessions = await readBaseline(join(root, baselinePath(machineKey(host, other), scenario.id)));
    if (sessions.length > 0) return other;
  }
  return null;
}

const identicalSides: Warning = {
  code: 'identical-sides',
  text: 'base and head are identical: this is an A/A run, and what differs is noise',
};

const withoutBoots = (scenario: Scenario): Scenario => ({
  ...scenario,
  sampling: { ...scenario.sampling, warmup: 0, boots: 0, maxBoots: 0, quietWaitMs: 0 },
});

interface Recording {
  readonly entry: Prepared;
  readonly request: RunRequest;
  readonly session: Session;
  /** The scenarios before this one. */
  readonly done: readonly RecordedScenario[];
  /** What an earlier session has of this one. */
  readonly taken?: RecordedScenario;
}

interface Booted {
  readonly recorded: RecordedScenario;
  readonly read: readonly ReadBoot[];
}

async function recordScenario({ entry: asked, request, session, done, taken }: Recording): Promise<Booted> {
  const entry = taken === undefined ? asked : goingOn(asked, taken);
  const { plans } = entry;
  const scenario = entry.spared ? withoutBoots(entry.scenario) : entry.scenario;
  const { sampling } = scenario;
  const note = (text: string): void => request.progress({ kind: 'note', text });
  const { host } = entry.conditions.head;
  const sides: Side[] = plans.base === null ? ['head'] : ['base', 'head'];
  const watched = await session.watch({ plans: [plans.base, plans.head], host, quietWaitMs: sampling.quietWaitMs });
  const read: ReadBoot[] = [];
  for (const boot of taken?.boots ?? []) read.push(await readBoot(boot, markerProfileOf(scenario)));
  let planned: number | null = null;
  const recordedSoFar = (): RecordedScenario => ({
    ...recordedScenario(entry, watched, read),
    ...(read.length === 0 ? {} : parallelOf(entry, read)),
    ...(planned === null || planned >= sampling.maxBoots ? {} : { plannedRounds: planned }),
  });
  await session.keep([...done, recordedSoFar()], false);
  const warmup = read.length > 0 ? 0 : warmupsOf(entry, sampling);
  const maxRounds = sampling.maxBoots + entry.joint.calibrating / 2;
  const before = done.reduce((sum, { boots }) => sum + boots.length, 0);
  const lastOf = (round: number): number => before + (warmup + Math.max(maxRounds, round)) * sides.length;
  const statistics = await runSeries({
    sides,
    seed: entry.orderSeed,
    warmup,
    firstRound: 1 + Math.max(0, ...read.map(({ boot: { round } }) => round)),
    minRounds: Math.max(Math.min(sampling.boots, earliestLook), entry.joint.calibrating),
    maxRounds,
    boot: bootTaker({ plans, scenario, watched, read, before, lastOf, progress: request.progress }),
    joint: {
      of: (round) => {
        // And again when the calibrating ones have shown how it goes on.
        if (round === 1 || round === entry.joint.calibrating + 1)
          for (const text of kindTexts(entry.earlier, entry.joint.judged(read))) note(`${scenario.id}: ${text}`);
        return entry.joint.isJoint(round, read);
      },
      count: () => entry.joint.judged(read)?.judged === 'joint',
    },
    ...whenToStop({
      ...{ request, sampling, joint: entry.joint, read, spentMs: lengthMs(read) },
      soFar: (rounds = null) => {
        planned ??= rounds;
        return recordedSoFar();
      },
    }),
  });
  await entry.joint.remember(read);
  if (entry.spared) note(`no boots of ${scenario.id}: ${sameBytes}`);
  await watched.end();
  const recorded = recordedSoFar();
  for (const text of statistics.flatMap((side) => statisticsText(side, recorded.boots))) note(text);
  return { recorded, read };
}

/** A binary that was linked a moment ago is read from the disk for the first time. */
function warmupsOf({ plans, spared }: Prepared, { warmup }: Scenario['sampling']): number {
  const isFresh = !spared && [plans.base, plans.head].some((plan) => plan?.emulator.fresh);
  return Math.max(warmup, isFresh ? 1 : 0);
}

/** With the order that the sides had before, and what was noticed then. */
const goingOn = (entry: Prepared, { orderSeed = entry.orderSeed, warnings }: RecordedScenario): Prepared => ({
  ...entry,
  orderSeed,
  warnings: distinctWarnings([...entry.warnings, ...warnings]),
});

function recordedScenario(entry: Prepared, watched: WatchedBoots, read: readonly ReadBoot[]): RecordedScenario {
  const { scenario, conditions, baseline, otherSpreads, earlier, plans, orderSeed } = entry;
  const boots = read.map(({ boot }) => boot);
  return {
    scenario: publishable(scenario, homedir()),
    conditions: publishable(conditions, homedir()),
    hostState: watched.hostState,
    baseline,
    ...(otherSpreads.length === 0 ? {} : { otherSpreads }),
    ...(earlier.length === 0 ? {} : { earlier }),
    ...(plans.base === null ? {} : { orderSeed }),
    baselinePath: entry.baselinePath,
    ...(entry.usualAccelerator === null ? {} : { usualAccelerator: entry.usualAccelerator }),
    warnings: distinctWarnings([
      ...entry.warnings,
      ...pooledWarnings(entry.earlier, entry.joint.judged(read)),
      ...watched.warnings([plans.base, plans.head], boots),
    ]),
    boots,
  };
}

function parallelOf({ joint }: Prepared, read: readonly ReadBoot[]): Pick<RecordedScenario, 'parallel'> {
  const parallel = joint.judged(read);
  return parallel === undefined ? {} : { parallel };
}
