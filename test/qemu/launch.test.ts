import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { groupIsAlive } from '../../src/host/process-group.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { ProbeEvent } from '../../src/model/boot.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import { launch } from '../../src/qemu/launch.ts';
import type { RunningVm } from '../../src/qemu/running-vm.ts';
import { awaitReadiness } from '../../src/ready/ready.ts';
import { type PlayerScript, planFor, playerEmulator, readTruth } from '../fixtures/qemu-player-script.ts';
import { until } from '../helpers.ts';

// A place of our own: other test files start VMs at the same time.
const place = await temporaryFolder('bootgauge-test-');
process.env.TMPDIR = place.path;
after(() => place[Symbol.asyncDispose]());

async function play(folder: string, script: PlayerScript): Promise<{ vm: RunningVm; truthFile: string }> {
  const emulator = await playerEmulator(folder, script);
  return { vm: await launch(planFor(emulator)), truthFile: emulator.truthFile };
}

const text = (vm: RunningVm): string => Buffer.from(vm.console.snapshot().bytes).toString();
const names = (vm: RunningVm): string[] => vm.events().map((event) => event.name);

test('a boot is stamped: start, QMP, guest start in order, and no console byte before it was written', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const { vm, truthFile } = await play(folder.path, {
    console: [
      [10, 'first\r\n'],
      [60, ' * Starting sshd ...'],
      [90, { base64: '/wAbW0o=' }],
    ],
    events: [[100, 'GUEST_PANICKED', { action: 'run' }]],
  });
  await using _ = vm;
  await until(() => names(vm).includes('qmp:GUEST_PANICKED'));
  assert.deepEqual(
    names(vm).filter((name) => name !== 'qmp:RESUME'),
    ['spawned', 'qmp-ready', 'guest-started', 'qmp:GUEST_PANICKED'],
  );
  const console = vm.console.snapshot();
  assert.deepEqual(Buffer.from(console.bytes), Buffer.from('first\r\n * Starting sshd ...\xff\0\x1b[J', 'latin1'));
  const written = (await readTruth(truthFile)).filter((entry) => entry.what.startsWith('console'));
  assert.equal(console.reads.length, written.length);
  console.reads.forEach((read, index) => {
    assert.ok(
      vm.clockZeroNs + read.atNs >= (written[index]?.ns ?? 0),
      `read ${index} is stamped before it was written`,
    );
  });
});

test('disposal leaves no process, no child of it, no port and no folder', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const before = vmFolders();
  const { vm } = await play(folder.path, { forkChild: true, ignoreSigterm: true });
  await vm[Symbol.asyncDispose]();
  assert.ok(!groupIsAlive(vm.pid));
  assert.deepEqual(vmFolders(), before);
  const refused = await new Promise((resolve) => {
    connect(vm.sshPort, '127.0.0.1').once('error', resolve).once('connect', resolve);
  });
  assert.equal((refused as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  assert.equal((await vm.exited).signal, 'SIGKILL');
});

test('an emulator that exits at once is a value with its standard error', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const { vm } = await play(folder.path, { stderr: 'venus requires enabled blob\n', exitAtOnce: 7 });
  await using _ = vm;
  const exit = await vm.exited;
  assert.equal(exit.code, 7);
  assert.equal(vm.stderr(), 'venus requires enabled blob\n');
  assert.ok(names(vm).includes('exited'));
  assert.ok(!names(vm).includes('guest-started'));
});

test('what QEMU printed before its guest started is a line that readiness sees, within bounds', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const { vm } = await play(folder.path, { stderr: `virgl: render server is up\n${'x'.repeat(70_000)}END` });
  await using _ = vm;
  await until(() => vm.stderr().endsWith('END'));
  const seen: ProbeEvent[] = [];
  const guest = { vm, nowNs: vm.nowNs, pause: async () => {}, onEvent: (event: ProbeEvent) => void seen.push(event) };
  const line = { kind: 'line', name: 'up', on: 'stderr', pattern: 'server is up$' } as const;
  assert.ok(await awaitReadiness(line, { ...guest, signal: AbortSignal.timeout(5000) }));
  // It may have been printed at any time since the start.
  assert.deepEqual([seen[0]?.probe, seen[0]?.startedNs], ['time-to-up', 0]);
  assert.ok((seen[0]?.atNs ?? Number.NaN) < vm.nowNs());
  let kept = 0;
  vm.onOutput('stderr', ({ length }) => {
    kept += length;
  });
  assert.equal(kept, 64 * 1024);
});

