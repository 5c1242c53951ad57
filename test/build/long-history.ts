// Repositories with hundreds of commits, made in one step, and clones of them as CI services make them.
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Checkout, checkoutAt } from './little-qemu.ts';

export interface LongHistory extends Checkout {
  /** Full id of a commit by its name. */
  readonly id: (name: string) => string;
}

/**
 * `main 300` is three hundred commits on main, `main 1` to `main 300`; `pr 3 from main 50` branches off, and `main 2 merging pr 3` begins
 * with a merge; numbers go on. The file `who` of a commit holds its name.
 */
export async function longHistory(folder: string, lines: readonly string[]): Promise<LongHistory> {
  await mkdir(folder, { recursive: true });
  const origin = checkoutAt(folder);
  origin.git('init', '--quiet', '-b', 'main', '.');
  const [marks, tips] = [new Map<string, number>(), new Map<string, number>()];
  const words: string[] = [];
  const markOf = (name: string): string => `:${marks.get(name) ?? name}`;
  for (const line of lines) {
    const [, branch = '', count, from, merged] = /^(\S+) (\d+)(?: from (.+?))?(?: merging (.+))?$/.exec(line) ?? [];
    const before = tips.get(branch) ?? 0;
    for (let index = 1; index <= Number(count); index += 1) {
      const name = `${branch} ${before + index}`;
      marks.set(name, marks.size + 1);
      words.push(`commit refs/heads/${branch}`, `mark ${markOf(name)}`);
      words.push(`committer A. U. Thor <author@example.org> ${1_700_000_000 + marks.size} +0000`, 'data 0');
      if (index > 1 || before > 0) words.push(`from ${markOf(`${branch} ${before + index - 1}`)}`);
      else if (from !== undefined) words.push(`from ${markOf(from)}`);
      if (index === 1 && merged !== undefined) words.push(`merge ${markOf(merged)}`);
      words.push('M 100644 inline who', `data ${name.length}`, name);
    }
    tips.set(branch, before + Number(count));
  }
  const file = join(folder, '.git/marks');
  const input = `${words.join('\n')}\ndone\n`;
  execFileSync('git', ['fast-import', '--quiet', '--done', `--export-marks=${file}`], { cwd: folder, input });
  const told = execFileSync('cat', [file], { encoding: 'utf8' }).trim().split('\n');
  const ids = new Map(told.map((line) => line.slice(1).split(' ') as [string, string]));
  return { ...origin, id: (name) => ids.get(String(marks.get(name))) ?? `no ${name}` };
}

/** Hides a branch as a pull request's, which no clone fetches by itself. */
export function asPullRequest(origin: Checkout, branch: string, ref: string): void {
  origin.git('update-ref', ref, `refs/heads/${branch}`);
  origin.git('update-ref', '-d', `refs/heads/${branch}`);
}

/** As actions/checkout does with `fetch-depth: 1`; then each of `more` is fetched as the words say. */
export async function checkoutAction(folder: string, origin: Checkout, ref: string, ...more: readonly string[][]) {
  await mkdir(folder, { recursive: true });
  const clone = checkoutAt(folder);
  clone.git('init', '--quiet', '.');
  clone.git('remote', 'add', 'origin', pathToFileURL(origin.folder).href);
  clone.git('fetch', '--quiet', '--no-tags', '--depth=1', 'origin', ref);
  clone.git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
  for (const words of more) clone.git('fetch', '--quiet', '--no-tags', ...words);
  return { ...clone, count: (name: string) => Number(clone.git('rev-list', '--count', name)) };
}
