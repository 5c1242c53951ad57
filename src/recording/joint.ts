// Both sides of a pair at the same time: twice as many pairs in the same time, where the machine has cores to spare and rounds of both
// kinds have shown that neither side disturbs the other.

import { z } from 'zod';
import { machineKey } from '../host/facts.ts';
import { type Conditions, comparableKey } from '../model/conditions.ts';
import type { LaunchPlan } from '../model/launch-plan.ts';
import { mainMetricOf, readinessesOf } from '../model/readiness.ts';
import type { EarlierRun, RecordedScenario } from '../model/run.ts';
import type { Scenario, Side } from '../model/scenario.ts';
import { parseOrNull } from '../model/stored.ts';
import type { ReadBoot } from '../model/timeline.ts';
import { gating } from '../probe/probe.ts';
import { type Disturbance, type DisturbanceBlock, disturbance } from '../stats/disturbance.ts';
import { randomOf } from '../stats/random.ts';
import { readyNs } from '../timeline/read-timeline.ts';

export interface JointOptions {
  /** Performance cores that this process may use. */
  readonly cores: number;
  /** What earlier runs on this machine found. Where it forgets from run to run nothing is tried, since nothing could be learned. */
  readonly remembered: {
    read(key: string): Promise<string | null>;
    write(key: string, value: string): Promise<void>;
  };
}

interface Asked {
  readonly scenario: Scenario;
  readonly plans: { readonly head: LaunchPlan; readonly base: LaunchPlan | null };
  readonly conditions: { readonly head: Conditions; readonly base: Conditions | null };
  readonly earlier: readonly EarlierRun[];
  /** Draws which rounds of the calibrating ones are joint. */
  readonly seed: number;
  readonly options: JointOptions | undefined;
  readonly now: Date;
}

export interface JointRounds {
  /** Rounds at the begin, of which half are joint. */
  readonly calibrating: number;
  /** Of these, how many will not be judged. */
  setAside(read: readonly ReadBoot[]): number;
  /** Whether both sides of a round boot at once, after the boots so far. */
  isJoint(round: number, read: readonly ReadBoot[]): boolean;
  /** What is recorded of it; undefined where the machine has no room for two guests, or nobody asks for it. */
  judged(read: readonly ReadBoot[]): RecordedScenario['parallel'];
  /** Keeps what this run has found for later ones. */
  remember(read: readonly ReadBoot[]): Promise<void>;
}

export async function jointRounds(asked: Asked): Promise<JointRounds> {
  const { scenario, options, now } = asked;
  if (options === undefined || !hasRoom(asked, options.cores)) return oneByOne();
  const hindered = hindrance(asked);
  if (hindered !== '') return oneByOne(hindered);
  const key = `joint boots: ${rememberedKey(asked)}`;
  const kept = await options.remembered.read(key);
  if (kept === null) {
    await options.remembered.write(key, '[]');
    return oneByOne(
      'nothing is remembered of this machine; if its cache lasts, the next run tries both at the same time',
    );
  }
  const earlier = (parseOrNull(kept, blocksSchema) ?? [])
    .filter(({ at }) => now.getTime() - Date.parse(at) < mostAgeMs)
    .slice(-mostBlocks);
  const margin = marginOf(scenario);
  const known = answerOf(earlier, margin);
  const calibrating = known === null ? blockRounds : 0;
  const own = (read: readonly ReadBoot[]): Block[] => (known === null ? blockOf(read, now) : []);
  const judged = (read: readonly ReadBoot[]): NonNullable<RecordedScenario['parallel']> => {
    const busy = tooBusy(read, options.cores);
    if (busy !== '') return { judged: 'single', because: busy };
    return (
      known ??
      answerOf([...earlier, ...own(read)], margin) ?? {
        judged: 'single',
        because: `not yet known whether boots at the same time disturb each other (${formatShare(margin)} is let pass)`,
      }
    );
  };
  const first = randomOf(asked.seed, blockRounds)() < 0.5;
  const isBusy = (read: readonly ReadBoot[]): boolean => tooBusy(read, options.cores) !== '';
  return {
    calibrating,
    setAside: (read) => (isBusy(read) ? 0 : calibrating / 2),
    isJoint: (round, read) =>
      round <= calibrating
        ? !isBusy(read) && (round === 1 || round === blockRounds) === first
        : judged(read).judged === 'joint',
    judged,
    async remember(read) {
      const found = own(read);
      if (found.length > 0) await options.remembered.write(key, JSON.stringify([...earlier, ...found]));
    },
  };
}

