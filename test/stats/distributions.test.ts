// Distributions against published values, and the seeded generator against its own promise.
import assert from 'node:assert/strict';
import test from 'node:test';
import { binomialInterval, binomialUpper } from '../../src/stats/binomial-interval.ts';
import { fisherUpper } from '../../src/stats/fisher.ts';
import {
  jointNormalUpper,
  logGamma,
  normalUpper,
  normalUpperQuantile,
  studentUpper,
  studentUpperQuantile,
} from '../../src/stats/normal.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';

const near = (actual: number, expected: number, tolerance = 1e-10): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);

test('normal tail areas are those of R’s pnorm, far out too', () => {
  near(normalUpper(0), 0.5);
  near(normalUpper(1.96), 0.024997895148220435, 1e-14);
  near(normalUpper(-1), 0.8413447460685429);
  near(normalUpper(3), 0.0013498980316300933, 1e-14);
  near(normalUpper(6) / 9.865876450376946e-10, 1, 1e-12);
});

test('normal quantiles invert the tail area', () => {
  near(normalUpperQuantile(0.025), 1.959963984540054);
  for (const p of [1e-9, 0.001, 0.3, 0.5, 0.9]) near(normalUpper(normalUpperQuantile(p)), p);
});

test('Student’s t quantiles are those of the tables', () => {
  near(studentUpperQuantile(0.025, 1), 12.706204736432095, 1e-9);
  near(studentUpperQuantile(0.025, 19), 2.0930240544082634, 1e-9);
  near(studentUpperQuantile(0.01, 4), 3.746947387979197, 1e-9);
  near(studentUpper(-2, 7), 1 - studentUpper(2, 7));
});

test('log gamma knows factorials and the half', () => {
  near(logGamma(11), Math.log(3628800), 1e-13);
  near(logGamma(0.5), Math.log(Math.sqrt(Math.PI)), 1e-13);
});

test('the joint tail of two normals lies between independence and identity', () => {
  near(jointNormalUpper(2, 0), normalUpper(2) ** 2);
  near(jointNormalUpper(2, 1), normalUpper(2), 1e-6);
  near(jointNormalUpper(0, 0.5), 1 / 3, 1e-8);
});

test('Fisher’s exact test agrees with counting', () => {
  near(fisherUpper(6, 6, 0, 6), 1 / 924);
  near(fisherUpper(3, 4, 1, 4), 17 / 70);
  assert.equal(fisherUpper(0, 5, 3, 5), 1);
});

test('the exact interval of a proportion is that of R’s binom.test', () => {
  const { low, high } = binomialInterval(7, 50, 0.95);
  near(low, 0.05819170033997341, 1e-8);
  near(high, 0.26739600249700846, 1e-8);
  assert.equal(binomialInterval(0, 20, 0.95).low, 0);
  assert.equal(binomialInterval(20, 20, 0.95).high, 1);
  near(binomialUpper(1, 3, 0.5), 0.875);
});

test('the generator repeats itself for a seed, differs for another, and is uniform', () => {
  const take = (seed: number): number[] => Array.from({ length: 5 }, randomFrom(seed));
  assert.deepEqual(take(1), take(1));
  assert.notDeepEqual(take(1), take(2));
  const random = randomFrom(42);
  const bins = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 100_000; draw += 1) {
    const bin = Math.floor(random() * 10);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const chiSquare = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chiSquare < 27.9, `chi-square ${chiSquare} with 9 degrees of freedom`);
});

test('normal numbers have mean 0, variance 1 and the tails of a normal', () => {
  const normal = normalFrom(randomFrom(7));
  const values = Array.from({ length: 100_000 }, normal);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  assert.ok(Math.abs(mean) < 0.015 && Math.abs(variance - 1) < 0.02, `${mean} ${variance}`);
  const far = values.filter((value) => value > 1.96).length / values.length;
  assert.ok(Math.abs(far - 0.025) < 0.002, `${far}`);
});
