import assert from 'node:assert/strict';
import test from 'node:test';
import type { ProbeEvent } from '../../src/model/boot.ts';
import { type BannerHit, watchBanner } from '../../src/ssh/ssh-banner.ts';
import { type Behaviour, type Player, playSlirp } from './slirp-player.ts';

const banner: Behaviour = { pieces: ['SSH-2.0-example_1.0\r\n'] };

interface Watched {
  readonly hit: BannerHit | null;
  readonly events: readonly ProbeEvent[];
}

async function watch(ssh: Player, closed: Player | null, signal = AbortSignal.timeout(20_000)): Promise<Watched> {
  const events: ProbeEvent[] = [];
  const zero = performance.now();
  const hit = await watchBanner({
    port: ssh.port,
    ...(closed === null ? {} : { closedPort: closed.port }),
    nowNs: () => Math.round((performance.now() - zero) * 1e6),
    onEvent: (event) => events.push(event),
    signal,
  });
  return { hit, events };
}

const told = (events: readonly ProbeEvent[]): string[] => events.map((event) => `${event.probe} ${event.outcome}`);

test('nothing reaches the SSH port before the closed port has answered', async () => {
  await using ssh = await playSlirp([banner]);
  await using closed = await playSlirp(['silent', 'silent', 'silent', 'reset']);
  const { hit, events } = await watch(ssh, closed);
  assert.equal(hit?.banner, 'SSH-2.0-example_1.0');
  assert.equal(ssh.connections.length, 1);
  assert.ok((ssh.connections[0] as number) > (closed.connections[3] as number));
  const network = told(events).filter((line) => line.startsWith('guest-network'));
  assert.deepEqual(network, ['guest-network timeout', 'guest-network timeout', 'guest-network reset']);
});

test('closed connections are tried again until the banner comes, and told as one run', async () => {
  await using ssh = await playSlirp([...Array<Behaviour>(6).fill('eof'), banner]);
  await using closed = await playSlirp(['eof']);
  const { hit, events } = await watch(ssh, closed);
  assert.deepEqual(told(events), ['guest-network eof', 'ssh-banner eof', 'ssh-banner eof', 'ssh-banner banner']);
  assert.equal(events[2]?.detail, '6 in a row');
  const last = events.at(-1) as ProbeEvent;
  assert.equal(last.atNs, hit?.atNs);
  assert.equal(last.atNs - last.startedNs, hit?.resolutionNs);
  assert.equal(ssh.connections.length, 7);
});

test('a late banner is waited for on the one connection that was accepted', async () => {
  await using ssh = await playSlirp(['eof', { pieces: [400, 'SSH-2.0-late\r\n'] }]);
  await using closed = await playSlirp(['reset']);
  const { hit } = await watch(ssh, closed);
  assert.equal(hit?.banner, 'SSH-2.0-late');
  assert.equal(ssh.connections.length, 2);
  assert.equal(ssh.mostAtOnce(), 1);
});

test('without a closed port the lives grow until a slow server gets its banner out', async () => {
  await using ssh = await playSlirp([{ pieces: [250, 'SSH-2.0-slow\r\n'] }]);
  const { hit } = await watch(ssh, null);
  assert.equal(hit?.banner, 'SSH-2.0-slow');
  // None of the shorter attempts proves that there was no server.
  assert.ok(hit.resolutionNs >= (ssh.connections.at(-1) as number) - (ssh.connections[0] as number));
});

test('a closed port behind a firewall does not hide the server for ever', async () => {
  await using ssh = await playSlirp([banner]);
  await using closed = await playSlirp(['silent']);
  const { hit } = await watch(ssh, closed);
  assert.equal(hit?.banner, 'SSH-2.0-example_1.0');
});

test('a banner in two pieces and after other lines is stamped when it is whole', async () => {
  await using ssh = await playSlirp([{ pieces: ['Welcome\r\nSSH-2.', 60, '0-two\r\n'] }]);
  const { hit } = await watch(ssh, null);
  assert.equal(hit?.banner, 'SSH-2.0-two');
  assert.ok(hit.atNs - hit.startedNs >= 50e6);
});

test('a server that turns us away is an outcome of its own and is asked again', async () => {
  const refusal: Behaviour = { pieces: ['Not allowed at this time\r\n'] };
  await using ssh = await playSlirp([refusal, refusal, banner]);
  const { hit, events } = await watch(ssh, null);
  assert.deepEqual(told(events), ['ssh-banner not-allowed', 'ssh-banner not-allowed', 'ssh-banner banner']);
  assert.notEqual(hit, null);
});

test('100 KB without a banner and control characters are neither kept nor believed', async () => {
  const noise = Buffer.alloc(100_000, 0x1b);
  await using ssh = await playSlirp([{ pieces: [noise] }, { pieces: [`SSH-2.0-${'\x1b[31m'.repeat(100)}\n`] }, banner]);
  const { hit, events } = await watch(ssh, null);
  assert.deepEqual(told(events), ['ssh-banner not-ssh', 'ssh-banner not-ssh', 'ssh-banner banner']);
  for (const event of events) assert.match(event.detail, /^[\x20-\x7e]{0,255}$/);
  assert.equal(hit?.banner, 'SSH-2.0-example_1.0');
});

test('resets, refusals and an accepting server follow each other', async () => {
  let port = 0;
  {
    await using once = await playSlirp(['reset']);
    port = once.port;
  }
  const events: ProbeEvent[] = [];
  const stop = new AbortController();
  const zero = performance.now();
  const hit = await watchBanner({
    port,
    nowNs: () => (performance.now() - zero) * 1e6,
    onEvent(event) {
      events.push(event);
      if (events.length > 0) stop.abort();
    },
    signal: stop.signal,
  });
  assert.equal(hit, null);
  assert.equal(events[0]?.outcome, 'refused');
  assert.equal(events[0].detail, 'ECONNREFUSED');
});

test('an abort ends the watch at any moment and leaves no connection open', async () => {
  for (const delayMs of [0, 1, 30, 60]) {
    await using ssh = await playSlirp(['silent']);
    const { hit } = await watch(ssh, null, AbortSignal.timeout(delayMs));
    assert.equal(hit, null);
  }
  await using ssh = await playSlirp([banner]);
  const { hit } = await watch(ssh, null, AbortSignal.abort());
  assert.equal(hit, null);
  assert.equal(ssh.connections.length, 0);
});
