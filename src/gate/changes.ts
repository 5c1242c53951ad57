// What a pull request changed in the files that decide its check: shown, never applied. Only commits are compared, so that no attribute
// and no filter of the work tree has a word in it.
import { BootgaugeError } from '../model/errors.ts';
import type { GateChange } from '../model/gate.ts';
import { headOf, startOfChanges } from './commits.ts';
import { git, type Repository } from './git.ts';

const mostFiles = 20;
/** Of one file's diff. */
const mostLines = 30;
const longestLine = 500;

/** What head's own commits changed in these paths, and a sentence for its reader where what others did may be among it. */
export async function changesOfHead(
  repository: Repository,
  { base, head, paths }: { readonly base: string; readonly head: string; readonly paths: readonly string[] },
): Promise<{ readonly changes: readonly GateChange[]; readonly notes: readonly string[] }> {
  try {
    const start = await startOfChanges(repository, base, head);
    return { changes: await changesSince(repository, start, paths), notes: [] };
  } catch (error) {
    if (!(error instanceof BootgaugeError)) throw error;
    const changes = await changesSince(repository, base, paths);
    const note = `Changes that others made to the limits may be listed here, too: ${error.message}. ${error.hint}`;
    return { changes, notes: changes.length > 0 ? [note] : [] };
  }
}

/** What the checked out commit has otherwise than an earlier one; files in the order of the paths that name them. */
export async function changesSince(
  repository: Repository,
  commit: string,
  paths: readonly string[],
): Promise<readonly GateChange[]> {
  const head = await headOf(repository);
  const changed: string[] = [];
  for (const path of paths) {
    const args = ['diff-tree', '-r', '--no-renames', '--name-only', '-z', commit, head, '--', path];
    const { stdout } = await git(repository.top, args);
    changed.push(...stdout.split('\0').filter((name) => name !== '' && !changed.includes(name)));
  }
  const listed = await Promise.all(
    changed
      .slice(0, mostFiles)
      .map(async (path) => ({ path, lines: await changedLines(repository, [commit, head], path) })),
  );
  const more = changed.length - listed.length;
  return more > 0 ? [...listed, { path: `... and ${more} more files`, lines: [] }] : listed;
}

async function changedLines({ top }: Repository, [from, to]: [string, string], path: string): Promise<string[]> {
  // Attributes may call a file binary, so that nothing of it would be shown.
  const flags = ['--no-renames', '--no-ext-diff', '--no-textconv', '--no-color', '--text', '-p', '-U0'];
  const { stdout } = await git(top, ['diff-tree', '-r', ...flags, from, to, '--', path]);
  const lines = stdout.split('\n');
  // Above the first hunk stand the names of the files, which begin like changed lines.
  const changed = lines
    .slice(
      Math.max(
        0,
        lines.findIndex((line) => line.startsWith('@@ ')),
      ),
    )
    .filter((line) => /^[+-]/.test(line));
  const more = changed.length > mostLines ? [`... and ${changed.length - mostLines} more lines`] : [];
  return [...changed.slice(0, mostLines).map(shortened), ...more];
}

/** A line can be as long as its file, and longer than what the comment action takes from a stranger. */
const shortened = (line: string): string => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line);
