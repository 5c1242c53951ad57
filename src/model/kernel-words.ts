// Words of a kernel's command line, added and taken away.

/**
 * The command line with each word of `change` added at its end. A word with a dash before it is taken away instead, whatever its value:
 * `-quiet loglevel=7`, `-console`. No word of the kernel begins with a dash, but for `--`.
 */
export function changedCommandLine(line: string, change: string): string {
  let words = wordsOf(line);
  for (const word of wordsOf(change)) {
    if (isTakenAway(word)) words = words.filter((each) => nameOf(each) !== word.slice(1));
    else words.push(word);
  }
  return words.join(' ');
}

/** Words that `change` takes away from a command line that has none of them. */
export function missingWords(line: string, change: string): readonly string[] {
  const names = wordsOf(line).map(nameOf);
  return wordsOf(change).flatMap((word) =>
    isTakenAway(word) && !names.includes(word.slice(1)) ? [word.slice(1)] : [],
  );
}

/** A value in double quotes may hold spaces. */
const wordsOf = (line: string): string[] => line.match(/(?:[^\s"]|"[^"]*(?:"|$))+/g) ?? [];

const nameOf = (word: string): string => word.split('=', 1)[0] ?? word;

const isTakenAway = (word: string): boolean => /^-[^-]/.test(word);
