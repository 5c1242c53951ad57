// Guests that do not come up: each is a failed boot that says where it stood, kept on disk, with nothing left behind.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PlayerScript } from '../fixtures/qemu-player-script.ts';
import { startOfOpenrc, withoutSshd } from './scripts.ts';
import { openWorld, type World } from './world.ts';

/** Boots once, with a short deadline; the run is kept and can be judged again. */
async function failing(world: World, script: PlayerScript, expected: RegExp, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await world.boot(script, '--timeout', '2500 ms', ...words);
  assert.equal(code, 1, stdout + stderr);
  assert.match(stderr, expected);
  assert.deepEqual(await world.leftovers(), []);
  const again = await world.run('analyze');
  assert.equal(again.code, 1, again.stderr);
  assert.match(again.stdout, expected);
  return again.stdout;
}

// Side by side: most of a command's time is waiting.
describe('guests that do not come up', { concurrency: 4 }, () => {
  test('a guest that panics is over at once, with its last words', async () => {
    await using world = await openWorld();
    const script: PlayerScript = {
      console: [
        ...startOfOpenrc,
        [30, '[    0.500000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n'],
      ],
    };
    await failing(world, script, /Kernel panic - not syncing: VFS/);
  });

  test('a guest that panics and ends QEMU is no clean exit', async () => {
    await using world = await openWorld();
    const script: PlayerScript = {
      console: [[10, '[    0.500000] Kernel panic - not syncing: Attempted to kill init!']],
      exit: { atMs: 40, code: 0 },
    };
    await failing(world, script, /Kernel panic - not syncing: Attempted to kill init/);
  });

  test('a guest that hangs before the kernel says anything is told by its phase', async () => {
    await using world = await openWorld();
    await failing(world, { ssh: { networkAtMs: 60_000 } }, /before-openrc/);
  });

  test('a guest that hangs in its firmware or kernel is told by its phase in the attribution profile', async () => {
    await using world = await openWorld();
    await failing(world, {}, /firmware/, '--profile', 'attribution');
    const kernel: PlayerScript = { console: [[10, '[    0.000000] Booting Linux on physical CPU 0x0000000000\r\n']] };
    await failing(world, kernel, /kernel/, '--profile', 'attribution');
  });

  test('a guest that hangs in its initramfs is told by its phase', async () => {
    await using world = await openWorld();
    const script: PlayerScript = {
      console: [
        [10, '[    0.000000] Booting Linux on physical CPU 0x0000000000\r\n'],
        [20, '[    0.900000] Run /init as init process\r\n'],
        [30, ' * Mounting root: '],
      ],
    };
    await failing(world, script, /initramfs/, '--profile', 'attribution');
  });

  test('an emergency shell ends the boot at once', async () => {
    await using world = await openWorld();
    const script: PlayerScript = {
      console: [[10, ' * Mounting root: failed.\r\nLaunching initramfs emergency recovery shell. Type exit.\r\n~ # ']],
    };
    await failing(world, script, /emergency recovery shell/);
  });

  test('a guest that hangs in OpenRC is told by its phase', async () => {
    await using world = await openWorld();
    const script: PlayerScript = { console: [...startOfOpenrc, [20, ' * Mounting /proc ... [ ok ]\r\n']] };
    await failing(world, script, /openrc/);
  });

  test('an sshd that never starts is told by the phase it should have ended', async () => {
    await using world = await openWorld();
    await failing(world, withoutSshd, /hung in|in sshd|sshd/);
  });

  test('an sshd that lets nobody speak is told as well', async () => {
    await using world = await openWorld();
    await failing(world, { ...withoutSshd, ssh: { networkAtMs: 0, refuse: 'reset' } }, /sshd/);
  });

  test('a QEMU that is killed from outside is a failed boot, named by its signal', async () => {
    await using world = await openWorld();
    const qemu = await world.player({ console: startOfOpenrc });
    const words = ['--accel', 'tcg', '--warmup', '0', '-n', '1', '--max-boots', '1'];
    const running = world.start('run', '--qemu', qemu, ...words);
    while (world.emulators().length === 0) await new Promise((done) => setTimeout(done, 20));
    await new Promise((done) => setTimeout(done, 300));
    for (const pid of world.emulators()) process.kill(pid, 'SIGKILL');
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 1, stderr);
    assert.match(stdout, /SIGKILL/);
    assert.deepEqual(await world.leftovers(), []);
  });
});
