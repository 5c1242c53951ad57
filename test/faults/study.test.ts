// Studies as a person runs them: what can be reached is ranked, what cannot is named, and an interruption loses nothing.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { StudyReport } from '../../src/model/study.ts';
import { endlessBoot, goodBoot } from './scripts.ts';
import { openWorld, type World } from './world.ts';

async function writeStudy(world: World, factors: string, sampling: string): Promise<string> {
  const text = `version: 1\nname: test\ncommon: { accel: tcg }\nfactors:\n${factors}sampling: ${sampling}\n`;
  await writeFile(join(world.workspace, 'study.yml'), text);
  return 'study.yml';
}

const reportOf = (folder: string): StudyReport =>
  JSON.parse(readFileSync(join(folder, 'study-report.json'), 'utf8')) as StudyReport;

describe('studies', { concurrency: 2 }, () => {
  test('a slower arm is ranked, one that never comes up and one that cannot be reached are named, nothing is left', async () => {
    await using world = await openWorld();
    const [fast, slow, dead] = [
      await world.player(goodBoot(100)),
      await world.player(goodBoot(700)),
      await world.player(endlessBoot),
    ];
    const file = await writeStudy(
      world,
      `  emulator:\n    fast: { qemu: '${fast}' }\n    slow: { qemu: '${slow}' }\n    dead: { qemu: '${dead}' }\n  wfi: { plain: {}, sleep: { environment: { HVF_WFI_SLEEP: '1' } } }\n`,
      '{ warmup: 0, blocks: 3, max-blocks: 4 }',
    );
    const { code, stdout, stderr } = await world.run('study', file, '--timeout', '2500 ms');
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /emulator: slow instead of fast: \+/);
    assert.match(stdout, /never came up/);
    assert.match(
      stdout.replaceAll(/\n\s+/g, ' '),
      /wfi: sleep instead of plain: not booted: HVF_WFI_SLEEP is read by the HVF/,
    );
    const [folder] = world.runs();
    const report = reportOf(folder as string);
    assert.equal(report.finished, true);
    assert.equal(report.ranking.find(({ level }) => level === 'slow')?.word, 'slower');
    assert.equal(report.arms.find(({ id }) => id === 'emulator=dead')?.boots, 2);
    assert.deepEqual(await world.leftovers(), []);
    const again = await world.run('study', '--report', folder as string);
    assert.equal(again.code, 0, again.stderr);
    assert.equal(again.stdout, stdout);
    const accepted = await world.run('baseline', 'accept');
    assert.equal(accepted.code, 2);
    assert.match(accepted.stderr, /is a study and no baseline/);
  });

  test('an interrupted study goes on where it was', async () => {
    await using world = await openWorld();
    const one = await world.player(goodBoot(100));
    const other = await world.player(goodBoot(150));
    const file = await writeStudy(
      world,
      `  emulator:\n    one: { qemu: '${one}' }\n    other: { qemu: '${other}' }\n`,
      '{ warmup: 1, blocks: 3, max-blocks: 3 }',
    );
    const first = world.start('study', file, '--exhaustive');
    await first.said(/boot 4 of/);
    first.child.kill('SIGINT');
    assert.equal((await first.ended).code, 130);
    const [folder] = world.runs() as [string];
    const kept = readdirSync(join(folder, 'boots')).filter((name) => name.endsWith('.json'));
    assert.ok(kept.length >= 3);
    const second = await world.run('study', file, '--exhaustive');
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, new RegExp(`going on with .*${kept.length} boots are there`));
    assert.equal(world.runs().length, 1);
    const report = reportOf(folder);
    assert.deepEqual(
      report.arms.map(({ boots }) => boots),
      [3, 3],
    );
    assert.equal(report.finished, true);
    const third = await world.run('study', file, '--exhaustive');
    assert.equal(third.code, 0, third.stderr);
    assert.equal(world.runs().length, 2);
  });

  test('a default arm that never comes up is no study, and a run that is none is said to be none', async () => {
    await using world = await openWorld();
    const dead = await world.player(endlessBoot);
    const good = await world.player(goodBoot(100));
    const file = await writeStudy(
      world,
      `  emulator:\n    dead: { qemu: '${dead}' }\n    good: { qemu: '${good}' }\n`,
      '{ warmup: 0, blocks: 2 }',
    );
    const { code, stderr } = await world.run('study', file, '--timeout', '1500 ms');
    assert.equal(code, 3, stderr);
    assert.match(stderr, /the default arm does not come up/);
    await world.boot(goodBoot(100));
    const none = await world.run('study', '--report', world.runs().at(-1) as string);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /is no study/);
  });
});
