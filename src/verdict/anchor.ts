// The anchor of a level: where it began, beside the sliding sessions. Steps that are accepted one by one, each too small to be seen, add up.
import type { BaselineSession } from '../model/baseline.ts';
import type { Warning } from '../model/comparison.ts';
import type { Better } from '../model/scenario.ts';
import { studentUpperQuantile } from '../stats/normal.ts';
import { median, scaledMad } from '../stats/quantiles.ts';
import { gates } from './comparisons.ts';
import { intervalError } from './error-rates.ts';
import type { JudgeInput } from './judge-input.ts';
import { bootsOf, sessionsOf } from './match-series.ts';
import { change } from './phrases.ts';
import { badness } from './summarize.ts';

export interface SinceAnchor {
  /** Logarithm of the newest three sessions over the first five. */
  readonly moved: number;
  /** 95 %. */
  readonly low: number;
  readonly high: number;
}

/** `places` are the medians of a level's sessions as logarithms, oldest first; null with fewer than eight. */
export function sinceAnchor(places: readonly number[]): SinceAnchor | null {
  if (places.length < anchorSessions + newestSessions || !places.every(Number.isFinite)) return null;
  const moved = median(places.slice(-newestSessions)) - median(places.slice(0, anchorSessions));
  // Steps from one session to the next hardly know of a creep.
  const steps = places.slice(1).map((place, index) => place - (places[index] as number));
  const sd = scaledMad(steps) / Math.SQRT2;
  const degrees = Math.max(3, Math.floor(madEfficiency * steps.length));
  const reach = studentUpperQuantile(intervalError, degrees) * sd * Math.sqrt(medianVariance);
  return { moved, low: moved - reach, high: moved + reach };
}

/** The places of the newest level of a metric. */
export function levelPlaces(metric: string, sessions: readonly BaselineSession[], better?: Better): number[] {
  const stored = sessionsOf(metric, sessions);
  const begun = Math.max(
    0,
    stored.findLastIndex(({ newEpoch }) => newEpoch),
  );
  return stored.slice(begun).map(({ values }) => placeOf(values, better));
}

/** Metrics that gate and have surely crept up since their level began, head counted as its newest session. */
export function anchorWarnings(input: JudgeInput, comparable: readonly BaselineSession[]): Warning[] {
  const newest = comparable.at(-1);
  if (input.base !== null || newest === undefined) return [];
  if (input.headFacts !== undefined && input.headFacts.osVersion !== newest.facts.osVersion) return [];
  return input.head.flatMap((series) => {
    if (!gates(series.metric, input)) return [];
    const since = sinceAnchor([
      ...levelPlaces(series.metric, comparable, series.better),
      placeOf(bootsOf(series).values, series.better),
    ]);
    if (since === null || since.low <= 0) return [];
    const sign = series.better === 'higher' ? -1 : 1;
    const interval = `${change(sign * since.low)} to ${change(sign * since.high)}`;
    const text = `${series.metric} has crept ${sign < 0 ? 'down' : 'up'} by ${change(sign * since.moved)} (${interval}) since this level began: its first ${anchorSessions} sessions against the newest ${newestSessions}, this run among them`;
    return [{ code: 'crept', text }];
  });
}

const placeOf = (values: readonly (number | null)[], better: Better | undefined): number =>
  median(values.map((value) => badness(value, better)));

const anchorSessions = 5;
const newestSessions = 3;
/** Of the medians of five and of three normal values, together. */
const medianVariance = 0.287 + 0.449;
/** What the median of absolute deviations makes of its values. */
const madEfficiency = 0.37;
