// What leaves the cache of builds beside other processes and after kills. Nothing is compiled here.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { evictBuilds, forgetTree, noteTree } from '../../src/build/eviction.ts';
import { buildLock, buildsFolder, workPlace } from '../../src/build/places.ts';
import { openSource } from '../../src/build/source.ts';
import { openSlot } from '../../src/build/worktree.ts';
import { acquireLock } from '../../src/store/lock.ts';
import { build, failing } from './build-bench.ts';
import { type Bench, missingTools, openBench } from './little-qemu.ts';

const none = { mostBytes: 0 };

/** A finished build as the cache holds one, with `count` files of firmware. */
async function finishedIn({ options }: Bench, key: string, count = 1): Promise<string> {
  const folder = join(buildsFolder(options.cache), key);
  await mkdir(join(folder, 'firmware'), { recursive: true });
  for (let index = 0; index < count; index += 1) await writeFile(join(folder, 'firmware', `${index}.rom`), 'x');
  await writeFile(join(folder, 'manifest.json'), '{}');
  return folder;
}

describe('eviction', { concurrency: 2 }, () => {
  test('a build folder that somebody has opened stays, whatever it was used for before, and goes when it is free', async () => {
    await using bench = await openBench();
    const source = await openSource(bench.checkout.folder, bench.options);
    const open = () => openSlot(source, 'head', bench.options);
    const { folder } = await (async () => {
      await using slot = await open();
      await writeFile(join(slot.folder, 'object.o'), 'x'.repeat(1000));
      await noteTree(slot.folder, bench.options);
      assert.deepEqual(await evictBuilds({ ...bench.options, ...none }), []);
      return slot;
    })();
    assert.deepEqual(await evictBuilds({ ...bench.options, ...none }), [folder]);
    await using again = await open();
    assert.deepEqual(await readdir(again.folder), []);
  });

  test('a build whose lock another process holds, which may just be given it, stays', async () => {
    await using bench = await openBench();
    const [held, free] = [await finishedIn(bench, 'held'), await finishedIn(bench, 'free')];
    const lock = { ...bench.options, what: 'a build' };
    await using _holder = await acquireLock(buildLock(bench.options.cache, 'held'), lock);
    assert.deepEqual(await evictBuilds({ ...bench.options, ...none }), [free]);
    assert.ok((await stat(held)).isDirectory());
    assert.deepEqual(bench.notes(), [], 'nobody waits for it');
  });

  test('what leaves goes as a whole: nothing in its place is ever the half of a build', async () => {
    await using bench = await openBench();
    const folder = await finishedIn(bench, 'large', 300);
    let ended = false;
    const evicted = evictBuilds({ ...bench.options, ...none }).finally(() => {
      ended = true;
    });
    const seen = new Set<number>();
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- it ends while this loop waits
    while (!ended) {
      try {
        seen.add(readdirSync(join(folder, 'firmware')).length);
      } catch {
        seen.add(0);
      }
      await new Promise(setImmediate);
    }
    assert.deepEqual(await evicted, [folder]);
    assert.deepEqual(
      [...seen].filter((count) => count !== 0),
      [300],
    );
    assert.deepEqual(await readdir(workPlace(bench.options.cache)), []);
  });

  test('a build folder counts and can leave after a build that failed and after one that was killed', {
    skip: missingTools(),
  }, async () => {
    await using bench = await openBench();
    await bench.checkout.change('hw/wfi.c', 'return', 'retrun');
    await assert.rejects(build(bench, { ref: null }), failing(3, /does not compile/));
    const trees = join(bench.options.cache, 'build/trees');
    const [name] = (await readdir(trees)) as [string];
    const folder = join(trees, name);
    assert.ok((await stat(join(folder, 'size.json'))).isFile(), 'measured, though it failed');
    await forgetTree(folder);
    await rm(join(folder, 'build.log'));
    assert.deepEqual(await evictBuilds({ ...bench.options, ...none }), [folder]);
    assert.deepEqual(await readdir(trees), []);
  });
});
