// Every boot of a scenario as a dot in the order taken: drift, modes and failures are seen at a glance.
import { plainLine } from '../model/plain-text.ts';
import type { BootRow, ScenarioReport } from '../model/report.ts';
import { escapeHtml } from './escape.ts';
import { formatValue } from './format.ts';
import { mainSummary } from './headline.ts';
import type { Picture } from './waterfall.ts';

/** Draws the scenario's main metric; null when no boot has a value of it. Colours come from the waterfall's style. */
export function dotPlot(scenario: ScenarioReport, options: { readonly width: number }): Picture | null {
  const main = mainSummary(scenario, 'head');
  if (main === null) return null;
  const { metric, unit } = main;
  const values = scenario.boots.map((boot) => boot.values[metric] ?? null).filter((value) => value !== null);
  if (values.length === 0) return null;
  const drawn = (['base', 'head'] as const).flatMap((side) => {
    const median = mainSummary(scenario, side)?.median ?? null;
    return median === null ? [] : [{ side, median }];
  });
  // A repeated run's median is of earlier boots, too: none of this run's need be near it.
  const shown = [...values, ...drawn.map(({ median }) => median)];
  const frame = frameOf(options.width, scenario.boots.length, Math.min(...shown), Math.max(...shown));
  const medians = drawn.map(({ side, median }) => {
    const y = short(frame.y(median));
    return `<line class="median ${side}" x1="${frame.left}" y1="${y}" x2="${frame.right}" y2="${y}"><title>median of ${side}: ${formatValue(median, unit)}</title></line>`;
  });
  const ticks = frame.ticks.map((value) => {
    const y = short(frame.y(value));
    return [
      `<line class="grid" x1="${frame.left}" y1="${y}" x2="${frame.right}" y2="${y}"/>`,
      `<text class="small" x="${frame.left - 6}" y="${short(frame.y(value) + 4)}" text-anchor="end">${formatValue(value, unit)}</text>`,
    ].join('\n');
  });
  const dots = scenario.boots.map((boot, index) => {
    const value = boot.values[metric] ?? null;
    const shown = value === null ? plainLine(boot.outcomeText, 120) : formatValue(value, unit);
    const tip = `boot ${boot.number}, ${boot.side}${boot.warmup ? ', warm-up' : ''}: ${shown}`;
    return dot(boot, frame.x(index), value === null ? null : frame.y(value), tip);
  });
  const label = `<text class="small" x="${options.width / 2}" y="${frame.bottom + 18}" text-anchor="middle">in order taken; hollow: warm-up, cross: failed</text>`;
  return { elements: [...ticks, ...medians, ...dots, label].join('\n'), height: frame.bottom + 26 };
}

/** Added to the waterfall's style. */
export const dotPlotStyle = `
circle.warmup { fill: none; stroke: #57606a; stroke-width: 1.5; }
.cross { stroke: #cf222e; stroke-width: 2; }
line.median { stroke-width: 1.5; stroke-dasharray: 6 4; }
line.median.head { stroke: #0969da; }
line.median.base { stroke: #6e7781; }
circle.base { fill: #8c959f; }
@media screen and (prefers-color-scheme: dark) {
  circle.warmup { stroke: #9198a1; }
  .cross { stroke: #f85149; }
  line.median.head { stroke: #4493f8; }
  line.median.base { stroke: #9198a1; }
}
`;

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly ticks: readonly number[];
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
}

const top = 14;
const plotHeight = 170;

function frameOf(width: number, count: number, low: number, high: number): Frame {
  const left = 70;
  const right = width - 12;
  const spread = high - low || Math.abs(high) * 0.1 || 1;
  const [floor, ceiling] = [low - spread * 0.08, high + spread * 0.08];
  const step = (right - left) / Math.max(1, count);
  const bottom = top + plotHeight;
  return {
    left,
    right,
    bottom,
    ticks: [0, 1, 2, 3]
      .map((index) => low + ((high - low) * index) / 3)
      .filter((value, at, all) => all.indexOf(value) === at),
    x: (index) => left + (index + 0.5) * step,
    y: (value) => bottom - ((value - floor) / (ceiling - floor)) * plotHeight,
  };
}

/** A failed boot is a cross above all dots: it ranks as the slowest. */
function dot(boot: BootRow, x: number, y: number | null, tip: string): string {
  const title = `<title>${escapeHtml(tip)}</title>`;
  if (y === null) {
    const [from, to] = [short(x - 4), short(x + 4)];
    return `<path class="cross" d="M${from} 2L${to} 10M${from} 10L${to} 2">${title}</path>`;
  }
  return `<circle class="${boot.warmup ? 'warmup' : boot.side}" cx="${short(x)}" cy="${short(y)}" r="3.5">${title}</circle>`;
}

const short = (value: number): string => String(Math.round(value * 10) / 10);
