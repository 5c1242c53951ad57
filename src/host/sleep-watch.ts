// Whether the machine slept, or its clock was set: clocks that stop meanwhile cannot tell, so it is seen by gaps between ticks.

/** Gaps that a busy machine may have, too. */
const toleratedMs = 10_000;
const tickMs = 1000;

export interface SleepWatch extends Disposable {
  /** The longest gap so far; 0 where none was longer than a busy machine may have. */
  sleptMs(): number;
}

export function watchSleep(wallMs: () => number = Date.now): SleepWatch {
  let last = wallMs();
  let longest = 0;
  const look = (): void => {
    const now = wallMs();
    longest = Math.max(longest, Math.abs(now - last - tickMs));
    last = now;
  };
  const ticking = setInterval(look, tickMs);
  return {
    sleptMs() {
      look();
      return longest > toleratedMs ? Math.round(longest) : 0;
    },
    [Symbol.dispose]: () => clearInterval(ticking),
  };
}
