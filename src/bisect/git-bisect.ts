// git bisect, driven from outside: git chooses the commits, a judge answers, and what is answered can be told again after a kill.
// It works in a throw-away repository that sees the source's objects; the user's own bisect state is not touched.
import { copyFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { askIn, mayDeepen } from '../build/fetching.ts';
import { git, gitWords, tryGit } from '../build/git.ts';
import type { BuildOptions } from '../build/options.ts';
import { historyBetween } from '../build/origin.ts';
import type { Source } from '../build/source.ts';
import { temporaryFolder } from '../host/processes.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { writeFileAtomically } from '../store/atomic.ts';

export type Answer = 'good' | 'bad' | 'skip';

export interface BisectRequest {
  readonly source: Source;
  /** Full ids. */
  readonly good: string;
  readonly bad: string;
  /** Answers that are known from an earlier time, by commit. */
  readonly known: ReadonlyMap<string, Answer>;
  /** `left` is about how many commits are in question. */
  readonly judge: (commit: string, left: number) => Promise<Answer>;
}

export type BisectResult =
  | { readonly kind: 'found'; readonly commit: string }
  /** Commits that could not be judged hide it: one of these. */
  | { readonly kind: 'among'; readonly commits: readonly string[] };

/** Throws a usage error when git sees no way from good to bad. */
export async function bisect(request: BisectRequest, options: BuildOptions): Promise<BisectResult> {
  const { source, good, bad, known, judge } = request;
  await using folder = await temporaryFolder('bootgauge-bisect-');
  const repository = await bareRepository(source, join(folder.path, 'bisect.git'), options);
  const { signal } = options;
  // It wants to know where to go back to.
  await git(repository, ['update-ref', '--no-deref', 'HEAD', bad], { signal });
  let said = await tryGit(repository, ['bisect', 'start', '--no-checkout', bad, good], { signal });
  let answered = '';
  for (;;) {
    const result = resultIn(said.stdout);
    if (result !== null) return result;
    if (said.code !== 0) throw usageError(`git cannot bisect between ${good} and ${bad}: ${explained(said)}`);
    if (/merge base .* must be skipped/.test(said.stderr)) {
      const text = 'where good and bad part could not be judged: the slowdown may be older than that';
      options.progress({ kind: 'note', text });
    }
    const commit = await git(repository, ['rev-parse', '--verify', 'BISECT_HEAD'], { signal });
    signal.throwIfAborted();
    // Its words are all that tells an end. Were they not understood, the same commit would be judged for ever.
    if (commit === answered)
      throw measurementError(`git bisect said what is not understood: ${explained(said)}`, newGit);
    answered = commit;
    const answer = known.get(commit) ?? (await judge(commit, leftIn(said.stdout)));
    said = await tryGit(repository, ['bisect', answer, commit], { signal });
  }
}

const newGit = 'Report it with the version of git (git --version): Bootgauge may not know its words yet.';

/** A commit as it was named, and its full id. */
export interface End {
  readonly name: string;
  readonly commit: string;
}

/**
 * Fetches what a shallow clone lacks between two commits: git takes the place where history was cut off for its beginning, and would find
 * the commit there. Throws a usage error when there is no way from good to bad, or when what is missing cannot be fetched.
 */
export async function provideHistory(
  source: Source,
  { good, bad }: { readonly good: End; readonly bad: End },
  options: BuildOptions,
): Promise<void> {
  const names = `${good.name} and ${bad.name}`;
  const history = await historyBetween(askIn(source, options), {
    commits: [good.commit, bad.commit],
    need: 'all',
    beforeFetch: () => {
      mayDeepen(source, `between ${names}`, options);
      const text = `fetching more of the history of ${source.name}: a bisection needs all between ${names}`;
      options.progress({ kind: 'note', text });
    },
  });
  if (history.kind === 'known') return explainBase(history.base, { good, bad }, options);
  if (history.kind === 'cut-off') {
    throw usageError(
      `${source.name} is a shallow clone that lacks history between ${names}, and more cannot be fetched: ${history.said}`,
      'fetch the whole history (git fetch --unshallow; with actions/checkout: fetch-depth: 0)',
    );
  }
  const hint = 'their histories are unrelated: name two commits of which one was made on top of the other';
  throw usageError(`${names} have no commit in common in ${source.name}`, hint);
}

function explainBase(
  base: string,
  { good, bad }: { readonly good: End; readonly bad: End },
  options: BuildOptions,
): void {
  if (base === bad.commit) {
    throw usageError(
      `${bad.name} is older than ${good.name}`,
      'name the fast commit first, then the later one that is slow',
    );
  }
  if (base === good.commit) return;
  const text = `${bad.name} was not made on top of ${good.name}: git asks first whether ${base.slice(0, 10)}, where they part, is fast`;
  options.progress({ kind: 'note', text });
}

async function bareRepository(source: Source, folder: string, { signal }: BuildOptions): Promise<string> {
  await mkdir(folder);
  await git(folder, ['init', '--quiet', '--bare', '.'], { signal });
  await mkdir(join(folder, 'objects/info'), { recursive: true });
  const objects = [source.gitFolder, source.store].map((place) => `${join(place, 'objects')}\n`);
  await writeFileAtomically(join(folder, 'objects/info/alternates'), objects.join(''));
  const shallow = join(source.gitFolder, 'shallow');
  if (await stat(shallow).catch(() => null)) await copyFile(shallow, join(folder, 'shallow'));
  return folder;
}

/** The end of a bisection in git's words, or null. From 2.55 on git quotes the words that good and bad go by. */
function resultIn(output: string): BisectResult | null {
  const found = /^([0-9a-f]{40,64}) is the first '?bad'? commit/m.exec(output)?.[1];
  if (found !== undefined) return { kind: 'found', commit: found };
  const among = /first '?bad'? commit could be any of:\n((?:[0-9a-f]{40,64}\n)+)/.exec(output)?.[1];
  return among === undefined ? null : { kind: 'among', commits: among.trim().split('\n') };
}

const leftIn = (output: string): number => Number(/(\d+) revisions? left to test/.exec(output)?.[1] ?? 0);

function explained(said: Parameters<typeof gitWords>[0]): string {
  const words = [said.stdout, said.stderr].join('\n');
  if (/merge base .* is bad/i.test(words))
    return 'their merge base is slow already, so the slowdown is older than good';
  return gitWords({ ...said, stderr: words });
}
