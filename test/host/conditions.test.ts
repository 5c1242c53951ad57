// Busy machines, slow power modes, hung tools: what is said of them, against real processes.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { describeBusy, sampleActivity } from '../../src/host/activity.ts';
import { ask } from '../../src/host/ask.ts';
import { freeDiskMiB, hostState, hostWarnings, waitUntilQuiet } from '../../src/host/conditions.ts';
import { findProgram } from '../../src/host/files.ts';
import { processorMs } from '../../src/host/linux/state.ts';
import { timingJitter } from '../../src/host/noise.ts';
import { startProcess } from '../../src/host/processes.ts';
import { stayAwake } from '../../src/host/stay-awake.ts';
import { thisHost } from '../../src/host/view.ts';
import type { HostState } from '../../src/model/conditions.ts';

const calm: HostState = { loadAverage: 0.1, freeMemoryMiB: 8000, freeDiskMiB: 9000, power: 'on mains', busy: [] };
const codes = (before: HostState, after: HostState | null = null) =>
  hostWarnings({ cpus: 2 }, before, after).map((warning) => warning.code);

test('a calm machine brings no warning', () => {
  assert.deepEqual(codes(calm), []);
  assert.deepEqual(codes(calm, calm), []);
});

test('each bad condition brings its warning', () => {
  assert.deepEqual(codes({ ...calm, power: 'on battery, low power mode' }), ['on-battery', 'low-power-mode']);
  assert.deepEqual(codes({ ...calm, power: 'on mains, throttled (speed limit 70 %; x)' }), ['throttled']);
  assert.deepEqual(codes({ ...calm, power: 'governor powersave' }), ['slow-governor']);
  assert.deepEqual(codes({ ...calm, power: 'governor of intel_pstate' }), []);
  assert.deepEqual(codes({ ...calm, busy: ['cc1 98 %'], loadAverage: 5 }), ['busy-machine']);
  assert.deepEqual(codes({ ...calm, loadAverage: 1.6 }), ['load']);
  assert.deepEqual(codes({ ...calm, freeDiskMiB: 2047 }), ['little-disk']);
  assert.deepEqual(codes({ ...calm, freeMemoryMiB: 1023 }), ['little-memory']);
  // Nobody said.
  assert.deepEqual(codes({ ...calm, freeMemoryMiB: 0 }), []);
  assert.deepEqual(codes({ ...calm, uptimeMinutes: 9 }), ['just-started']);
  assert.deepEqual(codes({ ...calm, uptimeMinutes: 10 }), []);
});

test('a run is told when the throttling began, and its own load is not held against it', () => {
  const throttled = { ...calm, power: 'throttled (speed limit 70 %)' };
  assert.match(hostWarnings({ cpus: 2 }, calm, throttled)[0]?.text ?? '', /when the run ended$/);
  assert.match(hostWarnings({ cpus: 2 }, throttled, calm)[0]?.text ?? '', /when the run began$/);
  assert.deepEqual(codes(calm, { ...calm, loadAverage: 7 }), []);
  assert.deepEqual(codes({ ...calm, throttleCount: 3 }, { ...calm, throttleCount: 5 }), ['throttled']);
  assert.deepEqual(codes({ ...calm, throttleCount: 3 }, { ...calm, throttleCount: 3 }), []);
});

test('processors that a hypervisor gave to others during the run are told', () => {
  const at = (total: number, stolen: number): HostState => ({ ...calm, processorMs: { total, stolen } });
  assert.deepEqual(codes(at(60_000, 500), at(160_000, 1500)), []);
  const [warning] = hostWarnings({ cpus: 2 }, at(60_000, 500), at(160_000, 4100));
  assert.deepEqual(
    [warning?.code, warning?.text],
    ['cpu-steal', "other virtual machines on the same host took 3.6 % of the processors' time during the run"],
  );
  assert.deepEqual(codes(at(60_000, 5000)), [], 'what was taken before the run is not held against it');
  assert.deepEqual(codes(at(60_000, 0), calm), []);
});

test('the time of the processors is read from what the kernel counts, guests of this machine counted once', () => {
  const stat = 'cpu  100 20 30 4000 5 6 7 80 90 10\ncpu0 100 20 30 4000 5 6 7 80 90 10\nintr 5\n';
  assert.deepEqual(processorMs(stat), { total: 42_480, stolen: 800 });
  assert.equal(processorMs(''), null);
});

