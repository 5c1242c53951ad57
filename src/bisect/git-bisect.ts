// git bisect, driven from outside: git chooses the commits, a judge answers, and what is answered can be told again after a kill.
// It works in a throw-away repository that sees the source's objects; the user's own bisect state is not touched.
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { askIn, mayDeepen } from '../build/fetching.ts';
import { git, gitComplaint, tryGit } from '../build/git.ts';
import type { BuildOptions } from '../build/options.ts';
import { historyBetween } from '../build/origin.ts';
import type { Source } from '../build/source.ts';
import { isThere } from '../host/files.ts';
import { type ProgramResult, temporaryFolder } from '../host/processes.ts';
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
  let answer = await tryGit(repository, ['bisect', 'start', '--no-checkout', bad, good], { signal });
  let tested = '';
  for (;;) {
    const result = resultIn(answer.stdout);
    if (result !== null) return result;
    if (answer.code !== 0) throw usageError(`git cannot bisect between ${good} and ${bad}: ${explained(answer)}`);
    if (/merge base .* must be skipped/.test(answer.stderr)) {
      const text = 'the merge base of good and bad could not be tested: the slowdown may be older than that';
      options.progress({ kind: 'note', text });
    }
    const commit = await git(repository, ['rev-parse', '--verify', 'BISECT_HEAD'], { signal });
    signal.throwIfAborted();
    // Only git's wording tells that it has ended. Were it not understood, the same commit would be tested for ever.
    if (commit === tested)
      throw measurementError(`the answer of git bisect is not understood: ${explained(answer)}`, newGit);
    tested = commit;
    const verdict = known.get(commit) ?? (await judge(commit, leftIn(answer.stdout)));
    answer = await tryGit(repository, ['bisect', verdict, commit], { signal });
  }
}

const newGit = 'report it with the version of git (git --version), which may be too new for Bootgauge';

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
      `${source.name} is a shallow clone that lacks history between ${names}, and more cannot be fetched: ${history.because}`,
      'fetch the whole history (git fetch --unshallow; with actions/checkout: fetch-depth: 0)',
    );
  }
  const hint = 'their histories are unrelated: name two commits of which one descends from the other';
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
  const text = `${bad.name} does not descend from ${good.name}: git first tests ${base.slice(0, 10)}, their merge base`;
  options.progress({ kind: 'note', text });
}

async function bareRepository(source: Source, folder: string, { signal }: BuildOptions): Promise<string> {
  await mkdir(folder);
  await git(folder, ['init', '--quiet', '--bare', '.'], { signal });
  await mkdir(join(folder, 'objects/info'), { recursive: true });
  const objects = [source.gitFolder, source.store].map((place) => `${join(place, 'objects')}\n`);
  await writeFileAtomically(join(folder, 'objects/info/alternates'), objects.join(''));
  const shallow = join(source.gitFolder, 'shallow');
  if (await isThere(shallow)) await copyFile(shallow, join(folder, 'shallow'));
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

function explained(answer: ProgramResult): string {
  const output = [answer.stdout, answer.stderr].join('\n');
  if (/merge base .* is bad/i.test(output))
    return 'their merge base is already slow, so the slowdown is older than good';
  return gitComplaint({ ...answer, stderr: output });
}