const oneByOne = (because = ''): JointRounds => ({
  calibrating: 0,
  setAside: () => 0,
  isJoint: () => false,
  judged: () => (because === '' ? undefined : { judged: 'single', because }),
  remember: () => Promise.resolve(),
});

/** One after the other, together, together, one after the other; or the other way round: a drift favours neither. */
const blockRounds = 4;
/** Cores for the emulators' own threads, for Bootgauge and for the system. */
const spareCores = 2;
const spareMemoryMiB = 2048;
const mostAgeMs = 30 * 86_400_000;
/** After so many blocks boots that are still not known to be alike are too noisy to ever tell. */
const mostBlocks = 8;
/** Of each bound of what company adds. */
const disturbanceError = 0.02;

function hasRoom({ scenario, plans, conditions }: Asked, cores: number): boolean {
  if (plans.base === null || scenario.base === null || scenario.profile !== 'timing') return false;
  if (scenario.sampling.parallel === 'off' || scenario.sampling.warmup === 0 || scenario.sampling.maxBoots === 0)
    return false;
  const machines = [scenario.head.machine, scenario.base.machine];
  const cpus = machines.reduce((sum, machine) => sum + machine.cpus, 0);
  const memory = machines.reduce((sum, machine) => sum + machine.memoryMiB, 0);
  return cpus + spareCores <= cores && memory + spareMemoryMiB <= conditions.head.host.memoryMiB;
}

/** What two guests at the same time would share. */
function hindrance({ scenario, earlier, plans: { head, base } }: Asked): string {
  if (earlier.some(({ joint }) => joint !== true)) return 'earlier pairs of the same two sides were booted like that';
  if ([scenario.head, scenario.base].some((side) => side?.machine.gpu === 'venus'))
    return 'guests with Venus share the GPU of the machine';
  if (scenario.responsiveness !== undefined) return 'how the guest responds is measured, which company could disturb';
  for (const plan of [head, base]) {
    if (plan?.kind === 'launcher') {
      if (plan.port !== null) return `the launcher's port ${plan.port} is fixed; let it take its port from {port}`;
      // `limactl start` and its like work on one machine of the host, and a server of another kind has one port.
      const words = [...plan.command, ...Object.values(plan.environment)];
      if (!words.some((word) => word.includes('{port}')))
        return 'the launcher takes no {port}: both may use the same things';
      if (readinessesOf(scenario).some(({ kind }) => kind !== 'ssh' && kind !== 'line'))
        return 'what makes the guest ready has a place that both would use';
      if (plan.notes.some(({ code }) => code === 'launcher-shared' || code === 'launcher-own-path'))
        return 'the launcher names files by absolute paths, which both would use';
    }
    if (plan?.kind === 'qemu') {
      if (plan.disks.some(({ writable }) => writable === true)) return 'what the guest writes is kept';
      const shared = plan.extraArguments.find(mayBeShared);
      if (shared !== undefined) return `the QEMU argument ${shared} may name a file, a port or a device of the host`;
    }
  }
  return '';
}

/** A file can have any name, so that only options of which none of the values is one are let pass. */
const mayBeShared = (word: string): boolean =>
  word.startsWith('-')
    ? !ownOptions.has(word.replace(/^--?/, ''))
    : /[/:]|(?:file|path|filename|guest-cid|vendorid|productid|host\w*)=/.test(word);

