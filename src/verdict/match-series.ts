// Brings both sides of one metric together: by rounds, or head against the baseline's sessions.
import type { BaselineSession } from '../model/baseline.ts';
import type { Unit } from '../model/metric.ts';
import type { Series } from '../model/series.ts';

/** Values by round of the rounds that both sides have. */
export interface Rounds {
  readonly head: readonly (number | null)[];
  readonly base: readonly (number | null)[];
  /** Samples without a partner. */
  readonly unpaired: number;
}

export function roundsOf(head: Series, base: Series): Rounds {
  const partners = new Map(base.samples.map(({ round, value }) => [round, value]));
  const shared = head.samples
    .filter(({ round }) => partners.has(round))
    .toSorted((one, other) => one.round - other.round);
  return {
    head: shared.map(({ value }) => value),
    base: shared.map(({ round }) => partners.get(round) ?? null),
    unpaired: head.samples.length + base.samples.length - 2 * shared.length,
  };
}

/** The metric in the sessions that have it, oldest first. */
export function sessionsOf(metric: string, sessions: readonly BaselineSession[]) {
  return sessions.flatMap((session) => {
    const entry = session.metrics[metric];
    return entry === undefined || entry.samples.length === 0
      ? []
      : [{ unit: entry.unit, resolution: entry.resolution, values: entry.samples, newEpoch: session.intended !== '' }];
  });
}

/** `time-to-ssh is in ms in head and in MiB in base`; empty when the units agree. */
export function unitDifference(metric: string, head: Unit, others: readonly Unit[]): string {
  const other = others.find((unit) => unit !== head);
  return other === undefined ? '' : `${metric} is in ${head} in head and in ${other} in base`;
}
