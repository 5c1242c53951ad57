// What only shows where ps is macOS's, and slow: no boot fails for it, and no stamp waits.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { hostFacts } from '../../src/host/facts.ts';
import { startProcess } from '../../src/host/processes.ts';
import { usageReader } from '../../src/host/usage.ts';
import { thisHost } from '../../src/host/view.ts';
import { startClock } from '../../src/qemu/clock.ts';
import { watchProcess } from '../../src/qemu/running-vm.ts';

const skip = (process.platform !== 'darwin' || existsSync('/proc/self')) && 'only in the Mac that test:darwin plays';

test('the played Mac is one: no /proc, macOS in node, shells that lose DYLD variables', { skip }, () => {
  assert.deepEqual(readdirSync('/proc'), []);
  assert.equal(thisHost().os, 'macos');
  for (const shell of ['/bin/sh', '/bin/bash']) {
    const env = { ...process.env, DYLD_LIBRARY_PATH: '/lost', OTHER: 'kept' };
    const said = spawnSync(shell, ['-c', 'echo "$DYLD_LIBRARY_PATH$OTHER"'], { env, encoding: 'utf8' });
    assert.equal(said.stdout, 'kept\n');
  }
});

test('facts are found although PATH lacks the folders of the system', { skip }, async () => {
  const facts = await hostFacts(thisHost({ PATH: '/nowhere' }));
  assert.match(facts.chip, /M4 Pro/i);
});

test('usage is read by ps, tells the priority and how long the question took, and nobody waits for it', {
  skip,
}, async () => {
  await using started = await startProcess(process.execPath, ['-e', 'for (;;);'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const reader = usageReader(started.pid);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const read = await reader.read();
  assert.ok((read?.cpuNs ?? 0) > 0 && read?.priority === 31, JSON.stringify(read));
  const vm = watchProcess(started, startClock(), {});
  const asked = vm.usageNow();
  assert.deepEqual(vm.usage(), [], 'the answer is not waited for');
  await vm.usageSettled();
  await asked;
  assert.ok((vm.usage().at(-1)?.tookNs ?? 0) > 0);
  vm.stopWatching();
});
