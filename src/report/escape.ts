// Escapes for every format that shows foreign text (names from a configuration, console lines, error messages).
// Each starts from one plain line, so that no control character and no line end reaches an escape.
import { plainLine } from '../model/plain-text.ts';

/** The most characters of any text: a sentence is never longer, and what is longer is no sentence. */
export const longestProse = 2000;

/** `whole` is made one plain line first; a `piece` of such a line keeps the blanks at its ends. */
type Part = 'whole' | 'piece';

/** Text for HTML and SVG content and for double-quoted attributes; the result is valid XML too. */
export function escapeHtml(text: string, maxLength = 300, part: Part = 'whole'): string {
  return lineOf(text, maxLength, part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Prose inside a paragraph, list item or table cell of GitHub's markdown. All that could begin a construct becomes an
 * entity; mentions, issue references and links, which are found after entities are decoded, are broken by a zero-width space.
 */
export function escapeMarkdown(text: string, maxLength = 300, part: Part = 'whole'): string {
  return entities(lineOf(text, maxLength, part), /[#$&*<>@[\\\]^_`{|}~]/);
}

/** A name as code: a plain span where the name is harmless, `<code>` with entities where it is not. */
export function markdownCode(text: string, maxLength = 120): string {
  const line = plainLine(text, maxLength);
  if (line === '') return '';
  if (/^[\w.:/+=, %()"-]+$/.test(line)) return `\`${line}\``;
  return `<code>${entities(line, /[^A-Za-z0-9 \u0080-\u{10ffff}]/u)}</code>`;
}

const lineOf = (text: string, maxLength: number, part: Part): string =>
  part === 'piece' ? text : plainLine(text, maxLength);

function entities(line: string, dangerous: RegExp): string {
  const all = new RegExp(dangerous.source, 'gu');
  return line
    .replace(all, (character) => {
      const entity = `&#${character.codePointAt(0)};`;
      return character === '@' || character === '#' ? `${entity}&#8203;` : entity;
    })
    .replace(/:(?=\/\/)|www(?=\.)|gh(?=-\d)|(?:mailto|xmpp)(?=:)/gi, '$&&#8203;')
    .replace(/^[-+=](?=[-+= ]|$)|(?<=^\d{1,9})[.)](?=\s|$)/, (mark) => `&#${mark.charCodeAt(0)};`);
}
