// Plays reports of one case through the real stop rule and the real judge, and counts what they say.
import type { BaselineSession } from '../../src/model/baseline.ts';
import type { MetricRule } from '../../src/model/scenario.ts';
import type { Sample, Series } from '../../src/model/series.ts';
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
  /** Ratios, and the sum of their logarithms' distances from the truth; the same of reports that say slower. */
  readonly ratios: number;
  readonly errors: number;
  readonly slowerRatios: number;
  readonly slowerErrors: number;
}

const typicalMs = 9000;

export function simulate(entry: Case, from: number, to: number): Tally {
  const words: Record<string, number> = {};
  const sum = { rounds: 0, placed: 0, intervals: 0, covering: 0, medians: 0, coveringMedians: 0 };
  const bias = { ratios: 0, errors: 0, slowerRatios: 0, slowerErrors: 0 };
  const truth = 1 + entry.effect;
  for (let trial = from; trial < to; trial += 1) {
    const { input, settled } = entry.mode === 'paired' ? playPaired(entry, trial) : playStored(entry, trial);
    const { verdict, comparisons } = judge(input);
    words[verdict.word] = (words[verdict.word] ?? 0) + 1;
    const [first] = comparisons;
    sum.rounds += first?.head.count ?? 0;
    sum.placed += settled ?? first?.head.count ?? 0;
    const { interval = null, ratio = null } = first ?? {};
    if (interval !== null) {
      sum.intervals += 1;
      if (interval.low <= truth && truth <= interval.high) sum.covering += 1;
    }
    if (ratio !== null) {
      const error = Math.log(ratio / truth);
      bias.ratios += 1;
      bias.errors += error;
      if (first?.word === 'slower') {
        bias.slowerRatios += 1;
        bias.slowerErrors += error;
      }
    }
    const own = medianInterval(
      input.head[0]?.samples.map(({ value }) => value ?? Number.POSITIVE_INFINITY) ?? [],
      0.95,
    );
    if (own !== null) {
      sum.medians += 1;
      const middle = trueMedian(entry) * truth * typicalMs;
      if (own.low <= middle && middle <= own.high) sum.coveringMedians += 1;
    }
  }
  return { reports: to - from, words, ...sum, ...bias };
}

interface Played {
  readonly input: JudgeInput;
  /** Rounds after which the limit was excluded. */
  readonly settled: number | null;
}

function playPaired(entry: Case, trial: number): Played {
  const seed = seedOf(entry, trial);
  const boot = machineOf(entry, seed);
  const shaped = shapedBy(entry.head ?? {}, randomFrom(seed ^ 0x5bd1e995));
  const sessions = storedSessions(entry, trial);
  const series = { head: recorderOf('head', entry, seed), base: recorderOf('base', entry, seed) };
  const input: JudgeInput = {
    scenario: sampleScenario({ boots: Math.min(entry.first, entry.most), maxBoots: entry.most }, rules(entry.metrics)),
    head: series.head.series,
    base: series.base.series,
    sessions,
    headKey: sampleKey,
    ...(sessions[0] === undefined ? {} : { headFacts: sessions[0].facts }),
    ...(entry.joined === true ? { sessionStarts: [1 + joinedAt] } : {}),
  };
  let settled: number | null = null;
  for (let round = 1; ; round += 1) {
    for (const { side } of roundSlots(['base', 'head'], round, seed)) {
      series[side].add(side === 'base' ? boot() : shaped(slowed(boot(), entry.effect)));
    }
    const { decision, because, replaced = 0 } = shouldStop(input);
    if (because.includes('a slowdown of 5 % is excluded')) settled ??= round;
    if (round - replaced >= entry.most || decision === 'enough') return { input, settled };
  }
}

function machineOf({ noise, metrics, phased, joined }: Case, seed: number): () => BootTimes {
  if (phased) return phasedSession(noise, seed);
  if (!joined) return machineSession(noise, metrics, seed);
  const [one, other] = [seed, seed + 104_729].map((day) => machineSession({ ...noise, sessionSd: 0.03 }, metrics, day));
  let boots = 0;
  return () => {
    boots += 1;
    return (boots <= 2 * joinedAt ? one : other)?.() ?? [];
  };
}

