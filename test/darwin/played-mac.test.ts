// What only shows where ps is macOS's, and slow: no boot fails for it, and no stamp waits.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { hostFacts } from '../../src/host/facts.ts';
import { startProcess } from '../../src/host/processes.ts';
import { usageReader } from '../../src/host/usage.ts';
import { thisHost } from '../../src/host/view.ts';
import { trialAccelerator } from '../../src/qemu/accelerator.ts';
import { startClock } from '../../src/qemu/clock.ts';
import { describeEmulator } from '../../src/qemu/emulator.ts';
import { watchProcess } from '../../src/qemu/running-vm.ts';
import { goodBoot } from '../faults/scripts.ts';
import { openWorld } from '../faults/world.ts';
import { playerExecutable } from '../fixtures/qemu-player-script.ts';
import { folderOf } from '../helpers.ts';

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

/** A QEMU that the system examines for 6 s when it is first started. */
async function newQemu(t: TestContext): Promise<string> {
  const folder = await folderOf(t, 'bootgauge-new-');
  const player = await playerExecutable(folder, {}, 'player');
  const path = join(folder, 'qemu-system-aarch64');
  const script = `#!/bin/sh\n[ -e "$0.seen" ] || { : >"$0.seen"; sleep 6; }\nexec '${player}' "$@"\n`;
  await writeFile(path, script, { mode: 0o755 });
  return path;
}

test('a new QEMU that is slow to start for the first time is taken for what it is, and so is its accelerator', {
  skip,
}, async (t) => {
  const [asked, tried] = [await newQemu(t), await newQemu(t)];
  const emulator = {
    origin: 'file',
    program: tried,
    leadingArguments: [],
    environment: {},
    version: '',
    digest: '',
  } as const;
  const [described, trial] = await Promise.all([
    describeEmulator(asked, 'file'),
    trialAccelerator(emulator, 'hvf', 'arm64'),
  ]);
  assert.match(described.version, /^QEMU emulator version 10/);
  assert.ok(trial.works, trial.detail);
});

test('a ps that takes three seconds fails no boot, and is told', { skip }, async () => {
  await using world = await openWorld('', { limitMs: 240_000 });
  const slow = join(world.workspace, '../slow');
  await mkdir(slow);
  await writeFile(join(slow, 'ps'), '#!/bin/sh\nsleep 3\nexec /bin/ps "$@"\n', { mode: 0o755 });
  world.environment.PATH = `${slow}:${world.environment.PATH}`;
  const { code, stdout, stderr } = await world.boot(goodBoot());
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /time-to-ssh +[\d.]+ m?s/);
  assert.match(stdout, /cpu-time +n\/a/);
});
