// A clock for budgets. The monotonic clock of a Mac goes on while the machine sleeps, and any wall clock can be set: time is counted in
// ticks, and what lies between two ticks that are far apart is left out.

/** Gaps that a busy machine may have, too. */
const toleratedMs = 10_000;
const tickMs = 1000;

export interface SteadyClock extends Disposable {
  now(): Date;
}

/** Begins with the time of day, and from then on counts what the machine was awake for. */
export function steadyClock(monotonicMs: () => number = () => performance.now()): SteadyClock {
  const begun = Date.now();
  let last = monotonicMs();
  let awakeMs = 0;
  const look = (): void => {
    const at = monotonicMs();
    const gap = Math.max(0, at - last);
    awakeMs += gap > toleratedMs ? tickMs : gap;
    last = at;
  };
  const ticking = setInterval(look, tickMs).unref();
  return {
    now() {
      look();
      return new Date(begun + awakeMs);
    },
    [Symbol.dispose]: () => clearInterval(ticking),
  };
}
