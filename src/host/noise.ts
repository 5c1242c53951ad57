// A quick look at how evenly this machine runs: the same piece of work again and again, and how far its times spread.
import { setImmediate as breathe } from 'node:timers/promises';

export interface Jitter {
  /** Spread of the loops' times without the shortest and the longest, as a percentage of their median. */
  readonly percent: number;
  readonly medianMs: number;
  readonly loops: number;
}

/** 20 loops of about 20 ms of CPU each; takes half a second. An estimate for people, never used in a verdict. */
export async function timingJitter(loops = 20, loopMs = 20): Promise<Jitter> {
  // The first rounds are for the compiler; then the amount of work is fixed so that only the machine varies.
  for (let warm = 0; warm < 3; warm++) work(200_000);
  const probeMs = timed(500_000);
  const rounds = Math.max(1000, Math.round((500_000 * loopMs) / Math.max(probeMs, 0.01)));
  const times: number[] = [];
  for (let loop = 0; loop < loops; loop++) {
    times.push(timed(rounds));
    await breathe();
  }
  times.sort((one, other) => one - other);
  const at = (index: number): number => times[Math.min(Math.max(index, 0), times.length - 1)] ?? 0;
  const median = at(Math.floor(times.length / 2));
  return { percent: ((at(times.length - 2) - at(1)) / median) * 100, medianMs: median, loops };
}

function timed(rounds: number): number {
  const started = performance.now();
  const state = work(rounds);
  const elapsed = performance.now() - started;
  // The result is used, so that the work cannot be optimised away.
  if (state === 0) throw new Error('xorshift never reaches zero');
  return elapsed;
}

function work(rounds: number): number {
  let state = 0x9e3779b9;
  for (let round = 0; round < rounds; round++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return state;
}
