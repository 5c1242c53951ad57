// What a clone lacks, from its origin: one commit by its name, or, in a shallow clone, the history between two commits. Asked by way of
// the caller's git, since each has settings of its own. Nothing is guessed from what an earlier fetch or a cut history left behind.
import { readFile } from 'node:fs/promises';
import type { ProgramResult } from '../host/processes.ts';
import { usageError } from '../model/errors.ts';
import { gitComplaint } from './git.ts';

/** Runs git in the repository, whatever it answers. */
export type AskGit = (args: readonly string[], timeoutMs?: number) => Promise<ProgramResult>;

/** A name that origin may have, and nothing that git would read otherwise: no path through history, and no place to write to. */
export const isPlainName = (name: string): boolean => name !== '' && !/^[-+]|[\s:^~*?[\\]|\p{Cc}|\.\.|@\{/u.test(name);

/** Full id of what origin calls by a name, fetched; null when it is not there. In a shallow clone it comes without its history. */
export async function fetchCommit(ask: AskGit, name: string): Promise<string | null> {
  if (!isPlainName(name)) return null;
  const shallow = await isShallow(ask);
  const isId = /^[0-9a-f]{40,64}$/.test(name);
  if (shallow && !isId) {
    const there = await alreadyThere(ask, name);
    if (there !== null) return there;
  }
  // In a whole clone a depth would cut off history that is there.
  const depth = shallow ? ['--depth=1'] : [];
  const answer = await ask(['fetch', '--no-tags', '--quiet', ...depth, 'origin', name], longestFetchMs);
  // A name that git refuses leaves FETCH_HEAD as an earlier fetch wrote it.
  if (answer.code !== 0) return null;
  return commitNamed(ask, isId ? name : 'FETCH_HEAD');
}

export interface HistoryRequest {
  /** Full ids. */
  readonly commits: readonly [string, string];
  /** `all`: every commit that only one of the two has among its ancestors. */
  readonly need: 'merge-base' | 'all';
  /** Told before anything is fetched; what it throws ends it. */
  readonly beforeFetch?: () => void;
}

export type History =
  | { readonly kind: 'known'; readonly base: string }
  | { readonly kind: 'unrelated' }
  /** More is needed and cannot be fetched. */
  | { readonly kind: 'cut-off'; readonly because: string };

/**
 * The merge base of two commits, for which a shallow clone is deepened as far as it needs. The first one that a cut history shows is
 * not believed: a younger one may lie where it was cut off, and the older one be seen by way of a side branch.
 */
export async function historyBetween(ask: AskGit, request: HistoryRequest): Promise<History> {
  for (const much of ['--deepen=200', '--deepen=2000', '--unshallow', null]) {
    const { base, cut, reachesStart } = await look(ask, request);
    if (cut.length === 0) return base === null ? { kind: 'unrelated' } : { kind: 'known', base };
    if (much === null) break;
    if ((await ask(['config', 'remote.origin.url'])).code !== 0)
      return { kind: 'cut-off', because: 'it has no remote named origin' };
    request.beforeFetch?.();
    // git cuts every branch off where the deepened one ends, also one that was whole; what is whole makes the rest cheap to have.
    const because = await deepen(ask, reachesStart ? '--unshallow' : much, [cut, request.commits]);
    if (because !== '') return { kind: 'cut-off', because };
  }
  return { kind: 'cut-off', because: 'origin has no more' };
}

export const isShallow = async (ask: AskGit): Promise<boolean> =>
  (await ask(['rev-parse', '--is-shallow-repository'])).stdout.trim() === 'true';

interface Look {
  readonly base: string | null;
  /** Commits whose parents are wanted and not there. */
  readonly cut: readonly string[];
  /** Whether the first commit of all is seen from one of the two. */
  readonly reachesStart: boolean;
}

async function look(ask: AskGit, { commits, need }: HistoryRequest): Promise<Look> {
  const ends = await cutOffs(ask);
  const [base = null] = await linesOf(ask, ['merge-base', ...commits]);
  const isSure = ends.size === 0 || (need === 'merge-base' && base !== null && commits.includes(base));
  if (isSure) return { base, cut: [], reachesStart: ends.size === 0 };
  // Below a commit that both hold nothing can be missing between them.
  const cut = (await firstOnes(ask, commits.join('...'))).filter((first) => ends.has(first));
  const reachesStart = (await firstOnes(ask, ...commits)).some((first) => !ends.has(first));
  return { base, cut, reachesStart };
}

/** git takes a commit where history was cut off for a first one. */
const firstOnes = (ask: AskGit, ...range: readonly string[]): Promise<readonly string[]> =>
  linesOf(ask, ['rev-list', '--max-parents=0', ...range, '--']);

async function cutOffs(ask: AskGit): Promise<ReadonlySet<string>> {
  const [path] = await linesOf(ask, ['rev-parse', '--path-format=absolute', '--git-path', 'shallow']);
  const text = await readFile(path as string, 'utf8').catch(() => '');
  return new Set(text.split('\n').filter((line) => line !== ''));
}

/** Empty, or why there is no more. Without names git looks at origin's branches alone; not every server gives commits by their ids. */
async function deepen(ask: AskGit, much: string, choices: readonly (readonly string[])[]): Promise<string> {
  let because = '';
  for (const commits of [...choices.filter(({ length }) => length <= mostNames), []]) {
    const answer = await ask(['fetch', '--no-tags', '--quiet', much, 'origin', ...commits], longestDeepeningMs);
    if (answer.code === 0) return '';
    because = gitComplaint(answer);
  }
  return because;
}

/** A depth would cut off what lies below a commit that is there, on every branch that holds it. */
async function alreadyThere(ask: AskGit, name: string): Promise<string | null> {
  const listed = await ask(['ls-remote', 'origin', name, `${name}^{}`], 60_000);
  const ids = new Map(listed.stdout.split('\n').map((line) => line.split('\t').reverse() as [string, string]));
  // In git's own order; what a tag points to is listed beside it.
  const names = [name, `refs/${name}`, `refs/tags/${name}`, `refs/heads/${name}`];
  const found = names.find((full) => ids.has(full));
  if (listed.code !== 0 || found === undefined) return null;
  const commit = await commitNamed(ask, (ids.get(`${found}^{}`) ?? ids.get(found)) as string);
  // An object that was left behind may lack its history.
  return commit !== null && (await ask(['rev-list', '--count', commit, '--'])).code === 0 ? commit : null;
}

async function commitNamed(ask: AskGit, name: string): Promise<string | null> {
  const answer = await ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
  return answer.code === 0 ? answer.stdout.trim() : null;
}

/** 1 is how git says that there is no merge base. */
async function linesOf(ask: AskGit, args: readonly string[]): Promise<readonly string[]> {
  const answer = await ask(args);
  if (answer.code !== 0 && answer.code !== 1) throw usageError(`git ${args[0]} failed: ${gitComplaint(answer)}`);
  return answer.stdout.split('\n').filter((line) => line !== '');
}

const mostNames = 1000;
const longestFetchMs = 600_000;
const longestDeepeningMs = 1_800_000;
