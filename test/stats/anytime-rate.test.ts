import assert from 'node:assert/strict';
import test from 'node:test';
import { anytimeInterval } from '../../src/stats/anytime-rate.ts';

/** Probability that the interval leaves out the true rate at any look up to `most`; exact, by all paths. */
function errs(rate: number, most: number, leavesOut: (hits: number, of: number) => boolean): number {
  let inside = [1];
  let lost = 0;
  for (let of = 1; of <= most; of += 1) {
    inside = Array.from(
      { length: of + 1 },
      (_, hits) => (inside[hits] ?? 0) * (1 - rate) + (inside[hits - 1] ?? 0) * rate,
    );
    for (const [hits, chance] of inside.entries()) {
      if (chance === 0 || !leavesOut(hits, of)) continue;
      lost += chance;
      inside[hits] = 0;
    }
  }
  return lost;
}

for (const rate of [0.02, 0.1, 0.5, 0.8]) {
  test(`a rate of ${rate} stays within the interval at every look, but for one soak in twenty`, () => {
    const leavesOut = (hits: number, of: number): boolean => {
      const { low, high } = anytimeInterval(hits, of, 0.95);
      return rate < low || rate > high;
    };
    assert.ok(errs(rate, 120, (hits, of) => hits > 0 && leavesOut(hits, of)) <= 0.05);
    assert.ok(errs(rate, 120, (hits, of) => hits === 0 && leavesOut(hits, of)) <= 0.05);
    // Who stops when it suits him best has both chances.
    assert.ok(errs(rate, 400, leavesOut) <= 1 / 12);
  });
}

test('without a hit the bound is the exact one, and it shrinks as trials come', () => {
  assert.ok(Math.abs(anytimeInterval(0, 412, 0.95).high - 0.00724) < 1e-5);
  assert.deepEqual(anytimeInterval(0, 0, 0.95), { low: 0, high: 1 });
  assert.equal(anytimeInterval(7, 7, 0.95).high, 1);
  assert.ok(anytimeInterval(7, 7, 0.95).low > 0.5 && anytimeInterval(6, 6, 0.95).low < 0.5);
});
