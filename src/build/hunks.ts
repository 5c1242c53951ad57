// Reading a patch: which files and hunks it has, and where a hunk that does not fit would fit best. Pure.

export interface Hunk {
  /** Path of the changed file, without a/ and b/. */
  readonly path: string;
  /** First line that it expects, 1-based. */
  readonly line: number;
  /** The `@@` line. */
  readonly head: string;
  /** Lines that must be there: context and removed ones. */
  readonly expects: readonly string[];
}

/** The patch's subject when it is in mail format, without `[PATCH 1/2]`; else empty. */
export function patchSubject(text: string): string {
  const head = text.split(/^(?:diff --git |--- )/m, 1)[0] ?? '';
  const folded = /^Subject:[ \t]*(.*(?:\r?\n[ \t]+.*)*)/m.exec(head)?.[1] ?? '';
  return folded
    .replace(/\s+/g, ' ')
    .replace(/^(?:\[[^\]]*\]\s*)+/, '')
    .trim();
}

/**
 * True when there is nothing in it that could be a diff of any kind. What only looks like one is for git to take or to refuse: a merge's
 * diff, one of another tool or in UTF-16 must not end as a patch that changes nothing.
 */
export function isEmptyPatch(text: string): boolean {
  const begins = [
    'diff -|Merge: [0-9a-f]+ [0-9a-f]+|--- |\\+\\+\\+ |@@|Index: |GIT binary patch|Binary files ',
    '\\*\\*\\* |\\*{15}|\\d+(?:,\\d+)?[acd]\\d+(?:,\\d+)?\\r?$',
    '(?:rename|copy) (?:from|to) |(?:old|new|deleted file|new file) mode ',
  ];
  return !new RegExp(`\\0|^\\uFEFF?(?:${begins.join('|')})`, 'm').test(text);
}

export function hunksOf(text: string): Hunk[] {
  const hunks: { path: string; line: number; head: string; expects: string[] }[] = [];
  let path = '';
  let left = { old: 0, new: 0 };
  for (const line of text.split('\n').map((one) => one.replace(/\r$/, ''))) {
    const hunk = hunks.at(-1);
    if (hunk !== undefined && (left.old > 0 || left.new > 0)) {
      const sign = line[0] ?? ' ';
      if (sign !== '+' && sign !== '\\') hunk.expects.push(line.slice(1));
      if (sign === ' ' || sign === '-') left.old -= 1;
      if (sign === ' ' || sign === '+') left.new -= 1;
      continue;
    }
    const file = /^(?:---|\+\+\+) (?:[ab]\/)?([^\t]+)/.exec(line);
    if (file?.[1] !== undefined && file[1] !== '/dev/null') path = file[1];
    const head = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (head === null) continue;
    left = { old: Number(head[2] ?? 1), new: Number(head[3] ?? 1) };
    hunks.push({ path, line: Number(head[1]), head: line, expects: [] });
  }
  return hunks;
}

export interface Nearest {
  /** 1-based line of the file at which most of what the hunk expects is found. */
  readonly line: number;
  readonly equal: number;
  readonly of: number;
  /** The first line there that differs. */
  readonly expected: string;
  readonly found: string;
}

/** Where in a file the hunk fits best; null when nothing fits at all. */
export function nearestContext(hunk: Hunk, file: string): Nearest | null {
  const lines = file.split('\n').map((line) => line.replace(/\r$/, ''));
  let best: { start: number; equal: number } | null = null;
  for (let start = 0; start < lines.length; start += 1) {
    let equal = 0;
    for (const [index, line] of hunk.expects.entries()) {
      if (lines[start + index] === line && line.trim() !== '') equal += 1;
    }
    const nearer = best !== null && Math.abs(start + 1 - hunk.line) < Math.abs(best.start + 1 - hunk.line);
    if (equal > 0 && (best === null || equal > best.equal || (equal === best.equal && nearer))) best = { start, equal };
  }
  if (best === null) return null;
  const { start } = best;
  const differs = hunk.expects.findIndex((line, index) => lines[start + index] !== line);
  if (differs === -1) return null;
  return {
    line: start + 1,
    equal: hunk.expects.filter((line, index) => lines[start + index] === line).length,
    of: hunk.expects.length,
    expected: hunk.expects[differs] ?? '',
    found: lines[start + differs] ?? '(end of file)',
  };
}
