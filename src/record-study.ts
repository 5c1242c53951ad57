// Does a study: arms in blocks of random order, each boot on disk as it ends, so that an interrupted study can be taken up again.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { holdPorts } from './guest/hold-ports.ts';
import { recompressInitramfs } from './guest/initramfs.ts';
import { assetDigests, changedAssets, launcherWarnings } from './guest/launcher.ts';
import { type PrepareOptions, prepareSide } from './guest/prepare.ts';
import { hostState, hostWarnings } from './host/conditions.ts';
import { hostFacts } from './host/facts.ts';
import { watchPower } from './host/power-watch.ts';
import { type TemporaryFolder, temporaryFolder } from './host/processes.ts';
import { stayAwake } from './host/stay-awake.ts';
import type { HostFacts } from './model/conditions.ts';
import { BootgaugeError, measurementError } from './model/errors.ts';
import type { LaunchPlan } from './model/launch-plan.ts';
import type { ProgressSink } from './model/progress.ts';
import type { RecordedRun, RecordedScenario } from './model/run.ts';
import type { Scenario } from './model/scenario.ts';
import type { EndedArm, StudyArm, StudyPlan } from './model/study.ts';
import { bootOnce } from './sampling/boot-once.ts';
import { createRunFolder, newRunId, readRun, runsFolder, writeBoot, writeRun } from './store/run-folder.ts';
import { readStudy, writeStudy } from './store/study-folder.ts';
import { mainTable } from './study/analyze-study.ts';
import { endings } from './study/decide.ts';
import { blockOrder } from './study/order.ts';
import { markerProfileOf } from './timeline/custom-markers.ts';
import { bannerNs } from './timeline/read-timeline.ts';

