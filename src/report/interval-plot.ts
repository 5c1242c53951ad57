// The judge as a picture: of every metric that gates the interval of its change, against nothing, its floor and its limit.
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import type { Comparison } from '../model/comparison.ts';
import type { ScenarioReport } from '../model/report.ts';
import { formatChange, formatChangeInterval, formatFraction, formatValue } from './format.ts';
import { type Html, html, lines } from './html-writer.ts';
import { keyOf, label, niceTicks, type Picture, short } from './picture.ts';
import { comparisonWord } from './verdict-words.ts';
import { verdictTone } from './view-tables.ts';

/** Null where nothing that gates was compared. */
export function intervalPlot(scenario: ScenarioReport, { width }: { readonly width: number }): Picture | null {
  const shown = gating(scenario);
  if (shown.length === 0) return null;
  const frame = frameOf(shown, width);
  const end = top + shown.length * frame.rowHeight;
  return {
    elements: lines([key(width), ...axis(frame, end), ...shown.map((one, index) => row(one, index, frame))]),
    height: end + 6,
  };
}

/** One sentence per metric, for people who do not see the picture. */
export const intervalText = (scenario: ScenarioReport): string =>
  gating(scenario)
    .map((one) => `${one.metric}: ${tip(one)}.`)
    .join(' ');

/** Added to the style of all pictures. */
export const intervalPlotStyle = `
.floor { fill: #8c959f; fill-opacity: 0.22; }
.zero { stroke: #57606a; stroke-width: 1.5; }
.limit { stroke: #bc4c00; stroke-width: 2.5; }
.plain-mark, .doubt-mark { fill: #57606a; }
.doubt-mark { fill: #9a6700; }
.bad-mark { fill: #b4232c; }
.good-mark { fill: #116329; }
@media screen and (prefers-color-scheme: dark) {
  .zero { stroke: #9198a1; }
  .limit { stroke: #f0883e; }
  .plain-mark { fill: #9198a1; }
  .doubt-mark { fill: #e3b341; }
  .bad-mark { fill: #ff7b72; }
  .good-mark { fill: #56d364; }
}
`;

/** The worst that an axis shows, in limits: a metric that doubled must not hide where the limit of the others lies. */
const mostLimits = 8;
const top = 46;
const narrowWidth = 560;

const gating = ({ comparisons }: ScenarioReport): readonly Comparison[] => comparisons.filter(({ gate }) => gate);

interface Frame {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly narrow: boolean;
  readonly rowHeight: number;
  /** Of a ratio. */
  readonly x: ScaleLinear<number, number>;
}

function frameOf(shown: readonly Comparison[], width: number): Frame {
  const narrow = width < narrowWidth;
  const [left, right] = narrow ? [22, width - 22] : [190, width - 230];
  const most = mostLimits * Math.max(0.01, ...shown.map(({ limit }) => limit));
  const places = shown.flatMap((one) => [
    limitOf(one),
    2 - limitOf(one),
    one.interval?.low ?? 1,
    one.interval?.high ?? 1,
  ]);
  const known = places.filter(Number.isFinite).map((place) => Math.min(1 + most, Math.max(1 - most, place)));
  const room = (Math.max(...known) - Math.min(...known)) * 0.06;
  const range = [Math.min(...known) - room, Math.max(...known) + room];
  return { width, left, right, narrow, rowHeight: narrow ? 40 : 30, x: scaleLinear(range, [left, right]).clamp(true) };
}

/** Where a slowdown of the limit lies. */
const limitOf = ({ limit, head: { better } }: Comparison): number => (better === 'higher' ? 1 - limit : 1 + limit);

