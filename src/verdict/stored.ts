// Stored comparison: head's boots against earlier sessions. What a session adds to all its boots (temperature, placement of
// memory, updates) is part of the error, estimated from the sessions themselves together with a stated prior.
import { centreEstimate } from '../stats/hodges-lehmann.ts';
import { normalUpperQuantile, studentUpper, studentUpperQuantile } from '../stats/normal.ts';
import { lowerMedian, median, scaledMad } from '../stats/quantiles.ts';
import { contrastsOf, lowerBound, upperBound } from '../stats/rank-interval.ts';
import { intervalError, power, sessionPrior, storedSameError } from './error-rates.ts';
import type { Evidence } from './evidence.ts';

export interface StoredInput {
  /** Logarithms of head's boots; a failed boot is Infinity. */
  readonly head: readonly number[];
  /** Logarithms by session, oldest first. A new epoch begins with a session that was accepted though slower. */
  readonly sessions: readonly { readonly values: readonly number[]; readonly newEpoch: boolean }[];
  readonly error: number;
  readonly tolerate: number;
  readonly limit: number;
}

/** null when no session, or head, has more good boots than failed ones. */
export function storedEvidence({ head, sessions, error, tolerate, limit }: StoredInput): Evidence | null {
  const places = sessionPlaces(sessions);
  const epoch = places.at(-1)?.epoch;
  const current = places.filter((place) => place.epoch === epoch);
  const here = centreEstimate(head);
  if (current.length === 0 || !(here < Number.POSITIVE_INFINITY)) return null;
  const groups = [head, ...sessions.map(({ values }) => values)];
  const boot = bootSpread(groups);
  const variance = placeVariance(groups, boot);
  const spread = sessionSpread(places, variance);
  const estimate = here - current.reduce((sum, { place }) => sum + place, 0) / current.length;
  const extra = Math.max(0, variance / head.length - spread.bootVariance);
  const standardErrorWith = (count: number): number => Math.sqrt(spread.variance * (1 + 1 / count) + extra);
  const standardError = standardErrorWith(current.length);
  const { degrees } = spread;
  const reach = (level: number): number => studentUpperQuantile(level, degrees) * standardError;
  const p = (distance: number): number => studentUpper(distance / standardError, degrees);
  return {
    mode: 'stored',
    size: head.length,
    estimate,
    low: estimate - reach(intervalError),
    high: estimate + reach(intervalError),
    atLeast: estimate - reach(error),
    atMost: estimate + reach(error),
    below: estimate + reach(storedSameError),
    slower: p(estimate - tolerate) <= error,
    faster: p(-tolerate - estimate) <= error,
    withinLimit: p(limit - estimate) <= storedSameError,
    // One look: when it comes does not hang on what would be said.
    spent: { error, of: error },
    boot,
    detectable: Math.expm1(tolerate + reach(error) + reach(1 - power)),
    more: moreSessions(),
  };

  function moreSessions(): number | null {
    for (let count = current.length + 1; count <= current.length + 30; count += 1) {
      const wider = standardErrorWith(count);
      const more = degrees + count - current.length;
      if (estimate - studentUpperQuantile(error, more) * wider > tolerate) return count - current.length;
      if (estimate + studentUpperQuantile(storedSameError, more) * wider < limit) return count - current.length;
    }
    return null;
  }
}

interface Place {
  readonly place: number;
  readonly boots: number;
  readonly epoch: number;
}

/** Where each session lies; sessions in which half of the boots failed lie nowhere. */
export function sessionPlaces(sessions: StoredInput['sessions']): Place[] {
  let epoch = 0;
  return sessions.flatMap(({ values, newEpoch }) => {
    if (newEpoch) epoch += 1;
    const place = centreEstimate(values);
    return Number.isFinite(place) ? [{ place, boots: values.length, epoch }] : [];
  });
}

/** Variance of where a session lies, about its epoch's mean, pulled towards the prior like a few more sessions would. */
function sessionSpread(places: readonly Place[], variance: number) {
  const epochs = Map.groupBy(places, ({ epoch }) => epoch);
  const typicalBoots = median(places.map(({ boots }) => boots));
  const bootVariance = variance / typicalBoots;
  let sum = sessionPrior.sessions * (sessionPrior.sd ** 2 + bootVariance);
  for (const members of epochs.values()) {
    const mean = members.reduce((total, { place }) => total + place, 0) / members.length;
    sum += members.reduce((total, { place }) => total + (place - mean) ** 2, 0);
  }
  const degrees = sessionPrior.sessions + places.length - epochs.size;
  return { variance: sum / degrees, degrees, bootVariance };
}

/**
 * Variance that a single boot gives to the Hodges-Lehmann centre of many: efficiency 3 / pi for normal noise. Boots of two modes move it far
 * more than their robust spread tells, which the interval of the centre shows (Lehmann 1963): that of the typical session counts then.
 */
function placeVariance(groups: readonly (readonly number[])[], boot: number): number {
  const own = groups
    .filter((values) => values.length >= fewestForInterval && values.every(Number.isFinite))
    .map((values) => {
      const contrasts = contrastsOf(values, new Array<number>(values.length).fill(0), 'rounds');
      const width = upperBound(contrasts, intervalError) - lowerBound(contrasts, intervalError);
      return values.length * (width / (2 * normalUpperQuantile(intervalError))) ** 2;
    });
  const [plain, shown] = [(boot ** 2 * Math.PI) / 3, lowerMedian(own)];
  return shown > 2 * plain ? shown : plain;
}

/** Fewer boots have no interval of 95 %. */
const fewestForInterval = 6;

function bootSpread(groups: readonly (readonly number[])[]): number {
  const residuals = groups.flatMap((values) => {
    const middle = median(values);
    return Number.isFinite(middle) ? values.map((value) => value - middle).filter(Number.isFinite) : [];
  });
  return scaledMad(residuals) * Math.sqrt(residuals.length / Math.max(1, residuals.length - groups.length));
}