/** Rounds of the first of two runs. */
const joinedAt = 8;

function storedSessions(entry: Case, trial: number): BaselineSession[] {
  const noise = { ...entry.noise, cv: entry.knownCv ?? entry.noise.cv };
  return Array.from({ length: entry.sessions }, (_, number) => {
    const boot = machineSession(noise, entry.metrics, seedOf(entry, trial) + (number + 1) * 7919);
    return sampleSession(`run-${number}`, { 'metric-0': Array.from({ length: 10 }, () => inMs(boot()[0] ?? null)) });
  });
}

function playStored(entry: Case, trial: number): Played {
  const seed = seedOf(entry, trial);
  const boot = machineSession(entry.noise, entry.metrics, seed);
  const shaped = shapedBy(entry.head ?? {}, randomFrom(seed ^ 0x5bd1e995));
  const head = recorderOf('head', entry, seed);
  const sessions = storedSessions(entry, trial);
  const input: JudgeInput = {
    scenario: sampleScenario({ boots: entry.first, maxBoots: entry.most }, rules(entry.metrics)),
    head: head.series,
    base: null,
    sessions,
    headKey: sampleKey,
    ...(sessions[0] === undefined ? {} : { headFacts: sessions[0].facts }),
  };
  for (let taken = 1; ; taken += 1) {
    head.add(shaped(slowed(boot(), entry.effect)));
    if (taken >= entry.first && (taken >= entry.most || shouldStop(input).decision === 'enough')) {
      return { input, settled: null };
    }
  }
}

/** The series of one side, to which boots are added as they end. */
function recorderOf(side: 'head' | 'base', { metrics, phased, gridMs = 0, late = 0 }: Case, seed: number) {
  const names = Array.from({ length: metrics }, (_, metric) => `metric-${metric}`);
  if (phased) names.push(...Object.keys(phases).map((name) => `phase:${name}`));
  const samples = names.map((): Sample[] => []);
  const series: Series[] = names.map((metric, at) => ({
    ...{ metric, unit: 'ms', side },
    resolution: Math.max(10, gridMs),
    samples: samples[at] ?? [],
  }));
  const stalls = randomFrom(seed + (side === 'head' ? 15_486 : 32_452));
  let round = 0;
  const add = (times: BootTimes): void => {
    round += 1;
    const stalled = late > 0 && stalls() < late ? stallMs * stalls() : 0;
    const behind = stalled * (stalled > 0 ? stalls() : 0);
    for (const [at, list] of samples.entries()) {
      const value = inMs(times[at] ?? null);
      list.push({
        ...{ boot: 2 * round - (side === 'head' ? 1 : 0), round },
        value: onGrid(value === null ? null : value + behind, gridMs),
        ...(stalled > 50 ? { late: stalled } : {}),
      });
    }
  };
  return { series, add };
}

const stallMs = 5000;

const rules = (metrics: number): Record<string, MetricRule> =>
  Object.fromEntries(Array.from({ length: metrics }, (_, metric) => [`metric-${metric}`, gatingRule]));

const slowed = (times: BootTimes, effect: number): BootTimes =>
  times.map((value) => (value === null ? null : value * (1 + effect)));

const shapedBy =
  ({ slowShare = 0, slowBy = 1, failShare = 0, spread = 1, phase }: HeadShape, random: Random) =>
  (times: BootTimes): BootTimes => {
    const factor = random() < slowShare ? slowBy : 1;
    const fails = random() < failShare;
    // The whole comes first, then its phases.
    const grown = phase === undefined ? -1 : 1 + Object.keys(phases).indexOf(phase.name);
    const more = (phase?.ms ?? 0) / typicalMs;
    return times.map((value, at) =>
      value === null || fails ? null : value ** spread * factor + (at === 0 || at === grown ? more : 0),
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
