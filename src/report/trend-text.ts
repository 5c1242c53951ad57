// The history of baselines as text for a terminal: one line a session, levels marked.

import { plainLine } from '../model/plain-text.ts';
import type { History, HistoryChange } from '../model/trend.ts';
import { formatCount } from '../model/units.ts';
import { formatChange, formatFraction, formatInterval, formatValue } from './format.ts';
import { cell, figureColumn, type Row, textColumn } from './table.ts';
import { layoutTable, type TerminalStyle, wrapText } from './terminal-table.ts';

/** Newest session last; a session that begins a new level says so. */
export function historyText(histories: readonly History[], style: TerminalStyle): string {
  const blocks = histories.map((history) => [
    ...wrapText(`${history.file}: ${history.metric}, ${formatCount(history.sessions.length, 'session')}`, style, {
      bold: 'bold',
    }),
    ...layoutTable({ title: 'Sessions', columns, rows: rowsOf(history) }, style, ['noise', 'boots', 'interval']),
    ...history.changes.flatMap((change) => wrapText(sentence(history, change), style)),
    ...(history.changes.length === 0 ? wrapText(noChange, style) : []),
  ]);
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

/** One sentence for a change of level; shared with the picture. */
export function sentence({ metric, sessions }: History, { session, before, after }: HistoryChange): string {
  const at = sessions[session];
  const unit = at?.summary?.unit ?? 'ms';
  const commit = at?.commit === '' || at === undefined ? '' : ` (commit ${at.commit.slice(0, 10)})`;
  const change = formatChange(after / before, null);
  const when = at?.recordedAt.slice(0, 10) ?? '';
  return `New level from ${when}${commit}: ${metric} ${formatValue(before, unit)} to ${formatValue(after, unit)}, ${change}.`;
}

export const noChange = 'No change of level.';

const columns = [
  textColumn('recorded'),
  figureColumn('median'),
  figureColumn('interval', '95 % CI'),
  figureColumn('boots'),
  figureColumn('noise'),
  textColumn('commit'),
  textColumn('note'),
];

const rowsOf = (history: History): readonly Row[] => history.sessions.map((_, index) => row(history, index));

function row(history: History, index: number): Row {
  const session = history.sessions[index];
  const change = history.changes.find((entry) => entry.session === index);
  const summary = session?.summary ?? null;
  const notes = [
    change === undefined ? '' : `new level: ${formatChange(change.after / change.before, null)}`,
    index < history.comparableFrom ? 'other conditions' : '',
    session?.intended ? `intended: ${plainLine(session.intended, 60)}` : '',
  ].filter((note) => note !== '');
  const isUp = change !== undefined && change.after > change.before;
  const tone = change === undefined ? 'plain' : isUp === (summary?.better !== 'higher') ? 'bad' : 'good';
  const unit = summary?.unit ?? 'ms';
  const cells = [
    cell(session?.recordedAt.slice(0, 10) ?? ''),
    cell(formatValue(summary?.median ?? null, unit)),
    cell(formatInterval(summary?.interval ?? null, unit)),
    cell(String(summary?.count ?? 0)),
    cell(formatFraction(summary?.noise ?? null)),
    cell(session?.commit.slice(0, 10) ?? ''),
    cell(notes.join('; '), tone),
  ];
  return { cells };
}
