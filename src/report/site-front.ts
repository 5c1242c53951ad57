// The first page of a trend site: one row for each machine and scenario, and what was lately accepted though it was slower.
import type { Site, SiteHistory } from '../model/site.ts';
import { formatChange, formatValue } from './format.ts';
import { type Html, html, lines, nothing } from './html-writer.ts';
import { sitePage } from './site-page.ts';

const mostAccepted = 20;

export function siteIndex({ title, histories }: Site): string {
  const body = lines([
    html`<h1>${title}</h1>
<p class="soft">Boot times over the commits, measured by Bootgauge. The same as data: <a href="site.json">site.json</a>, described by
<a href="site.schema.json">site.schema.json</a>.</p>
<div class="wide-box" role="region" aria-label="Histories" tabindex="0"><table>
<thead><tr><th scope="col">scenario</th><th scope="col">machine</th><th scope="col">metric</th><th scope="col" class="figure">newest</th>
<th scope="col">level</th><th scope="col">last run</th></tr></thead>
<tbody>
${histories.map(row)}
</tbody></table></div>`,
    accepted(histories),
  ]);
  return sitePage(title, body);
}

function row({ page, scenario, machine, points, metrics }: SiteHistory): Html {
  const [main] = metrics;
  const newest = main?.values.findLast((value) => value?.[0] != null)?.[0] ?? null;
  const change = main?.changes.at(-1);
  const last = points.at(-1);
  const level =
    change === undefined
      ? 'no change'
      : `${formatChange(change.after / change.before, null)} on ${points[change.from]?.recordedAt.slice(0, 10) ?? ''}`;
  return html`<tr><th scope="row"><a href="${encodeURIComponent(page)}">${scenario}</a></th><td>${machine}</td><td>${main?.name ?? ''}</td>
<td class="figure">${formatValue(newest, main?.unit ?? 'ms')}</td><td>${level}</td>
<td>${last?.recordedAt.slice(0, 10) ?? ''}, ${last?.word ?? ''}</td></tr>`;
}

/** Slower, and wanted: newest first. */
function accepted(histories: readonly SiteHistory[]): Html {
  const found = histories
    .flatMap(({ scenario, machine, points }) => points.map((point) => ({ ...point, scenario, machine })))
    .filter(({ intended }) => intended !== '')
    .sort((one, other) => (one.recordedAt < other.recordedAt ? 1 : -1))
    .slice(0, mostAccepted);
  if (found.length === 0) return nothing;
  const items = found.map(({ recordedAt, scenario, machine, intended, acceptedBy, commit }) => {
    const what = [`${scenario} on ${machine}`, ...(commit === '' ? [] : [`at ${commit.slice(0, 10)}`])].join(' ');
    const who = acceptedBy === '' ? [] : [`by ${acceptedBy}`];
    return html`<li>${[recordedAt.slice(0, 10), what, ...who].join(', ')}: ${intended}</li>`;
  });
  return html`<h2>Accepted though slower</h2>\n<ul>${items}</ul>`;
}
