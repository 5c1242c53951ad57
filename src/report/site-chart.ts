// One metric of the trend site: medians with their intervals over time, levels, and what stood under them. Marks are drawn in a picture that
// is stretched to the page's width; all text stands beside it as text, so that it is never stretched and can be read on a phone.
import { scaleLinear } from 'd3-scale';
import type { SiteHistory, SiteMetric, SitePoint, SiteValue } from '../model/site.ts';
import { formatCount } from '../model/units.ts';
import { formatChange, formatInterval, formatValue } from './format.ts';
import { fold, type Html, html, lines, nothing, ownSource } from './html-writer.ts';
import { niceTicks, short } from './picture.ts';

const [width, height] = [1000, 200];

export type Look = 'accepted' | 'well' | 'open' | 'bad';

/** Which dots belong together. */
export const looks: Readonly<Record<SitePoint['word'], Look>> = {
  accepted: 'accepted',
  ...{ same: 'well', faster: 'well', recorded: 'well' },
  ...{ undecided: 'open', incomparable: 'open' },
  ...{ slower: 'bad', failed: 'bad' },
};

export function metricSection(history: SiteHistory, metric: SiteMetric, index: number): Html {
  const known = metric.values.flatMap((value, at) => (value?.[0] == null ? [] : [{ at, value, median: value[0] }]));
  const last = known.at(-1);
  if (last === undefined) return nothing;
  const now = `${formatValue(last.median, metric.unit)} ${formatInterval(intervalOf(last.value), metric.unit)}`;
  return html`<section class="metric" data-metric="${index}">
<h3>${metric.name} <span class="soft">newest ${now}</span></h3>
${plot(history, metric)}
<p class="readout" aria-live="polite"></p>
${changeList(history, metric)}
</section>`;
}

const intervalOf = ([, low, high]: NonNullable<SiteValue>) => (low === null || high === null ? null : { low, high });

function plot(history: SiteHistory, metric: SiteMetric): Html {
  const { points } = history;
  const y = yScale(metric.values);
  const x = (at: number): number => short(placeOf(at, points.length) * width);
  const of = (look: string): string =>
    metric.values
      .map((value, at) =>
        value?.[0] != null && looks[points[at]?.word ?? 'recorded'] === look ? dot(x(at), y(value[0])) : '',
      )
      .join('');
  const ranges = metric.values.map((value, at) =>
    value?.[1] == null || value[2] == null ? '' : `M${x(at)} ${short(y(value[1]))}V${short(y(value[2]))}`,
  );
  const failed = metric.values.map((value, at) => (value !== null && value[0] === null ? dot(x(at), 6) : ''));
  const ticks = niceTicks(y.domain() as [number, number], 5);
  const title = `${metric.name}: ${formatCount(points.length, 'point')}, ${formatCount(metric.changes.length, 'change')} of level`;
  return html`<div class="plot" tabindex="0" role="group" aria-label="${title}; arrow keys go from point to point">
${ticks.map((at) => html`<span class="y" style="top: ${share(y(at) / height)}">${formatValue(at, metric.unit)}</span>`)}
<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${title}">
${path('grid', ticks.map((at) => `M0 ${short(y(at))}H${width}`).join(''))}
${path('range', ranges.join(''))}
${path('change', metric.changes.map(({ from }) => `M${x(from - 0.5)} 0V${height}`).join(''))}
${(['well', 'open', 'bad', 'accepted'] as const).map((look) => path(`dot ${look}`, of(look)))}
${path('dot bad', failed.join(''))}
${path(
  'level',
  levelsOf(history, metric)
    .map(({ from, to, value }) => `M${x(from)} ${short(y(value))}H${x(to)}`)
    .join(''),
)}
</svg>
<span class="cursor" hidden></span>
</div>
${dates(points)}`;
}

/** A line of no length with round ends: it stays round however far the picture is stretched. */
const dot = (x: number, y: number): string => `M${x} ${short(y)}h0`;

/** Our own numbers, and many: no text that an escape would cut. */
const path = (look: string, d: string): Html =>
  d === '' ? nothing : html`<path class="${look}" d="${ownSource(d)}"/>`;

