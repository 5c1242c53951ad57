// Where source lies: in a folder of another repository, around the cache, in a clone that is not whole. Nothing is built.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { BuildOptions } from '../../src/build/options.ts';
import { applyPatches } from '../../src/build/patches.ts';
import { readRevision } from '../../src/build/revision.ts';
import { openSource } from '../../src/build/source.ts';
import { openSlot } from '../../src/build/worktree.ts';
import { failing, placeTree } from './build-bench.ts';
import { type Bench, checkoutAt, openBench } from './little-qemu.ts';

/** Of the bench's checkout, whose commit before the last one is of no use to a clone that holds the last one alone. */
async function partialClone(bench: Bench, filter: string) {
  const { checkout } = bench;
  checkout.git('config', 'uploadpack.allowFilter', 'true');
  await checkout.write('docs/deep/old.txt', 'old\n');
  await checkout.change('main.c', 'int main', 'int old;\nint main');
  const old = checkout.commit('old');
  await checkout.write('docs/deep/old.txt', 'new\n');
  await checkout.change('main.c', 'int old;', 'int fresh;');
  const patch = await bench.patch('back.patch', `${checkout.git('diff', '-R')}\n`);
  checkout.commit('new');
  const folder = join(bench.folder, 'partial');
  const url = pathToFileURL(checkout.folder).href;
  execFileSync('git', ['clone', '--quiet', `--filter=${filter}`, url, folder], { stdio: 'ignore' });
  const besidesObjects = async () => {
    const files = await readdir(join(folder, '.git'), { recursive: true });
    return [
      checkoutAt(folder).git('config', '--list', '--local'),
      files.filter((path) => !/^objects/.test(path)).sort(),
    ];
  };
  return { folder, old, patch, besidesObjects };
}

const read = async (bench: Bench, folder: string, ref: string | null, changes: Partial<BuildOptions> = {}) => {
  const options = { ...bench.options, signal: new AbortController().signal, ...changes };
  const source = await openSource(folder, options);
  return { source, tree: (await readRevision(source, ref, options)).tree };
};

describe('a partial clone', { concurrency: 2 }, () => {
  for (const filter of ['blob:none', 'tree:0']) {
    test(`of ${filter} is given what a commit's tree needs, and nothing but objects`, async () => {
      await using bench = await openBench();
      const { folder, old, besidesObjects } = await partialClone(bench, filter);
      const before = await besidesObjects();
      const { source, tree } = await read(bench, folder, old);
      await rename(bench.checkout.folder, `${bench.checkout.folder} elsewhere`);
      await using slot = await openSlot(source, 'head', bench.options);
      await placeTree(source, slot, tree, bench.options);
      assert.match(await readFile(join(slot.workTree, 'main.c'), 'utf8'), /^int old;$/m);
      assert.equal(await readFile(join(slot.workTree, 'docs/deep/old.txt'), 'utf8'), 'old\n');
      assert.deepEqual(await besidesObjects(), before);
      assert.equal((await read(bench, folder, old)).tree, tree, 'nothing is asked for again');
    });
  }

  test('can be patched where it holds no file of the commit', async () => {
    await using bench = await openBench();
    const { folder, old, patch } = await partialClone(bench, 'blob:none');
    const { source, tree } = await read(bench, folder, old);
    const { patches } = await applyPatches(source, tree, [patch], bench.options);
    assert.deepEqual(
      patches.map(({ state }) => state),
      ['already-applied'],
    );
  });

  test('that may not or cannot be completed is named as the reason, with what to do', async () => {
    await using bench = await openBench();
    const { folder, old } = await partialClone(bench, 'blob:none');
    const offline = { offline: true };
    await read(bench, folder, 'HEAD', offline);
    const whole = /git fetch --refetch --no-filter/;
    const lacks = /partial is a partial clone that lacks 2 objects of the tree .*, and --offline fetches nothing/;
    await assert.rejects(read(bench, folder, old, offline), failing(2, lacks, whole));
    await rename(bench.checkout.folder, `${bench.checkout.folder} elsewhere`);
    const gone =
      /is a partial clone, and 2 objects of the tree .* cannot be fetched: .*not appear to be a git repository/;
    await assert.rejects(read(bench, folder, old), failing(3, gone, whole));
    await rename(`${bench.checkout.folder} elsewhere`, bench.checkout.folder);
    checkoutAt(folder).git('fetch', '--quiet', '--refetch', '--no-filter');
    await read(bench, folder, old, offline);
  });
});

test('a folder of another repository that has a configure of its own is not taken for that repository', async () => {
  await using bench = await openBench();
  const outer = join(bench.folder, 'outer');
  await mkdir(outer);
  const { git, commit, write } = checkoutAt(outer);
  git('init', '--quiet', '-b', 'main', '.');
  await cp(bench.checkout.folder, join(outer, 'qemu'), { recursive: true, filter: (path) => !path.endsWith('/.git') });
  await write('notes/README', 'Of no build.\n');
  commit('QEMU and more');
  const lies = /outer\/qemu lies in the repository .*\/outer, which would be built as a whole/;
  await assert.rejects(read(bench, join(outer, 'qemu'), null), failing(2, lies, /git init.*archive/));
  const tree = git('rev-parse', 'HEAD^{tree}');
  for (const folder of [outer, join(outer, 'notes')]) assert.equal((await read(bench, folder, null)).tree, tree);
});

test('a cache inside of the checkout is no change of it', async () => {
  await using bench = await openBench();
  const cache = join(bench.checkout.folder, '.cache');
  const { source, tree } = await read(bench, bench.checkout.folder, null, { cache });
  await using slot = await openSlot(source, 'head', { ...bench.options, cache });
  await placeTree(source, slot, tree, { ...bench.options, cache });
  assert.equal((await read(bench, bench.checkout.folder, null, { cache })).tree, tree);
  assert.equal(tree, bench.checkout.git('rev-parse', 'HEAD^{tree}'));
  assert.equal(bench.checkout.git('status', '--porcelain'), '');
});
