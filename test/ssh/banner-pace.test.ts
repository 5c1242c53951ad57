import assert from 'node:assert/strict';
import test from 'node:test';
import { type Attempt, firstStep, nextStep, resolutionNs, type Step } from '../../src/ssh/banner-pace.ts';

const ms = 1e6;
const attempt = (target: Attempt['target'], startMs: number, endMs: number, outcome: Attempt['outcome']): Attempt => ({
  target,
  startedNs: startMs * ms,
  endedNs: endMs * ms,
  outcome,
});

/** Connections that time out from `start` to `untilMs`. */
function silence(hasClosedPort: boolean, untilMs: number): { readonly attempts: Attempt[]; readonly last: Step } {
  const attempts: Attempt[] = [];
  let step = firstStep(0, hasClosedPort);
  while (step.notBeforeNs < untilMs * ms) {
    const endedNs = step.notBeforeNs + step.lifeNs;
    attempts.push({ target: step.target, startedNs: step.notBeforeNs, endedNs, outcome: 'timeout' });
    step = nextStep(attempts.at(-1) as Attempt, step.state);
  }
  return { attempts, last: step };
}

test('a silent guest never costs the emulator more than 200 connections in the 75 seconds that slirp keeps them', () => {
  for (const hasClosedPort of [true, false]) {
    const { attempts } = silence(hasClosedPort, 300_000);
    for (const { startedNs } of attempts) {
      const kept = attempts.filter(
        (other) => other.startedNs > startedNs - 75_000 * ms && other.startedNs <= startedNs,
      );
      assert.ok(kept.length <= 200, `${kept.length} at ${startedNs / ms} ms`);
    }
  }
});

test('with a closed port at most four late connections can meet the SSH server, without one fewer than OpenSSH punishes', () => {
  for (const [hasClosedPort, most] of [
    [true, 4],
    [false, 14],
  ] as const) {
    for (const networkMs of [6500, 8000, 15_000, 60_000]) {
      const late = silence(hasClosedPort, networkMs).attempts.filter(
        ({ target, startedNs }) => target === 'ssh' && startedNs > (networkMs - 5500) * ms,
      );
      assert.ok(late.length <= most, `${late.length} for a network at ${networkMs} ms`);
    }
  }
});

test('once the closed port answered, the SSH port is tried at once and closed connections every 20 to 45 ms', () => {
  const { last } = silence(true, 1000);
  const open = nextStep(attempt('closed', 1000, 1001, 'reset'), last.state);
  assert.deepEqual([open.target, open.notBeforeNs], ['ssh', 1001 * ms]);
  const again = nextStep(attempt('ssh', 1001, 1002, 'eof'), open.state);
  assert.deepEqual([again.target, again.notBeforeNs], ['ssh', 1021 * ms]);
  assert.ok(again.lifeNs >= 1000 * ms, 'an accepted connection is held');
  const slow = nextStep(attempt('ssh', 60_000, 60_001, 'reset'), open.state);
  assert.equal(slow.notBeforeNs, 60_045 * ms);
});

test('a connection that was held in vain is followed by one that is held longer', () => {
  const first = nextStep(attempt('ssh', 1000, 1001, 'eof'), firstStep(0, false).state);
  const second = nextStep(attempt('ssh', 1020, 2020, 'timeout'), first.state);
  const third = nextStep(attempt('ssh', 2020, 4020, 'timeout'), second.state);
  assert.ok(first.lifeNs < second.lifeNs && second.lifeNs < third.lifeNs);
});

test('the resolution reaches back to the last attempt that proves there was no server', () => {
  const hit = attempt('ssh', 1060, 1100, 'banner');
  const closed = attempt('ssh', 1000, 1001, 'eof');
  const tooShort = attempt('ssh', 1020, 1050, 'timeout');
  const network = attempt('closed', 1010, 1011, 'reset');
  assert.equal(resolutionNs(hit, [closed], 0), 60 * ms);
  assert.equal(resolutionNs(hit, [closed, network, tooShort], 0), 60 * ms);
  assert.equal(resolutionNs(hit, [attempt('ssh', 1000, 1040, 'timeout')], 0), 60 * ms);
  assert.equal(resolutionNs(hit, [tooShort], 7 * ms), 1053 * ms);
});

test('the silence of a closed port that answers later proves that there was no network, and so no server', () => {
  const silent = attempt('closed', 5000, 5150, 'timeout');
  const network = attempt('closed', 5150, 5152, 'reset');
  // The server is up as soon as its network: the very first attempt gets the banner, and takes long for it.
  const hit = attempt('ssh', 5152, 5500, 'banner');
  assert.equal(resolutionNs(hit, [silent, network], 0), 152 * ms);
  // Where nothing ever answers on it, a firewall may have swallowed the attempts.
  assert.equal(resolutionNs(hit, [silent], 0), 5152 * ms);
  assert.equal(resolutionNs(hit, [attempt('closed', 5000, 5050, 'timeout'), network], 0), 5152 * ms);
});
