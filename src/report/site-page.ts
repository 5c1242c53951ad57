// The page of one scenario on one machine: every metric over time, what stood under it, and two points side by side.
import type { SiteHistory, SiteMetric, SitePoint } from '../model/site.ts';
import { formatCount } from '../model/units.ts';
import { scaleOf } from './format.ts';
import { htmlStyle } from './html-style.ts';
import { fold, type Html, html, jsonData, lines, nothing, ownSource } from './html-writer.ts';
import { bands, type Look, looks, metricSection } from './site-chart.ts';
import { siteScript, siteScriptHash } from './site-script.ts';
import { siteStyle } from './site-style.ts';

/** More are folded away: the first ones are what gates. */
const openMetrics = 6;
/** From here on dots are smaller. */
const densePoints = 150;

export function historyPage(history: SiteHistory, title: string): string {
  const { machine, scenario, points, metrics } = history;
  const sections = metrics.map((metric, index) => metricSection(history, metric, index));
  const sessions = points.filter(({ word }) => word === 'accepted').length;
  const counts = `${formatCount(sessions, 'accepted session')} and ${formatCount(points.length - sessions, 'other run')}`;
  const [first, last] = [points[0], points.at(-1)].map((point) => point?.recordedAt.slice(0, 10) ?? '');
  const body = lines([
    html`<p class="soft"><a href="index.html">${title}</a></p>
<h1>${scenario} on ${machine}</h1>
<p>${counts}, ${first === last ? `of ${first}` : `from ${first} to ${last}`}.</p>`,
    legend(points),
    bands(history),
    html`<div class="${points.length > densePoints ? 'dense' : 'sparse'}">
${sections.slice(0, openMetrics)}
${fold(formatCount(Math.max(0, sections.length - openMetrics), 'more metric'), lines(sections.slice(openMetrics)))}
</div>`,
    points.length > 1 ? comparison() : nothing,
  ]);
  const data = { points, metrics: metrics.map(forScript) };
  const script = html`<script type="application/json" id="data">${jsonData(data)}</script>
<script>${ownSource(siteScript)}</script>`;
  return sitePage(`${scenario} on ${machine} - ${title}`, body, script);
}

/** A whole page of the site. */
export function sitePage(title: string, body: Html, script: Html = nothing): string {
  const policy = ownSource(
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${siteScriptHash}'; base-uri 'none'; form-action 'none'`,
  );
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${ownSource(htmlStyle + siteStyle)}</style>
</head>
<body>
<main>
${body}
</main>
${script}
</body>
</html>`;
  return `${page.text}\n`;
}

/** What the script needs of a metric: its values, and how they are written. */
function forScript({ name, better, unit, values }: SiteMetric) {
  const largest = Math.max(0, ...values.map((value) => value?.[0] ?? 0));
  return { name, better, values, ...scaleOf(largest, unit) };
}

function legend(points: readonly SitePoint[]): Html {
  const names: Record<Look, string> = {
    accepted: 'accepted as a baseline',
    well: 'same, faster or only recorded',
    open: 'undecided',
    bad: 'slower or failed',
  };
  const shown = [...new Set(points.map(({ word }) => looks[word]))];
  const items = shown.map(
    (look) =>
      html`<li><svg viewBox="0 0 12 12" aria-hidden="true"><path class="${look}" d="M6 6h0"/></svg> ${names[look]}</li>`,
  );
  return html`<ul class="legend">${items}<li>Bars: 95 % interval of the median. Lines: levels.</li></ul>`;
}

const comparison = (): Html => html`<section class="compare" hidden aria-labelledby="compare">
<h2 id="compare">Compare two</h2>
<label>Before <select></select></label>
<label>After <select></select></label>
<div class="wide-box" role="region" aria-label="Comparison" tabindex="0"><table>
<thead><tr><th scope="col">metric</th><th scope="col">before</th><th scope="col">after</th><th scope="col">change</th><th scope="col">95 % intervals</th></tr></thead>
<tbody></tbody>
</table></div>
<p class="soft">Medians side by side. Whether a commit is slower is judged by a run of both: <code>bootgauge run</code> with a base.</p>
</section>`;
