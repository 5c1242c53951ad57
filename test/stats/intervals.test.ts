// Intervals cover the truth as often as they say, over thousands of seeded trials.
import assert from 'node:assert/strict';
import test from 'node:test';
import { medianInterval, medianLowerBound } from '../../src/stats/median-interval.ts';
import { median, quantile, scaledMad } from '../../src/stats/quantiles.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { contrastsOf, lowerBound, type Pairing, upperBound } from '../../src/stats/rank-interval.ts';

const trials = 2500;

/** Share of trials in which the interval of a skewed, heavy-tailed sample holds the truth. */
function coverage(seed: number, holds: (draw: (count: number) => number[]) => boolean): number {
  const normal = normalFrom(randomFrom(seed));
  const draw = (count: number): number[] => Array.from({ length: count }, () => Math.exp(normal()));
  let held = 0;
  for (let trial = 0; trial < trials; trial += 1) if (holds(draw)) held += 1;
  return held / trials;
}

function assertNominal(covered: number, what: string): void {
  assert.ok(covered > 0.938 && covered < 0.967, `${what}: ${covered}`);
}

test('the interval of a median covers it 95 % of the time from ten boots on', () => {
  for (const count of [10, 13, 24]) {
    const covered = coverage(count, (draw) => {
      const interval = medianInterval(draw(count), 0.95);
      return interval !== null && interval.low <= 1 && 1 <= interval.high;
    });
    assertNominal(covered, `${count} boots`);
  }
});

test('the interval of a shift covers it 95 % of the time, pooled and by rounds', () => {
  for (const pairing of ['pooled', 'rounds'] satisfies Pairing[]) {
    for (const count of [10, 16]) {
      const covered = coverage(count, (draw) => {
        const logs = (values: readonly number[]): number[] => values.map(Math.log);
        const contrasts = contrastsOf(
          logs(draw(count)).map((value) => value + 0.3),
          logs(draw(count)),
          pairing,
        );
        return lowerBound(contrasts, 0.025) <= 0.3 && 0.3 <= upperBound(contrasts, 0.025);
      });
      assertNominal(covered, `${pairing}, ${count} rounds`);
    }
  }
});

test('the lower bound of a median errs as rarely as asked, and needs enough values', () => {
  const wrong = 1 - coverage(3, (draw) => (medianLowerBound(draw(16), 0.01) as number) <= 1);
  assert.ok(wrong < 0.016, `${wrong}`);
  assert.equal(medianLowerBound([1, 2, 3, 4, 5, 6], 0.01), null);
  assert.equal(medianLowerBound([3, 1, 2, 7, 5, 6, 4], 0.01), 1);
});

test('failed boots stretch the interval to the slow end only', () => {
  const values = [9, 8, 7, 6, 5, 4, 3, Infinity, Infinity, Infinity];
  const interval = medianInterval(values, 0.95);
  assert.equal(interval?.high, Number.POSITIVE_INFINITY);
  assert.ok(interval.low >= 3);
});

test('quantiles interpolate like R’s type 7 and rank failed boots last', () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([1, 2, 3, 4, 5], 0.9), 4.6);
  assert.equal(median([1, 2, Infinity]), 2);
  assert.equal(median([1, Infinity]), Number.POSITIVE_INFINITY);
  assert.equal(median([Infinity, Infinity]), Number.POSITIVE_INFINITY);
  assert.ok(Math.abs(scaledMad([1, 2, 3, 4, 100]) - 1.482602218505602) < 1e-12);
});

test('beyond fifty rounds the bounds are those of the normal limit', () => {
  const zeros = Array.from({ length: 60 }, () => 0);
  const x = zeros.map((_, index) => index ** 2);
  // By rounds: 1,830 averages, mean 915, variance 18,452.5; pooled: 3,600 differences, mean 1,800, variance 36,300.
  for (const [pairing, critical] of [
    ['rounds', 1182],
    ['pooled', 2174],
  ] as const) {
    const contrasts = contrastsOf(x, zeros, pairing);
    assert.equal(lowerBound(contrasts, 0.025), contrasts.sorted.at(-critical), pairing);
    assert.equal(upperBound(contrasts, 0.025), contrasts.sorted[critical - 1], pairing);
  }
});
