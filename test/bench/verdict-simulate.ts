// Plays reports of one case through the real stop rule and the real judge, and counts what they say.
import type { BaselineSession } from '../../src/model/baseline.ts';
import type { MetricRule } from '../../src/model/scenario.ts';
import type { Series } from '../../src/model/series.ts';
import { roundSlots } from '../../src/recording/schedule.ts';
import { medianInterval } from '../../src/stats/median-interval.ts';
import { type Random, randomFrom } from '../../src/stats/random.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { JudgeInput } from '../../src/verdict/judge-input.ts';
import { shouldStop } from '../../src/verdict/stop-rule.ts';
import { gatingRule, sampleKey, sampleScenario, sampleSession } from '../verdict/samples.ts';
import type { Case, HeadShape } from './verdict-cases.ts';
import { type BootTimes, machineSession, phasedSession, phases } from './verdict-noise.ts';

export interface Tally {
  readonly reports: number;
  readonly words: Readonly<Record<string, number>>;
  /** Sum of rounds. */
  readonly rounds: number;
  /** Sum of the rounds after which the limit was first excluded, whatever else was still open; reports without it count all of theirs. */
  readonly placed: number;
  /** Intervals of the first metric's ratio, and those that hold the truth. */
  readonly intervals: number;
  readonly covering: number;
  /** The same for the interval of head's median. */
  readonly medians: number;
  readonly coveringMedians: number;
  /** Sum of the detectable slowdowns that the reports name. */
  readonly detectable: number;
}

const typicalMs = 9000;

export function simulate(entry: Case, from: number, to: number): Tally {
  const words: Record<string, number> = {};
  let [rounds, placed, intervals, covering, medians, coveringMedians, detectable] = [0, 0, 0, 0, 0, 0, 0];
  for (let trial = from; trial < to; trial += 1) {
    const { input, settled } = entry.mode === 'paired' ? playPaired(entry, trial) : playStored(entry, trial);
    const { verdict, comparisons } = judge(input);
    words[verdict.word] = (words[verdict.word] ?? 0) + 1;
    const [first] = comparisons;
    rounds += first?.head.count ?? 0;
    placed += settled ?? first?.head.count ?? 0;
    detectable += first?.detectable ?? 0;
    if (first?.interval) {
      intervals += 1;
      if (first.interval.low <= 1 + entry.effect && 1 + entry.effect <= first.interval.high) covering += 1;
    }
    const own = medianInterval(
      input.head[0]?.samples.map(({ value }) => value ?? Number.POSITIVE_INFINITY) ?? [],
      0.95,
    );
    if (own !== null) {
      medians += 1;
      const truth = trueMedian(entry) * (1 + entry.effect) * typicalMs;
      if (own.low <= truth && truth <= own.high) coveringMedians += 1;
    }
  }
  return { reports: to - from, words, rounds, placed, intervals, covering, medians, coveringMedians, detectable };
}

interface Played {
  readonly input: JudgeInput;
  /** Rounds after which the limit was excluded. */
  readonly settled: number | null;
}

function playPaired(entry: Case, trial: number): Played {
  const seed = seedOf(entry, trial);
  const boot = entry.phased ? phasedSession(entry.noise, seed) : machineSession(entry.noise, entry.metrics, seed);
  const shaped = shapedBy(entry.head ?? {}, randomFrom(seed ^ 0x5bd1e995));
  const sessions = storedSessions(entry, trial);
  const head: BootTimes[] = [];
  const base: BootTimes[] = [];
  let settled: number | null = null;
  for (;;) {
    for (const { side } of roundSlots(['base', 'head'], head.length + 1, seed)) {
      if (side === 'base') base.push(boot());
      else head.push(shaped(slowed(boot(), entry.effect)));
    }
    if (head.length < Math.min(entry.first, sessions.length > 0 ? 3 : entry.first)) continue;
    const input: JudgeInput = {
      scenario: sampleScenario({ boots: entry.first, maxBoots: entry.most }, rules(entry.metrics)),
      head: seriesOf('head', head, entry),
      base: seriesOf('base', base, entry),
      sessions,
      headKey: sampleKey,
      ...(sessions[0] === undefined ? {} : { headFacts: sessions[0].facts }),
    };
    const { decision, because } = shouldStop(input);
    if (because.includes('a slowdown of 5 % is excluded')) settled ??= head.length;
    if (head.length >= entry.most || decision === 'enough') return { input, settled };
  }
}

