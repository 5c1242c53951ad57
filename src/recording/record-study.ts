// Records a study: arms in blocks of random order, each boot on disk as it ends, so that an interrupted study can be taken up again.
import { homedir } from 'node:os';
import { conditionsOf } from '../build/conditions.ts';
import type { PrepareOptions } from '../guest/prepare.ts';
import { type PreparedArm, prepareArms } from '../guest/prepare-arms.ts';
import { hostFacts } from '../host/facts.ts';
import { temporaryFolder } from '../host/processes.ts';
import { stayAwake } from '../host/stay-awake.ts';
import { distinctWarnings } from '../model/comparison.ts';
import type { Conditions, HostFacts } from '../model/conditions.ts';
import { type BootgaugeError, measurementError } from '../model/errors.ts';
import type { RecordedRun, RecordedScenario } from '../model/run.ts';
import type { Scenario } from '../model/scenario.ts';
import type { EndedArm, StudyPlan } from '../model/study.ts';
import { publishable } from '../store/publishable.ts';
import { lockStudy, writeStudy } from '../store/study-folder.ts';
import { mainTable } from '../study/analyze-study.ts';
import { blockOrder, withoutTorn } from '../study/blocks.ts';
import { endings } from '../study/decide.ts';
import { type EarlierSession, earlierSession, type ResumeRequest } from './resume-study.ts';
import { openSession, type Session, type SessionRequest, type WatchedBoots } from './session.ts';

export interface StudyRequest extends SessionRequest, ResumeRequest {
  /** What the arms are variants of. */
  readonly scenario: Scenario;
  readonly prepare: PrepareOptions;
  readonly now: () => Date;
}

export interface RecordedStudy {
  readonly folder: string;
  readonly run: RecordedRun;
  readonly ended: readonly EndedArm[];
}

export async function recordStudy(request: StudyRequest): Promise<RecordedStudy> {
  const plan = publishable(request.plan, homedir());
  // Before anything is found out: it would be out of date when a session that is waited for has ended.
  await using _lock = await lockStudy(request.root, plan.digest, request);
  await using _awake = await stayAwake();
  await using files = await temporaryFolder('bootgauge-study-');
  const begun = request.now();
  const host = await hostFacts();
  const { prepared, ended } = await prepareArms(request, files);
  const arms = await withConditions(prepared, host, request.signal);
  const earlier = await earlierSession({ ...request, plan }, (id) => arms.get(id)?.conditions);
  const plans = prepared.map((arm) => arm.plan);
  await using session = await openSession(request, { plans, begun, onUndecided: 'pass', resumed: earlier });
  const { quietWaitMs } = request.scenario.sampling;
  const watched = await session.watch({ plans, host, quietWaitMs });
  const study = new StudySession({
    request,
    plan,
    arms,
    earlier,
    ended: publishable(ended, homedir()),
    session,
    watched,
  });
  const run = await study.bootAll();
  return { folder: session.folder, run, ended: study.ended };
}

interface Arm extends PreparedArm {
  readonly conditions: Conditions;
}

/** By their ids. */
async function withConditions(
  arms: readonly PreparedArm[],
  host: HostFacts,
  signal: AbortSignal,
): Promise<Map<string, Arm>> {
  const found = new Map<string, Arm>();
  for (const arm of arms) {
    const { id, head } = arm.scenario;
    const options = { gpu: head.machine.gpu, environment: process.env, signal };
    const conditions = await conditionsOf(arm.plan, host, options);
    // As they are kept: those of an earlier session are held against them.
    found.set(id, { ...arm, conditions: publishable(conditions, homedir()) });
  }
  return found;
}

interface Opened {
  readonly request: StudyRequest;
  /** As it is kept. */
  readonly plan: StudyPlan;
  /** Those that this machine can boot, by their ids. */
  readonly arms: ReadonlyMap<string, Arm>;
  readonly earlier: EarlierSession | null;
  /** Those that it cannot boot, and why. */
  readonly ended: readonly EndedArm[];
  readonly session: Session;
  readonly watched: WatchedBoots;
}

