// Writes HTML and SVG. Whatever is put into `html` is escaped, for content and for quoted attributes alike, unless it is
// already `Html`: foreign text cannot get out raw by being forgotten.
import { plainLine } from '../model/plain-text.ts';
import { escapeHtml, longestProse } from './escape.ts';
import type { Cell, Column, Table } from './table.ts';

/** Finished HTML. Only this file makes it. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }

  toString(): string {
    return this.#text;
  }
}

/** A tagged template: text is escaped, HTML stays, lists of HTML stand one below the other. */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const shown = values.map((value) => {
    if (value instanceof Html) return value.text;
    return typeof value === 'object' ? lines(value).text : escapeHtml(String(value), longestProse);
  });
  return new Html(String.raw({ raw: strings }, ...shown));
}

export const nothing = html``;
export const isNothing = ({ text }: Html): boolean => text === '';

/** Parts that are not empty, one below the other. */
export function lines(parts: readonly Html[]): Html {
  return new Html(
    parts
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join('\n'),
  );
}

/** Style sheets and scripts, which have no escape: for texts of this program alone. */
export const ownSource = (text: string): Html => new Html(text);

/** Data for a script of ours, as the content of a `<script type="application/json">`: nothing in it can end the element. */
export const jsonData = (value: unknown): Html => new Html(JSON.stringify(value).replaceAll('<', '\\u003c'));

/** Sentences in which `backticks` mark names: the names become code. */
export function htmlProse(text: string, maxLength = longestProse): Html {
  const parts = plainLine(text, maxLength).split(/`([^`]+)`/);
  return new Html(
    parts
      .map((part, index) => {
        const escaped = escapeHtml(part, maxLength, 'piece');
        return index % 2 === 0 ? escaped : `<code>${escaped}</code>`;
      })
      .join(''),
  );
}

/** A fold; nothing without a body. */
export function fold(summary: string, body: Html, state: 'open' | 'closed' = 'closed'): Html {
  if (isNothing(body)) return nothing;
  return html`<details${ownSource(state === 'open' ? ' open' : '')}><summary>${summary}</summary>\n${body}\n</details>`;
}

/** Of more columns a phone makes one card for each row. */
const mostOnPhone = 4;

/** Nothing without rows. The table scrolls by itself in its box where it is wider than the page. */
export function htmlTable({ title, columns, rows }: Table): Html {
  if (rows.length === 0) return nothing;
  const isWide = columns.length > mostOnPhone;
  const head = columns.map(({ title: name, kind }) =>
    kind === 'figure'
      ? html`<th scope="col" class="figure">${name.slice(0, 60)}</th>`
      : html`<th scope="col">${name.slice(0, 60)}</th>`,
  );
  const named = columns.findIndex(({ kind }) => kind === 'name');
  const body = rows.map(({ cells }) => {
    const shown = cells.map((one, index) =>
      index === named ? rowHead(one) : dataCell(one, columns[index], isWide ? 'card' : 'row'),
    );
    return html`<tr>${oneLine(shown)}</tr>`;
  });
  return html`<div class="wide-box" role="region" aria-label="${title}" tabindex="0">
<table${ownSource(isWide ? ' class="cards"' : '')}><thead><tr>${oneLine(head)}</tr></thead><tbody>
${body}
</tbody></table></div>`;
}

const longestCell = 120;

/** The cell that names its row. */
const rowHead = ({ text }: Cell): Html => html`<th scope="row">${plainLine(text, longestCell)}</th>`;

/** A metric's name may be a guest's: of it an attribute gets nothing that could look like another one. */
const attributeWords = (title: string): string => title.slice(0, 60).replace(/[^\w .%()/-]/g, '?');

function dataCell({ text, tone }: Cell, column: Column | undefined, place: 'card' | 'row'): Html {
  const classes = [column?.kind === 'figure' ? 'figure' : '', tone === 'plain' ? '' : tone].filter(Boolean);
  const look = classes.length === 0 ? nothing : html` class="${classes.join(' ')}"`;
  const named = place === 'card' ? html` data-of="${attributeWords(column?.title ?? '')}"` : nothing;
  return html`<td${look}${named}>${plainLine(text, longestCell)}</td>`;
}

const oneLine = (parts: readonly Html[]): Html => new Html(parts.map(({ text }) => text).join(''));
