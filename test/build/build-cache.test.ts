// The cache of finished builds: what is kept, what is made again, what leaves first, and what machines share.
import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { evictBuilds } from '../../src/build/eviction.ts';
import { buildLock } from '../../src/build/places.ts';
import type { SharedBuilds } from '../../src/model/build.ts';
import { acquireLock } from '../../src/store/lock.ts';
import { build, steps } from './build-bench.ts';
import { missingTools, openBench } from './little-qemu.ts';

describe('the cache of builds', { concurrency: 2, skip: missingTools() }, () => {
  test('two builds of one key at once are one build', async () => {
    await using bench = await openBench();
    const [one, other] = await Promise.all([build(bench, {}, {}, 'base'), build(bench, {}, {}, 'head')]);
    assert.deepEqual([steps(one), steps(other)].sort(), [5, null]);
    assert.equal(one.emulator.digest, other.emulator.digest);
  });

  test('a build that was damaged in the cache is made again', async () => {
    await using bench = await openBench();
    const { emulator } = await build(bench);
    const whole = await readFile(emulator.program);
    // Cut, and as long as it was but with other bytes.
    for (const damaged of [Buffer.from('cut'), Buffer.concat([whole.subarray(0, -1), Buffer.from('x')])]) {
      await writeFile(emulator.program, damaged);
      const again = await build(bench);
      assert.equal(steps(again), 0);
      assert.equal(again.emulator.digest, emulator.digest);
    }
  });

  test('what was not used for the longest time leaves the cache first, never what is in use', async () => {
    await using bench = await openBench();
    const programs: string[] = [];
    for (const pause of ['usleep(1)', 'usleep(2)', 'usleep(3)']) {
      const text = await bench.checkout.read('hw/machine.c');
      await bench.checkout.write('hw/machine.c', text.replace(/usleep\(\d+\)/, pause));
      programs.push((await build(bench, { ref: null })).emulator.program);
    }
    const trees = (await readdir(join(bench.options.cache, 'build/trees'))).map((name) =>
      join(bench.options.cache, 'build/trees', name),
    );
    const folders = programs.map((program) => resolve(program, '..')) as [string, string, string];
    for (const [index, folder] of folders.entries()) {
      const then = new Date(1e12 + index * 1e6);
      await utimes(join(folder, 'manifest.json'), then, then);
    }
    assert.deepEqual(await evictBuilds({ ...bench.options, mostBytes: 1 }), trees, 'this process has been given all');
    await endUse(folders);
    const { size } = await stat(programs[0] as string);
    const kept = { ...bench.options, mostBytes: 1.5 * size };
    assert.deepEqual(await evictBuilds(kept), [folders[0], folders[1]]);
    assert.ok((await stat(folders[2])).isDirectory());
    assert.deepEqual(await evictBuilds({ ...bench.options, mostBytes: 0 }), [folders[2]]);
    assert.equal(steps(await build(bench, { ref: null })), 5);
  });

  test('a finished build is looked for under its lock: one that leaves just then is made again, not given', async () => {
    await using bench = await openBench();
    const { emulator } = await build(bench);
    const begin = async () => {
      await using _holder = await acquireLock(buildLock(bench.options.cache, emulator.build.key), {
        ...bench.options,
        what: 'a build',
      });
      const running = build(bench);
      while (!bench.notes().some((note) => /^waiting for process \d+, which uses the build of head/.test(note)))
        await delay(10);
      await rm(resolve(emulator.program, '..'), { recursive: true });
      return { running };
    };
    const { running } = await begin();
    assert.equal(steps(await running), 0);
    assert.ok((await stat(emulator.program)).isFile());
  });

  test('a build that another machine shared is taken when it is whole', async () => {
    await using bench = await openBench();
    const box = join(bench.folder, 'shared');
    const { cp } = await import('node:fs/promises');
    const shared: SharedBuilds = {
      restore: async (key, _beginning, folder) => {
        if ((await stat(join(box, key)).catch(() => null)) === null) return false;
        await cp(join(box, key), folder, { recursive: true });
        return true;
      },
      save: (key, folder) => cp(folder, join(box, key), { recursive: true }),
    };
    const first = await build(bench, {}, { shared });
    const elsewhere = { shared, cache: join(bench.folder, 'another-cache') };
    const second = await build(bench, {}, elsewhere);
    assert.equal(steps(second), null);
    assert.equal(second.emulator.digest, first.emulator.digest);
    assert.deepEqual([first.isNew, second.isNew, (await build(bench, {}, elsewhere)).isNew], [true, true, false]);
    const program = join(box, first.emulator.build.key, 'qemu-system-aarch64');
    await writeFile(program, Buffer.alloc((await stat(program)).size, 1));
    const third = await build(bench, {}, { shared, cache: join(bench.folder, 'a-third-cache') });
    assert.equal(steps(third), 5, 'bytes that are not the promised ones are not run');
  });

  test('both sides of a run stay however small the cache is, and what an ended process has used goes', async () => {
    await using bench = await openBench();
    const small = { mostBytes: 1 };
    const base = await build(bench, {}, small, 'base');
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    const head = await build(bench, { ref: null }, small, 'head');
    for (const { emulator } of [base, head]) assert.ok((await stat(emulator.program)).isFile());
    await endUse([resolve(base.emulator.program, '..')]);
    await bench.checkout.change('hw/machine.c', 'usleep(2000)', 'usleep(3000)');
    await build(bench, { ref: null }, small, 'head');
    await assert.rejects(stat(base.emulator.program));
    assert.ok((await stat(head.emulator.program)).isFile());
  });
});

/** As when the process that used them has ended. */
async function endUse(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const marks = (await readdir(folder)).filter((name) => name.startsWith('in-use-'));
    assert.equal(marks.length, 1);
    await rm(join(folder, marks[0] as string));
    await writeFile(join(folder, 'in-use-2147483646-never'), '');
  }
}