/** What a study is at any moment: which arms are left, what each has booted, which blocks are whole. */
class StudySession {
  readonly ended: EndedArm[];
  readonly #opened: Opened;
  /** By the ids of their arms, in the plan's order; arms of an earlier session are there although they are not booted now. */
  readonly #recorded: Map<string, RecordedScenario>;
  readonly #torn: readonly number[];
  readonly #warmups: number;
  /** How many blocks are whole, and the number of the last of them; 0: none. */
  #whole: number;
  #lastWhole: number;

  constructor(opened: Opened) {
    const { plan, arms, earlier } = opened;
    const { whole, torn } = earlier?.blocks ?? { whole: [], torn: [] };
    this.#opened = opened;
    this.#recorded = recordedArms(opened);
    this.#torn = torn;
    this.#whole = whole.length;
    this.#lastWhole = whole.at(-1) ?? 0;
    // A binary that was linked a moment ago is read from the disk for the first time.
    const fresh = [...arms.values()].some((arm) => arm.plan.emulator.fresh);
    this.#warmups = Math.max(plan.sampling.warmup, fresh ? 1 : 0);
    this.ended = [...(earlier?.ended ?? [])];
    for (const entry of opened.ended) {
      if (this.ended.some(({ arm }) => arm === entry.arm)) continue;
      const wasBooted = earlier?.run.scenarios.some(({ scenario }) => scenario.id === entry.arm);
      this.ended.push(wasBooted ? { ...entry, block: whole.length } : entry);
    }
  }

