// Sessions of one study: one at a time, and what one of them has found out is known to the next.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { readRun } from '../../src/store/run-folder.ts';
import { readStudy } from '../../src/store/study-folder.ts';
import { goodBoot } from './scripts.ts';
import { beforeEachBoot, bootsOf, edit, reportOf, waitingStudy, writeStudy } from './studies.ts';
import { openWorld, type World } from './world.ts';

describe('sessions of one study', { concurrency: 2 }, () => {
  test('a second one waits for the first, says for whom, and goes on where that was interrupted', async () => {
    await using world = await openWorld();
    const { file, open, started } = await waitingStudy(world, 2, 3, '{ warmup: 0, blocks: 2, max-blocks: 2 }');
    const first = await started();
    const second = world.start('study', file, '--exhaustive', '--no-lock');
    await second.said(`waiting for process ${first.child.pid}, which uses the recording of this study`);
    first.child.kill('SIGINT');
    assert.equal((await first.ended).code, 130);
    await open();
    const { code, stderr } = await second.ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /continuing study .*, which has 2 boots/);
    const [folder, ...more] = world.runs() as [string];
    assert.deepEqual(more, []);
    assert.deepEqual(
      (await bootsOf(folder)).map(({ number, round }) => [number, round]),
      [1, 1, 2, 2].map((block, index) => [index + 1, block]),
    );
    assert.equal(reportOf(folder).finished, true);
  });

  test('a block is whole for good, also when an arm that could not be booted then can be later', async () => {
    await using world = await openWorld();
    const gate = (name: string): string => join(world.workspace, name);
    const stop = `[ "$boot" -lt 5 ] || until [ -e '${gate('open')}' ]; do touch '${gate('waits')}'; sleep 0.05; done`;
    const players: string[] = [];
    for (const ms of [100, 110, 120])
      players.push(await beforeEachBoot(await world.player(goodBoot(ms)), gate('boots'), stop));
    const [one, two, three] = players as [string, string, string];
    const levels = `one: { qemu: '${one}' }, two: { qemu: '${two}' }, three: { qemu: '${three}' }`;
    const file = await writeStudy(world, `  emulator: { ${levels} }\n`, '{ warmup: 1, blocks: 2, max-blocks: 2 }');
    /** Interrupts a session whose boot waits. */
    const interrupted = async (): Promise<string> => {
      await rm(gate('waits'), { force: true });
      const running = world.start('study', file, '--exhaustive');
      while (!existsSync(gate('waits')) && running.child.exitCode === null) await delay(20);
      running.child.kill('SIGINT');
      const { code, stderr } = await running.ended;
      assert.equal(code, 130, stderr);
      return stderr;
    };
    await rename(three, `${three}-away`);
    assert.match(await interrupted(), /emulator=three is not booted/);
    await rename(`${three}-away`, three);
    // This one gets no further than the warm-up of the third.
    await interrupted();
    await writeFile(gate('open'), '');
    const { code, stderr } = await world.run('study', file, '--exhaustive');
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /was cut short/);
    const [folder] = world.runs() as [string];
    assert.equal(reportOf(folder).blocks, 2);
    assert.deepEqual((await readStudy(folder))?.torn, []);
    assert.deepEqual(
      (await bootsOf(folder)).map(({ round }) => round),
      [0, 0, 1, 1, 0, 2, 2, 2],
    );
  });

  test('what an emulator runs on is recorded, and a study goes on only with the same', async () => {
    await using world = await openWorld();
    const { file, open, interrupted } = await waitingStudy(world, 2, 3, '{ warmup: 0, blocks: 2, max-blocks: 2 }');
    const firmware = join(world.environment.HOME as string, 'share/qemu');
    await mkdir(firmware, { recursive: true });
    await writeFile(join(firmware, 'efi.rom'), 'one');
    await interrupted();
    await writeFile(join(firmware, 'efi.rom'), 'another');
    await open();
    const { code, stderr } = await world.run('study', file);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /a new study is begun: machine, emulator or guest have changed since/);
    const recorded = await Promise.all(world.runs().map((folder) => readRun(folder)));
    const digests = recorded.map(({ scenarios }) =>
      scenarios.map(({ conditions }) => conditions.head.emulator.runtime),
    );
    assert.equal(digests.length, 2);
    assert.match(digests[0]?.[0]?.firmware ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual(digests[0]?.[1], digests[0]?.[0]);
    assert.notDeepEqual(digests[1]?.[0], digests[0]?.[0]);
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
