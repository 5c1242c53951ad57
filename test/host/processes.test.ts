import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { allowedEnvironment } from '../../src/host/environment.ts';
import { familyOf } from '../../src/host/family.ts';
import { parseStat, readEntry } from '../../src/host/linux/processes.ts';
import { parsePs } from '../../src/host/macos/processes.ts';
import { groupIsAlive } from '../../src/host/process-group.ts';
import { outputOf, runLines, runProgram, startProcess, temporaryFolder } from '../../src/host/processes.ts';
import { openReaper } from '../../src/host/reaper.ts';
import { strayMark } from '../../src/host/strays.ts';
import { systemOf } from '../../src/host/systems.ts';
import { usageReader } from '../../src/host/usage.ts';
import { thisHost } from '../../src/host/view.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import { until } from '../helpers.ts';

const parent = join(import.meta.dirname, '../fixtures/reaper-parent.ts');

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  test(`when the command dies of ${signal}, its process groups, strays and folders go too`, async () => {
    await using place = await temporaryFolder('bootgauge-test-');
    const command = spawn(process.execPath, [parent, place.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve) => command.stdout.once('data', (bytes) => resolve(String(bytes))));
    const started = JSON.parse(line) as { group: number; escaped: number; folder: string };
    assert.ok(groupIsAlive(started.group) && existsSync(started.folder));
    command.kill(signal);
    await until(() => !groupIsAlive(started.group) && !existsSync(started.folder));
    if (process.platform === 'linux') await until(() => !alive(started.escaped));
  });
}

test('a reaper forgets what it is told to forget', async () => {
  await using place = await temporaryFolder('bootgauge-test-');
  const kept = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  const killed = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  const file = join(place.path, 'a file');
  await writeFile(file, '');
  const reaper = openReaper();
  reaper.watchGroup(kept.pid as number);
  reaper.watchGroup(killed.pid as number);
  reaper.watchFolder(file);
  reaper.watchFolder(place.path);
  reaper.forgetFolder(place.path);
  reaper.forgetFolder(file);
  reaper.forgetGroup(kept.pid as number);
  const end = new Promise((resolve) => killed.once('exit', (_, signal) => resolve(signal)));
  await reaper.close();
  assert.equal(await end, 'SIGKILL');
  assert.ok(alive(kept.pid as number));
  assert.ok(existsSync(file));
  kept.kill('SIGKILL');
});

