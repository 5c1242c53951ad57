// What the rows of the verdict's bench came to, held against their targets.
import { binomialUpper } from '../../src/stats/binomial-interval.ts';
import { slowerError } from '../../src/verdict/error-rates.ts';
import type { Promised } from './table.ts';
import { type Case, cases, fixedCases, waldBound } from './verdict-cases.ts';
import { type CourseTally, courses } from './verdict-histories.ts';
import type { Tally } from './verdict-simulate.ts';

export interface Played {
  /** Without the rows that were not played. */
  readonly tallyOf: (id: string) => Tally | undefined;
  readonly courseOf: (id: string) => CourseTally | undefined;
  /** Few reports: what chance alone may do (1 %, one-sided) does not break a promise, and is told. */
  readonly allowsChance: boolean;
}

export function promisesOf({ tallyOf, courseOf, allowsChance }: Played): Promised[] {
  const atMost = (what: string, { hits, of }: Count, most: number): Promised =>
    judged(what, { hits, of }, hits <= most * of, binomialUpper(hits, of, most));
  const atLeast = (what: string, { hits, of }: Count, least: number): Promised =>
    judged(what, { hits, of }, hits >= least * of, 1 - binomialUpper(hits + 1, of, least));
  const judged = (what: string, { hits, of }: Count, isMet: boolean, p: number): Promised => {
    const byChance = !isMet && allowsChance && p > chance;
    const measured = asPercent(hits / of);
    return {
      what,
      measured: byChance ? `${measured} of ${of}, which may be chance` : measured,
      met: isMet || byChance,
    };
  };
  const ofCase = (entry: Case, tally: Tally): Promised[] => {
    const { title, target } = entry;
    const count = (...words: string[]): Count => ({ hits: sumOf(tally, words), of: tally.reports });
    const named = `${entry.id}, ${title}`;
    const pairs = tally.rounds / tally.reports;
    return [
      ...given(target.flagged, (most) =>
        atMost(`${named}: at most ${asPercent(most)} flagged`, count('slower', 'failed'), most),
      ),
      ...given(target.found, (least) =>
        atLeast(`${named}: found in ${asPercent(least)}`, count('slower', 'failed'), least),
      ),
      ...given(target.same, (most) =>
        atMost(`${named}: the same or faster in at most ${asPercent(most)}`, count('same', 'faster'), most),
      ),
      ...given(target.pairs, (most) => ({
        ...{ what: `${named}: in ${most} pairs`, measured: pairs.toFixed(2), met: pairs <= most },
      })),
      ...(entry.head === undefined && !fixedCases.includes(entry)
        ? [atLeast(`${named}: coverage of 95 %`, { hits: tally.covering, of: tally.intervals }, 0.95)]
        : []),
    ];
  };
  /** At a fixed size nothing widens an interval: it holds what it promises, and no more. */
  const ofFixed = (title: string, tally: Tally): Promised[] =>
    [
      { what: `ratio, ${title}`, hits: tally.covering, of: tally.intervals },
      { what: `median, ${title}`, hits: tally.coveringMedians, of: tally.medians },
    ].flatMap(({ what, ...count }) => [
      atLeast(`${what}: coverage of at least 94 %`, count, 0.94),
      atMost(`${what}: coverage of at most 96 %`, count, 0.96),
    ]);
  return [
    ...cases.flatMap((entry) => given(tallyOf(entry.id), (tally) => ofCase(entry, tally)).flat()),
    ...courses.flatMap(({ id, title, changedAt, target }) =>
      given(courseOf(id), ({ told, reports }) =>
        (changedAt === null ? atMost : atLeast)(
          `${id}, ${title}: told in ${changedAt === null ? 'at most' : 'at least'} ${asPercent(target)}`,
          { hits: told, of: reports },
          target,
        ),
      ),
    ),
    ...fixedCases.flatMap(({ id, title }) => given(tallyOf(id), (tally) => ofFixed(title, tally)).flat()),
    ...waldPromises(tallyOf),
  ];
}

interface Count {
  readonly hits: number;
  readonly of: number;
}

function waldPromises(tallyOf: Played['tallyOf']): Promised[] {
  const bound = waldBound(0.05, 0.03, slowerError, 0.05);
  const [changed, unchanged] = [tallyOf('up5-normal'), tallyOf('aa-normal')];
  const times = (rounds: number, { reports }: Tally, of: number): number => rounds / reports / of;
  return [
    ...given(changed, (tally) => ({
      what: `+5 %, log-normal: within 1.5 times Wald’s bound of ${bound.changed.toFixed(2)} pairs`,
      measured: times(tally.rounds, tally, bound.changed).toFixed(3),
      met: times(tally.rounds, tally, bound.changed) <= 1.5,
    })),
    ...given(unchanged, (tally) => ({
      what: `nothing changed, log-normal: the limit excluded within 2 times Wald’s bound of ${bound.unchanged.toFixed(2)} pairs`,
      measured: times(tally.placed, tally, bound.unchanged).toFixed(3),
      met: times(tally.placed, tally, bound.unchanged) <= 2,
    })),
  ];
}

const given = <Value, Result>(value: Value | undefined, then: (value: Value) => Result): Result[] =>
  value === undefined ? [] : [then(value)];

export const sumOf = ({ words }: Tally, which: readonly string[]): number =>
  which.reduce((sum, word) => sum + (words[word] ?? 0), 0);

const asPercent = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;

const chance = 0.01;
