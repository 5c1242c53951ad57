// What ninja prints when a command fails -> the first error with its context. Pure.
import { plainLine } from '../model/plain-text.ts';

const mostLines = 12;

/** The failed target and the first error with the lines around it; empty when the output shows none. */
export function firstFailure(output: string): string {
  const lines = output.split('\n').map((line) => line.replace(/\r$/, ''));
  const failed = lines.findIndex((line) => /^FAILED: /.test(line));
  if (failed === -1) {
    const other = lines.find((line) => /^ninja: (?:error|fatal): /.test(line));
    return other === undefined ? '' : `  ${safeLine(other)}`;
  }
  const target = (lines[failed] as string).replace(/^FAILED: (?:\[code=\d+\] )?/, '').trim();
  // The line after FAILED is the command; ninja's own words end the block.
  const rest = lines.slice(failed + 2);
  const end = rest.findIndex((line) => /^(?:\[\d+\/\d+\] |FAILED: |ninja: )/.test(line));
  const after = (end === -1 ? rest : rest.slice(0, end)).filter((line) => line.trim() !== '');
  // What writes to the terminal itself, as meson does when build.ninja is made anew, has said it before.
  const block = after.length > 0 ? after : lastWords(lines.slice(0, failed));
  const error = block.findIndex((line) =>
    /\b(?:fatal )?error\b|undefined reference|undefined symbol|Undefined symbols/i.test(line),
  );
  // `In function 'f':` and the chain of includes stand before the error.
  const from = error === -1 ? 0 : Math.max(0, contextStart(block, error));
  const context = block.slice(from, from + mostLines);
  return [`  ${safeLine(target)}`, ...context.map((line) => `    ${safeLine(line)}`)].join('\n');
}

function lastWords(before: readonly string[]): string[] {
  const step = before.findLastIndex((line) => /^\[\d+\/\d+\] /.test(line));
  return before
    .slice(step + 1)
    .filter((line) => line.trim() !== '')
    .slice(-mostLines);
}

function contextStart(block: readonly string[], error: number): number {
  let start = error;
  while (
    start > 0 &&
    error - start < 4 &&
    /(?:In (?:function|file included)|^\s+from |In member)/.test(block[start - 1] as string)
  ) {
    start -= 1;
  }
  return start;
}

/** Spaces carry the caret to its place, so they stay. */
function safeLine(line: string): string {
  const parts = line.replaceAll('\t', '  ').slice(0, 240).split(/( +)/);
  return parts.map((part) => (part.startsWith(' ') ? part : plainLine(part))).join('');
}
