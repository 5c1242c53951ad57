// Logins that succeed run against the reference guest in test/real; here is what a session does when they do not.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { ProbeEvent } from '../../src/model/boot.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import { openSession, type SessionOptions } from '../../src/ssh/ssh-session.ts';
import { playSlirp } from './slirp-player.ts';

function options(port: number, events: ProbeEvent[], changes: Partial<SessionOptions> = {}): SessionOptions {
  return {
    access: { user: 'root', privateKeyPath: '/nonexistent/key', hostKey: null },
    port,
    nowNs: () => Math.round(performance.now() * 1e6),
    onEvent: (event) => events.push(event),
    signal: AbortSignal.timeout(5000),
    ...changes,
  };
}

const sessionFolders = (parent: string): string[] => readdirSync(parent).filter((name) => name.startsWith('bg-ssh-'));

test('a server that hangs up is tried until the signal is aborted, and told once', async () => {
  await using ssh = await playSlirp(['eof']);
  const events: ProbeEvent[] = [];
  await using session = await openSession(options(ssh.port, events, { signal: AbortSignal.timeout(900) }));
  assert.equal(await session.waitForLogin(), null);
  assert.ok(ssh.connections.length > 1);
  assert.deepEqual(
    events.map((event) => [event.probe, event.outcome]),
    [['login', 'not-ready']],
  );
});

test('a server that never answers costs one time limit per attempt', async () => {
  await using ssh = await playSlirp(['silent']);
  const events: ProbeEvent[] = [];
  const signal = AbortSignal.timeout(1000);
  await using session = await openSession(options(ssh.port, events, { signal, attemptMs: 200 }));
  assert.equal(await session.waitForLogin(), null);
  assert.equal(events[0]?.outcome, 'timeout');
});

test('a missing client is an error that says what to install', async () => {
  await using session = await openSession(options(1, [], { client: '/nonexistent/ssh' }));
  await assert.rejects(session.waitForLogin(), (error: unknown) => {
    assert.ok(error instanceof BootgaugeError);
    assert.equal(error.exitCode, 3);
    assert.match(`${error.message} ${error.hint}`, /\/nonexistent\/ssh.*OpenSSH/);
    return true;
  });
});

test('an aborted session starts nothing', async () => {
  await using ssh = await playSlirp(['silent']);
  await using session = await openSession(options(ssh.port, [], { signal: AbortSignal.abort() }));
  assert.equal(await session.waitForLogin(), null);
  assert.equal(ssh.connections.length, 0);
});

test('a long temporary folder with odd characters leaves no socket that is too long, and nothing behind', async () => {
  const before = sessionFolders('/tmp');
  const parent = mkdtempSync(join(tmpdir(), `with space, comma and ü ${'x'.repeat(120)}`));
  const usual = process.env.TMPDIR;
  process.env.TMPDIR = parent;
  try {
    await using ssh = await playSlirp(['eof']);
    const events: ProbeEvent[] = [];
    await using session = await openSession(options(ssh.port, events, { signal: AbortSignal.timeout(400) }));
    await session.waitForLogin();
    // A control path that does not fit is refused before anything connects.
    assert.ok(ssh.connections.length > 0);
  } finally {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
    assert.deepEqual(sessionFolders(parent), []);
    rmSync(parent, { recursive: true });
  }
  assert.deepEqual(sessionFolders('/tmp'), before);
});

test('a command that is under way ends with the signal, as at its time limit', async () => {
  await using folder = await temporaryFolder('bootgauge-client-');
  const client = join(folder.path, 'ssh');
  await writeFile(client, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
  const over = new AbortController();
  await using session = await openSession(options(1, [], { client, signal: over.signal }));
  const answer = session.run('true', { timeoutMs: 600_000 });
  over.abort(new Error('the boot is over'));
  const { exitCode, timedOut } = await answer;
  assert.deepEqual([exitCode, timedOut], [null, true]);
  assert.equal((await session.run('true', { timeoutMs: 600_000 })).timedOut, true);
});
