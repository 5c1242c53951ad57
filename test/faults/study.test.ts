// Studies as a person runs them: what can be reached is ranked, and what cannot is named.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { endlessBoot, goodBoot } from './scripts.ts';
import { reportOf, writeStudy } from './studies.ts';
import { openWorld } from './world.ts';

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

  test('what turns out on this machine to be the same arm, or to reach nobody, is not booted, and that is said', async () => {
    await using world = await openWorld();
    const [fast, slow] = [await world.player(goodBoot(100)), await world.player(goodBoot(700))];
    // `auto` is another word than `tcg`; where nothing better works, it is the same boot, and HVF's variables are read by nobody.
    const file = await writeStudy(
      world,
      `  emulator:\n    fast: { qemu: '${fast}' }\n    slow: { qemu: '${slow}' }\n  accel:\n    auto: { accel: auto }\n    tcg: { accel: tcg }\n  wfi: { plain: {}, sleep: { environment: { HVF_WFI_SLEEP: '1' } } }\n`,
      '{ warmup: 0, blocks: 2, max-blocks: 2 }',
    );
    const { code, stdout, stderr } = await world.run('study', file, '--exhaustive');
    assert.equal(code, 0, stdout + stderr);
    assert.match(
      stdout.replaceAll(/\n\s+/g, ' '),
      /accel: tcg instead of auto: not booted: on this machine it boots exactly what default boots/,
    );
    assert.match(stdout.replaceAll(/\n\s+/g, ' '), /wfi: sleep .* not booted: HVF_WFI_SLEEP .* this arm runs tcg/);
    const report = reportOf(world.runs()[0] as string);
    assert.equal(report.finished, true);
    assert.deepEqual(
      report.arms.map(({ id, boots, ended }) => [id, boots, ended?.why ?? '']),
      [
        ['default', 2, ''],
        ['emulator=slow', 2, ''],
        ['accel=tcg', 0, 'same plan'],
        ['wfi=sleep', 0, 'unreachable'],
      ],
    );
  });

  test('a default arm that never comes up is not a study, and a run that is none is said to be none', async () => {
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
    assert.match(none.stderr, /is not a study/);
  });
});
