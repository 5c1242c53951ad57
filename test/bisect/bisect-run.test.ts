// The whole program bisects a few commits of the small program that stands for QEMU. test/long has a longer history.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { bootableCheckout } from '../build/bootable.ts';
import { missingTools } from '../build/little-qemu.ts';
import { goodBoot } from '../faults/scripts.ts';
import { openWorld } from '../faults/world.ts';

test('a commit that builds but does not boot is skipped; who asks the same waits, and goes on when the first is killed', {
  skip: missingTools(),
}, async () => {
  await using world = await openWorld('', { limitMs: 300_000 });
  const checkout = await bootableCheckout(world);
  // Slow enough to be found, and no slower.
  await writeFile(join(world.workspace, '../scripts/slow.json'), JSON.stringify(goodBoot(450)));
  const good = checkout.git('rev-parse', 'HEAD');
  await checkout.write('notes.h', '/* nothing that runs */\n');
  checkout.commit('Notes');
  await checkout.change('hw/machine.c', 'usleep(1000)', '_exit(3)');
  const dead = checkout.commit('End at once');
  await checkout.change('hw/machine.c', '_exit(3)', 'usleep(1000)');
  const fast = checkout.commit('Go on again');
  await checkout.change('hw/wfi.c', '"quick"', '"slow"');
  const slow = checkout.commit('Sleep');
  const words = ['bisect', good, 'main', '--boots', '3', '--max-boots', '8'];
  const first = world.start(...words);
  await first.said('boot 1 of');
  const second = world.start(...words, '--no-lock');
  await second.said(`waiting for process ${first.child.pid}, which uses the journal of this bisection`);
  await first.said(`${dead.slice(0, 10)} is skipped: does not boot: none of 3 boots of head got ready`);
  first.child.kill('SIGKILL');
  const { code, stdout, stderr } = await second.ended;
  assert.equal(code, 0, stdout + stderr);
  assert.match(stderr, /going on with an earlier bisection, which tested 1 commit/);
  assert.doesNotMatch(stderr, new RegExp(`${dead.slice(0, 10)} is `), 'it is not tried again');
  assert.match(stdout, new RegExp(`^First slower commit: ${slow.slice(0, 7)}\\w* Sleep\\n`));
  assert.match(stdout, new RegExp(`time-to-ssh \\+\\d+\\.\\d % .*compared with its parent ${fast.slice(0, 10)}`));
  assert.match(stdout, /skipped +End at once\n +does not boot: none of 3 boots of head got ready/);
  assert.doesNotMatch(stdout, /not sure/);
  assert.deepEqual(await world.leftovers(), []);
});

test('a bisection that ends before its first boot leaves nothing that git takes for a change of the tree', {
  skip: missingTools(),
}, async () => {
  await using world = await openWorld();
  const checkout = await bootableCheckout(world);
  await writeFile(join(world.workspace, 'bootgauge.yml'), 'version: 1\nqemu: {source: a checkout}\n');
  await checkout.change('main.c', 'machine_init();', 'machine_init(');
  const broken = checkout.commit('Does not compile');
  await checkout.change('main.c', 'machine_init(', 'machine_init();');
  checkout.commit('Compiles');
  execFileSync('git', ['init', '--quiet'], { cwd: world.workspace });
  const { code, stderr } = await world.run('bisect', broken, 'main', '--accel', 'tcg');
  assert.equal(code, 3, stderr);
  const seen = execFileSync('git', ['status', '--porcelain', '--untracked-files=all'], { cwd: world.workspace });
  assert.doesNotMatch(seen.toString(), /\.bootgauge/);
});
