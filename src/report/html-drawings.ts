// What the guest drew, base beside head: the drawings that were not right everywhere.
import type { ScenarioReport } from '../model/report.ts';
import type { DrawingReport, DrawingSide } from '../model/vulkan.ts';
import { type Html, html, lines, nothing, ownSource } from './html-writer.ts';
import { drawingSideText } from './vulkan-text.ts';

/** A page must stay small: a picture of noise has 26 KB, the others have one or two. */
const mostDrawings = 4;
const largestPicture = 30_000;

export function drawingsSection({ vulkan }: ScenarioReport): Html {
  const shown = (vulkan?.drawings ?? []).slice(0, mostDrawings).map(pair);
  if (shown.length === 0) return nothing;
  return lines([html`<h3>What was drawn</h3>`, ...shown]);
}

function pair({ name, base, head }: DrawingReport): Html {
  const sides = [figure(`${name}, base`, base), figure(`${name}, head`, head)];
  return html`<div class="drawings">${lines(sides)}</div>`;
}

function figure(caption: string, side: DrawingSide | null): Html {
  if (side === null) return nothing;
  return html`<figure>${image(side.picture, caption)}<figcaption>${caption}: ${drawingSideText(side)}</figcaption></figure>`;
}

/** Only base64 gets into the address: it comes from a stored file. */
function image(picture: string, caption: string): Html {
  if (picture.length > largestPicture || !/^iVBORw0KGgo[\w+/]+={0,2}$/.test(picture)) return nothing;
  return html`<img src="data:image/png;base64,${ownSource(picture)}" alt="${caption}" width="240" height="240">`;
}
