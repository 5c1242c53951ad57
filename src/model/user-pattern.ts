// Regular expressions that a configuration brings along. They meet hostile console text, so those that could run for ever are refused.

const longestPattern = 300;
/** A repeated group that holds a repetition or an alternative backtracks without bound on hostile text. */
const explosive = /\((?:[^()\\]|\\.)*(?:[*+}]|\|)(?:[^()\\]|\\.)*\)[*+{]/;

/** Why the source of a regular expression (without flags) cannot be used, as the end of a sentence; null when it can. */
export function userPatternProblem(source: string): string | null {
  if (source === '') return 'is empty';
  if (source.length > longestPattern) return `is longer than ${longestPattern} characters`;
  if (explosive.test(source))
    return 'repeats a group that itself repeats or chooses, which can take for ever; write a plainer one';
  if (/\\[1-9]|\\k</.test(source)) return 'refers back to a group, which can take for ever; write a plainer one';
  try {
    new RegExp(source);
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `is no regular expression: ${reason.replace(/^Invalid regular expression: /, '')}`;
  }
}
