// The monotonic clock, counted from a moment of one's choice. Comparable between processes on Linux.

export interface Clock {
  /** The moment that counts as zero, in nanoseconds of the system's monotonic clock. */
  readonly zeroNs: number;
  /** Nanoseconds since zero, without what was left out. */
  now(): number;
  /** Leaves out a part of what has passed so far: the clock goes back by it. */
  leaveOut(ns: number): void;
}

/** A clock whose zero is now. */
export function startClock(): Clock {
  const [zeroSeconds, zeroNanoseconds] = process.hrtime();
  let leftOut = 0;
  return {
    zeroNs: zeroSeconds * 1e9 + zeroNanoseconds,
    now() {
      const [seconds, nanoseconds] = process.hrtime();
      return (seconds - zeroSeconds) * 1e9 + (nanoseconds - zeroNanoseconds) - leftOut;
    },
    leaveOut(ns) {
      leftOut += ns;
    },
  };
}
