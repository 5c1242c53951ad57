// Bisecting with real git and a judge that knows the answers: what is found, what is skipped, what is not asked twice.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Answer, bisect, provideHistory } from '../../src/bisect/git-bisect.ts';
import { openSource } from '../../src/build/source.ts';
import type { BuildFacts } from '../../src/model/build.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import type { Emulator } from '../../src/model/launch-plan.ts';
import { AcceleratorFault, chooseAccelerator } from '../../src/qemu/accelerator.ts';
import { failing } from '../build/build-bench.ts';
import { type Bench, checkoutAt, openBench } from '../build/little-qemu.ts';

/** Commits 0 to `count`; 0 is the good one. */
function branch(bench: Bench, count: number): string[] {
  const commits = [bench.checkout.git('rev-parse', 'HEAD')];
  for (let index = 1; index <= count; index += 1) commits.push(bench.checkout.commit(`commit ${index}`));
  return commits;
}

interface Case {
  readonly commits: readonly string[];
  readonly slowFrom: number;
  readonly skipped?: readonly number[];
  readonly known?: ReadonlyMap<string, Answer>;
  /** Stops, as a kill would, after so many answers. */
  readonly stopAfter?: number;
}

async function run(bench: Bench, { commits, slowFrom, skipped = [], known = new Map(), stopAfter }: Case) {
  const asked = new Map<string, Answer>();
  const judge = async (commit: string): Promise<Answer> => {
    if (asked.size === stopAfter) throw new Error('killed');
    const index = commits.indexOf(commit);
    const answer = skipped.includes(index) ? 'skip' : index >= slowFrom ? 'bad' : 'good';
    asked.set(commit, answer);
    return answer;
  };
  const source = await openSource(bench.checkout.folder, bench.options);
  const request = { source, good: commits[0] as string, bad: commits.at(-1) as string, known, judge };
  const result = await bisect(request, bench.options).catch((error: unknown) => error as Error);
  return { result, asked };
}

describe('bisect', { concurrency: 2 }, () => {
  test('the slow one of 16 commits is found wherever it is, in few steps, past two that cannot be judged', async () => {
    await using bench = await openBench();
    const commits = branch(bench, 16);
    for (const slowFrom of [1, 7, 9, 16]) {
      const skipped = [4, 12].filter((index) => index !== slowFrom && index !== slowFrom - 1);
      const { result, asked } = await run(bench, { commits, slowFrom, skipped });
      assert.deepEqual(result, { kind: 'found', commit: commits[slowFrom] }, `slow from ${slowFrom}`);
      assert.ok(asked.size <= 7, `${asked.size} steps`);
    }
  });

  test('stopped in the middle it goes on with what is known, and asks nothing twice', async () => {
    await using bench = await openBench();
    const commits = branch(bench, 16);
    const story = { commits, slowFrom: 10, skipped: [5, 8] };
    const first = await run(bench, { ...story, stopAfter: 2 });
    assert.match((first.result as Error).message, /killed/);
    assert.equal(first.asked.size, 2);
    const second = await run(bench, { ...story, known: first.asked });
    assert.deepEqual(second.result, { kind: 'found', commit: commits[10] });
    for (const commit of first.asked.keys()) assert.equal(second.asked.has(commit), false);
  });

  test('commits that cannot be judged beside the step leave several candidates', async () => {
    await using bench = await openBench();
    const commits = branch(bench, 6);
    const { result } = await run(bench, { commits, slowFrom: 4, skipped: [3, 4] });
    assert.ok(!(result instanceof Error) && result.kind === 'among');
    assert.deepEqual([...result.commits].sort(), [commits[3], commits[4], commits[5]].sort());
  });

  test('a good that is no ancestor of bad is tried at their merge base', async () => {
    await using bench = await openBench();
    const commits = branch(bench, 4);
    bench.checkout.git('checkout', '--quiet', '-b', 'side', commits[0] as string);
    const side = bench.checkout.commit('side');
    const source = await openSource(bench.checkout.folder, bench.options);
    const base = { source, good: side, bad: commits[4] as string, known: new Map() };
    const judge = async (commit: string): Promise<Answer> => (commits.indexOf(commit) >= 2 ? 'bad' : 'good');
    assert.deepEqual(await bisect({ ...base, judge }, bench.options), { kind: 'found', commit: commits[2] });
    assert.deepEqual(bench.notes(), []);
    const doubtful = async (commit: string) => (commit === commits[0] ? 'skip' : judge(commit));
    await bisect({ ...base, judge: doubtful }, bench.options);
    assert.match(bench.notes().join(), /could not be tested: the slowdown may be older/);
    await assert.rejects(
      bisect({ ...base, judge: async () => 'bad' }, bench.options),
      (error) =>
        error instanceof BootgaugeError && error.exitCode === 2 && /older than good|merge base/.test(error.message),
    );
  });

  test("the user's own bisection is left alone", async () => {
    await using bench = await openBench();
    const commits = branch(bench, 6);
    bench.checkout.git('bisect', 'start', commits[6] as string, commits[0] as string);
    const [log, head] = [bench.checkout.git('bisect', 'log'), bench.checkout.git('rev-parse', 'HEAD')];
    const { result } = await run(bench, { commits, slowFrom: 3 });
    assert.deepEqual(result, { kind: 'found', commit: commits[3] });
    assert.deepEqual([bench.checkout.git('bisect', 'log'), bench.checkout.git('rev-parse', 'HEAD')], [log, head]);
  });
});

