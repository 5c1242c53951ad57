// A ref or a tree as it stands -> a commit and the git tree to build. Reads the user's repository and never writes into its tree;
// what a dirty tree needs is written to the store.
import { copyFile, lstat, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../host/processes.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { hashValue } from '../store/digest.ts';
import { askIn, fetchRef, mayDeepen, updateCopy } from './fetching.ts';
import { type GitOptions, git, gitComplaint, tryGit } from './git.ts';
import type { BuildOptions } from './options.ts';
import { historyBetween, isShallow } from './origin.ts';
import { completeTree } from './partial-clone.ts';
import type { Source } from './source.ts';

export interface Revision {
  /** Full id. */
  readonly commit: string;
  readonly subject: string;
  /** Id of the tree to build, before patches. */
  readonly tree: string;
  readonly uncommitted: { readonly digest: string; readonly diff: string } | null;
}

/** `ref` null: the tree as it stands. Throws a usage error for a ref that is not there. */
export async function readRevision(source: Source, ref: string | null, options: BuildOptions): Promise<Revision> {
  const key = hashValue([source.gitFolder, source.workTree, ref]);
  const known = options.revisions?.get(key);
  if (known !== undefined) return known;
  const commit = ref === null ? await headOf(source, options) : await resolveRef(source, ref, options);
  // Other ways to ask for the tree's id make git read the tree, which a partial clone may lack.
  const shown = await git(source.folder, ['log', '-1', '--format=%T%n%s', commit], options);
  const [tree = '', subject = ''] = shown.split('\n');
  const clean = { commit, subject, tree, uncommitted: null };
  const asItStands = ref === null && source.workTree !== null;
  const revision = asItStands ? await withUncommitted(source, clean, options) : clean;
  await completeTree(source, revision.tree, options);
  options.revisions?.set(key, revision);
  return revision;
}

/** Full id of a commit. `A...B` is the merge base of A and B, an empty name being HEAD. */
export async function resolveRef(source: Source, ref: string, options: BuildOptions): Promise<string> {
  const between = /^(.*?)\.\.\.(.*)$/.exec(ref);
  if (between !== null) return mergeBase(source, between[1] || 'HEAD', between[2] || 'HEAD', options);
  if (ref === '' || /^[-^]/.test(ref)) throw usageError(`'${ref}' is not the name of a commit`);
  if (source.kind === 'url' && !(await isId(source, ref, options))) await bringUpToDate(source, `'${ref}'`, options);
  const found = (await lookUp(source, ref, options)) ?? (await fetched(source, ref, options));
  if (found !== null) return found;
  const hints = {
    checkout: `fetch it first (git fetch origin ${ref}), or name another one`,
    url: 'name a commit, a branch or a tag that it has',
    archive: 'an archive is a single commit: give no ref',
  };
  throw usageError(
    `there is no commit '${ref}' in ${source.name}${await shallowNote(source, options)}`,
    hints[source.kind],
  );
}

/** An id stays what it is. A branch may be named by a number, or by letters that all are digits of one. */
async function isId({ folder }: Source, ref: string, options: GitOptions): Promise<boolean> {
  if (!/^[0-9a-f]{7,64}$/.test(ref)) return false;
  if (ref.length === 40 || ref.length === 64) return true;
  const answer = await tryGit(folder, ['rev-parse', '--verify', '--quiet', '--symbolic-full-name', ref], options);
  return answer.code === 0 && answer.stdout.trim() === '';
}

/** In our own copy of a URL a branch stands where it stood when it was copied. */
async function bringUpToDate(source: Source, what: string, options: BuildOptions): Promise<void> {
  if (source.kind !== 'url' || (await updateCopy(source, options)) === '') return;
  const why = options.offline ? 'is not contacted with --offline' : 'cannot be reached';
  options.progress({ kind: 'note', text: `${source.name} ${why}: ${what} is taken as last fetched` });
}

/** A checkout may lack what its remote has; what our copy of a URL lacks may be new there. */
async function fetched(source: Source, ref: string, options: BuildOptions): Promise<string | null> {
  if (source.kind !== 'url') return fetchRef(source, ref, options);
  const why = await updateCopy(source, options);
  if (why === '') return lookUp(source, ref, options);
  const seen = `there is no commit '${ref}' in what was last fetched of ${source.name}`;
  if (options.offline) throw usageError(`${seen}, and ${why}`, 'run without --offline, or name another commit');
  throw measurementError(
    `${seen}, which cannot be reached: ${why}`,
    'check the network and that the repository is there, then try again, or name another commit',
  );
}

async function lookUp(source: Source, ref: string, options: GitOptions): Promise<string | null> {
  for (const name of [ref, `refs/remotes/origin/${ref}`]) {
    const answer = await tryGit(source.folder, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`], options);
    if (answer.code === 0) return answer.stdout.trim();
  }
  return null;
}

async function headOf(source: Source, options: BuildOptions): Promise<string> {
  await bringUpToDate(source, 'its HEAD', options);
  const head = await lookUp(source, 'HEAD', options);
  if (head === null)
    throw usageError(`${source.name} has no commit yet`, 'commit once, so that there is a tree to build');
  return head;
}

async function shallowNote(source: Source, options: GitOptions): Promise<string> {
  return (await isShallow(askIn(source, options))) ? ', which is a shallow clone' : '';
}

async function mergeBase(source: Source, one: string, other: string, options: BuildOptions): Promise<string> {
  const commits = [await resolveRef(source, one, options), await resolveRef(source, other, options)] as const;
  const history = await historyBetween(askIn(source, options), {
    commits,
    need: 'merge-base',
    beforeFetch: () => {
      mayDeepen(source, `for the merge base of ${one} and ${other}`, options);
      options.progress({ kind: 'note', text: `fetching more of the history of ${source.name} for a merge base` });
    },
  });
  if (history.kind === 'known') return history.base;
  if (history.kind === 'cut-off') {
    throw usageError(
      `the merge base of ${one} and ${other} lies beyond the end of this shallow clone, and more cannot be fetched: ${history.because}`,
      'fetch the whole history (git fetch --unshallow; with actions/checkout: fetch-depth: 0), or name the base commit itself',
    );
  }
  throw usageError(
    `${one} and ${other} have no commit in common in ${source.name}`,
    'their histories are unrelated: name the base commit itself instead of a merge base',
  );
}

/** Adds what is changed, new or removed in the work tree and not ignored, by way of an index of our own. */
async function withUncommitted(source: Source, revision: Revision, options: BuildOptions): Promise<Revision> {
  const workTree = source.workTree as string;
  const gitFolder = await git(workTree, ['rev-parse', '--absolute-git-dir'], options);
  await using folder = await temporaryFolder('bootgauge-index-');
  const index = join(folder.path, 'index');
  await copyIndex(join(gitFolder, 'index'), index).catch(() => undefined);
  const asked: GitOptions = {
    ...options,
    variables: {
      GIT_INDEX_FILE: index,
      GIT_LITERAL_PATHSPECS: '1',
      GIT_OBJECT_DIRECTORY: join(source.store, 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(source.gitFolder, 'objects'),
    },
  };
  const fresh = await newFiles(workTree, options);
  const steps = [
    [['add', '--update', '--', '.'], undefined],
    [['add', '--pathspec-from-file=-', '--pathspec-file-nul'], fresh.join('\0')],
  ] as const;
  for (const [args, input] of steps.slice(0, fresh.length > 0 ? 2 : 1)) {
    const added = await tryGit(workTree, args, input === undefined ? asked : { ...asked, input });
    if (added.code === 0) continue;
    throw usageError(
      `the changes in ${workTree} cannot be read: ${gitComplaint(added)}`,
      'commit or stash them, and name the commit',
    );
  }
  const tree = await git(workTree, ['write-tree'], asked);
  if (tree === revision.tree) return revision;
  const diff = await git(workTree, ['diff', '--binary', '--no-ext-diff', '--no-textconv', revision.tree, tree], asked);
  return { ...revision, tree, uncommitted: { digest: hashValue(diff), diff: diff.slice(0, 64 * 1024) } };
}

/**
 * The dates in an index spare git from reading every file again. Its own date must come along: git reads a file again that was written
 * in the moment in which the index was, and would take it for unchanged beside an index that looks newer.
 */
async function copyIndex(from: string, to: string): Promise<void> {
  const { mtimeMs } = await stat(from);
  await copyFile(from, to);
  const written = Math.floor(mtimeMs / 1000);
  await utimes(to, written, written);
}

/** Files that are neither in git nor ignored. A disk image that lies in the tree is no source, and would be copied every time. */
async function newFiles(workTree: string, options: BuildOptions): Promise<string[]> {
  const top = await git(workTree, ['rev-parse', '--show-toplevel'], options);
  const listed = await git(top, ['ls-files', '--others', '--exclude-standard', '-z'], options);
  // A name that ends in a slash is a repository of its own.
  const names = listed.split('\0').filter((name) => name !== '' && !name.endsWith('/'));
  const sizes = await Promise.all(names.map((name) => lstat(join(top, name)).catch(() => null)));
  const large = names.filter((_, index) => (sizes[index]?.size ?? 0) > largestSource);
  if (large.length > 0) {
    const named = large.slice(0, 3).join(', ') + (large.length > 3 ? ', ...' : '');
    options.progress({ kind: 'note', text: `left out of the uncommitted changes, as too large for source: ${named}` });
  }
  return names.filter((name) => !large.includes(name));
}

/** Bytes. */
const largestSource = 4 * 1024 * 1024;
