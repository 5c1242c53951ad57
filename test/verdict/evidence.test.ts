// The figures behind a verdict, where they can be counted by hand.
import assert from 'node:assert/strict';
import test from 'node:test';
import { medianInterval } from '../../src/stats/median-interval.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { judge } from '../../src/verdict/judge.ts';
import { pairedEvidence } from '../../src/verdict/paired.ts';
import { moreRounds } from '../../src/verdict/power.ts';
import { storedEvidence } from '../../src/verdict/stored.ts';
import { summarize } from '../../src/verdict/summarize.ts';
import { boots, pairedInput, sampleSession } from './samples.ts';

test('three to five boots have Student’s interval, and from six on that of order statistics', () => {
  const interval = (count: number) =>
    summarize({
      ...{ metric: 'time-to-ssh', unit: 'ms', resolution: 10 },
      values: Array.from({ length: count }, (_, index) => 9000 + 100 * index),
    }).interval;
  const values = (count: number): number[] => Array.from({ length: count }, (_, index) => 9000 + 100 * index);
  assert.equal(interval(2), null);
  for (const count of [6, 7, 8]) assert.deepEqual(interval(count), medianInterval(values(count), 0.95));
  // Student's reaches beyond the slowest and the fastest of five.
  const few = interval(5);
  assert.ok(few !== null && few.low < 9200 && few.high > 9200 && medianInterval(values(5), 0.95) === null);
});

test('one stored session leaves the spread between sessions to what is assumed', () => {
  const values = Array.from({ length: 12 }, (_, index) => Math.log(9000) + 1e-9 * index);
  const evidence = storedEvidence({
    ...{ head: values, sessions: [{ values, newEpoch: false }], error: 0.007, tolerate: 0, limit: Math.log(1.05) },
  });
  // Student's t of 4 degrees at 2.5 % times 2.5 % for each of two sessions.
  assert.ok(Math.abs((evidence?.high ?? 0) - 2.776445 * 0.025 * Math.SQRT2) < 1e-5, String(evidence?.high));
});

test('eight rounds are judged boot against partner only where partners surely move together', () => {
  const base = [0, 10, 20, 30, 40, 50, 60, 70];
  const width = (order: readonly number[]): number => {
    const head = order.map((at) => (base[at] as number) + 1);
    const { low, high } = pairedEvidence({
      ...{ head, base, plan: { first: 8, most: 8 }, error: 0.05, tolerate: 0, limit: 1 },
    });
    return high - low;
  };
  // Kendall's tau is 0.43 with eight pairs of rounds out of order, and 0.36 with nine: the border of eight rounds is at 0.375.
  assert.ok(width([3, 2, 1, 0, 5, 4, 7, 6]) < 45, String(width([3, 2, 1, 0, 5, 4, 7, 6])));
  assert.ok(width([3, 2, 1, 0, 6, 5, 4, 7]) > 55, String(width([3, 2, 1, 0, 6, 5, 4, 7])));
});

test('the test of partners has less error than the usual one, since both may err', () => {
  const base = [0, 10, 20, 30, 40, 50, 60, 70];
  const slower = (error: number): boolean =>
    pairedEvidence({
      ...{ head: base.map((value) => value + 1), base, plan: { first: 8, most: 8 } },
      ...{ error, tolerate: 0, limit: 1 },
    }).slower;
  // All of eight differences above nothing: 1 in 256.
  assert.equal(slower(0.0065), false);
  assert.equal(slower(0.01), true);
});

test('two stored sessions that differ add their own spread to what is assumed', () => {
  const around = (centre: number): number[] => Array.from({ length: 12 }, (_, index) => centre + 1e-9 * index);
  const evidence = storedEvidence({
    head: around(9),
    sessions: [8.95, 9.05].map((centre) => ({ values: around(centre), newEpoch: false })),
    ...{ error: 0.007, tolerate: 0, limit: Math.log(1.05) },
  });
  // (4 times 2.5 % squared + 2 times 5 % squared) / 5, for head and for the mean of two; t of 5 degrees.
  const reach = 2.570582 * Math.sqrt(((4 * 0.025 ** 2 + 2 * 0.05 ** 2) / 5) * 1.5);
  assert.ok(Math.abs((evidence?.high ?? 0) - reach) < 1e-5, `${evidence?.high} ${reach}`);
});

test('a forecast counts the rounds that are still to come, and none beyond five hundred', () => {
  const more = (boot: number, estimate = 0): number | null =>
    moreRounds({ ...{ estimate, boot, rounds: 10, error: 0.007, tolerate: 0, limit: 0.05, fewestForSame: 0 } });
  assert.equal(more(0.001, 0.2), 1);
  assert.ok((more(0.3) ?? 0) > 400 && (more(0.3) ?? 0) <= 500, String(more(0.3)));
  assert.equal(more(0.35), null);
});

test('where base was booted, stored sessions are not spoken of', () => {
  const input = pairedInput(boots(12, 9000, 0.03, randomFrom(1)), boots(12, 9000, 0.03, randomFrom(2)));
  const stored = sampleSession('r1', { 'time-to-ssh': boots(10, 9000, 0.03, randomFrom(3)) });
  const codes = judge({ ...input, sessions: [stored, stored] }).warnings.map(({ code }) => code);
  assert.ok(!codes.includes('duplicate-sessions') && !codes.includes('sessions-left-out'), codes.join());
});
