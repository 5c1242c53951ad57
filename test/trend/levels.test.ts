import assert from 'node:assert/strict';
import test from 'node:test';
import type { BaselineSession } from '../../src/model/baseline.ts';
import { historyOf, mainMetric, movedSinceAnchor } from '../../src/trend/levels.ts';
import { sessionOf } from '../../src/trend/session.ts';
import { exampleConditions, exampleRun, exampleScenario } from '../examples/run.ts';

/** A session whose boots took `centre` ms, with a fixed scatter of under 1 %. */
function session(number: number, centre: number, conditions = exampleConditions): BaselineSession {
  const scatter = [-0.004, 0.003, 0, 0.006, -0.002, 0.001, -0.005];
  const shift = ((number * 7) % 5) * 0.002;
  const samples = scatter.map((share, index) => ({
    boot: index + 1,
    round: index + 1,
    value: centre * (1 + share + shift),
  }));
  return {
    ...sessionOf({
      run: exampleRun([]),
      scenario: exampleScenario,
      conditions,
      series: [{ metric: 'time-to-ssh', unit: 'ms', side: 'head', resolution: 20, samples }],
      intended: '',
    }),
    run: `run-${number}`,
  };
}

const levels = (...centres: number[]): BaselineSession[] => centres.map((centre, index) => session(index, centre));

test('what is followed is what made the newest session ready', () => {
  assert.equal(mainMetric(levels(9000)), 'time-to-ssh');
  const [one] = levels(9000);
  assert.ok(one);
  const [facts] = Object.values(one.metrics);
  assert.ok(facts);
  assert.equal(mainMetric([one, { ...one, metrics: { 'time-to-up': facts, 'cpu-time': facts } }]), 'time-to-up');
});

test('a new level is found at its first session, with the typical values around it', () => {
  const history = historyOf({
    file: 'x',
    metric: 'time-to-ssh',
    sessions: levels(9000, 9000, 9000, 9000, 9000, 9900, 9900, 9900, 9900, 9900),
  });
  assert.equal(history.changes.length, 1);
  assert.equal(history.changes[0]?.session, 5);
  const { before, after } = history.changes[0];
  assert.ok(Math.abs(after / before - 1.1) < 0.01, `${before} -> ${after}`);
});

test('creep of which no single step is large is found as a whole', () => {
  const creep = Array.from({ length: 18 }, (_, index) => 9000 * 1.012 ** Math.max(0, index - 5));
  const history = historyOf({ file: 'x', metric: 'time-to-ssh', sessions: levels(...creep) });
  assert.ok(history.changes.length >= 1);
  assert.ok(history.changes.every(({ before, after }) => after > before));
});

test('a quiet history has no change', () => {
  const history = historyOf({ file: 'x', metric: 'time-to-ssh', sessions: levels(...Array<number>(15).fill(9000)) });
  assert.deepEqual(history.changes, []);
});

test('sessions under other conditions are shown, but no level is made of them', () => {
  const other = { ...exampleConditions, guest: { ...exampleConditions.guest, digest: 'ef'.repeat(32) } };
  const old = [0, 1, 2, 3, 4].map((number) => session(number, 4000, other));
  const history = historyOf({
    file: 'x',
    metric: 'time-to-ssh',
    sessions: [...old, ...levels(9000, 9000, 9000, 9000, 9000)],
  });
  assert.equal(history.comparableFrom, 5);
  assert.equal(history.sessions.length, 10);
  assert.deepEqual(history.changes, []);
});

test('a metric that no session has is shown as missing', () => {
  const history = historyOf({ file: 'x', metric: 'time-to-vulkan', sessions: levels(9000, 9000) });
  assert.deepEqual(
    history.sessions.map(({ summary }) => summary),
    [null, null],
  );
});

test('how far a level has moved is told from eight sessions on, by the typical one of the last three', () => {
  const eight = levels(9000, 9000, 9000, 9000, 9000, 9900, 9900, 20_000);
  const moved = movedSinceAnchor(eight, 'time-to-ssh') ?? Number.NaN;
  assert.ok(Math.abs(moved - 1.1) < 0.02, String(moved));
  assert.equal(movedSinceAnchor(eight.slice(1), 'time-to-ssh'), null);
});

test('where the newest sessions did not come up there is no telling how far a level has moved', () => {
  const failed = levels(...Array<number>(10).fill(9000)).map((one, index) => {
    const metric = one.metrics['time-to-ssh'];
    assert.ok(metric);
    return index < 8
      ? one
      : { ...one, metrics: { 'time-to-ssh': { ...metric, samples: metric.samples.map(() => null) } } };
  });
  assert.equal(movedSinceAnchor(failed, 'time-to-ssh'), null);
});

test('what was accepted in small steps is told as a whole, from where its level began', () => {
  const creep = levels(...Array.from({ length: 20 }, (_, index) => 9000 * 1.01 ** index));
  const moved = movedSinceAnchor(creep, 'time-to-ssh') ?? Number.NaN;
  assert.ok(Math.abs(moved / 1.01 ** 16 - 1) < 0.02, String(moved));
  const accepted = creep.map((one, index) => (index === 10 ? { ...one, intended: 'a new driver' } : one));
  const since = movedSinceAnchor(accepted, 'time-to-ssh') ?? Number.NaN;
  assert.ok(Math.abs(since / 1.01 ** 6 - 1) < 0.02, String(since));
  assert.equal(movedSinceAnchor(creep.slice(0, 7), 'time-to-ssh'), null);
});
