// How a ready guest responds: the program that measures it, run on this machine through a session whose client is the shell; and guests that
// stop answering, which costs what was not measured by then and never the boot.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { after } from 'node:test';
import fc from 'fast-check';
import type { Boot } from '../../src/model/boot.ts';
import { type Responsiveness, responseSchema } from '../../src/model/responsiveness.ts';
import { compiler, programs } from '../../src/probe/meter/programs.ts';
import type { GuestProgram, GuestSession, LaterFacts, RecordedGuest } from '../../src/probe/probe.ts';
import { measureMetric } from '../../src/probe/probes.ts';
import { readSamples, responseMetrics, responseWarnings, responsiveness } from '../../src/probe/responsiveness.ts';
import { openSession } from '../../src/ssh/ssh-session.ts';
import { exampleBoot, exampleScenario } from '../examples/run.ts';
import { testEmbedded } from '../kit/embedded.ts';
import { result } from './vulkan-outputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootgauge-meter-'));
after(() => rmSync(folder, { recursive: true }));
const nowNs = (): number => Math.round(performance.now() * 1e6);

testEmbedded({
  name: 'meter',
  source: resolve(import.meta.dirname, '../../src/probe/meter'),
  ...{ compiler, programs },
  libraries: [],
  headers: [],
  package: '',
});

/** Asks a guest that is played; pauses take no time. */
async function ask(
  session: RecordedGuest['session'],
  signal = new AbortController().signal,
): Promise<{ facts: Responsiveness; pauses: number[] }> {
  const facts: LaterFacts = { responsiveness: null };
  const pauses: number[] = [];
  await responsiveness.later?.({
    ...{ session, facts, signal, nowNs },
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    pause: async (ms) => void pauses.push(ms),
  });
  assert.ok(facts.responsiveness);
  return { facts: facts.responsiveness, pauses };
}

/** In place of OpenSSH's client a script that runs the command, which is its last word, here: in a world that `mount` changes. */
async function askHere(mount = ''): Promise<Responsiveness> {
  const client = join(mkdtempSync(join(folder, 'world-')), 'ssh');
  const inside = mount === '' ? 'sh -c "$last"' : `unshare -Urm sh -c '${mount}; exec sh -c "$1"' sh "$last"`;
  writeFileSync(client, `#!/bin/sh\nfor last; do :; done\nexec ${inside}\n`);
  chmodSync(client, 0o755);
  const access = { user: 'root', privateKeyPath: '/nonexistent/key', hostKey: null };
  const signal = AbortSignal.timeout(60_000);
  await using session = await openSession({ access, port: 1, nowNs, onEvent: () => {}, signal, client });
  assert.equal((await session.waitForLogin())?.outcome, 'ok');
  return (await ask(async () => session)).facts;
}

test('the program measures this machine, and leaves nothing behind', {
  skip: process.platform !== 'linux',
}, async () => {
  const { samples, missing } = await askHere();
  assert.deepEqual(missing, {});
  for (const [name, most] of Object.entries({
    'round-trip': 200,
    'idle-round-trip': 50,
    timer: 400,
    work: 7,
    start: 100,
  })) {
    const own = samples[name as 'timer'] ?? [];
    assert.ok(own.length > 0 && own.length <= most, `${name}: ${own.length}`);
  }
  assert.ok((samples.fsync?.length ?? 0) <= 60 && (samples.read?.length ?? 0) <= 5);
  assert.deepEqual(
    ['/tmp', '/var/tmp'].flatMap((path) => readdirSync(path)).filter((name) => /^bg-(run-\w{6}|meter-\d+)$/.test(name)),
    [],
  );
});

const skip = spawnSync('unshare', ['-Urm', 'true']).status === 0 ? false : 'needs namespaces of users and mounts';
const disk = ['/var/tmp', process.env.HOME ?? '/root', '/'];
const onAll = (command: string): string => disk.map((path) => `${command} ${path}`).join('; ');

test('a guest whose disk can only be read is told by that, and all else is measured', { skip }, async () => {
  const { samples, missing } = await askHere(onAll('mount -o bind,ro / /; mount -o remount,bind,ro'));
  assert.deepEqual(missing, { fsync: 'the disk can only be read', read: 'the disk can only be read' });
  assert.deepEqual(Object.keys(samples), ['round-trip', 'idle-round-trip', 'timer', 'work', 'start']);
});

test('a guest that lies in memory has no disk to be measured, and one without /proc is measured', {
  skip,
}, async () => {
  const { samples, missing } = await askHere(
    'mount -t tmpfs none /proc; mount -t tmpfs none /var/tmp; export HOME=/dev/shm; mount --bind /dev/shm /dev/shm',
  );
  assert.ok((samples.start?.length ?? 0) > 0);
  assert.deepEqual(missing, {});
});

/** Says `said` piece by piece when it is written to, and then, instead of an answer, what `then` does. */
function played(said: readonly string[], then: () => Promise<null>): GuestSession {
  const answers = [...said];
  const program: GuestProgram = {
    write: () => {},
    async read() {
      const text = answers.shift();
      return text === undefined ? then() : { text, atNs: nowNs() };
    },
    complaint: () => 'Connection to 127.0.0.1 closed by remote host.\n',
    [Symbol.asyncDispose]: async () => {},
  };
  return { run: async () => result({ stdout: '/tmp/bg-run-abcdef\n' }), start: async () => program };
}
const trips = Array.from({ length: 253 }, () => '.');
const lost = async (): Promise<null> => null;

