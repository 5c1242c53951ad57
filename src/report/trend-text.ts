// The history of baselines as text for a terminal: one line a session, levels marked.

import { plainLine } from '../model/plain-text.ts';
import type { History, HistoryChange } from '../model/trend.ts';
import { formatChange, formatCount, formatFraction, formatInterval, formatValue } from './format.ts';
import { type Cell, layoutTable, type TerminalStyle, wrapText } from './terminal-table.ts';

/** Newest session last; a new level is said in the line before its first session. */
export function historyText(histories: readonly History[], style: TerminalStyle): string {
  const blocks = histories.map((history) => [
    ...wrapText(`${history.file}: ${history.metric}, ${formatCount(history.sessions.length, 'session')}`, style, {
      bold: 'bold',
    }),
    ...layoutTable([header, ...history.sessions.map((_, index) => row(history, index))], style, [5, 4, 3]),
    ...history.changes.flatMap((change) => wrapText(sentence(history, change), style)),
    ...(history.changes.length === 0 ? wrapText('No change of level.', style) : []),
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

const cell = (text: string, align: Cell['align'] = 'left'): Cell => ({ text, align });
const header = [cell(''), cell('recorded'), cell('median', 'right'), cell('95 % CI', 'right'), cell('boots', 'right')]
  .concat([cell('noise', 'right'), cell('commit'), cell('note')])
  .map((entry): Cell => ({ ...entry, paint: 'dim' }));

function row(history: History, index: number): Cell[] {
  const session = history.sessions[index];
  const change = history.changes.find((entry) => entry.session === index);
  const summary = session?.summary ?? null;
  const notes = [
    change === undefined ? '' : formatChange(change.after / change.before, null),
    index < history.comparableFrom ? 'other conditions' : '',
    session?.intended ? `intended: ${plainLine(session.intended, 60)}` : '',
  ].filter((note) => note !== '');
  return [
    cell(change === undefined ? '' : change.after > change.before ? '!' : '+'),
    cell(session?.recordedAt.slice(0, 10) ?? ''),
    cell(formatValue(summary?.median ?? null, summary?.unit ?? 'ms'), 'right'),
    cell(formatInterval(summary?.interval ?? null, summary?.unit ?? 'ms'), 'right'),
    cell(String(summary?.count ?? 0), 'right'),
    cell(formatFraction(summary?.noise ?? null), 'right'),
    cell(session?.commit.slice(0, 10) ?? ''),
    cell(notes.join('; ')),
  ];
}