test('a program that burns a CPU is seen by its name, and our own children are not', async (context) => {
  if (process.platform !== 'linux') return context.skip('samples /proc');
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-test-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const burner = join(folder, 'burner-of-test');
  writeFileSync(burner, '#!/bin/sh\nwhile :; do :; done\n');
  chmodSync(burner, 0o755);
  await using burning = await startProcess(burner, [], { stdio: 'ignore' });
  assert.ok(burning.pid > 0);
  const own = await sampleActivity(thisHost(), 300);
  assert.ok(!own.some(({ name }) => name.startsWith('burner')));
  const foreign = await sampleActivity({ ...thisHost(), pid: 999_999_999 }, 300);
  const seen = foreign.find(({ name }) => name.startsWith('burner'));
  assert.ok(seen !== undefined && seen.cpus > 0.1 && seen.cpus < 1.5);
  assert.match(describeBusy(seen), /^burner-of-test \d+ %$/);
});

test('waiting for a quiet machine ends at the limit and says what was in the way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-test-'));
  try {
    writeFileSync(
      join(folder, 'ps'),
      "#!/bin/sh\necho '77 1 77 31 2048 0:01.50 93.0 Mon Nov 23 09:12:07 2026 /usr/bin/busy thing'\n",
      { mode: 0o755 },
    );
    const host = { ...thisHost({ PATH: folder }), os: 'macos' as const };
    const heard: string[] = [];
    const quiet = await waitUntilQuiet({ limitMs: 50, host, onWait: (because) => heard.push(because) });
    assert.equal(quiet.quiet, false);
    assert.equal(quiet.because, 'busy thing 93 %');
    assert.ok(heard.length <= 1);
    writeFileSync(
      join(folder, 'ps'),
      "#!/bin/sh\necho '77 1 77 31 2048 0:01.50 3.0 Mon Nov 23 09:12:07 2026 /usr/bin/busy thing'\n",
      { mode: 0o755 },
    );
    assert.equal((await waitUntilQuiet({ limitMs: 50, host })).quiet, true);
    await assert.rejects(waitUntilQuiet({ limitMs: 50, host, signal: AbortSignal.abort(new Error('stop')) }), /stop/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a tool that hangs is killed with its children and does not hold anything up', async () => {
  const host = thisHost();
  const answer = await ask(host, 'sh', ['-c', 'echo begun; sleep 987 & wait'], { timeoutMs: 200 });
  assert.deepEqual([answer.kind, answer.status, answer.stdout], ['hung', null, 'begun\n']);
});

test('a missing tool, a failing tool and a file that is no program are answers', async () => {
  const host = thisHost();
  assert.equal((await ask(host, 'no-such-program-here', [])).kind, 'missing');
  assert.deepEqual(await ask(host, 'sh', ['-c', 'echo a; echo b >&2; exit 3']), {
    kind: 'ok',
    status: 3,
    stdout: 'a\n',
    stderr: 'b\n',
  });
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-test-'));
  try {
    writeFileSync(join(folder, 'odd'), '#!/no/such/interpreter\n', { mode: 0o755 });
    const odd = await ask({ ...host, environment: { PATH: folder } }, 'odd', []);
    assert.equal(odd.kind, 'missing');
    writeFileSync(join(folder, 'plain'), 'text', { mode: 0o644 });
    assert.equal(findProgram({ ...host, environment: { PATH: folder } }, 'plain'), null);
    assert.equal(findProgram({ ...host, environment: {} }, 'odd', [folder]), join(folder, 'odd'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('free disk of a folder that does not exist yet is that of the disk it would lie on', () => {
  assert.equal(freeDiskMiB(join(tmpdir(), 'no', 'such', 'folder')) > 0, true);
});

test('the state of this machine has its figures', async () => {
  const state = await hostState(tmpdir());
  assert.ok(state.freeMemoryMiB > 0 && state.freeDiskMiB > 0 && state.loadAverage >= 0);
});

test('timing noise is a percentage of real loops', async () => {
  const jitter = await timingJitter(6, 2);
  assert.ok(jitter.percent >= 0 && Number.isFinite(jitter.percent));
  assert.ok(jitter.medianMs > 0);
});

test('a Mac is kept awake until disposal, and without caffeinate nothing happens', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-test-'));
  try {
    const said = join(folder, 'said');
    const script = `#!/bin/sh\necho "$*" > '${said}'\nexec /bin/sleep 986\n`;
    writeFileSync(join(folder, 'caffeinate'), script, { mode: 0o755 });
    const host = { ...thisHost({ PATH: folder }), os: 'macos' as const };
    const awake = await stayAwake(host);
    const { pid } = awake as unknown as { pid: number };
    assert.equal(process.kill(pid, 0), true);
    await awake[Symbol.asyncDispose]();
    assert.throws(() => process.kill(-pid, 0));
    await (await stayAwake({ ...host, environment: { PATH: '' } }))[Symbol.asyncDispose]();
    await (await stayAwake({ ...host, os: 'linux' }))[Symbol.asyncDispose]();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
