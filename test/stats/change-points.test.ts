// Changes of level, drift and two modes are found where they are, and seldom where they are not.
import assert from 'node:assert/strict';
import test from 'node:test';
import { changePoints } from '../../src/stats/change-points.ts';
import { twoModes } from '../../src/stats/modes.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { kendallTau, theilSenSlope, trendP } from '../../src/stats/trend.ts';

const noise = (count: number, seed: number, sd = 0.02): number[] => {
  const normal = normalFrom(randomFrom(seed));
  return Array.from({ length: count }, () => sd * normal());
};

test('a step is found within two sessions of where it is, with the levels on both sides', () => {
  let near = 0;
  for (let seed = 0; seed < 200; seed += 1) {
    const found = changePoints(noise(40, seed).map((value, index) => value + (index >= 25 ? 0.06 : 0)));
    if (found.length === 1 && Math.abs((found[0]?.index ?? 0) - 25) <= 2) near += 1;
  }
  assert.ok(near >= 185, `${near} of 200`);
  const [point] = changePoints([1, 1.01, 0.99, 1, 1.01, 2, 2.01, 1.99, 2, 2.02]);
  assert.deepEqual(point, { index: 5, before: 1, after: 2 });
});

test('steps up and down are told apart', () => {
  const values = noise(60, 4).map((value, index) => value + (index >= 20 && index < 40 ? 0.15 : 0));
  assert.deepEqual(
    changePoints(values).map(({ index, before, after }) => [index, after > before]),
    [
      [20, true],
      [40, false],
    ],
  );
});

test('quiet histories and single spikes have no change point', () => {
  let false_ = 0;
  for (let seed = 0; seed < 200; seed += 1) if (changePoints(noise(50, seed)).length > 0) false_ += 1;
  assert.ok(false_ <= 6, `${false_} of 200`);
  assert.deepEqual(changePoints(noise(50, 300).with(20, 1).with(35, 2)), []);
  assert.deepEqual(changePoints([1, 1, 1, 1, 1, 1, 1]), []);
  assert.deepEqual(changePoints([1, 5]), []);
});

test('slow creep that no single session shows becomes a step', () => {
  const creep = noise(60, 8).map((value, index) => value + 0.003 * index);
  assert.ok(changePoints(creep).length >= 1);
});

test('levels without any noise still change where they change', () => {
  assert.deepEqual(
    changePoints([3, 3, 3, 3, 4, 4, 4, 4]).map(({ index }) => index),
    [4],
  );
});

test('two modes are named with their medians, one mode is not two', () => {
  const random = randomFrom(3);
  const modal = noise(24, 1).map((value) => value + Math.log(random() < 0.3 ? 12.4 : 8.9));
  const modes = twoModes(modal);
  assert.ok(modes !== null && Math.abs(Math.exp(modes.low) - 8.9) < 0.3 && Math.abs(Math.exp(modes.high) - 12.4) < 0.4);
  let false_ = 0;
  for (let seed = 0; seed < 500; seed += 1) if (twoModes(noise(20, seed)) !== null) false_ += 1;
  assert.ok(false_ <= 10, `${false_} of 500`);
});

test('drift has a slope and a small p, noise has neither', () => {
  const drifting = noise(24, 2).map((value, index) => value + 0.005 * index);
  assert.ok(trendP(drifting) < 0.001);
  assert.ok(Math.abs(theilSenSlope(drifting) - 0.005) < 0.002);
  let false_ = 0;
  for (let seed = 0; seed < 500; seed += 1) if (trendP(noise(16, seed)) < 0.01) false_ += 1;
  assert.ok(false_ <= 12, `${false_} of 500`);
  assert.equal(kendallTau([1, 2, 3], [1, 2, 3]), 1);
  assert.equal(kendallTau([1, 2, 3], [3, 2, 1]), -1);
});

test('modes of three values each are told apart from five spreads on, and not before', () => {
  const apart = (distance: number): number[] => [0, 1, 2, distance, distance + 1, distance + 2];
  assert.equal(twoModes(apart(4.9)), null);
  assert.deepEqual(twoModes(apart(5.1)), { low: 1, high: 6.1, highShare: 0.5 });
});

test('ten values that only rise have the p-value of Kendall’s test', () => {
  // Score 45, variance 125: R's 2 * pnorm(-44 / sqrt(125)).
  const p = trendP([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.ok(Math.abs(p / 8.303073e-5 - 1) < 1e-5, String(p));
});

const reported = (play: (seed: number) => number[]): number =>
  Array.from({ length: 200 }, (_, seed) => changePoints(play(seed))).filter((changes) => changes.length > 0).length;

test('spikes of a fifth in every tenth session are no new level', () => {
  const spiked = (seed: number): number[] => {
    const random = randomFrom(9000 + seed);
    return noise(60, seed).map((value) => value + (random() < 0.1 ? Math.log(1.2) : 0));
  };
  assert.ok(reported(spiked) <= 8, `${reported(spiked)} of 200`);
});

test('sessions that resemble their neighbours wander without changing their level, and a step among them is still found', () => {
  const wandering = (seed: number, step: number): number[] => {
    let last = 0;
    return noise(60, seed).map((value, index) => {
      last = 0.5 * last + Math.sqrt(0.75) * value;
      return last + (index >= 30 ? step : 0);
    });
  };
  assert.ok(reported((seed) => wandering(seed, 0)) <= 10);
  assert.ok(reported((seed) => wandering(seed, 0.1)) >= 180);
});
