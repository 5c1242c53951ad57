// Which commits a gate is about: names become ids, head's own changes get a start, and what is checked out is what the event is about.
import { type AskGit, fetchCommit, historyBetween, isPlainName } from '../build/origin.ts';
import { usageError } from '../model/errors.ts';
import { git, type Repository } from './git.ts';

/**
 * The commit that a name stands for: of a branch what origin has of it, since a tag or a branch made here may bear the same name. Empty
 * when there is none.
 */
export async function commitOf({ top }: Repository, name: string): Promise<string> {
  for (const candidate of namesFor(name)) {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${candidate}^{commit}`];
    const answer = await git(top, args);
    if (answer.code === 0) return answer.stdout.trim();
  }
  return '';
}

const isId = (name: string): boolean => /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(name);

function namesFor(name: string): readonly string[] {
  if (isId(name)) return [name];
  if (!isPlainName(name)) return [];
  if (name === 'HEAD' || name.startsWith('refs/')) return [name];
  const branch = name.replace(/^origin\//, '');
  return [`refs/remotes/origin/${branch}`, `refs/heads/${name}`, `refs/tags/${name}`];
}

/** As `commitOf`; a commit that the clone lacks is asked of origin, when it has a plain name: `HEAD^` names none of origin's. */
export async function neededCommit(repository: Repository, name: string): Promise<string> {
  const wanted = name.replace(/^origin\//, '');
  const commit =
    (await branchOfOrigin(repository, name)) ||
    (await commitOf(repository, name)) ||
    (await fetchCommit(askIn(repository), wanted));
  if (commit) return commit;
  throw usageError(
    `the base ${name} is not in this clone`,
    'give actions/checkout `fetch-depth: 0`, or name a commit that is there with the input `base-ref`',
  );
}

/** Asked for in full: of a tag and a branch of one name git fetches the tag, and a shallow clone may hold the tag alone. */
async function branchOfOrigin(repository: Repository, name: string): Promise<string | null> {
  if (isId(name) || !isPlainName(name) || name === 'HEAD' || name.startsWith('refs/')) return null;
  const branch = name.replace(/^origin\//, '');
  const tracked = await commitOf(repository, `refs/remotes/origin/${branch}`);
  if (tracked !== '') return tracked;
  const [ask, full] = [askIn(repository), `refs/heads/${branch}`];
  // A fetch of what is not there would empty FETCH_HEAD.
  const listed = await ask(['ls-remote', 'origin', full], 60_000);
  const isThere = listed.stdout.split('\n').some((line) => line.endsWith(`\t${full}`));
  return isThere ? fetchCommit(ask, full) : null;
}

/**
 * The commit that head's own changes start from: a merge's first parent, else where head left the base. A shallow clone is deepened
 * as far as that needs. Throws a usage error where it cannot be told: against the tip of the base, what others did there would
 * count as head's.
 */
export async function startOfChanges(repository: Repository, base: string, head: string): Promise<string> {
  const [first, second] = await parentsOf(repository, 'HEAD');
  if (first !== undefined && second !== undefined && second === head) return neededCommit(repository, first);
  const name = `the base ${base.slice(0, 10)}`;
  const history = await historyBetween(askIn(repository), {
    commits: [base, await headOf(repository)],
    need: 'merge-base',
  });
  if (history.kind === 'known') return history.base;
  if (history.kind === 'cut-off') {
    throw usageError(
      `the merge base with ${name} lies beyond the end of this shallow clone, and more cannot be fetched: ${history.because}`,
      'give actions/checkout `fetch-depth: 0`',
    );
  }
  throw usageError(
    `the checked out commit and ${name} have no commit in common`,
    'name another commit with the input `base-ref`',
  );
}

/** Throws a usage error unless a commit, or the merge that GitHub makes of it and its base, is checked out. */
export async function requireCheckedOut(repository: Repository, commit: string, hint: string): Promise<void> {
  const head = await headOf(repository);
  const [, second] = await parentsOf(repository, 'HEAD');
  if (head === commit || second === commit) return;
  throw usageError(
    `this run is about the commit ${commit.slice(0, 10)}, but ${head.slice(0, 10)} is checked out`,
    hint,
  );
}

export const headOf = async ({ top }: Repository): Promise<string> =>
  (await git(top, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])).stdout.trim();

/** As the commit itself says: a shallow clone that ends with it hides them elsewhere. */
async function parentsOf({ top }: Repository, name: string): Promise<readonly string[]> {
  const { stdout } = await git(top, ['cat-file', 'commit', name]);
  const head = stdout.split('\n\n')[0] ?? '';
  return [...head.matchAll(/^parent ([0-9a-f]{40,64})$/gm)].map((match) => match[1] as string);
}

/** Without any credentials of ours. */
const askIn =
  ({ top }: Repository): AskGit =>
  (args, timeoutMs) =>
    git(top, args, timeoutMs === undefined ? {} : { timeoutMs });