test('killing a process takes its children along, even those that ignore signals', async () => {
  const started = await startProcess('/bin/sh', ['-c', 'trap "" TERM; sleep 600 & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const child = await new Promise<number>((resolve) =>
    started.child.stdout?.once('data', (b) => resolve(Number(String(b)))),
  );
  assert.ok(alive(child));
  await started.kill();
  assert.ok(!groupIsAlive(started.pid));
  assert.equal((await started.exited).signal, 'SIGKILL');
  await started.kill();
});

test('a program is run to its end with both outputs, or killed at the time limit', async () => {
  const ended = await runProgram('/bin/sh', ['-c', 'cat; echo oh >&2; exit 3'], { timeoutMs: 10_000, input: 'in' });
  assert.deepEqual(
    { ...ended },
    { code: 3, signal: null, stdout: 'in', stderr: 'oh\n', timedOut: false, truncated: false },
  );
  const hung = await runProgram('/bin/sh', ['-c', 'echo begun; sleep 600'], { timeoutMs: 200 });
  assert.equal(hung.timedOut, true);
  assert.equal(hung.signal, 'SIGKILL');
  assert.equal(hung.stdout, 'begun\n');
});

test('output beyond the limit is read and not kept', async () => {
  const noisy = await runProgram('/bin/sh', ['-c', 'head -c 3000000 /dev/zero'], {
    timeoutMs: 10_000,
    maximumBytes: 1000,
  });
  assert.equal(noisy.code, 0);
  assert.equal(noisy.stdout.length, 1000);
  assert.equal(noisy.truncated, true);
});

test('a stray that holds the output open does not outlast the time limit', { timeout: 60_000 }, async () => {
  const mark = strayMark();
  // The stray says so itself once it is in a session of its own.
  const leave =
    "require('node:child_process').spawn('sh', ['-c', 'kill -USR1 ' + process.ppid + '; exec sleep 600'], { detached: true, stdio: 'inherit' })";
  const strayScript = `trap 'exit 0' USR1; echo begun; '${process.execPath}' -e "${leave}" & wait`;
  try {
    const left = await runProgram('/bin/sh', ['-c', strayScript], {
      timeoutMs: 2000,
      environment: mark.environment,
    });
    assert.deepEqual([left.code, left.stdout, left.timedOut], [0, 'begun\n', true]);
  } finally {
    await mark.kill();
  }
});

test('what has said enough is killed, and what is interrupted rejects with the reason', {
  timeout: 60_000,
}, async () => {
  const script = 'echo one; echo two; exec sleep 600';
  const limits = { timeoutMs: 600_000, enough: (output: string) => output.includes('two') };
  const said = await runProgram('/bin/sh', ['-c', script], limits);
  assert.deepEqual([said.stdout, said.signal, said.timedOut], ['one\ntwo\n', 'SIGKILL', false]);
  const abort = new AbortController();
  const running = runProgram('/bin/sh', ['-c', script], { timeoutMs: 600_000, signal: abort.signal });
  abort.abort(new Error('interrupted'));
  await assert.rejects(running, /^Error: interrupted$/);
  await assert.rejects(runProgram('/bin/true', [], { timeoutMs: 1, signal: abort.signal }), /interrupted/);
});

test('a tool that fails is an error with the end of its standard error, one that works gives its bytes', async () => {
  const { signal } = new AbortController();
  assert.deepEqual([...(await outputOf('/bin/sh', ['-c', "printf '\\377\\000'"], { signal }))], [255, 0]);
  await assert.rejects(
    outputOf('/bin/sh', ['-c', 'for n in 1 2 3 4 5 6 7 8 9; do echo "line $n" >&2; done; exit 4'], { signal }),
    /^BootgaugeError: \/bin\/sh failed with exit code 4:\n {2}line 2\n(.*\n)+ {2}line 9$/,
  );
});

test('lines come from both streams in the order in which they were written', async () => {
  const lines: string[] = [];
  const exit = await runLines('/bin/sh', ['-c', 'echo a; sleep 0.2; echo b >&2; sleep 0.2; printf c; exit 3'], {
    signal: new AbortController().signal,
    onLine: (line) => lines.push(line),
  });
  assert.deepEqual([lines, exit], [['a', 'b', 'c'], { code: 3, signal: null }]);
});

test('a program that cannot be started says why and what to try', async () => {
  await using place = await temporaryFolder('bootgauge-test-');
  const plain = join(place.path, 'plain');
  await writeFile(plain, 'no program');
  for (const [program, cwd, why] of [
    [join(place.path, 'missing'), place.path, /^cannot start .*missing: there is no such file$/],
    ['bootgauge-none-of-that-name', place.path, /^cannot start bootgauge-none-of-that-name: there is no such file$/],
    [plain, place.path, /^cannot start .*plain: it may not be executed$/],
    ['/bin/true', join(place.path, 'gone'), /^cannot start \/bin\/true: there is no folder .*gone to start it in$/],
    ['/bin/true\0', place.path, /^cannot start .*null bytes/],
  ] as const) {
    const started = runProgram(program, [], { timeoutMs: 10_000, cwd, hint: 'try another' });
    await assert.rejects(started, (error) => {
      assert.ok(error instanceof BootgaugeError);
      assert.match(error.message, why);
      assert.equal(error.hint, 'try another');
      return true;
    });
  }
});

test('time zero is taken when the program does not run yet, after everything that is prepared for it', async () => {
  const moments: string[] = [];
  // Reading it is a part of the preparation.
  const parameters = Object.defineProperty([''], 0, { get: () => String(moments.push('prepared')), enumerable: true });
  const started = startProcess('/bin/true', parameters, { stdio: 'ignore', onSpawn: () => moments.push('spawn') });
  moments.push('started');
  await using _ = await started;
  assert.deepEqual(moments.slice(-3), ['prepared', 'spawn', 'started']);
});

test('tokens and inputs of a CI job do not reach a program, what it needs does', async () => {
  const kept = allowedEnvironment(
    {
      PATH: '/bin',
      LC_ALL: 'C',
      VK_DRIVER_FILES: 'x',
      DYLD_LIBRARY_PATH: 'y',
      GITHUB_TOKEN: 's',
      ACTIONS_RUNTIME_TOKEN: 's',
      INPUT_KEY: 's',
      AWS_SECRET_ACCESS_KEY: 's',
      NODE_OPTIONS: '--inspect',
      UNDEFINED: undefined,
    },
    { GIVEN: '1' },
  );
  assert.deepEqual(kept, { PATH: '/bin', LC_ALL: 'C', VK_DRIVER_FILES: 'x', DYLD_LIBRARY_PATH: 'y', GIVEN: '1' });
});

test('ps output of macOS is read, whatever format its times have', () => {
  const started = 'Mon Nov  2 13:14:34 2026';
  const table = parsePs(`
    501     1   501 31T  1024   0:01.50  0.0 ${started} /Applications/A B.app/C (D)
    502   501   502 4    9999   9:00.00  3,5 ${started}
      7     1     7 31   2048   1:02:03,25 12.0 ${started}
      8     1     8 31     16 1-00:00:01 100.0 ${started} x -accel hvf  \n garbage\n`);
  assert.deepEqual(
    table.map((row) => [row.pid, row.parent, row.band, row.priority, row.cpuNs / 1e9, row.rssBytes / 1024, row.cpus]),
    [
      [501, 1, 501, 31, 1.5, 1024, 0],
      [502, 501, 502, 4, 540, 9999, 0.035],
      [7, 1, 7, 31, 3723.25, 2048, 0.12],
      [8, 1, 8, 31, 86401, 16, 1],
    ],
  );
  assert.deepEqual(
    table.map(({ command }) => command),
    ['/Applications/A B.app/C (D)', '', '', 'x -accel hvf'],
  );
  assert.deepEqual(new Set(table.map((row) => row.started)), new Set(['MonNov21314342026']));
});

test('the family of a process is its band, its descendants, and who was a member before', () => {
  const row = (pid: number, parent: number, band: number) => ({ pid, parent, band });
  const rows = [row(100, 1, 100), row(101, 100, 100), row(103, 102, 103), row(102, 101, 102), row(104, 1, 104)];
  const pids = (earlier: ReadonlyMap<number, number>, stray?: number) =>
    familyOf(100, rows, earlier, (pid) => pid === stray)
      .map(({ pid }) => pid)
      .sort();
  assert.deepEqual(pids(new Map()), [100, 101, 102, 103]);
  assert.deepEqual(pids(new Map([[104, 104]])), [100, 101, 102, 103, 104]);
  assert.deepEqual(pids(new Map([[104, 99]])), [100, 101, 102, 103], 'somebody else has got the number');
  assert.deepEqual(pids(new Map(), 104), [100, 101, 102, 103, 104]);
});

test('CPU time of a daemon that has left session and parent is counted', {
  skip: process.platform !== 'linux',
  timeout: 60_000,
}, async () => {
  const mark = strayMark();
  const daemon = `(setsid sh -c 'while :; do :; done' &); sleep 600`;
  const options = { stdio: 'ignore', environment: mark.environment } as const;
  try {
    await using started = await startProcess('/bin/sh', ['-c', daemon], options);
    const reader = usageReader(started.pid, { isStray: mark.isOn });
    while (((await reader.read())?.cpuNs ?? 0) < 2e8) await delay(20);
  } finally {
    assert.equal(await mark.kill(), 1);
  }
});

test('a program name with brackets and spaces does not shift the fields of stat', () => {
  const rest = Array.from({ length: 50 }, (_, index) => index + 4).join(' ');
  const { rssBytes, ...entry } = parseStat(`12 (a) b (c) S ${rest}`) ?? assert.fail();
  assert.deepEqual(entry, {
    pid: 12,
    parent: 4,
    group: 5,
    band: 6,
    started: '22',
    cpuNs: (14 + 15) * 1e7,
    command: 'a) b (c',
    priority: null,
    ended: false,
  });
  assert.equal(rssBytes % (24 * 4096), 0);
  assert.equal(parseStat(`12 (a) Z ${rest}`)?.ended, true);
  for (const damaged of ['', 'nonsense', '1 (x) S 1']) assert.equal(parseStat(damaged), null);
});

test('the table of this machine tells of a process what is known of it', async () => {
  const mark = strayMark();
  const options = { stdio: 'ignore', environment: mark.environment } as const;
  await using started = await startProcess('/bin/sh', ['-c', 'sleep 600; true'], options);
  const host = thisHost();
  const system = await systemOf(host);
  const entry = (await system.process(host, started.pid)) ?? assert.fail();
  const { pid, parent, group, band, ended } = entry;
  assert.deepEqual(
    { pid, parent, group, band, ended },
    { pid, parent: process.pid, group: pid, band: pid, ended: false },
  );
  assert.notEqual(entry.started, '');
  const all = await system.processes(host, { command: 'arguments', since: started.pid });
  assert.match(all.find((one) => one.pid === pid)?.command ?? '', /^\/bin\/sh -c sleep 600; true$/);
  assert.equal(all.find((one) => one.pid === pid)?.started, entry.started);
  await started.kill();
  assert.equal(await system.process(host, pid), null);
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readEntry({ root: '/' }, pid)?.ended !== true;
  } catch {
    return false;
  }
}
