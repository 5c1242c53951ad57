// An emulator that cannot be used, or that ends: what a person reads, the exit code, and that nothing is left.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { goodBoot } from './scripts.ts';
import { openWorld } from './world.ts';

// Side by side: most of a command's time is waiting.
describe('emulators that fail', { concurrency: 4 }, () => {
  test('a QEMU that is missing is named, and nothing is recorded', async () => {
    await using world = await openWorld();
    const { code, stderr } = await world.run('run', '--qemu', './no-such-qemu');
    assert.equal(code, 2, stderr);
    assert.match(stderr, /no-such-qemu does not exist/);
    assert.match(stderr, /--qemu/);
    assert.deepEqual(world.runs(), []);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a QEMU that may not be executed is named', async () => {
    await using world = await openWorld();
    await writeFile(join(world.workspace, 'qemu'), 'no program', { mode: 0o644 });
    const { code, stderr } = await world.run('run', '--qemu', './qemu');
    assert.equal(code, 2, stderr);
    assert.match(stderr, /qemu may not be executed/);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a program of a foreign format is said to be unable to start', async () => {
    await using world = await openWorld();
    await writeFile(join(world.workspace, 'qemu'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 9, 9, 9]), { mode: 0o755 });
    const { code, stderr } = await world.run('run', '--qemu', './qemu');
    assert.ok(code === 2 || code === 3, stderr);
    assert.doesNotMatch(stderr, /fault in Bootgauge/);
    assert.match(stderr, /qemu/);
    assert.deepEqual(world.runs(), []);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a folder and a program that is no QEMU are refused', async () => {
    await using world = await openWorld();
    for (const [qemu, why] of [
      ['.', /is not a file/],
      [process.execPath, /is not a QEMU emulator/],
    ] as const) {
      const { code, stderr } = await world.run('run', '--qemu', qemu);
      assert.equal(code, 2, stderr);
      assert.match(stderr, why);
    }
  });

  test('no QEMU on PATH is said, with the two ways out', async () => {
    await using world = await openWorld();
    world.environment.PATH = join(world.workspace, 'empty');
    const { code, stderr } = await world.run('run', '--qemu');
    assert.equal(code, 2, stderr);
    assert.match(stderr, /no qemu-system-aarch64 on PATH/);
    assert.match(stderr, /--qemu FILE/);
  });

  test('a QEMU that exits at once is a failed boot that shows what it wrote to standard error', async () => {
    await using world = await openWorld();
    const script = {
      stderr: "qemu-system-aarch64: -device virtio-gpu-gl-pci: 'venus' requires hostmem\n",
      exitAtOnce: 1,
    };
    const qemu = await world.player(script);
    const ended = await world.run(
      'run',
      '--qemu',
      qemu,
      '--accel',
      'tcg',
      '--warmup',
      '0',
      '-n',
      '3',
      '--max-boots',
      '3',
    );
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stdout, /QEMU ended with status 1/);
    assert.match(ended.stdout + ended.stderr, /'venus' requires hostmem/);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a QEMU that exits at once while its output goes on coming from a child leaves neither', async () => {
    await using world = await openWorld();
    const ended = await world.boot({ ...goodBoot(), forkChild: true, ignoreSigterm: true });
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a QEMU that never speaks QMP is a boot that hung, at the deadline', async () => {
    await using world = await openWorld();
    const { code, stdout, stderr } = await world.boot({ qmp: 'silent' }, '--timeout', '1 s');
    assert.equal(code, 1, stderr);
    assert.match(stdout, /hung in qemu-start/);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a port that is in use when QEMU wants it is replaced, and the boot counts', async () => {
    await using world = await openWorld();
    // Takes the forwarded port for itself the first two times, then lets QEMU have it.
    const qemu = await world.player(goodBoot());
    const thief = join(world.workspace, 'thief');
    const count = join(world.workspace, 'count');
    await writeFile(
      thief,
      `#!/bin/sh
case "$*" in *id=qmp*)
  echo x >> '${count}'
  if [ "$(wc -l < '${count}')" -le 2 ]; then
    echo "qemu: -netdev user: Could not set up host forwarding rule 'tcp:127.0.0.1:22-:22'" >&2
    exit 1
  fi ;;
esac
exec '${qemu}' "$@"
`,
      { mode: 0o755 },
    );
    const words = ['--accel', 'tcg', '--warmup', '0', '-n', '1', '--max-boots', '1'];
    const { code, stdout, stderr } = await world.run('run', '--qemu', thief, ...words);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /time-to-ssh +[\d.]+ m?s +n\/a +1 /);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('ports that others hold do not disturb a run', async () => {
    await using world = await openWorld();
    const servers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const server = createServer();
        await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
        return server;
      }),
    );
    const { code, stderr } = await world.boot(goodBoot());
    for (const server of servers) server.close();
    assert.equal(code, 0, stderr);
  });
});
