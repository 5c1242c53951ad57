// The guest's kernel clock against the host's: a line below all points (kernel time, arrival), as near to them as possible.
import type { ClockFit } from '../model/timeline.ts';

export interface ClockPoint {
  readonly kernelNs: number;
  readonly hostNs: number;
}

const fewest = 8;
/** Two clocks of one machine do not drift apart by more than this; a steeper fit is an accident of few points. */
const steepestPpm = 2000;

/**
 * Offset and drift by the lower envelope: no line can arrive before it was printed, so of all lines below every point the one with the
 * least total distance is the fit. It is the edge of the lower convex hull over the mean of the abscissae (Moon, Skelly and Towsley,
 * "Estimation and Removal of Clock Skew from Network Delay Measurements", INFOCOM 1999; by hulls: Zhang, Liu and Xia, INFOCOM 2002).
 * Stamps that do not rise with the others (a reboot, text that only looks like the kernel's) are left out first.
 * Null with fewer than 8 usable lines.
 */
export function fitClock(points: readonly ClockPoint[]): ClockFit | null {
  const usable = longestRise(points.filter((point) => point.kernelNs > 0 && point.kernelNs <= point.hostNs * 1.05));
  if (usable.length < fewest) return null;
  const { slope, offsetNs } = envelope(usable);
  const first = points.find((point) => point.hostNs >= 0);
  const silent = first ? (first.hostNs - offsetNs) / slope : 0;
  return {
    offsetNs: Math.round(offsetNs),
    driftPpm: (slope - 1) * 1e6,
    lines: usable.length,
    silentNs: Math.max(0, Math.round(silent)),
  };
}

function envelope(points: readonly ClockPoint[]): { slope: number; offsetNs: number } {
  const hull = lowerHull(points);
  const mean = points.reduce((sum, point) => sum + point.kernelNs / points.length, 0);
  const right = hull.findIndex((point) => point.kernelNs >= mean);
  const from = hull[right - 1];
  const to = hull[right];
  const slope = from && to ? (to.hostNs - from.hostNs) / (to.kernelNs - from.kernelNs) : Number.NaN;
  if (from && Math.abs(slope - 1) * 1e6 <= steepestPpm) return { slope, offsetNs: from.hostNs - from.kernelNs * slope };
  const offsetNs = points.reduce(
    (least, point) => Math.min(least, point.hostNs - point.kernelNs),
    Number.POSITIVE_INFINITY,
  );
  return { slope: 1, offsetNs };
}

/** Andrew's monotone chain over points that are sorted by kernel time. */
function lowerHull(points: readonly ClockPoint[]): ClockPoint[] {
  const hull: ClockPoint[] = [];
  for (const point of points) {
    if (hull.at(-1)?.kernelNs === point.kernelNs) continue;
    while (hull.length >= 2) {
      const a = hull[hull.length - 2] as ClockPoint;
      const b = hull[hull.length - 1] as ClockPoint;
      const turn =
        (b.kernelNs - a.kernelNs) * (point.hostNs - a.hostNs) - (b.hostNs - a.hostNs) * (point.kernelNs - a.kernelNs);
      if (turn > 0) break;
      hull.pop();
    }
    hull.push(point);
  }
  return hull;
}

/** Longest subsequence whose kernel times do not fall (patience sorting). */
function longestRise(points: readonly ClockPoint[]): ClockPoint[] {
  const tops: number[] = [];
  const previous: number[] = [];
  for (const [position, point] of points.entries()) {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((points[tops[middle] as number] as ClockPoint).kernelNs <= point.kernelNs) low = middle + 1;
      else high = middle;
    }
    previous[position] = low > 0 ? (tops[low - 1] as number) : -1;
    tops[low] = position;
  }
  const rise: ClockPoint[] = [];
  for (let position = tops.at(-1) ?? -1; position >= 0; position = previous[position] as number) {
    rise.push(points[position] as ClockPoint);
  }
  return rise.reverse();
}
