import assert from 'node:assert/strict';
import test from 'node:test';
import { watchSleep } from '../../src/host/sleep-watch.ts';

test('a clock that leaps is told, forwards or back; a late tick is not', () => {
  for (const [leapMs, told] of [
    [0, 0],
    [9_000, 0],
    [3_600_000, 3_599_000],
    [-3_600_000, 3_601_000],
  ] as const) {
    let now = 1_000_000;
    using watch = watchSleep(() => now);
    now += leapMs;
    assert.equal(watch.sleptMs(), told);
  }
});
