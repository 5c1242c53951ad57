// Brings both sides of one metric together: by rounds, or head against the baseline's sessions.
import type { BaselineSession } from '../model/baseline.ts';
import type { Unit } from '../model/metric.ts';
import type { Sample, Series } from '../model/series.ts';
import { median } from '../stats/quantiles.ts';
import { withoutLate } from './lateness.ts';

/** Values by round of the rounds that both sides have and in which no boot was late. */
export interface Rounds {
  readonly head: readonly (number | null)[];
  readonly base: readonly (number | null)[];
  /** The number of each. */
  readonly numbers: readonly number[];
  /** Samples without a partner. */
  readonly unpaired: number;
  /** Boots that may have been stamped far later than usual; their rounds are left out unless they are too many. */
  readonly late: { readonly boots: readonly Sample[]; readonly rounds: number };
  /** The rounds that were left out as well. */
  readonly all: { readonly head: readonly (number | null)[]; readonly base: readonly (number | null)[] };
}

export function roundsOf(head: Series, base: Series): Rounds {
  const partners = new Map(base.samples.map((sample) => [sample.round, sample]));
  const shared = head.samples
    .flatMap((own) => {
      const partner = partners.get(own.round);
      return partner === undefined ? [] : [{ own, partner, late: Math.max(own.late ?? 0, partner.late ?? 0) }];
    })
    .toSorted((one, other) => one.own.round - other.own.round);
  const { kept, late } = withoutLate(shared);
  const values = (rounds: typeof kept) => ({
    head: rounds.map(({ own }) => own.value),
    base: rounds.map(({ partner }) => partner.value),
  });
  return {
    ...values(kept),
    numbers: kept.map(({ own }) => own.round),
    unpaired: head.samples.length + base.samples.length - 2 * shared.length,
    late: { boots: shared.flatMap(({ own, partner }) => [own, partner]).filter(isLate), rounds: late.length },
    all: values(shared),
  };
}

/**
 * Logarithms of both sides as if all sessions that were joined had had the same mood: each is moved so that the median of its boots, of
 * both sides, lies where that of all boots lies. What a day adds to all its boots would else hide what head adds. `starts` are
 * the rounds at which another session begins.
 */
export function alignSessions(
  { head, base, numbers }: { readonly [name in 'head' | 'base' | 'numbers']: readonly number[] },
  starts: readonly number[],
): { readonly head: readonly number[]; readonly base: readonly number[] } {
  if (starts.length === 0) return { head, base };
  const sessions = numbers.map((number) => starts.filter((start) => start <= number).length);
  const middleOf = (isWanted: (index: number) => boolean): number =>
    median([head, base].flatMap((side) => side.filter((value, index) => isWanted(index) && Number.isFinite(value))));
  const whole = middleOf(() => true);
  const moveOf = (session: number): number => {
    const move = whole - middleOf((at) => sessions[at] === session);
    return Number.isFinite(move) ? move : 0;
  };
  const moves = new Map([...new Set(sessions)].map((session) => [session, moveOf(session)]));
  const moved = (side: readonly number[]): number[] =>
    side.map((value, index) => value + (moves.get(sessions[index] as number) ?? 0));
  return { head: moved(head), base: moved(base) };
}

/** A metric of boots that have no partners, without the late ones unless they are too many. */
export function bootsOf({ samples }: Series) {
  const { kept, late } = withoutLate(samples.map((sample) => ({ sample, late: sample.late ?? 0 })));
  return {
    values: kept.map(({ sample }) => sample.value),
    late: { boots: samples.filter(isLate), rounds: late.length },
  };
}

const isLate = ({ late }: Sample): boolean => late !== undefined;

/**
 * The metric in the sessions that have it, oldest first. A run whose line stands twice counts once, and a new version of the system
 * begins a new level, as a slowdown does that was accepted.
 */
export function sessionsOf(metric: string, sessions: readonly BaselineSession[]) {
  const once = sessions.filter(({ run }, index) => sessions.findLastIndex((other) => other.run === run) === index);
  return once.flatMap((session, index) => {
    const before = once[index - 1]?.facts.osVersion ?? session.facts.osVersion;
    const newEpoch = session.intended !== '' || session.facts.osVersion !== before;
    const entry = session.metrics[metric];
    return entry === undefined || entry.samples.length === 0
      ? []
      : [{ unit: entry.unit, resolution: entry.resolution, values: entry.samples, newEpoch }];
  });
}

/** `time-to-ssh is in ms in head and in MiB in base`; empty when the units agree. */
export function unitDifference(metric: string, head: Unit, others: readonly Unit[]): string {
  const other = others.find((unit) => unit !== head);
  return other === undefined ? '' : `${metric} is in ${head} in head and in ${other} in base`;
}