/** Where a point stands, as a share of the width; with a little room at both ends. */
const placeOf = (at: number, count: number): number =>
  count < 2 ? 0.5 : 0.01 + (0.98 * Math.max(0, at)) / (count - 1);
const share = (part: number): string => `${short(part * 100)}%`;

/** Most of the picture is for the medians: an interval that is far wider is cut. */
function yScale(values: readonly SiteValue[]) {
  const medians = values.flatMap((value) => (value?.[0] == null ? [] : [value[0]]));
  const [low, high] = [Math.min(...medians), Math.max(...medians)];
  const room = Math.max((high - low) * 0.2, high * 0.02) || 1;
  return scaleLinear([Math.max(0, low - room), high + room], [height, 0]).clamp(true);
}

function levelsOf({ comparableFrom, points }: SiteHistory, { changes }: SiteMetric) {
  return changes.flatMap(({ from, before, after }, index) => {
    const to = (changes[index + 1]?.from ?? points.length) - 1;
    const first = index === 0 ? [{ from: comparableFrom, to: from - 1, value: before }] : [];
    return [...first, { from, to, value: after }];
  });
}

/** At most five dates; a phone hides every other one. */
function dates(points: readonly SitePoint[]): Html {
  const wanted = Math.min(5, points.length);
  const places = [
    ...new Set(
      Array.from({ length: wanted }, (_, index) => Math.round((index * (points.length - 1)) / Math.max(1, wanted - 1))),
    ),
  ];
  const shown = places.map(
    (at) =>
      html`<span style="left: ${share(placeOf(at, points.length))}">${points[at]?.recordedAt.slice(0, 10) ?? ''}</span>`,
  );
  return html`<div class="dates" aria-hidden="true">${shown}</div>`;
}

function changeList({ points }: SiteHistory, { changes, unit }: SiteMetric): Html {
  const items = changes.map(({ from, before, after, commits }) => {
    const date = points[from]?.recordedAt.slice(0, 10) ?? '';
    const text = `${date}: ${formatValue(before, unit)} to ${formatValue(after, unit)}, ${formatChange(after / before, null)}`;
    if (commits === null) return html`<li>${text}</li>`;
    const more = commits.count - commits.newest.length;
    const listed = lines([
      ...commits.newest.map((line) => html`<li><code>${line}</code></li>`),
      more > 0 ? html`<li>and ${more} more</li>` : nothing,
    ]);
    return html`<li>${text}${fold(`${formatCount(commits.count, 'commit')} between`, html`<ul>${listed}</ul>`)}</li>`;
  });
  return items.length === 0 ? nothing : html`<p>New level:</p>\n<ul class="changes">${items}</ul>`;
}

/** What stood under the points, one row for each kind of it: a band as long as it stayed the same. */
export function bands({ points }: SiteHistory): Html {
  const kinds = [...new Set(points.flatMap(({ stands }) => Object.keys(stands)))];
  const rows = kinds.map(
    (kind) =>
      html`<div class="band"><span class="kind">${kind}</span><span class="track">${segmentsOf(points, kind)}</span></div>`,
  );
  return html`<div class="bands" role="group" aria-label="What stood under the measurements">${rows}</div>`;
}

function segmentsOf(points: readonly SitePoint[], kind: string): Html[] {
  const segments: { from: number; to: number; text: string }[] = [];
  for (const [at, { stands }] of points.entries()) {
    const text = stands[kind] ?? '';
    const last = segments.at(-1);
    if (last?.text === text) last.to = at;
    else segments.push({ from: at, to: at, text });
  }
  return segments
    .filter(({ text }) => text !== '')
    .map(({ from, to, text }) => {
      const left = from === 0 ? 0 : placeOf(from - 0.5, points.length);
      const right = to === points.length - 1 ? 1 : placeOf(to + 0.5, points.length);
      return html`<span style="left: ${share(left)}; width: ${share(right - left)}" title="${text}">${text}</span>`;
    });
}
