// Takes a series of boots, one at a time or both of a round at once: warm-ups, then rounds until a rule has seen enough. tinybench does the statistics.
import { Bench } from 'tinybench';
import type { Side } from '../model/scenario.ts';
import { roundSlots, type Slot, warmupSlots } from './schedule.ts';

/** Statistics of one side as tinybench computes them; milliseconds. Failed boots count with the deadline. */
export interface SeriesStatistics {
  readonly side: Side;
  readonly boots: number;
  readonly meanMs: number;
  readonly sdMs: number;
  /** Relative margin of error of the mean at 95 %, a fraction. */
  readonly rme: number;
  /** The median. */
  readonly p50Ms: number;
}

export interface SeriesOptions {
  readonly sides: readonly Side[];
  readonly warmup: number;
  /** Of the order of sides within blocks of rounds. */
  readonly seed: number;
  /** 1, unless rounds were booted before. */
  readonly firstRound?: number;
  /** Rounds at least; the stop rule is not asked before. */
  readonly minRounds: number;
  readonly maxRounds: number;
  /** Boots the guest once and answers how long it took in ms. Must not throw for a failed boot: that is a value. */
  readonly boot: (slot: Slot) => Promise<number>;
  /** Asked after the warm-ups (round 0) and after every complete round from the minimum on. */
  readonly enough: (round: number) => boolean;
  /** Asked after the rounds before the minimum: whether a side is beyond hope. */
  readonly givenUp?: () => boolean;
  /** Of which rounds the boots are begun at the same time, and whether those are the ones that count in the end; none if not given. */
  readonly joint?: { readonly of: (round: number) => boolean; readonly count: () => boolean };
  /** Asked at the maximum and after each round beyond it: whether one more is taken in the place of one that does not count. */
  readonly replaces?: (round: number) => boolean;
}

/** An error thrown by `boot` ends the series and is thrown on. Throws a RangeError for a duration that is none. */
export async function runSeries(options: SeriesOptions): Promise<SeriesStatistics[]> {
  const { sides, seed, minRounds, maxRounds, boot, enough } = options;
  const { firstRound = 1, replaces = () => false, givenUp = () => false, joint } = options;
  for (const slot of warmupSlots(sides, options.warmup)) await boot(slot);
  if (maxRounds < 1 || enough(0)) return [];
  const booted: { readonly slot: Slot; readonly ms: number }[] = [];
  for (let round = firstRound; round <= maxRounds || replaces(round - 1); round += 1) {
    const slots = roundSlots(sides, round, seed);
    if (joint?.of(round) === true) booted.push(...(await bootTogether(slots, boot)));
    else for (const slot of slots) booted.push({ slot, ms: await boot(slot) });
    if (round < maxRounds && (round < minRounds ? givenUp() : enough(round))) break;
  }
  const counting = joint?.count() ?? false;
  return sides.flatMap((side) => {
    const own = booted.filter(({ slot }) => slot.side === side && (slot.joint === true) === counting);
    const times = own.map(({ ms }) => ms);
    return times.length === 0 ? [] : [statisticsOf(side, times)];
  });
}

/** All have ended before an error of one is thrown: no guest is left behind. */
async function bootTogether(slots: readonly Slot[], boot: SeriesOptions['boot']) {
  const together = slots.map((slot) => ({ ...slot, joint: true as const }));
  const ended = await Promise.allSettled(together.map((slot) => boot(slot)));
  return ended.map((result, index) => {
    if (result.status === 'rejected') throw result.reason;
    return { slot: together[index] as Slot, ms: result.value };
  });
}

/** tinybench runs a task that only tells it durations measured before. */
function statisticsOf(side: Side, durations: readonly number[]): SeriesStatistics {
  // It would put its own measurement in the place of such a value and say nothing.
  const wrong = durations.find((value) => !(Number.isFinite(value) && value >= 0));
  if (wrong !== undefined) throw new RangeError(`a boot of ${side} took ${wrong} ms`);
  const left = durations.values();
  const bench = new Bench({ time: 0, iterations: durations.length, warmup: false });
  bench.add(side, () => ({ overriddenDuration: left.next().value as number }), { async: false });
  const [task] = bench.runSync();
  if (task?.result.state !== 'completed') throw new Error(`no statistics of ${side}: ${task?.result.state}`);
  const { mean, sd, rme, p50 } = task.result.latency;
  return { side, boots: durations.length, meanMs: mean, sdMs: sd, rme: rme / 100, p50Ms: p50 };
}
