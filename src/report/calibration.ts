// What a machine can detect, as text for a terminal and as a power curve.

import type { Calibration } from '../model/calibration.ts';
import { formatCount } from '../model/units.ts';
import { formatFraction } from './format.ts';
import { html } from './html-writer.ts';
import { lineChart } from './line-chart.ts';
import { niceTicks, standAlone } from './picture.ts';
import { cell, figureColumn, type Row } from './table.ts';
import { layoutTable, type TerminalStyle, wrapText } from './terminal-table.ts';

export function calibrationText(calibration: Calibration, style: TerminalStyle): string {
  const { scenario, rounds, reports, falseAlarms, failures, recommended } = calibration;
  const noise = calibration.metrics.map((metric) => `${metric.name} ${formatFraction(metric.noise)}`).join(', ');
  const lines = [
    ...wrapText(`${scenario}: what this machine can detect`, style, { bold: 'bold' }),
    ...wrapText(
      `Drawn from ${formatCount(rounds, 'round')}, ${formatCount(failures, 'failed boot')}. Noise: ${noise}.`,
      style,
    ),
    ...wrapText(
      `False alarms: ${percent(falseAlarms.rate)} of ${formatCount(reports, 'report')} in which nothing changed, 95 % interval ${percent(falseAlarms.low)} to ${percent(falseAlarms.high)}.`,
      style,
    ),
    '',
    ...layoutTable({ title: '', columns, rows: calibration.detectable.map(row) }, style),
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
  const text = 'How often a slowdown of this size is found, against its size.';
  const title = `Power curve of ${scenario}`;
  return standAlone({ title, text, width: 740, height: 340 }, [html`<g transform="translate(20 20)">\n${chart}\n</g>`]);
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;
const columns = ['pairs', 'slowdown found with 95 % power', 'pairs if unchanged', 'pairs at the limit'].map((title) =>
  figureColumn(title),
);

function row({ pairs, effect, pairsUnchanged, pairsAtLimit }: Calibration['detectable'][number]): Row {
  const found = effect === null ? 'nothing' : `+${(effect * 100).toFixed(1)} %`;
  return {
    cells: [String(pairs), found, pairsUnchanged.toFixed(1), pairsAtLimit.toFixed(1)].map((text) => cell(text)),
  };
}
