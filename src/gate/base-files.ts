// What a pull request must not decide about itself is read from its base commit: the configuration and the baselines.
// git runs with hooks, monitors, pagers, external diffs and credential helpers off; nothing of it reaches a shell.
import { join } from 'node:path';
import { type AskGit, fetchCommit, historyBetween, isPlainName } from '../build/origin.ts';
import { runProgram, temporaryFolder } from '../host/processes.ts';
import { BootgaugeError, usageError } from '../model/errors.ts';
import type { GateChange } from '../model/gate.ts';

export interface Repository {
  /** Absolute path of the top folder. */
  readonly top: string;
}

/** Of one file's diff. */
const mostLines = 30;
const longestLine = 500;
const largestFile = 4 * 1024 * 1024;

/** The repository that holds `folder`; null outside of one or without git. */
export async function repositoryOf(folder: string): Promise<Repository | null> {
  const answer = await git(folder, ['rev-parse', '--show-toplevel']).catch(() => null);
  return answer?.code === 0 ? { top: answer.stdout.replace(/\n$/, '') } : null;
}

/** The commit that a name stands for, also as a branch of origin; empty when there is none. */
export async function commitOf({ top }: Repository, name: string): Promise<string> {
  const names = isPlainName(name) && !/^[0-9a-f]{40}$/.test(name) ? [name, `origin/${name}`] : [name];
  for (const candidate of names) {
    const flags = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${candidate}^{commit}`];
    const answer = await git(top, flags);
    if (answer.code === 0) return answer.stdout.trim();
  }
  return '';
}

/** As `commitOf`; a commit that the clone lacks is asked of origin, when it has a plain name: `HEAD^` names none of origin's. */
export async function neededCommit(repository: Repository, name: string): Promise<string> {
  const commit = (await commitOf(repository, name)) || (await fetchCommit(askIn(repository), name));
  if (commit) return commit;
  throw usageError(
    `the base ${name} is not in this clone`,
    'Give actions/checkout `fetch-depth: 0`, or name a commit that is there with the input `base-ref`.',
  );
}

/**
 * The commit that head's own changes start from: a merge's first parent, else where head left the base. A shallow clone is deepened
 * as far as that needs. Throws a usage error where it cannot be told: against the tip of the base, what others did there would
 * count as head's.
 */
export async function startOfChanges(repository: Repository, base: string, head: string): Promise<string> {
  const [first, second] = await parentsOf(repository, 'HEAD');
  if (first !== undefined && second !== undefined && second === head) return neededCommit(repository, first);
  const where = `where the checked out commit left the base ${base.slice(0, 10)}`;
  const tip = (await git(repository.top, ['rev-parse', 'HEAD'])).stdout.trim();
  const history = await historyBetween(askIn(repository), { commits: [base, tip], need: 'merge-base' });
  if (history.kind === 'known') return history.base;
  if (history.kind === 'cut-off') {
    throw usageError(
      `${where} lies beyond the end of this shallow clone, and more cannot be fetched: ${history.said}`,
      'Give actions/checkout `fetch-depth: 0`.',
    );
  }
  throw usageError(
    `${where} is nowhere: they have no commit in common`,
    'Name another commit with the input `base-ref`.',
  );
}

/** As the commit itself says: a shallow clone that ends with it hides them elsewhere. */
async function parentsOf({ top }: Repository, name: string): Promise<readonly string[]> {
  const { stdout } = await git(top, ['cat-file', 'commit', name]);
  const head = stdout.split('\n\n')[0] ?? '';
  return [...head.matchAll(/^parent ([0-9a-f]{40,64})$/gm)].map((match) => match[1] as string);
}

/** Without any credentials of ours. */
const askIn =
  ({ top }: Repository): AskGit =>
  (words, timeoutMs) =>
    git(top, words, timeoutMs);

/** A file's text at a commit; null when it is not there. */
export async function fileAt(repository: Repository, commit: string, path: string): Promise<string | null> {
  const entries = await filesAt(repository, commit, path);
  if (!entries.includes(path)) return null;
  const answer = await git(repository.top, ['cat-file', 'blob', `${commit}:${path}`]);
  if (answer.truncated) throw usageError(`${path} at ${commit.slice(0, 10)} is larger than 4 MiB`);
  return answer.code === 0 ? answer.stdout : null;
}

/** Writes files of a commit, as they are, below `folder` under their paths from the top of the repository. */
export async function extractFiles(
  repository: Repository,
  commit: string,
  paths: readonly string[],
  folder: string,
): Promise<void> {
  if (paths.length === 0) return;
  await using work = await temporaryFolder('bootgauge-base-');
  const archive = join(work.path, 'files.tar');
  const words = ['archive', '--format=tar', `--output=${archive}`, commit, '--'];
  const made = await git(repository.top, [...words, ...paths.map((path) => `:(literal)${path}`)]);
  const unpacked = await runProgram('tar', ['-xf', archive, '-C', folder], { timeoutMs: 60_000 });
  if (made.code === 0 && unpacked.code === 0) return;
  throw usageError(`files of ${commit.slice(0, 10)} cannot be read: ${made.stderr.trim() || unpacked.stderr.trim()}`);
}

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
    const note = `What others changed in the limits may be told as this change's own: ${error.message}. ${error.hint}`;
    return { changes, notes: changes.length > 0 ? [note] : [] };
  }
}

/** What the working tree changed in these paths since a commit. */
export async function changesSince(
  repository: Repository,
  commit: string,
  paths: readonly string[],
): Promise<readonly GateChange[]> {
  const flags = ['diff', '--no-ext-diff', '--no-textconv', '--no-color', '--no-renames'];
  const names = await git(repository.top, [...flags, '--name-only', '-z', commit, '--', ...paths.map(literal)]);
  const changed = names.stdout.split('\0').filter(Boolean).slice(0, 20);
  return Promise.all(
    changed.map(async (path) => {
      const diff = await git(repository.top, [...flags, '-U0', commit, '--', literal(path)]);
      const lines = diff.stdout.split('\n').filter((line) => /^[+-](?!\+\+ |-- )/.test(line));
      const more = lines.length > mostLines ? [`... and ${lines.length - mostLines} more lines`] : [];
      return { path, lines: [...lines.slice(0, mostLines).map(shortened), ...more] };
    }),
  );
}

/** A line can be as long as its file, and longer than what the comment action takes from a stranger. */
const shortened = (line: string): string => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line);

/** Paths of the regular files at or below `path`, from the top of the repository. */
export async function filesAt({ top }: Repository, commit: string, path: string): Promise<readonly string[]> {
  const answer = await git(top, ['ls-tree', '-r', '-z', '--full-tree', commit, '--', path]);
  return answer.stdout.split('\0').flatMap((entry) => {
    const parts = /^100(?:644|755) blob [0-9a-f]+\t(.+)$/s.exec(entry);
    return parts?.[1] === undefined ? [] : [parts[1]];
  });
}

const literal = (path: string): string => `:(top,literal)${path}`;

function git(folder: string, parameters: readonly string[], timeoutMs = 20_000) {
  const settings = [
    'core.hooksPath=/dev/null',
    'core.fsmonitor=false',
    'core.pager=cat',
    'credential.helper=',
    'protocol.ext.allow=never',
    `safe.directory=${folder}`,
  ];
  const flags = ['--no-pager', ...settings.flatMap((setting) => ['-c', setting]), '-C', folder];
  return runProgram('git', [...flags, ...parameters], {
    timeoutMs,
    maximumBytes: largestFile,
    environment: { GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true', GIT_OPTIONAL_LOCKS: '0' },
    hint: 'Install git: the base branch is read with it.',
  });
}
