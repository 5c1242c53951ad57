// Sessions of one study: one at a time, and what one of them has found out is known to the next.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readRun } from '../../src/store/run-folder.ts';
import { goodBoot } from './scripts.ts';
import { bootsOf, edit, reportOf, waitingStudy, writeStudy } from './studies.ts';
import { openWorld, type World } from './world.ts';

describe('sessions of one study', { concurrency: 2 }, () => {
  test('a second one waits for the first, says for whom, and goes on where that was interrupted', async () => {
    await using world = await openWorld();
    const { file, open, started } = await waitingStudy(world, 2, 3, '{ warmup: 0, blocks: 2, max-blocks: 2 }');
    const first = await started();
    const second = world.start('study', file, '--exhaustive');
    await second.said(`waiting for process ${first.child.pid}, which uses this very study`);
    first.child.kill('SIGINT');
    assert.equal((await first.ended).code, 130);
    await open();
    const { code, stderr } = await second.ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /going on with .*2 boots are there/);
    const [folder, ...more] = world.runs() as [string];
    assert.deepEqual(more, []);
    assert.deepEqual(
      (await bootsOf(folder)).map(({ number, round }) => [number, round]),
      [1, 1, 2, 2].map((block, index) => [index + 1, block]),
    );
    assert.equal(reportOf(folder).finished, true);
  });

  test('a default arm that never came up makes no finished study, however often it is asked', async () => {
    await using world = await openWorld();
    const file = await studyOfTwo(world, 'dead', 'good');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { code, stderr } = await world.run('study', file);
      assert.equal(code, 3, stderr);
      assert.match(stderr, /the default arm does not come up: none of its 2 boots came up/);
      const [folder] = world.runs() as [string];
      assert.equal((await readRun(folder)).finished, false);
      assert.equal((await bootsOf(folder)).length, 4);
    }
    assert.equal(world.runs().length, 1);
  });

  test('an arm that the last block ended is ended although a kill came in between', async () => {
    await using world = await openWorld();
    const file = await studyOfTwo(world, 'good', 'dead');
    assert.equal((await world.run('study', file)).code, 0);
    const [folder] = world.runs() as [string];
    const endings = () => reportOf(folder).arms.map(({ boots, ended }) => [boots, ended?.why, ended?.block]);
    const expected = [
      [2, undefined, undefined],
      [2, 'never came up', 2],
    ];
    assert.deepEqual(endings(), expected);
    await edit(join(folder, 'run.json'), (run: object) => ({ ...run, finished: false }));
    await edit(join(folder, 'study.json'), (study: object) => ({ ...study, ended: [] }));
    const { code, stderr } = await world.run('study', file);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /emulator=dead ends after block 2: none of its 2 boots came up/);
    assert.deepEqual(endings(), expected);
    assert.equal(world.runs().length, 1);
  });
});

/** A study of two blocks of two emulators, the first one the default, of which one ends as soon as it boots. */
async function studyOfTwo(world: World, ...names: readonly ('good' | 'dead')[]): Promise<string> {
  const players = {
    good: await world.player(goodBoot(100)),
    dead: await world.player({ exit: { atMs: 20, code: 1 } }),
  };
  const levels = names.map((name) => `${name}: { qemu: '${players[name]}' }`).join(', ');
  return writeStudy(world, `  emulator: { ${levels} }\n`, '{ warmup: 0, blocks: 2, max-blocks: 2 }');
}