/** A clone of the bench that holds the newest `depth` commits, and what tells whether all between two commits is there. */
async function shallowClone(bench: Bench, name: string, depth: number) {
  const folder = join(bench.folder, name);
  const url = pathToFileURL(bench.checkout.folder).href;
  execFileSync('git', ['clone', '--quiet', `--depth=${depth}`, url, folder], { stdio: 'ignore' });
  const { git } = checkoutAt(folder);
  const provide = async (good: string, bad: string): Promise<void> => {
    const end = (ref: string) => ({ name: ref, commit: git('rev-parse', ref) });
    await provideHistory(await openSource(folder, bench.options), { good: end(good), bad: end(bad) }, bench.options);
  };
  return { git, provide };
}

describe('what a bisection needs of the history', { concurrency: 2 }, () => {
  test('what a shallow clone lacks between good and bad is fetched, and no more than that when nothing is lacking', async () => {
    await using bench = await openBench();
    const commits = branch(bench, 6);
    const { git, provide } = await shallowClone(bench, 'shallow', 2);
    await provide('HEAD~1', 'HEAD');
    assert.equal(git('rev-list', '--count', 'HEAD'), '2');
    // As a tag that is fetched by its name comes alone.
    const good = commits[1] as string;
    git('fetch', '--quiet', '--depth=1', 'origin', good);
    await provide(good, 'HEAD');
    assert.equal(git('rev-list', '--count', `${good}..HEAD`), '5');
    assert.ok(bench.notes().some((note) => note.includes('more of the history')));
  });

  test('a way that was cut off is not taken for a short history, though both have a commit in common', async () => {
    await using bench = await openBench();
    const [start] = branch(bench, 0) as [string];
    bench.checkout.git('checkout', '--quiet', '-b', 'side');
    for (let index = 1; index <= 6; index += 1) bench.checkout.commit(`side ${index}`);
    bench.checkout.git('checkout', '--quiet', 'main');
    bench.checkout.git('merge', '--quiet', '--no-ff', '-m', 'merge', 'side');
    const { git, provide } = await shallowClone(bench, 'shallow', 3);
    assert.equal(git('merge-base', start, 'HEAD'), start);
    await provide(start, 'HEAD');
    assert.equal(git('rev-list', '--count', `${start}..HEAD`), '7');
  });

  test('what cannot be fetched, what is unrelated and what is the wrong way round ends it before anything is built', async () => {
    await using bench = await openBench();
    const commits = branch(bench, 6);
    const { git, provide } = await shallowClone(bench, 'lone', 2);
    git('fetch', '--quiet', '--depth=1', 'origin', commits[1] as string);
    git('remote', 'remove', 'origin');
    await assert.rejects(
      provide(commits[1] as string, 'HEAD'),
      failing(2, /shallow clone that lacks history between [0-9a-f]+ and HEAD/, /unshallow/),
    );
    const whole = await openSource(bench.checkout.folder, bench.options);
    const end = (ref: string) => ({ name: ref, commit: bench.checkout.git('rev-parse', ref) });
    const ends = (good: string, bad: string) => ({ good: end(good), bad: end(bad) });
    await assert.rejects(
      provideHistory(whole, ends('main', 'main~3'), bench.options),
      failing(2, /main~3 is older than main/, /fast commit first/),
    );
    bench.checkout.git('checkout', '--quiet', '--orphan', 'alone');
    bench.checkout.commit('alone');
    await assert.rejects(
      provideHistory(whole, ends('main', 'alone'), bench.options),
      failing(2, /main and alone have no commit in common/, /unrelated/),
    );
  });
});

test('an accelerator that runs no guests is told with the emulator that was tried, so that only its commit is skipped', async () => {
  const emulator: Emulator = {
    origin: 'build',
    program: 'false',
    leadingArguments: [],
    environment: {},
    version: 'QEMU emulator version 10.0.0',
    digest: 'd'.repeat(64),
    // Where a library is bisected, QEMU is the same at good and at each commit.
    build: { dependencyKeys: ['of virglrenderer'] } as unknown as BuildFacts,
  };
  await assert.rejects(
    chooseAccelerator('kvm', emulator, 'x86_64'),
    (error) =>
      error instanceof AcceleratorFault &&
      error.content === `${emulator.digest} of virglrenderer` &&
      error.exitCode === 3,
  );
});
