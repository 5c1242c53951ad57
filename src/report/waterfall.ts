// The waterfall of a scenario's typical boots: phases and services over time, base beneath head on one axis.
import { scaleLinear } from 'd3-scale';
import { plainLine } from '../model/plain-text.ts';
import { mainMetricOf } from '../model/readiness.ts';
import type { ScenarioReport, TypicalBoot } from '../model/report.ts';
import type { Side } from '../model/scenario.ts';
import type { Mark } from '../model/timeline.ts';
import { formatDifference, formatValue, nsToMs } from './format.ts';
import { type Html, html, lines, nothing } from './html-writer.ts';
import { keyOf, label, niceTicks, type Picture, short, widthOf } from './picture.ts';
import { changedPhases } from './title.ts';
import { drawRow, type Figures, type Frame, rowsOf } from './waterfall-rows.ts';

export interface WaterfallOptions {
  /** In pixels; 320 is the least that is readable. */
  readonly width: number;
  /** Draws this side's boot alone, with its own numbers. */
  readonly only?: Side;
}

/** Draws the scenario's typical boots; without any, a line that says so. */
export function waterfall(scenario: ScenarioReport, { width, only }: WaterfallOptions): Picture {
  const of = (side: Side): TypicalBoot | undefined =>
    only === undefined || only === side ? scenario.typical.find((boot) => boot.side === side) : undefined;
  const [head, base] = [of('head'), of('base')];
  const shown = head ?? base;
  const name = plainLine(scenario.scenario.id, 60);
  const until = mainMetricOf(scenario.scenario) === 'time-to-ssh' ? 'time to SSH' : 'time until ready';
  const title = (text: string): Html => label(text, 'title', { x: 0, y: 15, room: width });
  if (shown === undefined) return { elements: title(`${name}: no boot to draw`), height: 28 };
  const frame = frameOf(width, Math.max(...scenario.typical.map(lastNs)));
  const rows: Html[] = [];
  let y = 62;
  for (const row of rowsOf(shown, base === shown ? undefined : base, only ? ownFigures(shown) : figuresOf(scenario))) {
    rows.push(drawRow(row, y, frame));
    y += row.height;
  }
  const marks = drawMarks(shown, frame, y);
  const elements = [
    ...(only ? [] : [title(heading(scenario, [head, base], { width, until })), legend(base, width)]),
    axis(frame, y),
    ...rows,
    marks.elements,
  ];
  const height = y + marks.height;
  if (!only) return { elements: lines(elements), height };
  return { elements: html`<g transform="translate(0 -${aboveAxis})">\n${elements}\n</g>`, height: height - aboveAxis };
}

/** Where title and legend are not drawn. */
const aboveAxis = 34;

/** What stands beside the bars. */
export const waterfallNumbers = 'medians of all boots';

/** One sentence per phase, for people who do not see the picture. */
export function waterfallText(scenario: ScenarioReport): string {
  const boots = scenario.typical.map((boot) => {
    const phases = boot.timeline.phases.map((phase) => `${phase.name} ${formatValue(nsToMs(phase.durationNs), 'ms')}`);
    return `${boot.side}, boot ${boot.number}: ${phases.join(', ')}.`;
  });
  return boots.length === 0 ? '' : `${scenario.scenario.id}: ${boots.join(' ')}`;
}

/** Medians of all boots, as the tables have them; the bars are of one boot, whose own times stand in their tips. */
function figuresOf(scenario: ScenarioReport): (phase: string) => Figures {
  const meaning = changedPhases(scenario);
  return (phase) => {
    const found = scenario.phases.find(({ name }) => name === phase);
    const side = found?.head ?? found?.base ?? null;
    const value = formatValue(side?.median ?? null, 'ms');
    const differenceMs = found?.differenceMs ?? null;
    if (differenceMs === null) return { value, look: 'plain' };
    const look = !meaning.has(phase) ? 'plain' : differenceMs > 0 ? 'slower' : 'faster';
    return { value, difference: formatDifference(differenceMs, 'ms'), look };
  };
}

