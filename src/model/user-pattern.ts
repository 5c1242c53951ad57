// Regular expressions that a configuration brings along. They meet hostile console text in the loop that stamps boots, so they are run
// by an engine whose time grows with the text and never faster: RE2's. The same text decides the same wherever a pattern is used.
import { RE2JS } from 're2js';

/** The part of RegExp that users' patterns have too. */
export interface Pattern {
  readonly source: string;
  test(text: string): boolean;
  /** The first match: where it begins, in UTF-16 units, and what it is. */
  exec(text: string): { readonly index: number; readonly 0: string } | null;
}

const longestPattern = 300;
/** Steps that one character can cost: 4,096 hostile characters then take a few tenths of a second at the very worst. */
const largestProgram = 1000;

/** Why the source of a regular expression (without flags) cannot be used, as the end of a sentence; null when it can. */
export function userPatternProblem(source: string): string | null {
  if (source === '') return 'is empty';
  if (source.length > longestPattern) return `is longer than ${longestPattern} characters`;
  const unreadable = failureOf(() => new RegExp(source));
  if (unreadable !== null)
    return `is no regular expression: ${unreadable.replace(/^Invalid regular expression: /, '')}`;
  if (/\(\?<?[=!]/.test(source) && failureOf(() => compile(source, 0)) !== null)
    return 'looks ahead or behind, which can take for ever; write a plainer one';
  if (/\\[1-9]|\\k</.test(source)) return 'refers back to a group, which can take for ever; write a plainer one';
  const unsupported = failureOf(() => compile(source, 0));
  if (unsupported !== null)
    return `has a part that is not supported: ${unsupported.replace(/^error parsing regexp: /, '')}`;
  if (compile(source, 0).programSize() > largestProgram)
    return 'repeats too much at once; make the numbers in {} smaller';
  return null;
}

/**
 * A pattern that {@link userPatternProblem} has nothing against; throws an Error for another one. `lines`: ^ and $ are the ends of each
 * line of the text, not only of the whole.
 */
export function userPattern(source: string, anchors: 'text' | 'lines' = 'text'): Pattern {
  const problem = userPatternProblem(source);
  if (problem !== null) throw new Error(`the pattern ${problem}`);
  const engine = compile(source, anchors === 'lines' ? RE2JS.MULTILINE : 0);
  return {
    source,
    test: (text) => engine.test(text),
    exec(text) {
      // Nearly every line is no match, and telling that is several times faster than looking for the place.
      if (!engine.test(text)) return null;
      const matcher = engine.matcher(text);
      return matcher.find() ? { index: matcher.start(), 0: text.slice(matcher.start(), matcher.end()) } : null;
    },
  };
}

/**
 * The last match's first group, or all of it where the pattern has none; null: nothing matches. One match takes time in proportion to the
 * text, all of them may take its square: undefined when `isOver` says so before the last.
 */
export function lastFound(source: string, text: string, isOver: () => boolean): string | null | undefined {
  const problem = userPatternProblem(source);
  if (problem !== null) throw new Error(`the pattern ${problem}`);
  const matcher = compile(source, RE2JS.MULTILINE).matcher(text);
  let found: string | null = null;
  while (matcher.find()) {
    found = (matcher.groupCount() > 0 ? matcher.group(1) : matcher.group()) ?? found;
    if (isOver()) return undefined;
  }
  return found?.trim() ?? null;
}

const compile = (source: string, flags: number): RE2JS =>
  RE2JS.compile(RE2JS.translateRegExp(source), flags | RE2JS.LOOKBEHINDS);

function failureOf(attempt: () => unknown): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
