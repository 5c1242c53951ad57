// What the machine's own history tells of the spread of single boots. A spread that is known better than a few boots can tell it lets
// three pairs speak, and fewer pairs decide. It pulls the estimate and never replaces it; where the boots of today contradict it, ranks
// judge alone.
import type { BaselineSession } from '../model/baseline.ts';
import { mainMetricOf } from '../model/readiness.ts';
import { studentUpper, studentUpperQuantile } from '../stats/normal.ts';
import { median, scaledMad } from '../stats/quantiles.ts';
import type { JudgeInput } from './judge-input.ts';
import { sessionsOf } from './match-series.ts';
import { logarithm } from './summarize.ts';

/** Standard deviation of one boot's logarithm, worth so many degrees of freedom. */
export interface KnownSpread {
  readonly sd: number;
  readonly degrees: number;
}

/** Sessions of the machine as it is today: another system version or runner may spread its boots otherwise. */
export function alikeSessions(
  comparable: readonly BaselineSession[],
  { headFacts }: Pick<JudgeInput, 'headFacts'>,
): BaselineSession[] {
  if (headFacts === undefined) return [];
  return comparable.filter(({ facts }) => facts.osVersion === headFacts.osVersion && facts.runner === headFacts.runner);
}

/** null where the sessions are too few to tell. */
export function knownSpread(metric: string, sessions: readonly BaselineSession[]): KnownSpread | null {
  const groups = sessionsOf(metric, sessions)
    .map(({ values }) => values.flatMap((value) => (value === null ? [] : [logarithm(value)])))
    .filter((values) => values.length >= fewestBoots);
  const residuals = groups.flatMap((values) => {
    const middle = median(values);
    return values.map((value) => value - middle);
  });
  const free = residuals.length - groups.length;
  const degrees = Math.min(mostDegrees, Math.floor(madEfficiency * free));
  if (groups.length < fewestSessions || degrees < fewestDegrees) return null;
  const sd = scaledMad(residuals) * Math.sqrt(residuals.length / free);
  // Boots with two modes or a long tail are not told by a spread.
  const far = residuals.filter((value) => Math.abs(value) > 4 * sd).length;
  return sd > 0 && far <= 0.1 * residuals.length ? { sd, degrees } : null;
}

/** By this scenario's own sessions; where they are too few, the time until the guest is ready by the machine's other scenarios. */
export const spreadFor = (
  metric: string,
  sessions: readonly BaselineSession[],
  { scenario, otherSpreads = [] }: Pick<JudgeInput, 'scenario' | 'otherSpreads'>,
): KnownSpread | null =>
  knownSpread(metric, sessions) ?? (metric === mainMetricOf(scenario) ? spreadOfOthers(otherSpreads) : null);

/**
 * What others tell of a scenario that nobody knows: their typical spread, for as many degrees of freedom as a spread has that varies as
 * theirs do (Smyth 2004). Scenarios of one machine that differ too much tell nothing.
 */
export function spreadOfOthers(others: readonly KnownSpread[]): KnownSpread | null {
  if (others.length < fewestOthers) return null;
  const logs = others.map(({ sd }) => Math.log(sd));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const between = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
  const variance = Math.max(leastBetween ** 2, between) * (1 + 1 / logs.length);
  const degrees = Math.min(mostDegreesOfOthers, Math.floor(1 / (2 * variance)));
  return degrees < fewestDegreesOfOthers ? null : { sd: Math.exp(mean), degrees };
}

export interface Moderated {
  /** Head less base: the means without far boots. */
  readonly estimate: number;
  /** One-sided p-values of the shift between the sides against `shift`. */
  readonly above: (shift: number) => number;
  readonly below: (shift: number) => number;
  /** How far a bound of this level lies from the estimate. */
  readonly reach: (level: number) => number;
  /** The moderated standard deviation of one boot. */
  readonly sd: number;
}

/** Student's test with the spread pulled towards the known one (Smyth 2004); null where it does not fit to the boots of today. */
export function moderated(
  { head, base }: { readonly head: readonly number[]; readonly base: readonly number[] },
  shift: number,
  known: KnownSpread,
): Moderated | null {
  const all = [...head.map((value) => value - shift), ...base];
  const middle = median(all);
  const reach = 4 * Math.max(known.sd, scaledMad(all));
  const far = all.filter((value) => !(Math.abs(value - middle) <= reach)).length;
  // A failed boot, or boots that are far from the others too often to be accidents.
  if (!all.every(Number.isFinite) || far > 0.05 * all.length) return null;
  const own = momentsOf(head.filter((value) => Math.abs(value - shift - middle) <= reach));
  const other = momentsOf(base.filter((value) => Math.abs(value - middle) <= reach));
  const free = own.count + other.count - 2;
  const variance = (own.squares + other.squares) / free;
  const contradiction = Math.log(variance / known.sd ** 2) / Math.sqrt(2 / free + 2 / known.degrees);
  if (contradiction > contradictedAt(free)) return null;
  const degrees = known.degrees + free;
  const sd = Math.sqrt((known.degrees * known.sd ** 2 + free * variance) / degrees);
  const error = sd * Math.sqrt(1 / own.count + 1 / other.count);
  const estimate = own.mean - other.mean;
  return {
    estimate,
    above: (shift) => studentUpper((estimate - shift) / error, degrees),
    below: (shift) => studentUpper((shift - estimate) / error, degrees),
    reach: (level) => (level > 0 ? studentUpperQuantile(level, degrees) * error : Number.POSITIVE_INFINITY),
    sd,
  };
}

function momentsOf(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { count: values.length, mean, squares: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}

const fewestOthers = 3;
/** Scenarios differ by so much at least, as logarithms of their spreads, however alike the few look. */
const leastBetween = 0.2;
const fewestDegreesOfOthers = 3;
const mostDegreesOfOthers = 6;

const fewestBoots = 4;
const fewestSessions = 2;
const fewestDegrees = 5;
/** What a machine was like is never known better than this: days differ. */
const mostDegrees = 20;
/** What the median of absolute deviations makes of its values. */
const madEfficiency = 0.37;
/**
 * In standard errors: the boots of today spread more than the known spread allows. A few boots may look quiet by chance, so they are believed
 * less; by simulation, a history that is three times too quiet then raises no more than other noise.
 */
const contradictedAt = (free: number): number => Math.max(free > 4 ? 0.9 : 0, 0.13 * (free - 1.5));