test('a guest that ends by itself has its last words on the console', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const { vm } = await play(folder.path, { console: [[5, 'Kernel panic - not syncing']], exit: { atMs: 20, code: 0 } });
  await using _ = vm;
  assert.equal((await vm.exited).code, 0);
  assert.equal(text(vm), 'Kernel panic - not syncing');
});

test('an emulator that is missing or not executable is named, with the setting to change', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const emulator = await playerEmulator(folder.path, {});
  const plain = join(folder.path, 'plain');
  await writeFile(plain, 'no program');
  for (const [program, why] of [
    [join(folder.path, 'missing'), /no such file/],
    [plain, /may not be executed/],
  ] as const) {
    await assert.rejects(launch(planFor({ ...emulator, program })), (error) => {
      assert.ok(error instanceof BootgaugeError);
      assert.match(error.message, why);
      assert.ok(error.message.includes(program));
      assert.match(error.hint, /qemu\.binary.*--qemu/);
      return true;
    });
  }
  assert.deepEqual(vmFolders(), []);
});

test('a silent QMP ends the start at its time limit, and the VM is handed over as it is', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const emulator = await playerEmulator(folder.path, { qmp: 'silent' });
  await using vm = await launch(planFor(emulator), { startTimeoutMs: 300 });
  assert.deepEqual(names(vm), ['spawned', 'qmp-failed']);
});

test('garbage on QMP is passed over', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const { vm } = await play(folder.path, { qmp: 'garbage' });
  await using _ = vm;
  assert.ok(names(vm).includes('guest-started'));
});

test('a port that somebody took meanwhile is replaced by another', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const emulator = await playerEmulator(folder.path, { ssh: { bannerAtMs: 0 } });
  const thieves = createServer();
  let stolen = 0;
  const steal = async (port: number): Promise<void> => {
    if (stolen++ > 0) return;
    await new Promise<void>((resolve) => thieves.listen(port, '127.0.0.1', resolve));
  };
  await using vm = await launch(planFor(emulator), { beforeSpawn: steal });
  assert.equal(stolen, 2);
  assert.ok(names(vm).includes('guest-started'));
  thieves.close();
});

test('100 MB without a newline are read to the end, the beginning is kept and the rest counted', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const bytes = 100 * 1024 * 1024;
  const { vm } = await play(folder.path, { flood: { atMs: 0, bytes } });
  await using _ = vm;
  let heard = 0;
  vm.console.onRead((read) => {
    heard += read.length;
  });
  await until(() => heard === bytes);
  const console = vm.console.snapshot();
  assert.equal(console.bytes.length, 16 * 1024 * 1024);
  assert.equal(console.bytes.length + console.droppedBytes, bytes);
});

test('an aborted start rejects with the reason and leaves nothing', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const emulator = await playerEmulator(folder.path, { qmp: 'silent' });
  const before = vmFolders();
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('interrupted')), 100);
  await assert.rejects(launch(planFor(emulator), { signal: abort.signal }), /interrupted/);
  assert.deepEqual(vmFolders(), before);
});

test('a long workspace with spaces, commas and letters beyond ASCII works', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const long = join(folder.path, `größe, ${'x'.repeat(150)} end`);
  await mkdir(long, { recursive: true });
  process.env.TMPDIR = long;
  try {
    const { vm } = await play(long, { console: [[1, 'hello']] });
    await using _ = vm;
    await until(() => text(vm) === 'hello');
  } finally {
    process.env.TMPDIR = place.path;
  }
});

test('CPU time and memory of the emulator are sampled and can be read at a moment', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const { vm } = await play(folder.path, { burnCpuMs: 300 });
  await using _ = vm;
  await until(() => (vm.usage().at(-1)?.cpuNs ?? 0) >= 250e6);
  const now = await vm.usageNow();
  assert.ok((now?.rssBytes ?? 0) > 10e6);
  assert.deepEqual(vm.usage().at(-1), now);
});

function vmFolders(): string[] {
  return readdirSync(place.path).filter((name) => name.startsWith('bootgauge-vm-'));
}
