// A small chart in SVG: one frame, one line or row of dots, ticks on both axes. Colours come from the waterfall's style.
import { escapeHtml } from './escape.ts';

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
export function lineChart(chart: Chart): string {
  const x = scale(chart.xRange, margin.left, chart.width - margin.right);
  const y = scale(chart.yRange, chart.height - margin.bottom, margin.top);
  const right = chart.width - margin.right;
  const bottom = chart.height - margin.bottom;
  const parts = [`<text class="title" x="0" y="15">${escapeHtml(chart.title, 100)}</text>`];
  for (const { at, text } of chart.yTicks) {
    parts.push(`<line class="grid" x1="${margin.left}" y1="${y(at)}" x2="${right}" y2="${y(at)}"/>`);
    parts.push(
      `<text class="small" x="${margin.left - 6}" y="${y(at)}" dy="4" text-anchor="end">${escapeHtml(text, 20)}</text>`,
    );
  }
  for (const { at, text } of chart.xTicks) {
    parts.push(
      `<text class="small" x="${x(at)}" y="${bottom + 16}" text-anchor="middle">${escapeHtml(text, 20)}</text>`,
    );
  }
  for (const { from, to, tip } of chart.lines) {
    const title = `<title>${escapeHtml(tip, 200)}</title>`;
    parts.push(
      `<line class="mark" x1="${x(from[0])}" y1="${y(from[1])}" x2="${x(to[0])}" y2="${y(to[1])}">${title}</line>`,
    );
  }
  if (chart.joined) {
    const path = chart.points.map((point) => `${x(point.x)},${y(point.y)}`).join(' ');
    parts.push(`<polyline points="${path}" fill="none" stroke="#0969da" stroke-width="2"/>`);
  }
  for (const point of chart.points) {
    const title = `<title>${escapeHtml(point.tip, 200)}</title>`;
    parts.push(
      `<circle class="head" cx="${x(point.x)}" cy="${y(point.y)}" r="${chart.joined ? 2.5 : 4}">${title}</circle>`,
    );
  }
  return parts.join('\n');
}

/** Round steps between two values, at most `most` of them, ends inside the range. */
export function niceTicks([low, high]: readonly [number, number], most: number): number[] {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high + step / 1e6; at += 1)
    ticks.push(Number((at * step).toPrecision(12)));
  return ticks;
}

function scale([low, high]: readonly [number, number], from: number, to: number): (value: number) => number {
  const span = high - low || 1;
  return (value) => Math.round((from + ((value - low) / span) * (to - from)) * 100) / 100;
}
