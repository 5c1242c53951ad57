// Studies that did not come to their end at once: nothing of them is lost, and nothing is compared across the interruption.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readRun } from '../../src/store/run-folder.ts';
import { readStudy } from '../../src/store/study-folder.ts';
import { goodBoot } from './scripts.ts';
import { beforeEachBoot, bootsOf, edit, reportOf, waitingStudy, writeStudy } from './studies.ts';
import { openWorld } from './world.ts';

describe('interrupted studies', { concurrency: 2 }, () => {
  test('an interrupted study goes on with whole blocks: a torn one is kept and not compared', async () => {
    await using world = await openWorld();
    const { file, open, interrupted } = await waitingStudy(world, 2, 4, '{ warmup: 1, blocks: 3, max-blocks: 3 }');
    const folder = await interrupted();
    assert.equal((await bootsOf(folder)).length, 3);
    await open();
    const second = await world.run('study', file, '--exhaustive');
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /continuing study .*, which has 3 boots/);
    assert.match(second.stderr, /block 1 was cut short/);
    assert.equal(world.runs().length, 1);
    const boots = await bootsOf(folder);
    assert.deepEqual(
      boots.map(({ round }) => round),
      [0, 0, 1, 2, 2, 3, 3, 4, 4],
    );
    assert.deepEqual((await readStudy(folder))?.torn, [1]);
    const report = reportOf(folder);
    assert.deepEqual(
      report.arms.map((arm) => arm.boots),
      [3, 3],
    );
    assert.deepEqual([report.finished, report.blocks, report.ranking[0]?.main.blocks], [true, 3, 3]);
    const third = await world.run('study', file, '--warmup', '0', '-n', '2', '--max-boots', '2');
    assert.equal(third.code, 0, third.stderr);
    assert.equal(world.runs().length, 2);
  });

  test('an arm that had ended is not booted again, however many boots are asked for later', async () => {
    await using world = await openWorld();
    const { file, open, interrupted } = await waitingStudy(world, 3, 5, '{ warmup: 0, blocks: 2, max-blocks: 2 }');
    const folder = await interrupted();
    const slower = { arm: 'emulator=three', block: 1, why: 'slower', because: 'it is surely slower than the default' };
    await edit(join(folder, 'study.json'), (study: object) => ({ ...study, ended: [slower] }));
    await open();
    const { code, stderr } = await world.run('study', file, '--exhaustive', '--max-boots', '4');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /not booted any more, ended before: emulator=three \(slower\); --restart begins a new study/);
    const boots = await bootsOf(folder);
    assert.deepEqual(
      boots.slice(4).map(({ round, scenario }) => [round, scenario === 'emulator=three']),
      [3, 3, 4, 4, 5, 5].map((block) => [block, false]),
    );
    const report = reportOf(folder);
    assert.deepEqual(report.ranking.map(({ level, main }) => [level, main.blocks]).sort(), [
      ['three', 1],
      ['two', 4],
    ]);
    assert.deepEqual(report.arms.find(({ id }) => id === slower.arm)?.ended, slower);
  });

  test('what was noticed before an interruption is still told, and no file names the home folder', async () => {
    await using world = await openWorld();
    const { file, open, interrupted } = await waitingStudy(world, 2, 3, '{ warmup: 0, blocks: 2, max-blocks: 2 }');
    const folder = await interrupted();
    const text = 'the machine ran on its battery';
    await edit(join(folder, 'run.json'), (run: { scenarios: { hostState: { before: object } }[] }) => ({
      ...run,
      scenarios: run.scenarios.map((entry) => ({
        ...entry,
        hostState: { before: { ...entry.hostState.before, power: 'battery' }, after: null },
        warnings: [{ code: 'on-battery', text }],
      })),
    }));
    await open();
    const { code, stderr } = await world.run('study', file, '--exhaustive');
    assert.equal(code, 0, stderr);
    const { scenarios } = await readRun(folder);
    assert.deepEqual(
      scenarios.map(({ hostState, boots }) => [hostState.before.power, boots.map(({ round }) => round)]),
      [
        ['battery', [1, 2]],
        ['battery', [1, 2]],
      ],
    );
    assert.equal(reportOf(folder).warnings.filter((warning) => warning === text).length, 1);
    const files = globSync('**/*.json', { cwd: folder });
    assert.ok(files.length >= 6, files.join());
    const naming = files.filter((path) =>
      readFileSync(join(folder, path), 'utf8').includes(`${world.environment.HOME}/`),
    );
    assert.deepEqual(naming, []);
  });

  test('a study that was interrupted while it waited for a quiet machine leaves nothing that stops the next one', async () => {
    await using world = await openWorld();
    const { file, open } = await waitingStudy(world, 2, 1, '{ warmup: 0, blocks: 2, max-blocks: 2 }');
    await open();
    const config = (wait: string): Promise<void> =>
      writeFile(
        join(world.workspace, 'bootgauge.yml'),
        `version: 1\ndefaults: { sampling: { quiet-wait: ${wait} } }\n`,
      );
    await config('60 s');
    const busy = spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
    try {
      const running = world.start('study', file);
      await running.said('waiting for a quiet machine');
      running.child.kill('SIGINT');
      assert.equal((await running.ended).code, 130);
    } finally {
      busy.kill('SIGKILL');
    }
    const halves = world
      .runs()
      .filter((run) => existsSync(join(run, 'study.json')) && !existsSync(join(run, 'run.json')));
    assert.deepEqual(halves, []);
    await config('0 s');
    const { code, stderr } = await world.run('study', file);
    assert.equal(code, 0, stderr);
  });

  test('a default arm with a bad hour is counted and gone on with, and one that never came up gets another chance', async () => {
    await using world = await openWorld();
    const [good, bad] = [await world.player(goodBoot(100)), await world.player({ exit: { atMs: 20, code: 1 } })];
    const fail = `case $boot in 1|2|4|5) exec '${bad}' "$@" ;; esac`;
    const sometimes = await beforeEachBoot(good, join(world.workspace, 'boots'), fail);
    const file = await writeStudy(
      world,
      `  emulator: { sometimes: { qemu: '${sometimes}' }, good: { qemu: '${good}' } }\n`,
      '{ warmup: 1, blocks: 2, max-blocks: 5 }',
    );
    const first = await world.run('study', file, '--exhaustive');
    assert.equal(first.code, 3, first.stderr);
    assert.match(first.stderr, /the default arm does not come up/);
    const second = await world.run('study', file, '--exhaustive');
    assert.equal(second.code, 0, second.stderr);
    assert.equal(world.runs().length, 1);
    const report = reportOf(world.runs()[0] as string);
    assert.deepEqual(
      report.arms.map(({ boots, failed }) => [boots, failed]),
      [
        [5, 3],
        [5, 0],
      ],
    );
  });
});