test('a connection that dies costs what comes after it', async () => {
  const { facts, pauses } = await ask(async () => played(['ready\n', ...trips, 'timer 100 200 3', '00\n'], lost));
  assert.deepEqual(pauses, [5000]);
  assert.deepEqual(facts.samples.timer, [100, 200, 300]);
  assert.deepEqual([facts.samples['round-trip']?.length, facts.samples['idle-round-trip']?.length], [200, 50]);
  const why = 'the program in the guest ended: Connection to 127.0.0.1 closed by remote host.';
  assert.deepEqual(facts.missing, { work: why, start: why, fsync: why, read: why });
});

test('a guest that hangs in the middle is waited for until the time is up', async () => {
  const over = new AbortController();
  const hangs = async (): Promise<null> => {
    over.abort();
    return null;
  };
  const { facts } = await ask(async () => played(['ready\n', ...trips, 'timer 1\n', 'work 2\n'], hangs), over.signal);
  const why = 'there was no time left for it';
  assert.deepEqual(facts.missing, { start: why, fsync: why, read: why });
});

test('who cannot log in again, has no place for the program or answers without an end is told so', async () => {
  const reasons = async (session: RecordedGuest['session']): Promise<string[]> => {
    const { samples, missing } = (await ask(session)).facts;
    assert.deepEqual(samples, {});
    assert.deepEqual(Object.keys(missing), responseSchema.options);
    return [...new Set(Object.values(missing))];
  };
  const refused = async (): Promise<GuestSession> => {
    throw new Error('nobody could log in again: Permission denied');
  };
  assert.deepEqual(await reasons(refused), ['nobody could log in again: Permission denied']);
  const stderr = 'no folder of the guest takes a program that runs; /tmp/bg-run-oFeJwi: Permission denied\n';
  const noexec: GuestSession = { ...played([], lost), run: async () => result({ exitCode: 125, stderr }) };
  assert.deepEqual(await reasons(async () => noexec), [stderr.trim().replace('-oFeJwi', '')]);
  const flood = played(
    Array.from({ length: 100 }, () => 'x'.repeat(1000)),
    lost,
  );
  assert.deepEqual(await reasons(async () => flood), ['the guest answers without an end']);
});

test('an answer is samples or a reason, whatever the guest says', () => {
  assert.deepEqual(readSamples('fsync 812 0\n'), [812, 0]);
  assert.equal(readSamples('fsync failed 30 open\n'), 'the disk can only be read');
  assert.equal(readSamples('read 5 6 failed 28 write\n'), 'the disk is full');
  assert.equal(readSamples('start failed 11 clone\n'), 'clone failed with error 11');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const said = readSamples(text);
      if (typeof said === 'string') assert.match(said, /^[\x20-\x7e]{1,255}$/);
      else assert.ok(said.every((value) => Number.isSafeInteger(value) && value >= 0));
    }),
  );
});

test('figures are medians and tails of the samples, in ms; what nobody saw of a good boot is no failure', () => {
  const facts: Responsiveness = {
    samples: {
      'round-trip': [...Array.from({ length: 197 }, () => 2000), 9000, 9000, 60_000],
      fsync: [1000, 3000, 2000],
    },
    missing: { read: 'the disk is full' },
  };
  const boot = (changes: Partial<Boot>): Boot => ({ ...exampleBoot(1, 1000), responsiveness: facts, ...changes });
  const value = (metric: string, changes: Partial<Boot> = {}) => measureMetric(boot(changes), metric).value;
  assert.deepEqual(
    ['round-trip', 'round-trip-p99', 'round-trip-longest', 'fsync', 'disk-read'].map((metric) => value(metric)),
    [2, 9, 60, 2, null],
  );
  assert.equal(measureMetric(boot({}), 'disk-read').unknown, true);
  const asked = { ...exampleScenario, responsiveness: { withinMs: 20_000 } };
  const warnings = (boots: readonly Boot[]) => responseWarnings({ scenario: asked, boots });
  const hung: Partial<Boot> = { outcome: { kind: 'hung', phase: 'x', deadlineMs: 1 } };
  const { responsiveness: _, ...without } = boot(hung);
  for (const metric of responseMetrics)
    assert.deepEqual(measureMetric(without, metric), { value: null, resolution: 0 });
  assert.deepEqual(
    warnings([boot({}), boot({ number: 2 }), boot({ number: 3, warmup: true }), without]).map(({ text }) => text),
    ['responsiveness: no read was measured in 2 boots of head: the disk is full'],
  );
  assert.deepEqual(
    warnings([exampleBoot(1, 1000)]).map(({ text }) => text),
    ['responsiveness: nothing was measured in 1 boot of head: nobody can log in to this guest'],
  );
  assert.deepEqual(responseWarnings({ scenario: exampleScenario, boots: [boot({})] }), []);
});