  /** Boots block after block until there are enough, one arm is left, or the time is over. Throws when the default arm is dead. */
  async bootAll(): Promise<RecordedRun> {
    const { request, plan, watched } = this.#opened;
    const { maxBlocks, timeBudgetMs } = plan.sampling;
    // A kill between the last boot of a block and its endings has lost these. The default has another chance.
    if (this.#whole > 0) this.#endArms();
    await this.#keep(false);
    const startedMs = request.now().getTime();
    // What a torn block lacks is not booted now: its boots would be compared across the interruption.
    let block = Math.max(0, this.#lastWhole, ...this.#torn);
    const wholeBefore = this.#whole;
    if (this.#warmups > 0 && this.#living().length > 1) await this.#bootWarmups();
    let timeIsOver = false;
    while (this.#whole < maxBlocks && this.#living().length > 1) {
      // Never within a block, nor before the first: sessions that boot none whole could follow one another for ever.
      timeIsOver = this.#whole > wholeBefore && request.now().getTime() - startedMs > timeBudgetMs;
      if (timeIsOver) break;
      block += 1;
      await this.#bootBlock(block);
    }
    if (!timeIsOver) this.#checkDefault();
    await watched.end();
    if (timeIsOver)
      request.progress({ kind: 'note', text: 'the time budget is used up: run the same command again to continue' });
    return this.#keep(!timeIsOver);
  }

  async #bootWarmups(): Promise<void> {
    let boots = 0;
    for (const arm of blockOrder(this.#living(), this.#opened.plan.digest, 0)) {
      const before = this.#recorded.get(arm)?.boots.filter(({ warmup }) => warmup).length ?? 0;
      for (let count = before; count < this.#warmups; count += 1) {
        await this.#bootArm(arm, 0);
        boots += 1;
      }
    }
    // After warm-ups of an earlier session there is nothing new to judge.
    await this.#endBlock(boots > 0);
  }

  async #bootBlock(block: number): Promise<void> {
    for (const arm of blockOrder(this.#living(), this.#opened.plan.digest, block)) await this.#bootArm(arm, block);
    this.#whole += 1;
    this.#lastWhole = block;
    await this.#endBlock(true);
  }

  async #endBlock(isNew: boolean): Promise<void> {
    const dead = isNew ? this.#endArms() : undefined;
    await this.#keep(false);
    if (dead !== undefined) throw this.#defaultIsDead(dead.because);
  }

  async #bootArm(id: string, block: number): Promise<void> {
    const { plan, arms, session, watched } = this.#opened;
    const arm = arms.get(id);
    const entry = this.#recorded.get(id);
    if (arm === undefined || entry === undefined) return;
    const boots = [...this.#recorded.values()].flatMap((recorded) => recorded.boots);
    const apart = boots.filter(({ round }) => this.#torn.includes(round)).length;
    const boot = await watched.boot({
      plan: arm.plan,
      scenario: arm.scenario,
      slot: { side: 'head', round: block, warmup: block === 0 },
      number: 1 + Math.max(0, ...boots.map(({ number }) => number)),
      of: apart + arms.size * (this.#warmups + plan.sampling.maxBlocks),
    });
    this.#recorded.set(id, { ...entry, boots: [...entry.boots, boot] });
    // What was noticed during this boot must not wait for the end of a block that may never come.
    await session.keep(this.#scenarios(), false);
  }

  #living(): string[] {
    const ended = new Set(this.ended.map(({ arm }) => arm));
    return this.#opened.plan.arms.map(({ id }) => id).filter((id) => !ended.has(id));
  }

  /** Ends what is hopeless or settled. Returns the ending of the default arm, with which the study would end, and which is none yet. */
  #endArms(): EndedArm | undefined {
    const { request, plan } = this.#opened;
    const block = this.#whole;
    const recorded = [...this.#recorded.values()];
    const outcomes = new Map(
      recorded.map(({ scenario, boots }) => [
        scenario.id,
        boots.map(({ round, outcome }) => ({ block: round, came: outcome.kind === 'ready' })),
      ]),
    );
    const table = mainTable(withoutTorn(recorded, this.#torn));
    const found = endings({ plan, table, outcomes, ended: this.ended, block });
    const isDefault = ({ arm }: EndedArm): boolean => arm === plan.arms[0]?.id;
    const isHopeless = ({ why }: EndedArm): boolean => why !== 'settled' && why !== 'slower';
    for (const entry of found) {
      if (isDefault(entry) || !(request.endings === 'early' || isHopeless(entry))) continue;
      request.progress({ kind: 'note', text: `${entry.arm} ends after block ${block}: ${entry.because}` });
      this.ended.push(entry);
    }
    return found.find(isDefault);
  }

  /** Whatever a session has booted: without the default there is nothing that was compared. */
  #checkDefault(): void {
    const boots = this.#recorded.get(this.#opened.plan.arms[0]?.id ?? '')?.boots ?? [];
    if (boots.length > 0 && !boots.some(({ outcome }) => outcome.kind === 'ready'))
      throw this.#defaultIsDead(`none of its ${boots.length} boots came up`);
  }

  #defaultIsDead(because: string): BootgaugeError {
    const hint = `its boots are in ${this.#opened.session.folder}; --restart begins a new study`;
    return measurementError(`the default arm does not come up: ${because}`, hint);
  }

  #scenarios(): RecordedScenario[] {
    const { arms, watched } = this.#opened;
    return [...this.#recorded.values()].map((entry) => {
      const arm = arms.get(entry.scenario.id);
      if (arm === undefined) return entry;
      const warnings = distinctWarnings([...entry.warnings, ...watched.warnings([arm.plan], entry.boots)]);
      return { ...entry, hostState: { ...entry.hostState, after: watched.hostState.after }, warnings };
    });
  }

  /** The run first: a study without one could not be gone on with. */
  async #keep(finished: boolean): Promise<RecordedRun> {
    const { session, plan } = this.#opened;
    const run = await session.keep(this.#scenarios(), finished);
    await writeStudy(session.folder, { plan, ended: this.ended, torn: this.#torn, lastWhole: this.#lastWhole });
    return run;
  }
}

/** Every arm that is booted now or was booted before, with the boots that it has. */
function recordedArms({ plan, arms, earlier, watched }: Opened): Map<string, RecordedScenario> {
  const recorded = new Map<string, RecordedScenario>();
  for (const { id } of plan.arms) {
    const before = earlier?.run.scenarios.find(({ scenario }) => scenario.id === id);
    const arm = arms.get(id);
    if (arm === undefined) {
      if (before !== undefined) recorded.set(id, before);
      continue;
    }
    const fresh = {
      scenario: arm.scenario,
      conditions: { head: arm.conditions, base: null },
      hostState: { before: before?.hostState.before ?? watched.hostState.before, after: null },
      baseline: [],
      baselinePath: '',
      warnings: before?.warnings ?? [],
    };
    recorded.set(id, { ...publishable(fresh, homedir()), boots: before?.boots ?? [] });
  }
  return recorded;
}
