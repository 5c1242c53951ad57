// Takes a series of boots through tinybench: it owns the loop and the statistics, we own the order and the clock.
import { Bench, type TaskResult } from 'tinybench';
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
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface SeriesOptions {
  readonly sides: readonly Side[];
  readonly warmup: number;
  /** Rounds at least; the stop rule is not asked before. */
  readonly minRounds: number;
  readonly maxRounds: number;
  /** Boots the guest once and answers how long it took in ms. Must not throw for a failed boot: that is a value. */
  readonly boot: (slot: Slot) => Promise<number>;
  /** Asked after the warm-ups (round 0) and after every complete round from the minimum on. */
  readonly enough: (round: number) => boolean;
}

/**
 * Runs warm-ups and rounds one boot at a time. An error thrown by `boot` ends the series and is thrown on.
 *
 * Both sides are tinybench tasks that run side by side (`concurrency: 'bench'`) and pass a baton: a task function
 * boots, hands the baton on and returns only when it is its turn again or the series is over, so that an early stop
 * leaves no stray sample.
 */
export async function runSeries(options: SeriesOptions): Promise<SeriesStatistics[]> {
  for (const slot of warmupSlots(options.sides, options.warmup)) await options.boot(slot);
  if (options.maxRounds < 1 || options.enough(0)) return [];
  const stop = new AbortController();
  const baton = new Baton(options);
  const bench = new Bench({
    time: 0,
    iterations: options.maxRounds,
    warmup: false,
    concurrency: 'bench',
    retainSamples: true,
    signal: stop.signal,
  });
  for (const side of options.sides) {
    const boot = async (): Promise<{ overriddenDuration: number }> => {
      const slot = baton.slot();
      if (slot === null || slot.side !== side) return { overriddenDuration: 0 };
      try {
        const duration = await options.boot(slot);
        baton.passOn();
        if (baton.slot() === null) stop.abort();
        await baton.turnOf(side);
        return { overriddenDuration: duration };
      } catch (error) {
        baton.drop(error);
        stop.abort();
        throw error;
      }
    };
    bench.add(side, boot, { async: true, beforeAll: () => baton.turnOf(side) });
  }
  await bench.run();
  if (baton.error !== undefined) throw baton.error as Error;
  return bench.tasks.flatMap((task) => statisticsOf(task.name as Side, task.runs, task.result));
}

/** Knows whose turn it is and wakes who waits for it. */
class Baton {
  readonly #options: SeriesOptions;
  readonly #queue: Slot[];
  #waiting: (() => void)[] = [];
  #round = 1;
  #over = false;
  error: unknown;

  constructor(options: SeriesOptions) {
    this.#options = options;
    this.#queue = roundSlots(options.sides, 1);
  }

  slot(): Slot | null {
    return this.#over ? null : (this.#queue[0] ?? null);
  }

  passOn(): void {
    this.#queue.shift();
    if (this.#queue.length === 0) {
      const { minRounds, maxRounds, enough, sides } = this.#options;
      if (this.#round >= maxRounds || (this.#round >= minRounds && enough(this.#round))) this.#over = true;
      else this.#queue.push(...roundSlots(sides, ++this.#round));
    }
    this.#wake();
  }

  drop(error: unknown): void {
    this.error ??= error;
    this.#over = true;
    this.#wake();
  }

  async turnOf(side: Side): Promise<void> {
    while (!this.#over && this.#queue[0]?.side !== side) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function statisticsOf(side: Side, boots: number, result: TaskResult): SeriesStatistics[] {
  if (result.state !== 'completed' && result.state !== 'aborted-with-statistics') return [];
  const { mean, sd, rme, p50, p99 } = result.latency;
  return [{ side, boots, meanMs: mean, sdMs: sd, rme: rme / 100, p50Ms: p50, p99Ms: p99 }];
}
