// Commits that the source lacks, from its remote: our own copy of a URL is brought up to date, a checkout is given one ref.
import { usageError } from '../model/errors.ts';
import { acquireLock } from '../store/lock.ts';
import { type GitOptions, gitComplaint, tryGit } from './git.ts';
import type { BuildOptions } from './options.ts';
import { type AskGit, fetchCommit } from './origin.ts';
import type { Source } from './source.ts';

/**
 * Brings our copy of a URL up to date; empty, or why it cannot be reached. Once for a command, which its signal stands for: both sides
 * shall see the same branches, however the remote's move meanwhile.
 */
export function updateCopy(source: Source, options: BuildOptions): Promise<string> {
  if (options.offline) return Promise.resolve('--offline fetches nothing');
  const known = updates.get(options.signal) ?? new Map<string, Promise<string>>();
  updates.set(options.signal, known);
  const update = known.get(source.gitFolder) ?? fetchAll(source, options);
  known.set(source.gitFolder, update);
  return update;
}

const updates = new WeakMap<AbortSignal, Map<string, Promise<string>>>();

async function fetchAll({ name, folder, gitFolder }: Source, options: BuildOptions): Promise<string> {
  await using _lock = await acquireLock(`${gitFolder}.lock`, { ...options, what: `the copy of ${name}` });
  const { signal, longestFetchMs = 600_000 } = options;
  let stdout = '';
  // A network that swallows everything counts as one that is not there.
  const refused = async (timeoutMs: number, ...args: string[]): Promise<string> => {
    const answer = await tryGit(folder, args, { signal, timeoutMs, late: 'tell' });
    stdout = answer.stdout;
    if (answer.timedOut) return `git ${args[0]} got no answer for ${Math.round(timeoutMs / 1000)} s`;
    return answer.code === 0 ? '' : gitComplaint(answer);
  };
  const asked = await refused(Math.min(60_000, longestFetchMs), 'ls-remote', '--symref', 'origin', 'HEAD');
  const listed = stdout;
  const fetched = asked || (await refused(longestFetchMs, 'fetch', '--quiet', '--prune', 'origin'));
  if (fetched !== '') return fetched;
  const branch = /^ref: (refs\/\S+)\tHEAD$/m.exec(listed)?.[1];
  if (branch !== undefined) return await refused(60_000, 'symbolic-ref', 'HEAD', branch);
  // A HEAD that is no branch is among no refs, and what it names may be on none.
  if (!/\tHEAD$/m.test(listed)) return '';
  return (
    (await refused(longestFetchMs, 'fetch', '--quiet', 'origin', 'HEAD')) ||
    (await refused(60_000, 'update-ref', '--no-deref', 'HEAD', 'FETCH_HEAD'))
  );
}

/** The commit of a ref that a checkout lacks, from its origin; null when it has none, or the ref is not there. */
export async function fetchRef(source: Source, ref: string, options: BuildOptions): Promise<string | null> {
  if (source.kind !== 'checkout' || !(await hasOrigin(source, options))) return null;
  if (options.offline) {
    throw usageError(
      `there is no commit '${ref}' in ${source.name}, and --offline fetches nothing`,
      `fetch it first (git fetch origin ${ref}), or run without --offline`,
    );
  }
  return fetchCommit(askIn(source, options), ref);
}

/** git in the source's folder, for what is common to all repositories. */
export const askIn =
  ({ folder }: Source, { signal }: GitOptions): AskGit =>
  (args, timeoutMs) =>
    tryGit(folder, args, timeoutMs === undefined ? { signal } : { signal, timeoutMs });

/** Throws where history that a shallow clone lacks may not be fetched. */
export function mayDeepen(source: Source, what: string, { offline }: BuildOptions): void {
  if (!offline) return;
  throw usageError(
    `${source.name} is a shallow clone that lacks history ${what}, and --offline fetches nothing`,
    'fetch the whole history (git fetch --unshallow), or run without --offline',
  );
}

const hasOrigin = async (source: Source, options: GitOptions): Promise<boolean> =>
  (await tryGit(source.folder, ['config', 'remote.origin.url'], options)).code === 0;
