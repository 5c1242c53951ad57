// The waterfall of a scenario's typical boots: phases and services over time, base beneath head on one axis.
// All text is monospaced and cut by its column count, so that it cannot run out of its place.
import { columnsOf, cutToColumns, plainLine } from '../model/plain-text.ts';
import type { ScenarioReport, TypicalBoot } from '../model/report.ts';
import type { Mark, Phase, ServiceSpan, Span } from '../model/timeline.ts';
import { escapeHtml } from './escape.ts';
import { formatDifference, formatValue, nsToMs } from './format.ts';

export interface WaterfallOptions {
  /** In pixels; 320 is the least that is readable. */
  readonly width: number;
}

export interface Picture {
  /** SVG elements, to be put into an `<svg>` or `<g>`. */
  readonly elements: string;
  readonly height: number;
}

/** Draws the scenario's typical boots; without any, a line that says so. */
export function waterfall(scenario: ScenarioReport, options: WaterfallOptions): Picture {
  const head = scenario.typical.find((boot) => boot.side === 'head');
  const base = scenario.typical.find((boot) => boot.side === 'base');
  const shown = head ?? base;
  const name = plainLine(scenario.scenario.id, 60);
  if (shown === undefined) {
    return { elements: text(0, 16, `${name}: no boot to draw`, options.width, 'title'), height: 28 };
  }
  const frame = frameOf(options.width, Math.max(...scenario.typical.map(lastNs)));
  const parts: string[] = [
    text(0, 15, heading(name, head, base, options.width), options.width, 'title'),
    legend(base, options),
  ];
  let y = 62;
  for (const row of rowsOf(shown, base === shown ? undefined : base)) {
    parts.push(drawRow(row, y, frame));
    y += row.height;
  }
  parts.splice(2, 0, axis(frame, y));
  const marks = drawMarks(shown, frame, y);
  parts.push(marks.elements);
  return { elements: parts.join('\n'), height: y + marks.height };
}

/** One sentence per phase, for people who do not see the picture. */
export function waterfallText(scenario: ScenarioReport): string {
  const boots = scenario.typical.map((boot) => {
    const phases = boot.timeline.phases.map((phase) => `${phase.name} ${formatValue(nsToMs(phase.durationNs), 'ms')}`);
    return `${boot.side}, boot ${boot.number}: ${phases.join(', ')}.`;
  });
  return `${scenario.scenario.id}: ${boots.join(' ')}`;
}

/** Colours of the waterfall in both schemes; every class is prefixed by the caller's own root. */
export const waterfallStyle = `
:root { color-scheme: light dark; }
.page { fill: #ffffff; }
text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #24292f; }
.title { font-weight: 600; font-size: 13px; }
.small { font-size: 10.5px; fill: #57606a; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.mark { stroke: #8250df; stroke-width: 1; stroke-dasharray: 3 3; }
.head { fill: #0969da; }
.base { fill: #afb8c1; }
.service { fill: #54aeff; }
.failed { fill: #cf222e; }
.stripe { fill: #f6f8fa; }
.slower { fill: #b4232c; font-weight: 600; }
.faster { fill: #116329; font-weight: 600; }
@media screen and (prefers-color-scheme: dark) {
  .page { fill: #0d1117; }
  text { fill: #e6edf3; }
  .small { fill: #9198a1; }
  .grid { stroke: #30363d; }
  .mark { stroke: #ab7df8; }
  .head { fill: #4493f8; }
  .base { fill: #656c76; }
  .service { fill: #1f6feb; }
  .failed { fill: #f85149; }
  .stripe { fill: #151b23; }
  .slower { fill: #ff7b72; }
  .faster { fill: #56d364; }
}
`;

interface Row {
  readonly kind: 'phase' | 'service';
  readonly name: string;
  readonly height: number;
  readonly head: Phase | undefined;
  readonly base: Phase | undefined;
  readonly service: ServiceSpan | undefined;
  readonly differs: boolean;
}

interface Frame {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly endNs: number;
  readonly x: (atNs: number) => number;
}

const narrowWidth = 560;
const characterWidth = 7.3;
const smallWidth = 6.4;

