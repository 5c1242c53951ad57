// The page's blame: shares that add up, silences, the chain that the boot hung on, and how long others take.
import type { ScenarioReport } from '../model/report.ts';
import { blameViews } from './blame-view.ts';
import { fold, type Html, html, htmlTable, lines, nothing } from './html-writer.ts';
import { perspectiveLines } from './perspective.ts';

const mostParts = 20;

/** Why a phase may have another number here than above. */
const adjusted = html`<p class="soft note">Times here are medians, moved as little as makes them add up to the whole boot.</p>`;

/** Nothing without a complete boot. */
export function blameSection(scenario: ScenarioReport): Html {
  const sides = blameViews(scenario, mostParts).map(({ title, note, clock, phases, parts, chains }, index) => {
    const body = [
      note === '' ? nothing : html`<p>${note}</p>`,
      clock === '' ? nothing : html`<p>${clock}</p>`,
      htmlTable(phases),
      html`<p>${parts.title}:</p>`,
      htmlTable(parts),
      ...chains.map((chain) => fold(chain.title, htmlTable(chain.links))),
    ];
    return fold(title, lines(body), index === 0 ? 'open' : 'closed');
  });
  return sides.length === 0 ? nothing : lines([html`<h3>Blame: what the time is spent on</h3>`, adjusted, ...sides]);
}

/** Published boot times of other systems, for the order of magnitude. */
export function perspectiveBox(): Html {
  const items = perspectiveLines().map((line) => html`<li>${line}</li>`);
  return fold('For perspective: boot times that others published', html`<ul>\n${items}\n</ul>`);
}
