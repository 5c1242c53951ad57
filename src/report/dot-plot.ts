// Every boot of a scenario as a dot in the order taken: drift, modes and failures are seen at a glance.
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { plainLine } from '../model/plain-text.ts';
import type { BootRow, ScenarioReport } from '../model/report.ts';
import { formatValue } from './format.ts';
import { type Html, html, lines } from './html-writer.ts';
import { keyOf, niceTicks, type Picture, short } from './picture.ts';
import { mainSummary } from './title.ts';

/** Draws the scenario's main metric; null when no boot has a value of it. */
export function dotPlot(scenario: ScenarioReport, { width }: { readonly width: number }): Picture | null {
  const main = mainSummary(scenario, 'head');
  if (main === null) return null;
  const { metric, unit } = main;
  const values = scenario.boots.map((boot) => boot.values[metric] ?? null);
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const medians = (['base', 'head'] as const).flatMap((side) => {
    const median = mainSummary(scenario, side)?.median ?? null;
    return median === null ? [] : [{ side, median }];
  });
  // A repeated run's median is of earlier boots, too: none of this run's need be near it.
  const frame = frameOf(width, scenario.boots.length, [...known, ...medians.map(({ median }) => median)]);
  const { left, right, y } = frame;
  const middle = medians.map(
    ({ side, median }) =>
      html`<line class="median ${side}" x1="${left}" y1="${short(y(median))}" x2="${right}" y2="${short(y(median))}"><title>median of ${side}: ${formatValue(median, unit)}</title></line>`,
  );
  const ticks = niceTicks([y.invert(bottom), y.invert(top)], 4).map(
    (value) => html`<line class="grid" x1="${left}" y1="${short(y(value))}" x2="${right}" y2="${short(y(value))}"/>
<text class="small" x="${left - 6}" y="${short(y(value) + 4)}" text-anchor="end">${formatValue(value, unit)}</text>`,
  );
  const dots = scenario.boots.map((boot, index) => {
    const value = values[index] ?? null;
    const shown = value === null ? plainLine(boot.outcomeText, 120) : formatValue(value, unit);
    const tip = `boot ${boot.number}, ${boot.side}${boot.warmup ? ', warm-up' : ''}: ${shown}`;
    return dot(boot, { x: frame.x(index), y: value === null ? null : y(value) }, tip);
  });
  return { elements: lines([...ticks, ...middle, ...dots, key(scenario, width)]), height: bottom + 28 };
}

/** Added to the style of all pictures. */
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
  /** Place of the boot with this index. */
  readonly x: (index: number) => number;
  /** Place of a value, in its metric's unit. */
  readonly y: ScaleLinear<number, number>;
}

const top = 14;
const bottom = 184;

function frameOf(width: number, count: number, values: readonly number[]): Frame {
  const left = 70;
  const right = width - 12;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) * 0.1 || 1) * 0.08;
  const step = (right - left) / Math.max(1, count);
  const y = scaleLinear([low - room, high + room], [bottom, top]);
  return { left, right, x: (index) => left + (index + 0.5) * step, y };
}

/** Only what is drawn. */
function key({ boots }: ScenarioReport, width: number): Html {
  const has = (wanted: (boot: BootRow) => boolean): boolean => boots.some(wanted);
  const circle = (look: string): Html => html`<circle class="${look}" cx="8" cy="9" r="3.5"/>`;
  const parts = [
    ...(has(({ side, warmup }) => side === 'base' && !warmup) ? [{ mark: circle('base'), text: 'base' }] : []),
    { mark: circle('head'), text: 'head' },
    ...(has(({ warmup }) => warmup) ? [{ mark: circle('warmup'), text: 'warm-up' }] : []),
    ...(has(({ outcome }) => outcome.kind !== 'ready')
      ? [{ mark: html`<path class="cross" d="M4 5L12 13M4 13L12 5"/>`, text: 'failed' }]
      : []),
    { mark: html`<line class="median head" y1="9" x2="16" y2="9"/>`, text: 'median' },
  ];
  return keyOf(parts, { width, y: bottom + 8 });
}

/** A failed boot is a cross above all dots: it ranks as the slowest. */
function dot(boot: BootRow, { x, y }: { readonly x: number; readonly y: number | null }, tip: string): Html {
  const title = html`<title>${tip}</title>`;
  if (y === null) {
    const [from, to] = [short(x - 4), short(x + 4)];
    return html`<path class="cross" d="M${from} 2L${to} 10M${from} 10L${to} 2">${title}</path>`;
  }
  return html`<circle class="${boot.warmup ? 'warmup' : boot.side}" cx="${short(x)}" cy="${short(y)}" r="3.5">${title}</circle>`;
}