export interface StudyRequest {
  readonly root: string;
  readonly plan: StudyPlan;
  /** What the arms are variants of. */
  readonly scenario: Scenario;
  readonly prepare: PrepareOptions;
  readonly commit: string;
  readonly tool: string;
  /** early: hopeless and settled arms end; never: every arm is booted to the end. */
  readonly endings: 'early' | 'never';
  /** Goes on with the newest unfinished study of the same digest. */
  readonly resume: 'if-there-is-one' | 'no';
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

export interface RecordedStudy {
  readonly folder: string;
  readonly run: RecordedRun;
  readonly ended: readonly EndedArm[];
}

export async function recordStudy(request: StudyRequest): Promise<RecordedStudy> {
  const { plan, now, progress } = request;
  await using _awake = await stayAwake();
  await using files = await temporaryFolder('bootgauge-study-');
  const begun = now();
  const host = await hostFacts();
  const ended: EndedArm[] = [];
  const prepared = await prepareArms(request, host, files, ended);
  await using _ports = await holdPorts(
    prepared.map((arm) => arm.plan),
    request,
  );
  const earlier = request.resume === 'no' ? null : await unfinished(request, prepared);
  const id = earlier?.run.id ?? newRunId(begun);
  const folder = earlier?.folder ?? (await createRunFolder(request.root, id));
  await writeStudy(folder, { plan, ended });
  const { quietWaitMs } = request.scenario.sampling;
  const power = watchPower({ quietWaitMs, progress, signal: request.signal });
  await power.settle();
  const before = await hostState(folder);
  const assets = prepared.flatMap((arm) => (arm.plan.kind === 'launcher' ? arm.plan.assets : []));
  const originals = await assetDigests(assets);
  const scenarios: RecordedScenario[] = prepared.map(({ scenario, conditions }) => ({
    scenario,
    conditions: { head: conditions, base: null },
    hostState: { before, after: null },
    baseline: [],
    baselinePath: '',
    warnings: hostWarnings(host, before),
    boots: earlier?.run.scenarios.find((entry) => entry.scenario.id === scenario.id)?.boots ?? [],
  }));
  const runOf = (finished: boolean): RecordedRun => ({
    schema: 1,
    id,
    startedAt: earlier?.run.startedAt ?? begun.toISOString(),
    tool: request.tool,
    finished,
    onUndecided: 'pass',
    commit: request.commit,
    scenarios,
  });
  await writeRun(folder, runOf(false));
  if (earlier !== null)
    progress({ kind: 'note', text: `going on with ${id}: ${bootCount(scenarios)} boots are there` });
  let timeIsOver = false;
  for (let block = plan.sampling.warmup > 0 ? 0 : 1; block <= plan.sampling.maxBlocks; block += 1) {
    const living = plan.arms.map(({ id: arm }) => arm).filter((arm) => !ended.some((entry) => entry.arm === arm));
    if (living.length < 2) break;
    const order = blockOrder(living, plan.digest, block);
    for (const arm of block === 0 ? order.flatMap((one) => Array<string>(plan.sampling.warmup).fill(one)) : order) {
      timeIsOver ||= now().getTime() - begun.getTime() > plan.sampling.timeBudgetMs;
      if (!timeIsOver) await bootArm(arm, block);
    }
    if (timeIsOver) break;
    endSome(block);
    await writeStudy(folder, { plan, ended });
    await writeRun(folder, runOf(false));
  }
  const after = await hostState(folder);
  const common = [
    ...hostWarnings(host, before, after),
    ...power.warnings(),
    ...(await changedAssets(assets, originals)),
  ];
  for (const [index, entry] of scenarios.entries()) {
    const own = launcherWarnings(prepared[index]?.plan as LaunchPlan, entry.boots);
    scenarios[index] = { ...entry, hostState: { before, after }, warnings: [...common, ...own] };
  }
  if (timeIsOver) progress({ kind: 'note', text: 'the time is over; the same command goes on from here' });
  const run = runOf(!timeIsOver);
  await writeRun(folder, run);
  return { folder, run, ended };

  async function bootArm(arm: string, block: number): Promise<void> {
    const index = scenarios.findIndex(({ scenario }) => scenario.id === arm);
    const entry = scenarios[index];
    const launchPlan = prepared[index]?.plan;
    if (entry === undefined || launchPlan === undefined) return;
    const there = entry.boots.filter((boot) => boot.round === block).length;
    if (there >= (block === 0 ? plan.sampling.warmup : 1)) return;
    const { scenario } = entry;
    const number = 1 + Math.max(0, ...scenarios.flatMap(({ boots }) => boots.map((boot) => boot.number)));
    const of = prepared.length * (plan.sampling.warmup + plan.sampling.maxBlocks);
    const warmup = block === 0;
    progress({ kind: 'boot-started', number, of, scenario: arm, side: 'head', warmup });
    const boot = await bootOnce({
      plan: launchPlan,
      scenario,
      markers: markerProfileOf(scenario),
      slot: { side: 'head', round: block, warmup },
      number,
      onPhase: (phase, atNs) => progress({ kind: 'phase-entered', number, phase, atNs }),
      signal: request.signal,
    });
    await writeBoot(folder, boot);
    await power.look(number);
    const ns = bannerNs(boot);
    progress({ kind: 'boot-ended', number, outcome: boot.outcome, timeToSshMs: ns === null ? null : ns / 1e6 });
    scenarios[index] = { ...entry, boots: [...entry.boots, boot] };
  }

  function endSome(block: number): void {
    const upTo = scenarios.map((entry) => ({ ...entry, boots: entry.boots.filter(({ round }) => round <= block) }));
    const outcomes = new Map(
      upTo.map(({ scenario, boots }) => [scenario.id, boots.map(({ outcome }) => outcome.kind === 'ready')]),
    );
    const now = endings({ plan, table: mainTable(upTo), outcomes, ended, block });
    const [standard] = plan.arms;
    const dead = now.find(({ arm, why }) => arm === standard?.id && why === 'never came up');
    if (dead !== undefined) {
      throw measurementError(`the default arm does not come up: ${dead.because}`, `Its boots are in ${folder}.`);
    }
    const chosen = request.endings === 'early' ? now : now.filter(({ why }) => why === 'never came up');
    for (const entry of chosen)
      progress({ kind: 'note', text: `${entry.arm} ends after block ${block}: ${entry.because}` });
    ended.push(...chosen);
  }
}

interface PreparedArm {
  readonly scenario: Scenario;
  readonly plan: LaunchPlan;
  readonly conditions: RecordedScenario['conditions']['head'];
}

/** Arms that this machine cannot boot, or that turn out to be the same as another, are ended before the first boot. */
async function prepareArms(
  request: StudyRequest,
  host: HostFacts,
  files: TemporaryFolder,
  ended: EndedArm[],
): Promise<PreparedArm[]> {
  const prepared: PreparedArm[] = [];
  const seen = new Map<string, string>();
  for (const arm of request.plan.arms) {
    const plan = await planOrReason(arm, request, files);
    if (typeof plan === 'string') {
      if (arm === request.plan.arms[0]) throw measurementError(`the default arm cannot be booted: ${plan}`);
      request.progress({ kind: 'note', text: `${arm.id} is not booted: ${plan}` });
      ended.push({ arm: arm.id, block: 0, why: 'unreachable', because: plan });
      continue;
    }
    const key = JSON.stringify(plan);
    const twin = seen.get(key);
    if (twin !== undefined) {
      ended.push({
        arm: arm.id,
        block: 0,
        why: 'same plan',
        because: `on this machine it boots exactly what ${twin} boots`,
      });
      continue;
    }
    seen.set(key, arm.id);
    const { origin, version, digest } = plan.emulator;
    const conditions = {
      host,
      accelerator: plan.accelerator,
      emulator: { origin, version, digest },
      guest: plan.guest,
    };
    prepared.push({ scenario: scenarioOf(arm, request.scenario), plan, conditions });
  }
  return prepared;
}

const scenarioOf = ({ id, setting }: StudyArm, scenario: Scenario): Scenario => ({
  ...scenario,
  id,
  head: setting.side,
  base: null,
});

async function planOrReason(
  arm: StudyArm,
  request: StudyRequest,
  files: TemporaryFolder,
): Promise<LaunchPlan | string> {
  if (arm.unreachable !== '') return arm.unreachable;
  try {
    const plan = await prepareSide(arm.setting.side, request.scenario.profile, request.prepare);
    return await withSetting(plan, arm, files);
  } catch (error) {
    // What the machine or the configuration cannot do is a fact about the arm; anything else is a fault.
    if (error instanceof BootgaugeError && [2, 3].includes(error.exitCode)) return error.message;
    throw error;
  }
}

async function withSetting(plan: LaunchPlan, { setting }: StudyArm, files: TemporaryFolder): Promise<LaunchPlan> {
  const { environment, initramfs } = setting;
  const set =
    plan.kind === 'launcher'
      ? { ...plan, environment: { ...plan.environment, ...environment } }
      : { ...plan, emulator: { ...plan.emulator, environment: { ...plan.emulator.environment, ...environment } } };
  if (set.kind !== 'qemu' || initramfs === null || set.initrd === null) return set;
  const packed = recompressInitramfs(await readFile(set.initrd), initramfs);
  if (initramfs === 'gzip') return set;
  const path = join(files.path, `initrd-${set.guest.digest.slice(0, 16)}-${initramfs}`);
  await writeFile(path, packed, { mode: 0o600 });
  return { ...set, initrd: path };
}

/** The newest unfinished study of the same digest, if this machine still boots the same with the same. */
async function unfinished(
  { root, plan, progress }: StudyRequest,
  prepared: readonly PreparedArm[],
): Promise<{ folder: string; run: RecordedRun } | null> {
  const names = (await readdir(runsFolder(root)).catch(() => [])).sort().reverse();
  for (const name of names) {
    const folder = join(runsFolder(root), name);
    const stored = await readStudy(folder).catch(() => null);
    if (stored?.plan.digest !== plan.digest) continue;
    const run = await readRun(folder);
    if (run.finished) return null;
    const changed = prepared.find(({ scenario, conditions }) => {
      const before = run.scenarios.find((entry) => entry.scenario.id === scenario.id)?.conditions.head;
      return before !== undefined && identityOf(before) !== identityOf(conditions);
    });
    if (changed === undefined) return { folder, run };
    progress({ kind: 'note', text: `${run.id} is left as it is: machine, emulator or guest have changed since` });
    return null;
  }
  return null;
}

const identityOf = ({ host, accelerator, emulator, guest }: PreparedArm['conditions']): string =>
  JSON.stringify([host.chip, host.osMajor, accelerator, emulator.digest, guest.digest]);

const bootCount = (scenarios: readonly RecordedScenario[]): number =>
  scenarios.reduce((sum, { boots }) => sum + boots.length, 0);