/** Options of QEMU that describe the guest alone. */
const ownOptions = new Set(
  'accel action boot cpu device display global icount m M machine msg name no-reboot no-shutdown nodefaults no-user-config object overcommit rtc sandbox seed smp uuid vga watchdog-action'.split(
    ' ',
  ),
);

/** An emulator that works on more cores than its guest has takes them from the other one. Warm-ups boot alone and tell it. */
function tooBusy(read: readonly ReadBoot[], cores: number): string {
  const busy = (side: Side): number => {
    const ends = read
      .filter(({ boot }) => boot.warmup && boot.side === side)
      .flatMap(({ boot }) => boot.usage.at(-1) ?? []);
    return ends.length === 0 ? Number.NaN : Math.max(...ends.map(({ cpuNs, atNs }) => cpuNs / atNs));
  };
  const both = busy('head') + busy('base');
  if (both + 1 <= cores) return '';
  const found = Number.isNaN(both)
    ? 'nobody knows how busy their emulators are'
    : `their emulators keep ${both.toFixed(1)} cores busy`;
  return `${found}, and ${cores} are there`;
}

const timesSchema = z.object({ alone: z.array(z.number().positive()), together: z.array(z.number().positive()) });
const blockSchema = z.object({ at: z.string(), head: timesSchema, base: timesSchema });
/** Times of one calibrating block until the guest was ready; ms. */
type Block = z.output<typeof blockSchema>;
const blocksSchema = z.array(blockSchema);

/** None before its last round, or where a boot failed. */
function blockOf(read: readonly ReadBoot[], now: Date): Block[] {
  const times = (side: Side) => {
    const of = (joint: boolean): number[] =>
      read
        .filter(({ boot }) => boot.side === side && !boot.warmup && boot.round <= blockRounds)
        .filter(({ boot }) => (boot.joint === true) === joint && boot.outcome.kind === 'ready')
        .flatMap(({ boot }) => readyNs(boot) ?? [])
        .map((ns) => ns / 1e6);
    return { alone: of(false), together: of(true) };
  };
  const block = { at: now.toISOString(), head: times('head'), base: times('base') };
  const isWhole = [block.head, block.base].every((side) => side.alone.length === 2 && side.together.length === 2);
  return isWhole ? [block] : [];
}

/** null: not known yet. */
function answerOf(blocks: readonly Block[], margin: number): NonNullable<RecordedScenario['parallel']> | null {
  if (blocks.length === 0) return null;
  const logs = (times: Block['head']): DisturbanceBlock => ({
    alone: times.alone.map(Math.log),
    together: times.together.map(Math.log),
  });
  const sides = [blocks.map(({ head }) => logs(head)), blocks.map(({ base }) => logs(base))];
  const found = disturbance(sides, disturbanceError);
  const seen = `boots at the same time took ${rangeOf(found)} longer than boots one after the other (${found.boots} of each and side, ${formatShare(margin)} is let pass)`;
  if (Math.max(Math.abs(found.low), Math.abs(found.high)) < margin) return { judged: 'joint', because: seen };
  if (found.low > margin || found.high < -margin || blocks.length >= mostBlocks)
    return { judged: 'single', because: seen };
  return null;
}

const rangeOf = ({ low, high }: Disturbance): string => `${formatShare(low)} to ${formatShare(high)}`;
const formatShare = (log: number): string => `${(100 * Math.expm1(log)).toFixed(1)} %`;

/** Half of what the time until the guest is ready may grow. */
const marginOf = (scenario: Scenario): number =>
  Math.log1p((scenario.metrics[mainMetricOf(scenario)] ?? gating).limit / 2);

/** What a block was found under: machine, system, guests; emulators come and go. */
function rememberedKey({ scenario, conditions: { head, base }, options }: Asked): string {
  const { host, accelerator } = head;
  const keys = [head, base ?? head].map((side) => comparableKey(side, scenario));
  return JSON.stringify([
    machineKey(host, accelerator),
    host.osVersion,
    host.runner,
    options?.cores,
    scenario.base?.machine,
    keys,
  ]);
}
