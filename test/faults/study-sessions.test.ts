// Sessions of one study: one at a time, and what one of them has found out is known to the next.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bootsOf, reportOf, waitingStudy } from './studies.ts';
import { openWorld } from './world.ts';

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
});
