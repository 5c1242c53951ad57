// What is fetched into shallow clones of long histories, and that a merge base found there is the true one.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { provideHistory } from '../../src/bisect/git-bisect.ts';
import { readRevision } from '../../src/build/revision.ts';
import { openSource } from '../../src/build/source.ts';
import { neededCommit, startOfChanges } from '../../src/gate/commits.ts';
import { repositoryOf } from '../../src/gate/git.ts';
import { type Bench, openBench } from './little-qemu.ts';
import { asPullRequest, checkoutAction, longHistory } from './long-history.ts';

const commitIn = async (bench: Bench, folder: string, ref: string): Promise<string> =>
  (await readRevision(await openSource(folder, bench.options), ref, bench.options)).commit;

async function startIn(folder: string, base: string, head: string): Promise<string> {
  const repository = await repositoryOf(folder);
  assert.ok(repository);
  return startOfChanges(repository, await neededCommit(repository, base), head);
}

/** The pull request left at main 50; a topic that left before it is the last thing that main has merged. */
const misleading = ['main 300', 'topic 3 from main 40', 'pr 3 from main 50', 'main 1 merging topic 3'];

describe('shallow clones of long histories', { concurrency: 2 }, () => {
  test('a merge base that is seen by way of a side branch is not believed while a younger one may be cut off', async () => {
    await using bench = await openBench();
    const origin = await longHistory(join(bench.folder, 'origin'), misleading);
    const head = origin.id('pr 3');
    const [one, other] = await Promise.all(
      ['one', 'other'].map((name) => checkoutAction(join(bench.folder, name), origin, head)),
    );
    assert.ok(one && other);
    assert.equal(await startIn(one.folder, 'main', head), origin.id('main 50'));
    assert.equal(await commitIn(bench, other.folder, 'main...'), origin.id('main 50'));
    assert.equal(one.git('merge-base', origin.id('main 301'), 'HEAD'), origin.id('main 50'));
  });

  test('no more is fetched when a side is the merge base itself', async () => {
    await using bench = await openBench();
    const origin = await longHistory(join(bench.folder, 'origin'), ['main 300', 'pr 3 from main 300']);
    const clone = await checkoutAction(join(bench.folder, 'clone'), origin, 'pr', ['--depth=4', 'origin', 'pr']);
    assert.equal(await commitIn(bench, clone.folder, `${origin.id('main 300')}...HEAD`), origin.id('main 300'));
    assert.equal(clone.count('HEAD'), 4);
  });

  test('a branch that was whole stays whole when the history of a commit on no branch is fetched', async () => {
    await using bench = await openBench();
    const origin = await longHistory(join(bench.folder, 'origin'), [
      ...['main 600', 'pr 5 from main 300', 'merge 1 from main 600 merging pr 5'],
    ]);
    asPullRequest(origin, 'merge', 'refs/pull/1/merge');
    asPullRequest(origin, 'pr', 'refs/pull/1/head');
    const whole = ['origin', '+main:refs/remotes/origin/main'];
    const cloneOf = (name: string, ref: string) => checkoutAction(join(bench.folder, name), origin, ref, whole);
    const bisected = await cloneOf('bisected', 'refs/pull/1/merge');
    const end = (name: string) => ({ name, commit: bisected.git('rev-parse', name) });
    const ends = { good: end('origin/main'), bad: end('HEAD') };
    await provideHistory(await openSource(bisected.folder, bench.options), ends, bench.options);
    assert.deepEqual([bisected.count('origin/main'), bisected.count('HEAD')], [600, 606]);
    for (const name of ['built', 'judged']) {
      const clone = await cloneOf(name, 'refs/pull/1/head');
      const found = await (name === 'built'
        ? commitIn(bench, clone.folder, 'main...')
        : startIn(clone.folder, 'main', origin.id('pr 5')));
      assert.equal(found, origin.id('main 300'));
      assert.deepEqual([clone.count('origin/main'), clone.count('HEAD')], [600, 305], name);
    }
  });

  test('neither a commit on no branch of origin nor one made here hinders it, nor a server that gives no commits by their ids', async () => {
    await using bench = await openBench();
    const origin = await longHistory(join(bench.folder, 'origin'), ['main 900', 'pr 250 from main 300']);
    asPullRequest(origin, 'pr', 'refs/pull/1/head');
    const more = ['--depth=1', 'origin', '+main:refs/remotes/origin/main'];
    for (const protocol of ['2', '0']) {
      const clone = await checkoutAction(join(bench.folder, protocol), origin, 'refs/pull/1/head', more);
      clone.git('config', 'protocol.version', protocol);
      clone.git('commit', '--quiet', '--allow-empty', '-m', 'local');
      assert.equal(await commitIn(bench, clone.folder, 'main...'), origin.id('main 300'), protocol);
    }
  });

  test('a ref that a shallow clone lacks comes without its history, and cuts none off that is there', async () => {
    await using bench = await openBench();
    const origin = await longHistory(join(bench.folder, 'origin'), [
      'main 300',
      'pr 2 from main 300',
      'old 1 from main 7',
    ]);
    origin.git('tag', '-a', 'v1', '-m', 'one', origin.id('main 290'));
    const clone = await checkoutAction(join(bench.folder, 'clone'), origin, 'pr');
    assert.equal(await commitIn(bench, clone.folder, 'old'), origin.id('old 1'));
    assert.equal(clone.count(origin.id('old 1')), 1);
    clone.git('fetch', '--quiet', '--no-tags', 'origin', '+main:refs/remotes/origin/main');
    assert.equal(clone.count('origin/main'), 300);
    assert.equal(await commitIn(bench, clone.folder, 'v1'), origin.id('main 290'));
    const repository = await repositoryOf(clone.folder);
    assert.equal(repository && (await neededCommit(repository, 'refs/tags/v1')), origin.id('main 290'));
    assert.equal(clone.count('origin/main'), 300);
  });
});

test('a base that is no name of origin is refused, so that a pull request does not bring limits of its own', async () => {
  await using bench = await openBench();
  const origin = await longHistory(join(bench.folder, 'origin'), [
    ...['main 5', 'pr 2 from main 3', 'merge 1 from main 5 merging pr 2'],
  ]);
  asPullRequest(origin, 'merge', 'refs/pull/1/merge');
  const clone = await checkoutAction(join(bench.folder, 'clone'), origin, 'refs/pull/1/merge');
  const repository = await repositoryOf(clone.folder);
  assert.ok(repository);
  for (const name of [
    'HEAD^',
    'HEAD^1',
    'HEAD~1',
    'main~1',
    'main..x',
    'main...x',
    'main^{commit}',
    'tag',
    '.',
    'a b',
  ]) {
    await assert.rejects(neededCommit(repository, name), { exitCode: 2, message: /is not in this clone/ }, name);
    assert.equal(
      clone.git('rev-parse', 'FETCH_HEAD'),
      clone.git('rev-parse', 'HEAD'),
      `${name}: as the checkout left it`,
    );
  }
  assert.equal(await neededCommit(repository, 'main'), origin.id('main 5'));
  assert.equal(await neededCommit(repository, origin.id('main 2')), origin.id('main 2'));
  assert.equal(await neededCommit(repository, 'refs/pull/1/merge'), origin.id('merge 1'));
});
