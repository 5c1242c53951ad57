// A soak as a person would start it: how often a played guest fails, and what an interruption, a kill and a change leave of it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { goodBoot, startOfOpenrc } from './scripts.ts';
import { openWorld, type World } from './world.ts';

const panics = {
  console: [...startOfOpenrc, [20, '[    0.500000] Kernel panic - not syncing: Attempted to kill init!\r\n']],
} as const;

const soak = (qemu: string, ...words: string[]): string[] => ['soak', '--qemu', qemu, '--accel', 'tcg', ...words];

const bootsOf = (folder: string): number[] =>
  Array.from({ length: 9 }, (_, index) => index + 1).filter((number) => {
    try {
      return readFileSync(join(folder, 'boots', `${String(number).padStart(4, '0')}.json`), 'utf8').endsWith('}\n');
    } catch {
      return false;
    }
  });

/** Ends a soak of six boots when one of them is on disk. */
async function cutShort(world: World, qemu: string, boot: number, signal: NodeJS.Signals): Promise<void> {
  const running = world.start(...soak(qemu, '--boots', '6'));
  await running.said(`boot ${boot} of 6`);
  running.child.kill(signal);
  const { code } = await running.ended;
  assert.equal(code, signal === 'SIGINT' ? 130 : null);
}

describe('soaks', { concurrency: 2 }, () => {
  test('no failure is a bound, and every failure is told with its first boot', async () => {
    await using world = await openWorld();
    const good = await world.run(...soak(await world.player(goodBoot()), '--boots', '3'));
    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stdout, /0 of 3 boots failed: under 64 % at 95 %/);
    const bad = await world.run(...soak(await world.player(panics), '--boots', '2'));
    assert.equal(bad.code, 1, bad.stderr);
    assert.match(bad.stdout, /2 of 2 boots failed: 100 %, between 13 % and 100 % at 95 %; the first\s+was boot 1/);
    const [folder = ''] = world.runs();
    const accepted = await world.run('baseline', 'accept', folder);
    assert.match(accepted.stderr, /is a soak and no baseline/);
  });

  test('of a time and a number of boots, what is reached first ends a soak', async () => {
    await using world = await openWorld();
    const qemu = await world.player(goodBoot(400));
    const { stdout, stderr } = await world.run(...soak(qemu, '--boots', '3', '--for', '100ms'));
    assert.match(stdout, /0 of 1 boots failed/, stderr);
  });

  test('an interrupted soak goes on, and so does one that was killed', async () => {
    await using world = await openWorld();
    const qemu = await world.player(goodBoot(400));
    await cutShort(world, qemu, 1, 'SIGINT');
    await cutShort(world, qemu, 3, 'SIGKILL');
    const ended = await world.run(...soak(qemu, '--boots', '6'));
    assert.match(ended.stderr, /continuing soak \S+, which has \d boots/);
    assert.match(ended.stdout, /0 of 6 boots failed/);
    const [folder = '', ...others] = world.runs();
    assert.deepEqual([bootsOf(folder), others], [[1, 2, 3, 4, 5, 6], []]);
  });

  test('another configuration begins a new soak and says so; a longer one goes on', async () => {
    await using world = await openWorld();
    const qemu = await world.player(goodBoot(400));
    await cutShort(world, qemu, 1, 'SIGINT');
    const longer = await world.run(...soak(qemu, '--boots', '3'));
    assert.match(longer.stderr, /continuing soak/);
    await cutShort(world, qemu, 1, 'SIGINT');
    const other = await world.run(...soak(qemu, '--boots', '1', '--memory', '2 GiB'));
    assert.match(other.stderr, /a new soak is begun: the configuration changed since \S+, which is kept/);
    const emulator = await world.run(...soak(await world.player(goodBoot(), 'other-qemu'), '--boots', '1'));
    assert.equal(emulator.code, 0, emulator.stderr);
    assert.equal(world.runs().length, 4);
  });

  test('what a soak cannot do is said before anything is booted', async () => {
    await using world = await openWorld();
    const qemu = await world.player(goodBoot());
    const scenarios = '  one: {}\n  two: {}\n  told: {ready: [{line: READY}]}\n';
    writeFileSync(join(world.workspace, 'bootgauge.yml'), `version: 1\nscenarios:\n${scenarios}`);
    const problems = [
      [['one'], /a soak needs an end/],
      [['--boots', '1'], /a soak boots one scenario.*bootgauge soak one or two or told/s],
      [['one', '--boots', '1', '--load', 'gpu'], /--load gpu needs a guest with Vulkan/],
      [['told', '--boots', '1', '--load', 'cpu'], /--load cpu is started over SSH/],
      [['one', '--boots', '1', '--warmup', '1'], /a soak has no --warmup/],
      [['one', '--for', 'long'], /--for/],
    ] as const;
    for (const [words, problem] of problems) {
      const { code, stderr } = await world.run(...soak(qemu, ...words));
      assert.equal(code, 2);
      assert.match(stderr, problem);
    }
    assert.deepEqual(world.runs(), []);
  });
});
