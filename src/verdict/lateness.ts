// How late the stamps of one metric are: the typical lateness is the metric's resolution, and a boot that is far later stands alone.

import type { Warning } from '../model/comparison.ts';
import type { Unit } from '../model/metric.ts';
import type { Sample } from '../model/series.ts';
import { formatCount } from '../model/units.ts';
import { lowerMedian } from '../stats/quantiles.ts';
import { amount } from './phrases.ts';

export interface Lateness {
  /** Of most boots, in the metric's unit. */
  readonly typical: number;
  /** Whether one boot's lateness stands apart. */
  readonly isLate: (resolution: number) => boolean;
}

/** `resolutions` of the boots of one side that have a value. One stalled boot changes nothing for the others. */
export function latenessOf(resolutions: readonly number[]): Lateness {
  const typical = lowerMedian(resolutions);
  const most = Math.max(lateTimes * typical, typical + leastLateness);
  return { typical, isLate: (resolution) => resolution > most };
}

/**
 * Rounds without those in which a boot was late. Too many of them are no accident but how this side is (a head that stalls must not
 * be made to look well): then all stay. Rounds are chosen by lateness alone, never by what was measured.
 */
export function withoutLate<Round extends { readonly late: number }>(
  rounds: readonly Round[],
): { readonly kept: readonly Round[]; readonly late: readonly Round[] } {
  const late = rounds.filter((round) => round.late > 0);
  if (late.length === 0 || late.length > mostSetAside(rounds.length)) return { kept: rounds, late: [] };
  return { kept: rounds.filter((round) => round.late === 0), late };
}

/** Rounds that may be set aside, and so be taken again, of so many. */
export const mostSetAside = (rounds: number): number => Math.max(1, Math.floor(lateShare * rounds));

export function lateWarnings(samples: readonly Sample[], unit: Unit, setAside: boolean): Warning[] {
  const late = samples.filter((sample) => sample.late !== undefined);
  if (late.length === 0) return [];
  const worst = Math.max(...late.map((sample) => sample.late ?? 0));
  const which = late.map(({ boot }) => boot).toSorted((one, other) => one - other);
  const shown = which.length > 6 ? `${which.slice(0, 6).join(', ')}, ...` : which.join(', ');
  const then = setAside ? 'set aside' : 'too many to be set aside';
  const text = `${formatCount(late.length, 'boot')} (${shown}) may have been stamped up to ${amount(worst, unit)} late: ${then}`;
  return [{ code: 'late-boots', text }];
}

const lateTimes = 5;
/** In the metric's unit: below this a stamp that is later than usual matters to no rule. */
const leastLateness = 50;
const lateShare = 0.15;
