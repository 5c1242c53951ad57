// Commits that the source lacks, from its remote: our own copy of a URL is brought up to date, a checkout is given one ref.
import { acquireLock } from '../store/lock.ts';
import { type GitOptions, tryGit } from './git.ts';
import type { BuildOptions } from './options.ts';
import type { Source } from './source.ts';

/**
 * Brings our copy of a URL up to date; false when it cannot be reached. Once for a command, which its signal stands for: both sides
 * shall see the same branches, however the remote's move meanwhile.
 */
export function updateCopy(source: Source, options: BuildOptions): Promise<boolean> {
  const known = updates.get(options.signal) ?? new Map<string, Promise<boolean>>();
  updates.set(options.signal, known);
  const update = known.get(source.gitFolder) ?? fetchAll(source, options);
  known.set(source.gitFolder, update);
  return update;
}

const updates = new WeakMap<AbortSignal, Map<string, Promise<boolean>>>();

async function fetchAll({ name, folder, gitFolder }: Source, options: BuildOptions): Promise<boolean> {
  await using _held = await acquireLock(`${gitFolder}.lock`, { ...options, what: `the copy of ${name}` });
  const asked = { ...options, timeoutMs: 600_000 };
  const succeeds = async (...words: string[]) => (await tryGit(folder, words, asked)).code === 0;
  // A network that swallows everything counts as one that is not there.
  const told = await tryGit(folder, ['ls-remote', '--symref', 'origin', 'HEAD'], {
    ...options,
    timeoutMs: 60_000,
  }).catch(() => {
    options.signal.throwIfAborted();
    return null;
  });
  if (told?.code !== 0 || !(await succeeds('fetch', '--quiet', '--prune', 'origin'))) return false;
  const branch = /^ref: (refs\/\S+)\tHEAD$/m.exec(told.stdout)?.[1];
  if (branch !== undefined) return succeeds('symbolic-ref', 'HEAD', branch);
  // A HEAD that is no branch is among no refs, and what it names may be on none.
  if (!/\tHEAD$/m.test(told.stdout)) return true;
  return (
    (await succeeds('fetch', '--quiet', 'origin', 'HEAD')) && succeeds('update-ref', '--no-deref', 'HEAD', 'FETCH_HEAD')
  );
}

/** Fetches a ref that a checkout lacks from its origin; false when it has none, or the ref is not there. */
export async function fetchRef(source: Source, ref: string, options: BuildOptions): Promise<boolean> {
  if (source.kind !== 'checkout' || !isFetchable(ref) || !(await hasOrigin(source, options))) return false;
  const words = ['fetch', '--quiet', 'origin', ref];
  return (await tryGit(source.folder, words, { ...options, timeoutMs: 600_000 })).code === 0;
}

/** What holds a colon would tell git where to write, too. */
const isFetchable = (ref: string): boolean => /^[\w./-]+$/.test(ref);

export const hasOrigin = async (source: Source, options: GitOptions): Promise<boolean> =>
  (await tryGit(source.folder, ['config', 'remote.origin.url'], options)).code === 0;