function frameOf(width: number, endNs: number): Frame {
  const narrow = width < narrowWidth;
  const left = narrow ? 104 : 190;
  const right = width - (narrow ? 66 : 150);
  const end = Math.max(1, endNs);
  return {
    width,
    left,
    right,
    endNs: end,
    x: (atNs) => left + ((right - left) * Math.min(end, Math.max(0, atNs))) / end,
  };
}

function rowsOf(shown: TypicalBoot, base: TypicalBoot | undefined): readonly Row[] {
  const own = shown.timeline.phases;
  const others = (base?.timeline.phases ?? []).filter((phase) => !own.some((known) => known.name === phase.name));
  const services = [...shown.timeline.services]
    .sort((left, right) => right.endNs - right.startNs - (left.endNs - left.startNs))
    .slice(0, 16)
    .sort((left, right) => left.startNs - right.startNs);
  const common = { differs: base !== undefined, service: undefined };
  const phase = (entry: Phase): Row => ({
    ...common,
    kind: 'phase',
    name: entry.name,
    height: base === undefined ? 24 : 32,
    head: own.find((known) => known.name === entry.name),
    base: base?.timeline.phases.find((known) => known.name === entry.name),
  });
  const service = (entry: ServiceSpan): Row => ({
    kind: 'service',
    name: entry.name,
    height: 17,
    head: undefined,
    base: undefined,
    service: entry,
    differs: false,
  });
  return [...own.map(phase), ...others.map(phase), ...services.map(service)];
}

function drawRow(row: Row, y: number, frame: Frame): string {
  if (row.service !== undefined) {
    const { service } = row;
    const length = formatValue(nsToMs(service.endNs - service.startNs), 'ms');
    const suffix = service.outcome === 'ok' ? '' : ` (${service.outcome})`;
    const kind = service.outcome === 'ok' ? 'service' : 'failed';
    return [
      small(8, y + 12, row.name, frame.left - 14),
      bar(service, kind, y + 4, 8, frame, `${row.name}: ${length}${suffix}`),
      small(frame.right + 8, y + 12, `${length}${suffix}`, frame.width - frame.right - 8),
    ].join('\n');
  }
  const headLength = row.head === undefined ? null : nsToMs(row.head.durationNs);
  const baseLength = row.base === undefined ? null : nsToMs(row.base.durationNs);
  const tip = (side: string, length: number | null): string => `${row.name}, ${side}: ${formatValue(length, 'ms')}`;
  const bars = [
    ...(row.head?.spans ?? []).map((span) => bar(span, 'head', y + 4, 14, frame, tip('head', headLength))),
    ...(row.base?.spans ?? []).map((span) => bar(span, 'base', y + 20, 7, frame, tip('base', baseLength))),
  ];
  const room = frame.width - frame.right - 8;
  const value = text(frame.right + 8, y + 15, formatValue(headLength, 'ms'), room, '');
  if (!row.differs) return [text(0, y + 15, row.name, frame.left - 8, ''), ...bars, value].join('\n');
  const difference = (headLength ?? 0) - (baseLength ?? 0);
  const shownDifference = formatDifference(difference, 'ms');
  const kind =
    /^[+-]/.test(shownDifference) && Math.abs(difference) >= 10 ? (difference > 0 ? 'slower' : 'faster') : '';
  const wide = room >= 17 * characterWidth;
  const x = frame.right + 8 + (wide ? 9 * characterWidth : 0);
  const label = text(x, y + (wide ? 15 : 28), shownDifference, frame.width - x, kind);
  return [text(0, y + 15, row.name, frame.left - 8, ''), ...bars, value, label].join('\n');
}

function bar(span: Span, kind: string, y: number, height: number, frame: Frame, tip: string): string {
  const x = frame.x(span.startNs);
  const width = Math.max(1, frame.x(span.endNs) - x);
  return `<rect class="${kind}" x="${short(x)}" y="${y}" width="${short(width)}" height="${height}" rx="1.5"><title>${escapeHtml(tip)}</title></rect>`;
}

function axis(frame: Frame, bottom: number): string {
  const ticks: string[] = [];
  const step = stepOf(frame.endNs / 1e9, Math.max(2, Math.floor((frame.right - frame.left) / 70)));
  const decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
  for (let index = 0; index * step <= frame.endNs / 1e9 + 1e-9; index++) {
    const x = short(frame.x(index * step * 1e9));
    ticks.push(`<line class="grid" x1="${x}" y1="52" x2="${x}" y2="${bottom}"/>`);
    ticks.push(`<text class="small" x="${x}" y="47" text-anchor="middle">${(index * step).toFixed(decimals)} s</text>`);
  }
  return ticks.join('\n');
}

