// One-sided rank tests of a shift between two sides of the same size, with a few far outliers set aside.
// Which boots are outliers is decided without looking at the sides, so the test keeps its level exactly for equal distributions.
import { mannWhitneyTail } from './mann-whitney.ts';
import { normalUpper } from './normal.ts';
import { median, scaledMad } from './quantiles.ts';
import { differences, type Pairing } from './rank-interval.ts';
import { signedRankTest } from './signed-rank.ts';

export interface ShiftTest {
  /** Small when x exceeds y by more than the shift. */
  readonly above: number;
  /** Small when x exceeds y by less than the shift. */
  readonly below: number;
}

/** Tests x - y against `shift`. Infinity is a failed boot: it ranks highest and is never set aside. */
export function shiftTest(x: readonly number[], y: readonly number[], shift: number, pairing: Pairing): ShiftTest {
  const moved = x.map((value) => value - shift);
  if (pairing === 'rounds') {
    return signedRankTest(differences(moved, y));
  }
  const kept = withoutOutliers(moved, y);
  return pooledTest(kept.x, kept.y);
}

/** Values farther than four robust standard deviations from the common median, unless they are too many to be outliers. */
export function withoutOutliers(
  x: readonly number[],
  y: readonly number[],
): { readonly x: readonly number[]; readonly y: readonly number[] } {
  const all = [...x, ...y];
  const middle = median(all);
  const reach = outlierReach * scaledMad(all);
  const isFar = (value: number): boolean => Number.isFinite(value) && Math.abs(value - middle) > reach;
  const far = all.reduce((count, value) => count + (isFar(value) ? 1 : 0), 0);
  if (far === 0 || reach === 0 || far > Math.max(1, outlierShare * all.length)) return { x, y };
  return { x: x.filter((value) => !isFar(value)), y: y.filter((value) => !isFar(value)) };
}

const outlierReach = 4;
/** More than this share is a second mode of the boots, not an accident. */
const outlierShare = 0.15;

function pooledTest(x: readonly number[], y: readonly number[]): ShiftTest {
  let greater = 0;
  let equal = 0;
  for (const left of x) {
    for (const right of y) {
      if (left > right) greater += 1;
      else if (left === right) equal += 1;
    }
  }
  const pairs = x.length * y.length;
  const half = Math.floor(equal / 2);
  return {
    above: upperTail(x.length, y.length, greater + half),
    below: upperTail(x.length, y.length, pairs - greater - equal + half),
  };
}

function upperTail(m: number, n: number, u: number): number {
  if (Math.max(m, n) <= 50) return mannWhitneyTail(m, n)[u] ?? 0;
  return normalUpper((u - (m * n) / 2 - 0.5) / Math.sqrt((m * n * (m + n + 1)) / 12));
}
