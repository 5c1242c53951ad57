// The history of baselines as a picture: one dot a session, a dashed line for each level.
import type { History } from '../model/trend.ts';
import { formatValue } from './format.ts';
import { type Html, html } from './html-writer.ts';
import { lineChart } from './line-chart.ts';
import { niceTicks, standAlone } from './picture.ts';
import { noChange, sentence } from './trend-text.ts';

const [width, height, margin] = [860, 260, 20];

/** A stand-alone picture of all histories, one below the other; light or dark as the reader's system is. */
export function historySvg(histories: readonly History[]): string {
  const charts = histories.map((history, index) => {
    const top = margin + index * (height + margin);
    return html`<g transform="translate(${margin} ${top})">\n${chartOf(history)}\n</g>`;
  });
  const sentences = histories.flatMap((history) => history.changes.map((change) => sentence(history, change)));
  const size = { width: width + 2 * margin, height: histories.length * (height + margin) + margin };
  return standAlone({ title: 'Baselines over time', text: sentences.join(' ') || noChange, ...size }, charts);
}

function chartOf(history: History): Html {
  const known = history.sessions.flatMap(({ summary, recordedAt, commit }, index) => {
    if (summary?.median == null) return [];
    const tip = `${recordedAt.slice(0, 16)}: ${formatValue(summary.median, summary.unit)} ${commit.slice(0, 10)}`;
    return [{ x: index, y: summary.median, unit: summary.unit, date: recordedAt.slice(0, 10), tip }];
  });
  const values = known.map(({ y }) => y);
  const unit = known[0]?.unit ?? 'ms';
  const low = Math.min(...values, Number.POSITIVE_INFINITY);
  const room = Math.max((Math.max(...values) - low) * 0.15, low * 0.02) || 1;
  const yRange = known.length === 0 ? ([0, 1] as const) : ([low - room, Math.max(...values) + room] as const);
  const last = Math.max(1, history.sessions.length - 1);
  const every = Math.ceil(known.length / 6);
  return lineChart({
    width,
    height,
    title: `${history.file}: ${history.metric}`,
    points: known,
    lines: levels(history, last).map(({ from, to, value }) => ({
      from: [from, value],
      to: [to, value],
      tip: `level ${formatValue(value, unit)}`,
    })),
    joined: false,
    xRange: [0, last],
    yRange,
    xTicks: known.filter((_, index) => index % every === 0).map(({ x, date }) => ({ at: x, text: date })),
    yTicks: niceTicks(yRange, 5).map((at) => ({ at, text: formatValue(at, unit) })),
  });
}

function levels({ changes, comparableFrom }: History, last: number) {
  return changes.flatMap((change, index) => {
    const next = changes[index + 1]?.session ?? last;
    const first = index === 0 ? [{ from: comparableFrom, to: change.session, value: change.before }] : [];
    return [...first, { from: change.session, to: next, value: change.after }];
  });
}