/** The 1, 2 or 5 times a power of ten that gives at most `most` steps. */
function stepOf(length: number, most: number): number {
  const rough = length / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? 10 * power;
}

/** Marks that no phase is named after: the beginnings of phases are seen anyway. */
function shownMarks({ timeline }: TypicalBoot): readonly Mark[] {
  const phases = new Set(timeline.phases.map((phase) => phase.name));
  return timeline.marks.filter((mark) => !phases.has(mark.name)).sort((left, right) => left.atNs - right.atNs);
}

/** Where the axis of a boot must reach: a login prompt may come shortly after SSH. Later marks stand at the edge. */
function lastNs(boot: TypicalBoot): number {
  const { endNs } = boot.timeline;
  return Math.max(endNs, ...shownMarks(boot).map((mark) => Math.min(mark.atNs, endNs * 1.1)));
}

function drawMarks(boot: TypicalBoot, frame: Frame, bottom: number): Picture {
  const marks = shownMarks(boot).slice(0, 12);
  const ends: number[] = [];
  const elements = marks.map((mark) => {
    const label = cutToColumns(plainLine(`${mark.name} ${formatValue(nsToMs(mark.atNs), 'ms')}`, 60), 36);
    const width = columnsOf(label) * smallWidth;
    const x = frame.x(mark.atNs);
    const start = Math.max(0, Math.min(x - width / 2, frame.width - width));
    const free = ends.findIndex((end) => end + 8 <= start);
    const line = free < 0 ? ends.length : free;
    ends[line] = start + width;
    const y = bottom + 16 + line * 14;
    return [
      `<line class="mark" x1="${short(x)}" y1="52" x2="${short(x)}" y2="${y - 10}"/>`,
      `<text class="small" x="${short(start)}" y="${y}">${escapeHtml(label)}</text>`,
    ].join('\n');
  });
  return { elements: elements.join('\n'), height: ends.length * 14 + 10 };
}

function heading(name: string, head: TypicalBoot | undefined, base: TypicalBoot | undefined, width: number): string {
  const one = (boot: TypicalBoot): string => {
    const end = formatValue(nsToMs(boot.timeline.endNs), 'ms');
    return `${boot.side} ${end}${boot.timeline.complete ? '' : ' (not finished)'}`;
  };
  const boots = [head, base].filter((boot) => boot !== undefined).map(one);
  return width < narrowWidth ? boots.join(', ') : `${name}: time to SSH, ${boots.join(', ')}`;
}

function legend(base: TypicalBoot | undefined, options: WaterfallOptions): string {
  const entries = [
    ['head', 'head'],
    ...(base === undefined ? [] : [['base', 'base']]),
    ['service', 'service'],
  ] as const;
  const parts = entries.map(([kind, label], index) => {
    const x = index * 90;
    return `<rect class="${kind}" x="${x}" y="22" width="10" height="10" rx="1.5"/>${small(x + 15, 31, label, 70)}`;
  });
  const note = small(
    entries.length * 90,
    31,
    base === undefined ? 'the boot nearest to the median' : 'the boots nearest to the medians',
    options.width - entries.length * 90,
  );
  return (options.width < narrowWidth ? parts : [...parts, note]).join('\n');
}

function text(x: number, y: number, content: string, room: number, kind: string): string {
  const label = cutToColumns(
    plainLine(content),
    Math.max(0, Math.floor(room / (kind === 'title' ? 8 : characterWidth))),
  );
  return label === ''
    ? ''
    : `<text${kind === '' ? '' : ` class="${kind}"`} x="${short(x)}" y="${y}">${escapeHtml(label)}${tip(label, content)}</text>`;
}

function small(x: number, y: number, content: string, room: number): string {
  const label = cutToColumns(plainLine(content), Math.max(0, Math.floor(room / smallWidth)));
  return label === ''
    ? ''
    : `<text class="small" x="${short(x)}" y="${y}">${escapeHtml(label)}${tip(label, content)}</text>`;
}

const tip = (label: string, content: string): string =>
  label === plainLine(content) ? '' : `<title>${escapeHtml(content)}</title>`;

const short = (value: number): string => String(Math.round(value * 10) / 10);
