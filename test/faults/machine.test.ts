// One measurement at a time on one machine, also from the command line.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { until } from '../helpers.ts';
import { goodBoot } from './scripts.ts';
import { openWorld } from './world.ts';

test('a second run waits for the machine and says for whom, since when; --no-lock waits for nobody', async () => {
  await using world = await openWorld();
  const { qemu, open } = await world.gatedPlayer(goodBoot());
  const words = ['run', '--accel', 'tcg', '--warmup', '0', '--boots', '1', '--max-boots', '1'];
  const first = world.start(...words, '--qemu', qemu);
  await until(() => existsSync(join(world.environment.BOOTGAUGE_LOCK ?? '', '1.lock')));
  const ready = await world.player(goodBoot());
  const second = world.start(...words, '--qemu', ready);
  await second.said(
    new RegExp(
      `waiting for process ${first.child.pid}, which uses this machine to measure since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC`,
    ),
  );
  const hurried = await world.run(...words, '--qemu', ready, '--no-lock');
  assert.equal(hurried.code, 0, hurried.stderr);
  assert.equal(first.child.exitCode, null, 'the first one still measures');
  await open();
  for (const { code, stderr } of [await first.ended, await second.ended]) assert.equal(code, 0, stderr);
  assert.equal(world.runs().length, 3);
});
