// What a partial clone (git clone --filter) lacks of a tree, from the remote that has promised it. git would fetch it bit by bit, and not at
// all for the store beside it, which knows no remote.
import { asTask } from '../host/task.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { type GitOptions, git, gitComplaint, tryGit } from './git.ts';
import type { BuildOptions } from './options.ts';
import type { Source } from './source.ts';

/** Fetches into the source what it lacks of a tree. Throws where that may not be or cannot be; a whole clone costs one question. */
export async function completeTree(source: Source, tree: string, options: BuildOptions): Promise<void> {
  const [remote] = await promisors(source, options);
  if (remote === undefined) return;
  let before = '';
  for (;;) {
    const lacking = await lackingOf(source, tree, options);
    if (lacking.length === 0) return;
    const what = `${source.name} is a partial clone`;
    const some = `${lacking.length} ${lacking.length === 1 ? 'object' : 'objects'} of the tree ${tree.slice(0, 10)}`;
    if (options.offline) throw usageError(`${what} that lacks ${some}, and --offline fetches nothing`, wholeHint);
    const cannotFetch = (why: string): Error =>
      measurementError(`${what}, and ${some} cannot be fetched: ${why}`, wholeHint);
    const input = `${lacking.join('\n')}\n`;
    // What was fetched may be folders that lack their files in turn.
    if (input === before) throw cannotFetch(`${remote} did not send them`);
    await fetchObjects({ source, remote, input, cannotFetch }, options);
    before = input;
  }
}

// Without --no-filter git would leave out once more what was left out the first time.
const wholeHint = 'make it a whole clone: run git fetch --refetch --no-filter there';

async function promisors({ folder }: Source, { signal }: GitOptions): Promise<string[]> {
  const args = ['config', '--type=bool', '--get-regexp', '^remote\\..*\\.promisor$'];
  const { stdout } = await tryGit(folder, args, { signal });
  return stdout.split('\n').flatMap((line) => /^remote\.(.*)\.promisor true$/.exec(line)?.[1] ?? []);
}

/** Asked in the store, which also holds what is not committed, and where git does not begin to fetch by itself. */
async function lackingOf({ store }: Source, tree: string, { signal }: GitOptions): Promise<string[]> {
  if ((await tryGit(store, ['cat-file', '-e', tree], { signal })).code !== 0) return [tree];
  const listed = await git(store, ['rev-list', '--objects', '--missing=print', tree], { signal });
  return listed.split('\n').flatMap((line) => (line.startsWith('?') ? [line.slice(1)] : []));
}

interface Fetch {
  readonly source: Source;
  readonly remote: string;
  /** Ids, one a line. */
  readonly input: string;
  cannotFetch(why: string): Error;
}

/** As git itself fetches what was promised. */
async function fetchObjects({ source, remote, input, cannotFetch }: Fetch, options: BuildOptions): Promise<void> {
  const { signal, longestFetchMs = 600_000 } = options;
  await asTask(options, `fetching what the partial clone ${source.name} lacks`, async () => {
    const args = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--filter=blob:none', '--stdin', remote];
    const asked = { signal, input, timeoutMs: longestFetchMs, late: 'tell' } as const;
    const answer = await tryGit(source.folder, ['-c', 'fetch.negotiationAlgorithm=noop', ...args], asked);
    if (answer.timedOut) throw cannotFetch(`git fetch got no answer for ${Math.round(longestFetchMs / 1000)} s`);
    if (answer.code !== 0) throw cannotFetch(gitComplaint(answer));
    return '';
  });
}
