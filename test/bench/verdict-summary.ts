// The short tables of docs/accuracy.md, which put together what the rows of the bench came to. Percentages, but for the pairs.
import { markdownTable } from 'markdown-table';
import { cases } from './verdict-cases.ts';

/** What a row came to, by the column of its own table. */
export type Figures = Readonly<Record<'flagged' | 'same' | 'faster' | 'pairs', number>>;
/** Undefined for a row that was not played. */
export type FiguresOf = (id: string) => Figures | undefined;

type Row = readonly [title: string, ...ids: string[]];
type Column = readonly [head: string, of: keyof Figures, digits: number];

const unchanged: readonly Row[] = [
  ['noise of 1, 3, 10 %', 'aa-quiet', 'aa-normal', 'aa-noisy'],
  ['a tail; two modes; spells of slow boots', 'aa-tail', 'aa-modes', 'aa-spells'],
  ['drift of 5, of 30 %; a step of 10 %; moods of rounds', 'aa-drift', 'aa-steep', 'aa-step', 'aa-moods'],
  ['1 and 5 % flaky boots; one in twenty stamped late', 'aa-flaky', 'aa-flaky-5', 'aa-late'],
  ['ten metrics, independent and alike', 'aa-ten', 'aa-ten-alike'],
  ['nine phases, noise of 10 and of 50 %', 'aa-phases', 'aa-phases-wild'],
  [
    'spread known; with a tail, two modes, spells',
    ...['aa-known', 'aa-known-tail', 'aa-known-modes', 'aa-known-spells'],
  ],
  ['a history three times too quiet, too loud', 'aa-known-quiet', 'aa-known-loud'],
  ['at most six pairs; four, spread known', 'aa-six', 'aa-known-four'],
  ['3, 5, 20 stored sessions (boots of head)', 'aa-stored-3', 'aa-stored-default', 'aa-stored-default-20'],
  ['20 at a noise of 10 %; 3 with two modes', 'aa-stored-noisy', 'aa-stored-modes'],
  [
    'every 2nd, 3rd, 4th boot disturbed; every minute (target: 3.5)',
    ...['aa-period-2', 'aa-period-3', 'aa-period-4', 'aa-minute'],
  ],
  ['every 4th boot disturbed, spread known (target: 3.5)', 'aa-known-period-4'],
];

const shapes: readonly Row[] = [
  ['30 % slow boots: 1.4, 2, 10 times as long', 'slow-30-1.4', 'slow-30-2', 'slow-30-10'],
  ['boots that spread four times as widely', 'wide-4'],
  ['20, 30, 50 % failing boots', 'fail-20', 'fail-30', 'fail-50'],
  ['the first of each kind, spread known', 'known-slow-30', 'known-wide-4', 'known-fail-20'],
  ['the same against 5 stored sessions', 'stored-slow-30', 'stored-wide-4', 'stored-fail-20'],
];

const slowdowns: readonly Row[] = [
  ['+5 %, noise of 3 %, from five pairs on', 'up5-normal'],
  ['+5 %, spread known', 'up5-known'],
  ['+5 %, a tail', 'up5-tail'],
  ['+5 %, noise of 1 %; spread known', 'up5-quiet-known'],
  ['+5 %, moods of rounds', 'up5-moods'],
  ['+5 %, drift of 30 %', 'up5-ramp'],
  ['+5 %, a step of 10 %', 'up5-step'],
  ['+5 %, spells', 'up5-spells'],
  ['+10 %, a tail', 'up10-tail'],
  ['+10 %, noise of 10 %', 'up10-noisy'],
  ['+10 %, at most six pairs', 'up10-six'],
  ['+12 %, at most four pairs, spread known', 'up12-known-four'],
  ['+12 %, at most four pairs, nothing known', 'up12-four'],
  ['+300 ms in one phase of 580 ms, a boot of 9 s', 'phase-loader-24'],
  ['the same in a plan of eight pairs', 'phase-loader-8'],
  ['+100 ms in one phase of 250 ms', 'phase-qemu-start-24'],
  ['+14 %, 5 stored sessions (boots of head)', 'up14-stored-default'],
  ['+9 %, 20 stored sessions (boots of head)', 'up9-stored-20'],
];

export function verdictSummary(figuresOf: FiguresOf): string[] {
  const pairs: Column = ['pairs', 'pairs', 1];
  const words: readonly Column[] = [['flagged', 'flagged', 1], ['same', 'same', 0], pairs];
  const found: readonly Column[] = [['found', 'flagged', 1], pairs];
  const shaped: readonly Column[] = [
    ['slower or failed', 'flagged', 0],
    ['same (target: at most 1)', 'same', 1],
    ['faster', 'faster', 1],
  ];
  return [
    ...table('nothing changed (target: at most 1)', unchanged, words, figuresOf),
    ...table('head has', shapes, shaped, figuresOf),
    ...table('a slowdown', slowdowns, found, figuresOf, targetOf),
  ];
}

/** None where nothing of it was played. */
function table(
  head: string,
  rows: readonly Row[],
  columns: readonly Column[],
  figuresOf: FiguresOf,
  last?: (id: string) => string,
): string[] {
  const played = rows.filter(([, ...ids]) => ids.every((id) => figuresOf(id) !== undefined));
  if (played.length === 0) return [];
  const cells = played.map(([title, ...ids]) => [
    title,
    ...columns.map(([, of, digits]) => ids.map((id) => figuresOf(id)?.[of].toFixed(digits)).join(', ')),
    ...(last === undefined ? [] : ids.map(last)),
  ]);
  const heads = [head, ...columns.map(([name]) => name), ...(last === undefined ? [] : ['target'])];
  const align = heads.map((_, at) => (at === 0 || (last !== undefined && at === heads.length - 1) ? 'l' : 'r'));
  return [markdownTable([heads, ...cells], { align })];
}

/** `95 in 8 pairs`. */
function targetOf(id: string): string {
  const { found, pairs } = cases.find((entry) => entry.id === id)?.target ?? {};
  if (found === undefined) return '';
  return `${Math.round(100 * found)}${pairs === undefined ? '' : ` in ${pairs} pairs`}`;
}
