// What a machine can see, as text for a terminal and as a power curve.
import type { Calibration } from '../model/calibration.ts';
import { escapeHtml } from './escape.ts';
import { formatCount, formatFraction } from './format.ts';
import { lineChart, niceTicks } from './line-chart.ts';
import { type Cell, layoutTable, type TerminalStyle, wrapText } from './terminal-table.ts';
import { waterfallStyle } from './waterfall.ts';

export function calibrationText(calibration: Calibration, style: TerminalStyle): string {
  const { scenario, rounds, reports, falseAlarms, failures, recommended } = calibration;
  const noise = calibration.metrics.map((metric) => `${metric.name} ${formatFraction(metric.noise)}`).join(', ');
  const lines = [
    ...wrapText(`${scenario}: what this machine can see`, style, { bold: 'bold' }),
    ...wrapText(
      `Drawn from ${formatCount(rounds, 'round')}, ${formatCount(failures, 'failed boot')}. Noise: ${noise}.`,
      style,
    ),
    ...wrapText(
      `False alarms: ${percent(falseAlarms.rate)} of ${formatCount(reports, 'report')} in which nothing changed, 95 % interval ${percent(falseAlarms.low)} to ${percent(falseAlarms.high)}.`,
      style,
    ),
    '',
    ...layoutTable([header, ...calibration.detectable.map(row)], style),
    '',
    ...wrapText(
      `Recommended: max-boots: ${recommended.maxBoots}, limit: ${formatFraction(recommended.limit)} (${recommended.because}).`,
      style,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** Power against slowdown at the scenario's own number of pairs: a stand-alone picture. */
export function powerCurve({ curve, scenario, limit }: Calibration): string {
  const end = Math.max(...curve.map(({ effect }) => effect), limit, 0.01);
  const chart = lineChart({
    width: 700,
    height: 300,
    title: `${scenario}: share of slowdowns found with its max-boots`,
    points: curve.map(({ effect, found }) => ({
      x: effect,
      y: found,
      tip: `+${(effect * 100).toFixed(1)} %: found in ${formatFraction(found)}`,
    })),
    lines: [{ from: [limit, 0], to: [limit, 1], tip: `limit ${formatFraction(limit)}` }],
    joined: true,
    xRange: [0, end],
    yRange: [0, 1],
    xTicks: niceTicks([0, end], 6).map((at) => ({ at, text: `+${Number((at * 100).toFixed(1))} %` })),
    yTicks: [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, text: formatFraction(at) })),
  });
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 740 340" width="740" height="340" role="img" aria-labelledby="title">',
    `<title id="title">Power curve of ${escapeHtml(scenario, 60)}</title>`,
    `<style>${waterfallStyle}</style>`,
    '<rect class="page" width="740" height="340"/>',
    `<g transform="translate(20 20)">\n${chart}\n</g>`,
    '</svg>\n',
  ].join('\n');
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;
const right = (text: string, paint: Cell['paint'] = 'plain'): Cell => ({ text, align: 'right', paint });
const header = ['pairs', 'finds, 95 % power', 'pairs if unchanged', 'pairs at the limit'].map((text) =>
  right(text, 'dim'),
);

function row({ pairs, effect, pairsUnchanged, pairsAtLimit }: Calibration['detectable'][number]): Cell[] {
  const found = effect === null ? 'nothing' : `+${(effect * 100).toFixed(1)} %`;
  return [String(pairs), found, pairsUnchanged.toFixed(1), pairsAtLimit.toFixed(1)].map((text) => right(text));
}
