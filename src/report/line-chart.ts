// A small chart in SVG: one frame, one line or row of dots, ticks on both axes. Colours are those of all pictures.
import { scaleLinear } from 'd3-scale';
import { type Html, html, lines, ownSource } from './html-writer.ts';
import { label, short } from './picture.ts';

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** Shown when a reader points at it. */
  readonly tip: string;
}

export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly points: readonly ChartPoint[];
  /** Straight pieces drawn behind the points, for example levels and limits. */
  readonly lines: readonly {
    readonly from: readonly [number, number];
    readonly to: readonly [number, number];
    readonly tip: string;
  }[];
  readonly joined: boolean;
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
  readonly xTicks: readonly { readonly at: number; readonly text: string }[];
  readonly yTicks: readonly { readonly at: number; readonly text: string }[];
}

const margin = { left: 70, right: 16, top: 30, bottom: 26 };

/** SVG elements in a frame of the chart's own size. */
export function lineChart(chart: Chart): Html {
  const right = chart.width - margin.right;
  const bottom = chart.height - margin.bottom;
  const scales = {
    x: scaleLinear(chart.xRange, [margin.left, right]),
    y: scaleLinear(chart.yRange, [bottom, margin.top]),
  };
  const x = (value: number): number => short(scales.x(value));
  const y = (value: number): number => short(scales.y(value));
  const yTicks = chart.yTicks.map(
    ({ at, text }) => html`<line class="grid" x1="${margin.left}" y1="${y(at)}" x2="${right}" y2="${y(at)}"/>
<text class="small" x="${margin.left - 6}" y="${y(at)}" dy="4" text-anchor="end">${text}</text>`,
  );
  const xTicks = chart.xTicks.map(
    ({ at, text }) => html`<text class="small" x="${x(at)}" y="${bottom + 16}" text-anchor="middle">${text}</text>`,
  );
  const straight = chart.lines.map(
    ({ from, to, tip }) =>
      html`<line class="mark" x1="${x(from[0])}" y1="${y(from[1])}" x2="${x(to[0])}" y2="${y(to[1])}"><title>${tip}</title></line>`,
  );
  // Our own numbers, and many: no text that an escape would cut.
  const path = ownSource(chart.points.map((point) => `${x(point.x)},${y(point.y)}`).join(' '));
  const joined = html`<polyline points="${path}" fill="none" stroke="#0969da" stroke-width="2"/>`;
  const dots = chart.points.map(
    (point) =>
      html`<circle class="head" cx="${x(point.x)}" cy="${y(point.y)}" r="${chart.joined ? 2.5 : 4}"><title>${point.tip}</title></circle>`,
  );
  const title = label(chart.title, 'title', { x: 0, y: 15, room: chart.width });
  return lines([title, ...yTicks, ...xTicks, ...straight, ...(chart.joined ? [joined] : []), ...dots]);
}