const ownFigures =
  ({ timeline }: TypicalBoot): ((phase: string) => Figures) =>
  (phase) => {
    const durationNs = timeline.phases.find(({ name }) => name === phase)?.durationNs ?? null;
    return { value: formatValue(durationNs === null ? null : nsToMs(durationNs), 'ms'), look: 'plain' };
  };

/** Below this width there is no room for notes beside the figures. */
const narrowWidth = 560;

function frameOf(width: number, endNs: number): Frame {
  const narrow = width < narrowWidth;
  const left = narrow ? 104 : 190;
  const right = width - (narrow ? 66 : 150);
  const seconds = scaleLinear([0, Math.max(1, endNs) / 1e9], [left, right]).clamp(true);
  return { width, left, right, seconds, x: (atNs) => seconds(atNs / 1e9) };
}

function axis({ left, right, seconds }: Frame, bottom: number): Html {
  const most = Math.max(2, Math.floor((right - left) / 70));
  const format = seconds.tickFormat(most);
  return lines(
    niceTicks([0, seconds.invert(right)], most).flatMap((tick) => {
      const x = short(seconds(tick));
      return [
        html`<line class="grid" x1="${x}" y1="52" x2="${x}" y2="${bottom}"/>`,
        html`<text class="small" x="${x}" y="47" text-anchor="middle">${format(tick)} s</text>`,
      ];
    }),
  );
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

/** Each mark's name stands below the rows, in the first line that is free there. */
function drawMarks(boot: TypicalBoot, frame: Frame, bottom: number): Picture {
  const ends: number[] = [];
  const elements = shownMarks(boot)
    .slice(0, 12)
    .map((mark) => {
      const name = `${plainLine(mark.name, 24)} ${formatValue(nsToMs(mark.atNs), 'ms')}`;
      const width = widthOf(name, 'small');
      const x = frame.x(mark.atNs);
      const start = Math.max(0, Math.min(x - width / 2, frame.width - width));
      const free = ends.findIndex((end) => end + 8 <= start);
      const line = free < 0 ? ends.length : free;
      ends[line] = start + width;
      const y = bottom + 16 + line * 14;
      return html`<line class="mark" x1="${short(x)}" y1="52" x2="${short(x)}" y2="${y - 10}"/>
${label(name, 'small', { x: start, y, room: width + 1 })}`;
    });
  return { elements: lines(elements), height: ends.length * 14 + 10 };
}

function heading(
  scenario: ScenarioReport,
  boots: readonly (TypicalBoot | undefined)[],
  { width, until }: { readonly width: number; readonly until: string },
): string {
  const ends = boots
    .filter((boot) => boot !== undefined)
    .map(({ side, timeline: { complete, endNs } }) => {
      const main = scenario.summaries[side].find(({ metric }) => metric === mainMetricOf(scenario.scenario));
      const end = (complete ? main?.median : null) ?? nsToMs(endNs);
      return `${side} ${formatValue(end, 'ms')}${complete ? '' : ' (not finished)'}`;
    });
  if (width < narrowWidth) return ends.join(', ');
  return `${plainLine(scenario.scenario.id, 60)}: ${until}, ${ends.join(', ')}`;
}

function legend(base: TypicalBoot | undefined, width: number): Html {
  const kinds = ['head', ...(base === undefined ? [] : ['base']), 'service'];
  const square = (kind: string): Html => html`<rect class="${kind}" x="3" y="4" width="10" height="10" rx="1.5"/>`;
  const which = base === undefined ? 'one boot nearest to the median' : 'one boot of each side, nearest to the median';
  const note = { mark: nothing, text: `bars: ${which}; numbers: ${waterfallNumbers}` };
  const parts = kinds.map((kind) => ({ mark: square(kind), text: kind }));
  return keyOf(width < narrowWidth ? parts : [...parts, note], { width, y: 18 });
}
