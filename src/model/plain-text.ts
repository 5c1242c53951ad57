// Text from the guest, the emulator or a configuration made safe to show: one line, no control sequences, no invisible
// direction changes. Every place that shows such text starts here and then escapes for its own format.

import stringWidth from 'string-width';

/** One visible line of at most `maxLength` characters. Terminal sequences vanish, controls and line ends become spaces. */
export function plainLine(text: string, maxLength = 300): string {
  const visible = text
    .slice(0, maxLength * 8)
    .replace(terminalSequence, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/[\p{Cs}\u{fffe}\u{ffff}]/gu, '\u{fffd}')
    .trim();
  const characters = [...visible];
  return characters.length <= maxLength ? visible : `${characters.slice(0, maxLength - 1).join('')}…`;
}

/** One line of printable ASCII, at most 255 characters, without the line's end: what a guest or a server said, to be kept as a fact. */
export function printable(text: string): string {
  return text
    .slice(0, 255)
    .replace(/\r?\n?$/, '')
    .replace(/[^\x20-\x7e]/g, '?');
}

/** The first or last line of what a program printed, without blanks around it; empty when it printed nothing. */
export const firstLine = (output: string): string =>
  output
    .trim()
    .split(/[\r\n]+/, 1)[0]
    ?.trim() ?? '';
export const lastLine = (output: string): string =>
  output
    .trim()
    .split(/[\r\n]+/)
    .at(-1)
    ?.trim() ?? '';

/** Terminal columns that a text of `plainLine` takes: wide characters count two, combining marks none. */
export const columnsOf = (text: string): number => stringWidth(text);

/** Cut to at most `columns` terminal columns, with an ellipsis where something was cut. */
export function cutToColumns(text: string, columns: number, ellipsis = '…'): string {
  if (columnsOf(text) <= columns) return text;
  const room = columns - columnsOf(ellipsis);
  if (room < 0) return '';
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += columnsOf(character);
    if (used > room) break;
    kept += character;
  }
  return kept + ellipsis;
}

const terminalSequence =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[PX^_][^\u001b]*\u001b\\|\u001b[ -/]*[0-Z\\-~]/g;

/** The same text without users and passwords in the URLs that it holds. A user of SSH's alone is no secret. */
export const withoutCredentials = (text: string): string =>
  text.includes('@') ? text.replace(userOfUrl, secretless) : text;

/** Up to the last `@` before the path: a password may hold one. */
const userOfUrl = /\b(https?:\/\/)[^\s/?#"'<>]*@|\b(\w+:\/\/[^\s/:@?#"'<>]*):[^\s/?#"'<>]*@/g;

const secretless = (_: string, web: string | undefined, other: string | undefined): string => web ?? `${other}@`;

/**
 * Text of which a CI runner takes nothing for a command: it obeys `::name` behind the blanks that a line begins with, and `##[name]`
 * anywhere. JSON keeps its meaning. `before` is what stands on the unfinished line already.
 */
export function withoutCommands(text: string, before = ''): string {
  const joint = /^[\s\u0085]*:$/.test(before) && text.startsWith(':');
  const split = (before.endsWith('##') && text.startsWith('[')) || (before.endsWith('#') && text.startsWith('#['));
  const start = joint || split ? ' ' : '';
  if (text.includes('##[') && isJson(text)) return start + text.replaceAll('##[', '#\\u0023[');
  return start + text.replace(/^([\s\u0085]*):(?=:)/gm, '$1: ').replaceAll('##[', '# #[');
}

/** One value, or one a line. */
function isJson(text: string): boolean {
  const parses = (part: string): boolean => {
    try {
      JSON.parse(part);
      return true;
    } catch {
      return false;
    }
  };
  return parses(text) || text.split('\n').every((line) => line.trim() === '' || parses(line));
}