function storedSessions(entry: Case, trial: number): BaselineSession[] {
  const noise = { ...entry.noise, cv: entry.knownCv ?? entry.noise.cv };
  return Array.from({ length: entry.sessions }, (_, number) => {
    const boot = machineSession(noise, entry.metrics, seedOf(entry, trial) + (number + 1) * 7919);
    return sampleSession(`run-${number}`, { 'metric-0': Array.from({ length: 10 }, () => inMs(boot()[0] ?? null)) });
  });
}

function playStored(entry: Case, trial: number): Played {
  const session = (number: number): BootTimes[] => {
    const boot = machineSession(entry.noise, entry.metrics, seedOf(entry, trial) + number * 7919);
    return Array.from({ length: number === 0 ? entry.most : 10 }, boot);
  };
  const sessions: BaselineSession[] = Array.from({ length: entry.sessions }, (_, number) =>
    sampleSession(`run-${number}`, { 'metric-0': session(number + 1).map(([value]) => inMs(value ?? null)) }),
  );
  const head = session(0).map((times) => slowed(times, entry.effect));
  for (let taken = entry.first; ; taken += 1) {
    const input: JudgeInput = {
      scenario: sampleScenario({ boots: entry.first, maxBoots: entry.most }, rules(entry.metrics)),
      head: seriesOf('head', head.slice(0, taken), entry),
      base: null,
      sessions,
      headKey: sampleKey,
    };
    if (taken >= entry.most || shouldStop(input).decision === 'enough') return { input, settled: null };
  }
}

function seriesOf(side: 'head' | 'base', boots: readonly BootTimes[], { metrics, phased, gridMs = 0 }: Case): Series[] {
  const names = Array.from({ length: metrics }, (_, metric) => `metric-${metric}`);
  if (phased) names.push(...Object.keys(phases).map((name) => `phase:${name}`));
  return names.map((name, metric) => ({
    metric: name,
    unit: 'ms',
    side,
    resolution: Math.max(10, gridMs),
    samples: boots.map((times, index) => ({
      boot: 2 * index + (side === 'head' ? 1 : 2),
      round: index + 1,
      value: onGrid(inMs(times[metric] ?? null), gridMs),
    })),
  }));
}

const rules = (metrics: number): Record<string, MetricRule> =>
  Object.fromEntries(Array.from({ length: metrics }, (_, metric) => [`metric-${metric}`, gatingRule]));

const slowed = (times: BootTimes, effect: number): BootTimes =>
  times.map((value) => (value === null ? null : value * (1 + effect)));

const shapedBy =
  ({ slowShare = 0, slowBy = 1, failShare = 0, spread = 1, phaseMs = 0 }: HeadShape, random: Random) =>
  (times: BootTimes): BootTimes => {
    const factor = random() < slowShare ? slowBy : 1;
    const fails = random() < failShare;
    // The whole comes first, then its phases.
    return times.map((value, at) =>
      value === null || fails ? null : value ** spread * factor + (at < 2 ? phaseMs / typicalMs : 0),
    );
  };

/** A probe that looks once a period sees what happened when it looks next. */
const onGrid = (value: number | null, gridMs: number): number | null =>
  value === null || gridMs === 0 ? value : Math.ceil(value / gridMs) * gridMs;

const inMs = (value: number | null): number | null => (value === null ? null : value * typicalMs);

/** Median of the noise: the tail lifts it a little. */
function trueMedian({ noise }: Case): number {
  // P(Z < z) 0.95 + 0.05 P(tail < z) = 1/2 with the tail nearly all above: z = 0.0627 for far tails; found by simulation.
  return noise.shape === 'tail' ? Math.exp(0.0522 * Math.sqrt(Math.log1p(noise.cv ** 2))) : 1;
}

/** A seed of its own for each case and trial. */
function seedOf({ id }: Case, trial: number): number {
  let hash = 2166136261;
  for (const character of `${id} ${trial}`) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  return hash;
}
