// The self-test of doctor: an interruption and its time limit end it, and its report names neither people nor machines. That it passes on a
// machine is tried with real boots elsewhere.
import assert from 'node:assert/strict';
import { hostname, userInfo } from 'node:os';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandContext } from '../../src/cli/context.ts';
import { acceleratorChecks } from '../../src/doctor/qemu-checks.ts';
import { selfTest, selfTestReport } from '../../src/doctor/self-test.ts';
import { passes } from '../../src/doctor/self-test-step.ts';
import { type AskedProgram, thisHost } from '../../src/host/view.ts';
import { openWorld } from '../faults/world.ts';
import { playerEmulator } from '../fixtures/qemu-player-script.ts';
import { folderOf, until } from '../helpers.ts';

test('an interruption during its trials ends the self-test, and nothing of it is left', async () => {
  await using world = await openWorld('', { limitMs: 240_000 });
  const qemu = await world.player({ accelerators: { tcg: 'hangs' } });
  const running = world.start('doctor', '--self-test', '--report', 'report.md', '--qemu', qemu);
  await running.said('accelerators and displays');
  await until(() => world.processes('-chardev stdio,id=console').length > 0);
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /SIGINT: stopping and cleaning up/);
  assert.equal(stdout, '');
  assert.deepEqual(await world.leftovers(), []);
});

test('a trial that hangs ends with the interruption, not with its own time', async (t) => {
  const emulator = await playerEmulator(await folderOf(t, 'bootgauge-self-test-'), { accelerators: { tcg: 'hangs' } });
  const interrupted = new AbortController();
  const options = { signal: interrupted.signal, timeoutMs: 3_600_000 };
  const checks = acceleratorChecks(thisHost(), emulator, 'arm64', 'x86_64', options);
  await delay(100);
  interrupted.abort(new Error('interrupted'));
  await assert.rejects(checks, /interrupted/);
});

test('what the three minutes have no time for fails, and says what to do', async (t) => {
  const context = { environment: process.env, signal: t.signal, progress: () => {} } as unknown as CommandContext;
  const { lines } = await selfTest({ qemu: null, architecture: 'arm64' }, context, AbortSignal.abort());
  assert.ok(lines.length > 10);
  for (const { result, found, todo } of lines)
    assert.deepEqual(
      [result, found, todo],
      ['fails', 'not tried: the three minutes were over', 'end other work on this machine, and try again'],
    );
});

test('a report holds no name of user, machine or home, no serial number and no row of another program', () => {
  const { username, homedir } = userInfo();
  const answer = (words: readonly string[], stdout: string): AskedProgram => ({
    ...{ words, kind: 'ok', status: 0, stdout, stderr: '', milliseconds: 12 },
  });
  const hardware = `Hardware:
      Model Name: Mac mini
      Chip: Apple M4 Pro
      Serial Number (system): H7X9Q2LJ4K
      Hardware UUID: 6C1F5A3E-0B7D-5C61-9E0A-7D0E3F4A5B6C
      Provisioning UDID: 00006040-001A2B3C4D5E6F70
`;
  const asked = [
    answer(['system_profiler', 'SPHardwareDataType'], hardware),
    answer(['codesign', '-d', '--entitlements', '-', `${homedir}/qemu`], `Executable=${homedir}/fork/build/qemu\n`),
    answer(['uptime'], `10:00 up 1 day, 2 users, on ${hostname()} of ${username}\n`),
    answer(
      ['ps', '-Ao', 'pid=,comm='],
      `  1 /sbin/launchd\n 77 /Applications/Secret Project.app\n${process.pid} ${homedir}/bin/node\n`,
    ),
  ];
  const lines = [{ id: 'x', title: 'a step', ...passes(`found at ${homedir}/qemu on ${hostname()}`) }];
  const report = selfTestReport({ lines, asked }, '1.2.3', thisHost());
  for (const kept of ['Mac mini', 'Apple M4 Pro', '~/fork/build/qemu', 'up 1 day', '3 rows', '~/bin/node', '12 ms'])
    assert.ok(report.includes(kept), `${kept}\n${report}`);
  const secrets = ['H7X9Q2LJ4K', '6C1F5A3E', '00006040', `${homedir}/`, 'Secret Project'];
  for (const secret of secrets) assert.ok(!report.includes(secret), `${secret}\n${report}`);
  for (const name of [username, hostname()].filter(({ length }) => length > 2))
    assert.doesNotMatch(report, new RegExp(`(?<![\\w-])${name}(?![\\w-])`));
});
