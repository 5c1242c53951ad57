// The monotonic clock, counted from a moment of one's choice. Comparable between processes on Linux.

export interface Clock {
  /** The moment that counts as zero, in nanoseconds of the system's monotonic clock. */
  readonly zeroNs: number;
  /** Nanoseconds since zero. */
  now(): number;
}

/** A clock whose zero is now. */
export function startClock(): Clock {
  const [zeroSeconds, zeroNanoseconds] = process.hrtime();
  return {
    zeroNs: zeroSeconds * 1e9 + zeroNanoseconds,
    now() {
      const [seconds, nanoseconds] = process.hrtime();
      return (seconds - zeroSeconds) * 1e9 + (nanoseconds - zeroNanoseconds);
    },
  };
}
