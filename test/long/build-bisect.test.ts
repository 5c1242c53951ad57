// A bisection from end to end: 16 commits of a small program that stands for QEMU, built and booted by the whole program, killed in
// the middle and taken up again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootableCheckout } from '../build/bootable.ts';
import { missingTools } from '../build/little-qemu.ts';
import { openWorld } from '../faults/world.ts';

test('the slow one of 16 commits is found past two that do not build, through a kill', {
  skip: missingTools(),
}, async () => {
  await using world = await openWorld('', { limitMs: 1_200_000 });
  const checkout = await bootableCheckout(world);
  const good = checkout.git('rev-parse', 'HEAD');
  const commits: string[] = [];
  for (let index = 1; index <= 16; index += 1) {
    if (index === 11) await checkout.change('hw/wfi.c', '"quick"', '"slow"');
    // Most change nothing that runs; their builds are equal and need no boot.
    await checkout.write('notes.h', `/* note ${index} */\n`);
    if (index === 7) await checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(1001)');
    if (index === 12) await checkout.change('hw/machine.c', 'usleep(1001)', 'usleep(1002)');
    if (index === 8 || index === 13) await checkout.change('main.c', 'machine_init();', 'machine_init(');
    if (index === 9 || index === 14) await checkout.change('main.c', 'machine_init(', 'machine_init();');
    commits.push(checkout.commit(`change ${index}`));
  }
  const words = ['bisect', good, 'main', '--max-boots', '10'];
  const first = world.start(...words);
  await first.said(/ is (fast|slow|skipped): .*/);
  await first.said(/boot 3 of .*\n[\s\S]*/);
  first.child.kill('SIGKILL');
  await first.ended;
  assert.deepEqual(await world.leftovers(), []);
  const { code, stdout, stderr } = await world.run(...words);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stderr, /going on with an earlier bisection, which tested \d+ commit/);
  const culprit = commits[10] as string;
  assert.match(stdout, new RegExp(`First slower commit: ${culprit.slice(0, 7)}\\w* change 11\\n`));
  assert.match(
    stdout,
    new RegExp(`time-to-ssh \\+\\d+\\.\\d % \\[.*\\] compared with its parent ${commits[9]?.slice(0, 10)}`),
  );
  assert.match(stdout, /builds the same bytes as/);
  assert.match(stdout, /where: sshd \+\d+ ms/);
  assert.match(stdout, /skipped +change (8|13)\n +does not build: head .* does not compile/);
  assert.deepEqual(await world.leftovers(), []);
});
