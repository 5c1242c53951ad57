// Looking often costs nothing: the error over all looks stays what was promised, for one metric and for many.
import assert from 'node:assert/strict';
import test from 'node:test';
import { cautiousCorrelations, levelPerTest } from '../../src/stats/multiplicity.ts';
import { normalUpper, normalUpperQuantile } from '../../src/stats/normal.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { attainedLevel } from '../../src/stats/rank-interval.ts';
import { logLogistic, nextLook, noLooks } from '../../src/stats/sequential.ts';
import { shiftTest, withoutOutliers } from '../../src/stats/shift-test.ts';
import { nominalLevels } from './nominal-levels.ts';

const looks = Array.from({ length: 20 }, (_, index) => index + 5);
const spending = logLogistic(9, 3);

/** Share of random walks that cross a boundary at any look. */
function crossing(levels: readonly number[], walks: number): number {
  const normal = normalFrom(randomFrom(11));
  let crossed = 0;
  for (let walk = 0; walk < walks; walk += 1) {
    let sum = 0;
    let rounds = 0;
    for (const [index, look] of looks.entries()) {
      for (; rounds < look; rounds += 1) sum += normal();
      const level = levels[index] as number;
      if (level > 0 && sum / Math.sqrt(look) >= normalUpperQuantile(level)) {
        crossed += 1;
        break;
      }
    }
  }
  return crossed / walks;
}

test('a random walk crosses at any of twenty looks as often as was spent by the last', () => {
  const levels = nominalLevels(looks, 0.05, spending);
  const expected = 0.05 * spending(24);
  const seen = crossing(levels, 8000);
  assert.ok(Math.abs(seen - expected) < 0.008, `${seen} against ${expected}`);
  const naive = crossing(
    looks.map(() => 0.05),
    5000,
  );
  assert.ok(naive > 0.12, `uncorrected looks would cross ${naive}`);
});

test('levels before a look do not depend on the looks after it', () => {
  const long = nominalLevels(looks, 0.05, spending);
  const short = nominalLevels(looks.slice(0, 6), 0.05, spending);
  assert.deepEqual(short, long.slice(0, 6));
});

test('a discrete test carries over what it cannot use, and never exceeds its levels', () => {
  const attainable = (rounds: number, level: number): number => attainedLevel('pooled', rounds, level);
  const discrete = nominalLevels(looks, 0.007, spending, attainable);
  discrete.forEach((level, index) => {
    assert.equal(attainedLevel('pooled', looks[index] as number, level), level);
  });
  const seen = crossing(discrete, 30_000);
  assert.ok(seen < 0.009, `${seen}`);
  const wasteful = looks.map((look, index) => {
    const own = nominalLevels(looks.slice(0, index + 1), 0.007, spending).at(-1) as number;
    return attainable(look, own);
  });
  const sum = (levels: readonly number[]): number => levels.reduce((total, level) => total + level, 0);
  assert.ok(sum(discrete) > 1.02 * sum(wasteful), `${sum(discrete)} against ${sum(wasteful)}`);
});

test('the sequential rank test flags unchanged boots as rarely as promised, with outliers and two modes', () => {
  const levels = nominalLevels(looks, 0.05, spending, (rounds, level) => attainedLevel('pooled', rounds, level));
  const random = randomFrom(5);
  const normal = normalFrom(random);
  for (const accident of [() => 0, () => (random() < 0.05 ? random() : 0), () => (random() < 0.2 ? 0.3 : 0)]) {
    let flagged = 0;
    for (let trial = 0; trial < 600; trial += 1) {
      const draw = (): number[] => Array.from({ length: 24 }, () => 0.03 * normal() + accident());
      const [head, base] = [draw(), draw()];
      const hit = looks.some((look, index) => {
        const { above } = shiftTest(head.slice(0, look), base.slice(0, look), 0, 'pooled');
        return above <= (levels[index] as number) * (1 + 1e-9);
      });
      if (hit) flagged += 1;
    }
    assert.ok(flagged < 600 * 0.075, `${flagged} of 600`);
  }
});

test('far outliers are set aside wherever they are, many of them and failed boots are not', () => {
  const calm = Array.from({ length: 12 }, (_, index) => index / 100);
  const outlier = withoutOutliers(calm.with(3, 5), calm);
  assert.equal(outlier.x.length, 11);
  assert.equal(outlier.y.length, 12);
  const mode = withoutOutliers([5, 5, 5, 5, ...calm.slice(4)], calm);
  assert.equal(mode.x.length, 12);
  const failed = withoutOutliers(calm.with(3, Number.POSITIVE_INFINITY), calm);
  assert.equal(failed.x.length, 12);
});

test('one error is shared: all of it for one metric, Bonferroni for strangers, more for relatives', () => {
  const matrix = (rho: number) => [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : rho)));
  assert.equal(levelPerTest([[1]], 0.007), 0.007);
  const strangers = levelPerTest(matrix(0), 0.007);
  assert.ok(strangers >= 0.007 / 4 && strangers < 0.00177, `${strangers}`);
  const relatives = levelPerTest(matrix(0.95), 0.007);
  assert.ok(relatives > 1.5 * strangers && relatives < 0.007, `${relatives}`);
});

test('the shared level keeps the promise for correlated normals', () => {
  const random = normalFrom(randomFrom(17));
  for (const rho of [0, 0.5, 0.9]) {
    const matrix = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : rho)));
    const boundary = normalUpperQuantile(levelPerTest(matrix, 0.02));
    let hits = 0;
    for (let trial = 0; trial < 15_000; trial += 1) {
      const common = Math.sqrt(rho) * random();
      if ([0, 1, 2].some(() => common + Math.sqrt(1 - rho) * random() > boundary)) hits += 1;
    }
    assert.ok(hits / 15_000 < 0.0245, `${rho}: ${hits / 15_000}`);
    assert.ok(normalUpper(boundary) >= 0.02 / 3 - 1e-9);
  }
});

test('rank correlations are cautious: below the truth for short lists, near it for long ones', () => {
  const normal = normalFrom(randomFrom(23));
  const pairOf = (count: number): number[][] => {
    const first = Array.from({ length: count }, normal);
    return [first, first.map((value) => 0.9 * value + Math.sqrt(1 - 0.81) * normal())];
  };
  const rho = (lists: number[][]): number => cautiousCorrelations(lists)[0]?.[1] ?? Number.NaN;
  const long = rho(pairOf(2000));
  assert.ok(long > 0.85 && long < 0.9, `${long}`);
  const mean = Array.from({ length: 300 }, () => rho(pairOf(10))).reduce((sum, value) => sum + value, 0) / 300;
  assert.ok(mean < 0.8, `${mean}`);
  assert.equal(
    rho([
      [1, 2, 3],
      [1, 2, 3],
    ]),
    0,
  );
});

test('the boundary of a look spends what the look may spend, to the last digits that count', () => {
  const spending = logLogistic(9.6, 3);
  const error = 0.007;
  let taken = noLooks;
  for (let rounds = 6; rounds <= 40; rounds += 1) {
    ({ taken } = nextLook(taken, rounds, { error, spending }));
    const left = error * spending(rounds) - taken.spent;
    assert.ok(left >= 0 && left < 1e-9 * error, `${left} left after ${rounds} rounds`);
  }
});
