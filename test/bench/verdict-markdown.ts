// The tables that docs/accuracy.md and ARCHITECTURE.md show of the simulations, ready to be pasted: made here so that nobody retypes a figure.
import { markdownTable } from 'markdown-table';
import { type DuelTally, duels } from './peers/duel.ts';
import { peers } from './peers/rules.ts';
import { type Case, groups } from './verdict-cases.ts';
import { courses } from './verdict-histories.ts';
import { type Played, sumOf } from './verdict-promises.ts';
import type { Tally } from './verdict-simulate.ts';
import { type Figures, verdictSummary } from './verdict-summary.ts';

export interface Simulated extends Played {
  readonly trials: number;
  readonly duelOf: (id: string) => DuelTally | undefined;
}

export function verdictMarkdown({ trials, tallyOf, courseOf, duelOf }: Simulated): string {
  return [
    `In percent of ${trials.toLocaleString('en')} reports. First the short tables, then all rows.`,
    ...verdictSummary((id) => figuresOf(tallyOf(id))),
    ...Object.entries(groups).flatMap(([group, members]) => {
      const rows = members.flatMap((entry) => rowOf(entry, tallyOf(entry.id)));
      const head = [group, 'flagged', 'undecided', 'same', 'faster', 'pairs', 'coverage', 'bias'];
      return rows.length === 0 ? [] : [table(head, rows)];
    }),
    ...courseTable(courseOf),
    ...duelTable(duelOf),
    '',
  ].join('\n\n');
}

function courseTable(courseOf: Simulated['courseOf']): string[] {
  const rows = courses.flatMap(({ id, title }) => {
    const tally = courseOf(id);
    if (tally === undefined) return [];
    return [[title, percent(tally.told, tally.reports), mean(tally.waited, tally.told)]];
  });
  return rows.length === 0 ? [] : [table(['baselines over time', 'told', 'after sessions'], rows)];
}

function duelTable(duelOf: Simulated['duelOf']): string[] {
  const fought = duels.flatMap(({ id, title }) => {
    const tally = duelOf(id);
    return tally === undefined ? [] : [{ title, tally }];
  });
  if (fought.length === 0) return [];
  const rows = [...peers.map(({ name }) => name), 'Bootgauge'].map((name) => [
    name,
    ...fought.map(({ tally: { flags, reports } }) => percent(flags[name] ?? 0, reports)),
  ]);
  const taken = fought.map(({ title, tally }) => `${mean(tally.rounds, tally.reports)} (${title})`).join(', ');
  return [
    table(['rule', ...fought.map(({ title }) => title)], rows),
    `Bootgauge takes ${taken} pairs or boots; the others ten of each side.`,
  ];
}

/** As the long tables show them, so that both agree to the last digit. */
function figuresOf(tally: Tally | undefined): Figures | undefined {
  if (tally === undefined) return undefined;
  const share = (...words: string[]): number => Number(percent(sumOf(tally, words), tally.reports));
  return {
    flagged: share('slower', 'failed'),
    same: share('same'),
    faster: share('faster'),
    pairs: Number(mean(tally.rounds, tally.reports)),
  };
}

function rowOf({ title, head }: Case, tally: Tally | undefined): string[][] {
  if (tally === undefined) return [];
  const share = (...words: string[]): string => percent(sumOf(tally, words), tally.reports);
  // Where only a share of the boots changed, a ratio has no truth to be held against.
  const place = head === undefined ? [percent(tally.covering, tally.intervals), signed(tally)] : ['', ''];
  return [
    [
      title,
      share('slower', 'failed'),
      share('undecided'),
      share('same'),
      share('faster'),
      mean(tally.rounds, tally.reports),
      ...place,
    ],
  ];
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  markdownTable([head, ...rows], { align: ['l', ...head.slice(1).map(() => 'r')] });

const signed = ({ errors, ratios }: Tally): string =>
  `${errors < 0 ? '' : '+'}${percent(errors, ratios)}`.replace('NaN', '');
const mean = (sum: number, of: number): string => (of === 0 ? '' : (sum / of).toFixed(1));
const percent = (count: number, of: number): string => (of === 0 ? '' : ((100 * count) / of).toFixed(2));
