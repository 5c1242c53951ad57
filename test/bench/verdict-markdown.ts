// The tables that docs/accuracy.md and ARCHITECTURE.md show of the simulations, ready to be pasted: made here so that nobody retypes a figure.
import { markdownTable } from 'markdown-table';
import { type DuelTally, duels } from './peers/duel.ts';
import { peers } from './peers/rules.ts';
import { type Case, groups } from './verdict-cases.ts';
import { courses } from './verdict-histories.ts';
import { type Played, sumOf } from './verdict-promises.ts';
import type { Tally } from './verdict-simulate.ts';

export interface Simulated extends Played {
  readonly trials: number;
  readonly duelOf: (id: string) => DuelTally | undefined;
}

export function verdictMarkdown({ trials, tallyOf, courseOf, duelOf }: Simulated): string {
  return [
    `In percent of ${trials.toLocaleString('en')} reports.`,
    ...Object.entries(groups).flatMap(([group, members]) => {
      const rows = members.flatMap((entry) => rowOf(entry, tallyOf(entry.id)));
      const head = [group, 'flagged', 'undecided', 'same', 'faster', 'pairs', 'coverage', 'bias'];
      return rows.length === 0 ? [] : [table(head, rows)];
    }),
    table(
      ['baselines over time', 'told', 'after sessions'],
      courses.flatMap(({ id, title }) => {
        const tally = courseOf(id);
        if (tally === undefined) return [];
        return [[title, percent(tally.told, tally.reports), mean(tally.waited, tally.told)]];
      }),
    ),
    table(['rule', ...duels.map(({ title }) => title)], [...peers.map(({ name }) => name), 'Bootgauge'].map(duelRow)),
    `Bootgauge takes ${duels.map(({ id, title }) => `${mean(duelOf(id)?.rounds ?? 0, duelOf(id)?.reports ?? 0)} (${title})`).join(', ')} pairs or boots; the others ten of each side.`,
    '',
  ].join('\n\n');

  function duelRow(name: string): string[] {
    return [name, ...duels.map(({ id }) => percent(duelOf(id)?.flags[name] ?? 0, duelOf(id)?.reports ?? 0))];
  }
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