function axis({ x, left, right, narrow }: Frame, end: number): Html[] {
  const range = [(x.invert(left) - 1) * 100, (x.invert(right) - 1) * 100] as const;
  return niceTicks(range, narrow ? 4 : 8).map((percent) => {
    const at = short(x(1 + percent / 100));
    const text = `${percent > 0 ? '+' : ''}${Number(percent.toFixed(2))} %`;
    return html`<line class="${percent === 0 ? 'zero' : 'grid'}" x1="${at}" y1="${top - 4}" x2="${at}" y2="${end}"/>
<text class="small" x="${at}" y="${top - 9}" text-anchor="middle">${text}</text>`;
  });
}

function key(width: number): Html {
  const interval = html`<rect class="plain-mark" y="7" width="16" height="4" rx="2"/><circle class="plain-mark" cx="8" cy="9" r="4"/>`;
  const parts = [
    { mark: interval, text: 'change and its 95 % interval' },
    { mark: html`<rect class="floor" y="3" width="16" height="12"/>`, text: 'floor' },
    { mark: html`<line class="limit" x1="8" y1="2" x2="8" y2="16"/>`, text: 'limit' },
  ];
  return keyOf(parts, { width, y: 0 });
}

function row(one: Comparison, index: number, frame: Frame): Html {
  const { x, left, right, narrow, rowHeight, width } = frame;
  const y = top + index * rowHeight;
  const middle = y + (narrow ? 29 : 15);
  const change =
    one.ratio === null ? comparisonWord(one) : `${formatChange(one.ratio, one.interval)} ${comparisonWord(one)}`;
  const tone = verdictTone(one.word);
  const look = tone === 'bad' ? 'slower' : tone === 'good' ? 'faster' : 'plain';
  return lines([
    floorBand(one, middle, frame),
    html`<line class="limit" x1="${short(x(limitOf(one)))}" y1="${middle - 10}" x2="${short(x(limitOf(one)))}" y2="${middle + 10}"><title>limit ${formatFraction(one.limit)}</title></line>`,
    mark(one, middle, frame),
    ...(narrow
      ? [
          label(one.metric, 'small', { x: 0, y: y + 12, room: 120 }),
          html`<text class="${look}" x="${width}" y="${y + 12}" text-anchor="end">${change}</text>`,
        ]
      : [
          label(one.metric, 'plain', { x: 0, y: middle + 4, room: left - 12 }),
          label(change, look, { x: right + 12, y: middle + 4, room: width - right - 12 }),
        ]),
  ]);
}

/** Differences within it never count. */
function floorBand({ floor, unit, base }: Comparison, middle: number, { x }: Frame): Html {
  if (floor <= 0 || base.median === null || base.median <= 0) return lines([]);
  const share = floor / base.median;
  const [from, to] = [x(1 - share), x(1 + share)];
  return html`<rect class="floor" x="${short(from)}" y="${middle - 9}" width="${short(to - from)}" height="18"><title>floor ${formatValue(floor, unit)}</title></rect>`;
}

/** An end beyond the axis is an arrow. */
function mark(one: Comparison, middle: number, { x, left, right }: Frame): Html {
  const { ratio, interval } = one;
  const look = `${verdictTone(one.word)}-mark`;
  if (ratio === null) return lines([]);
  const { low, high } = interval ?? { low: ratio, high: ratio };
  const [from, to] = [x(low), x(high)];
  const arrow = (at: number, way: number): Html =>
    html`<path class="${look}" d="M${short(at)} ${middle - 6}l${way * 8} 6l${way * -8} 6z"/>`;
  return html`<g><title>${tip(one)}</title><rect class="${look}" x="${short(from)}" y="${middle - 2}" width="${short(Math.max(2, to - from))}" height="4" rx="2"/>
<circle class="${look}" cx="${short(x(ratio))}" cy="${middle}" r="4.5"/>
${low < x.invert(left) ? arrow(left + 8, -1) : lines([])}${high > x.invert(right) ? arrow(right - 8, 1) : lines([])}</g>`;
}

const tip = (one: Comparison): string =>
  `${formatChange(one.ratio, null)}, between ${formatChangeInterval(one.interval)}, limit ${formatFraction(one.limit)}: ${comparisonWord(one)}`;
