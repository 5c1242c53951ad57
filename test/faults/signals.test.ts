// A command that is interrupted at any moment: no QEMU lives on, no folder stays, and what was finished can be read.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { endlessBoot, goodBoot } from './scripts.ts';
import { openWorld, type Running, type World } from './world.ts';

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof exitCodes;

/** A boot that takes long is named before it has ended. */
const secondBootEnded = /boot 2 of .*: SSH after/;

/** Starts a run of many boots with a player. */
async function startRun(world: World, script: Parameters<World['player']>[0], boots = 50): Promise<Running> {
  const qemu = await world.player(script);
  const count = String(boots);
  return world.start('run', '--qemu', qemu, '--accel', 'tcg', '--warmup', '0', '-n', count, '--max-boots', count);
}

async function emulatorRuns(world: World): Promise<void> {
  while (world.emulators().length === 0) await delay(10);
}

/** Finished boots are on disk, and the run can be judged without the emulator. */
async function readable(world: World, boots: number): Promise<void> {
  const { code, stdout, stderr } = await world.run('analyze');
  assert.equal(code, 0, stderr);
  const counted = Number(/time-to-ssh .* (\d+) +\S+(?: %)?\n/.exec(stdout)?.[1]);
  assert.ok(counted >= boots, `${counted} of at least ${boots} boots were read:\n${stdout}`);
}

async function interruptedBy(signal: Signal, running: Running): Promise<void> {
  running.child.kill(signal);
  const ended = await running.ended;
  assert.equal(ended.code, exitCodes[signal], ended.stderr);
  assert.match(ended.stderr, new RegExp(`${signal}: stopping and cleaning up`));
  assert.doesNotMatch(ended.stderr, /fault in Bootgauge/);
}

describe('interrupted commands', { concurrency: 4 }, () => {
  for (const signal of Object.keys(exitCodes) as Signal[]) {
    test(`${signal} before the first spawn ends the command with nothing recorded`, async () => {
      await using world = await openWorld();
      const running = world.start('run', '--qemu', await world.player({ versionHangs: true }));
      while (world.processes('--version').length === 0) await delay(10);
      const began = performance.now();
      await interruptedBy(signal, running);
      assert.ok(performance.now() - began < 4000, 'the interruption waited for the time limit of another program');
      assert.deepEqual(world.runs(), []);
      assert.deepEqual(await world.leftovers(), []);
    });

    test(`${signal} during a boot takes the emulator and its folder with it`, async () => {
      await using world = await openWorld();
      const running = await startRun(world, { ...endlessBoot, ignoreSigterm: true, forkChild: true });
      await emulatorRuns(world);
      await delay(200);
      await interruptedBy(signal, running);
      assert.deepEqual(world.emulators(), []);
      assert.deepEqual(await world.leftovers(), []);
    });

    test(`${signal} between boots keeps those that were finished`, async () => {
      await using world = await openWorld();
      const running = await startRun(world, goodBoot());
      await running.said(secondBootEnded);
      await interruptedBy(signal, running);
      assert.deepEqual(await world.leftovers(), []);
      await readable(world, 2);
      const refused = await world.run('baseline', 'accept');
      assert.equal(refused.code, 2, refused.stderr);
      assert.match(refused.stderr, /was interrupted and is no baseline/);
    });
  }

  test('SIGKILL during a boot: no QEMU and no folder a second later', async () => {
    await using world = await openWorld();
    const running = await startRun(world, { ...endlessBoot, ignoreSigterm: true, forkChild: true });
    await emulatorRuns(world);
    running.child.kill('SIGKILL');
    assert.equal((await running.ended).signal, 'SIGKILL');
    assert.deepEqual(await world.leftovers(), []);
  });

  test('SIGKILL at any moment leaves a run that can be read', async () => {
    await using world = await openWorld();
    for (const afterMs of [0, 50, 120]) {
      const running = await startRun(world, goodBoot());
      await running.said(secondBootEnded);
      await delay(afterMs);
      running.child.kill('SIGKILL');
      await running.ended;
      assert.deepEqual(await world.leftovers(), []);
      await readable(world, 2);
    }
  });

  test('SIGKILL before anything was booted leaves nothing that harms the next run', async () => {
    await using world = await openWorld();
    for (const afterMs of [50, 300]) {
      const running = await startRun(world, goodBoot());
      await delay(afterMs);
      running.child.kill('SIGKILL');
      await running.ended;
    }
    assert.deepEqual(await world.leftovers(), []);
    const { code, stderr } = await world.boot(goodBoot());
    assert.equal(code, 0, stderr);
  });

  test('a second signal ends at once, and still no QEMU lives on', async () => {
    await using world = await openWorld();
    const running = await startRun(world, { ...endlessBoot, ignoreSigterm: true });
    await emulatorRuns(world);
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a reader that went away ends nothing: the run is recorded whole', async () => {
    await using world = await openWorld();
    const running = await startRun(world, goodBoot(), 2);
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    assert.equal((await running.ended).code, 0);
    await readable(world, 2);
  });
});
