// Writes GitHub's markdown. Whatever is put into `md` is escaped, unless it is already a `Markdown`: foreign text cannot
// get out raw by being forgotten.
import { markdownTable } from 'markdown-table';
import { plainLine } from '../model/plain-text.ts';
import { escapeMarkdown, longestProse, markdownCode } from './escape.ts';
import type { Table } from './table.ts';

/** Finished markdown. Only this file makes it. */
export class Markdown {
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

/** A tagged template: text is escaped, markdown stays. */
export function md(strings: TemplateStringsArray, ...values: readonly (string | number | Markdown)[]): Markdown {
  const shown = values.map((value) =>
    value instanceof Markdown ? value.text : escapeMarkdown(`${value}`, longestProse),
  );
  return new Markdown(String.raw({ raw: strings }, ...shown));
}

export const empty = md``;
export const isEmpty = ({ text }: Markdown): boolean => text === '';

/** Parts that are not empty, with `between` between them. */
export function joined(parts: readonly Markdown[], between = '\n\n'): Markdown {
  return new Markdown(
    parts
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join(between),
  );
}

/** A name as code; an empty name stays empty. */
export const code = (name: string, maxLength = 120): Markdown => new Markdown(markdownCode(name, maxLength));

/** Sentences in which `backticks` mark names: the names become code, whatever they hold. */
export function prose(text: string, maxLength = longestProse): Markdown {
  const parts = plainLine(text, maxLength).split(/`([^`]+)`/);
  return new Markdown(
    parts
      .map((part, index) => (index % 2 === 0 ? escapeMarkdown(part, maxLength, 'piece') : markdownCode(part)))
      .join(''),
  );
}

/** A link where the address is an ordinary one; else the text alone. */
export function link(text: string | Markdown, url: string): Markdown {
  return /^https?:\/\/[^\s()<>[\]\\"'`]+$/.test(url) ? md`[${text}](${new Markdown(url)})` : md`${text}`;
}

/** A titled list; the title keeps it apart from a list before it. Empty without items. */
export function list(title: string, items: readonly Markdown[]): Markdown {
  if (items.length === 0) return empty;
  return md`**${title}**\n\n${joined(
    items.map((item) => md`- ${item}`),
    '\n',
  )}`;
}

/** The one block that must not be missed, as a list. Empty without items. */
export function alert(items: readonly Markdown[]): Markdown {
  return items.length === 0
    ? empty
    : md`> [!WARNING]\n${joined(
        items.map((item) => md`> - ${item}`),
        '\n',
      )}`;
}

/** Small print; empty without a body. */
export const small = (body: Markdown): Markdown => (isEmpty(body) ? empty : md`<sub>${body}</sub>`);

/** A fold; empty without a body. */
export function details(summary: string, body: Markdown): Markdown {
  return isEmpty(body) ? empty : md`<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** A block of code. Nothing in it can end the fence: control characters and backticks become `?`. Empty without lines. */
export function fence(language: string, lines: readonly string[]): Markdown {
  const safe = lines.map((line) => line.replace(/[\p{C}\p{Zl}\p{Zp}`]/gu, '?'));
  return safe.length === 0 ? empty : new Markdown(`\`\`\`${language}\n${safe.join('\n')}\n\`\`\``);
}

/** Lines as they are, each made one plain line, safe from end to end. Empty without lines. */
export function preformatted(lines: readonly string[]): Markdown {
  return lines.length === 0
    ? empty
    : new Markdown(`<pre>${lines.map((line) => escapeMarkdown(line)).join('\n')}</pre>`);
}

/** Empty without rows. Names become code; figures are never torn from their unit in a narrow cell. */
export function table({ columns, rows }: Table): Markdown {
  if (rows.length === 0) return empty;
  const body = rows.map(({ cells }) =>
    cells.map(({ text }, index) => {
      const kind = columns[index]?.kind;
      if (kind === 'name') return code(text).text;
      const figure = kind === 'figure' && plainFigure.test(text);
      return figure ? text.replaceAll(' ', '\u00a0') : escapeMarkdown(text, longestCell);
    }),
  );
  const head = columns.map(({ title, named }) => (named ? code(title).text : escapeMarkdown(title)));
  const align = columns.map(({ kind }) => (kind === 'figure' ? 'r' : 'l'));
  return new Markdown(markdownTable([head, ...body], { align }));
}

const longestCell = 300;
/** `+11 % [+8, +14]`, `5 % & 50 ms`: nothing in it begins a construct, and entities would only hide it. */
const plainFigure = /^(?:[ \d.,%+&[\]-]|n\/a|none|ms|MiB|s)+$/;
