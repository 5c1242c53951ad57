// Rank tests and Hodges-Lehmann estimates against R's wilcox.test; the values were made by fixtures/wilcox.R.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { centreEstimate } from '../../src/stats/hodges-lehmann.ts';
import { contrastsOf, lowerBound, upperBound } from '../../src/stats/rank-interval.ts';
import { shiftTest, withoutOutliers } from '../../src/stats/shift-test.ts';
import { signedRankTest } from '../../src/stats/signed-rank.ts';
import { mannWhitney } from '../bench/peers/mann-whitney.ts';

interface Expected {
  readonly statistic: number;
  readonly greater: number;
  readonly less: number;
  readonly 'two.sided': number;
  readonly estimate?: number;
  readonly interval?: readonly [number, number];
}

interface Case {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly mannWhitney: Expected;
  readonly signedRank?: Expected;
}

const file = new URL('../fixtures/wilcox.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly Case[];

function close(actual: number, expected: number, what: string): void {
  const error = Math.abs(actual - expected) / Math.max(1e-12, Math.abs(expected));
  assert.ok(error < 1e-9, `${what}: ${actual}, R says ${expected}`);
}

test('the fixture has exact cases and cases with ties', () => {
  assert.ok(cases.length >= 40);
  assert.ok(cases.filter((entry) => entry.mannWhitney.estimate !== undefined).length >= 25);
  assert.ok(cases.filter((entry) => entry.mannWhitney.estimate === undefined).length >= 12);
});

test('the pooled test agrees with R to 1e-9 where nothing ties and no outlier is set aside', () => {
  let compared = 0;
  cases.forEach(({ x, y, mannWhitney: expected }, index) => {
    const kept = withoutOutliers(x, y);
    if (new Set([...x, ...y]).size < x.length + y.length || kept.x !== x) return;
    const { above, below } = shiftTest(x, y, 0, 'pooled');
    close(above, expected.greater, `case ${index}, greater`);
    close(below, expected.less, `case ${index}, less`);
    compared += 1;
  });
  assert.ok(compared >= 25, `${compared} cases`);
});

test('the peers’ two-sided Mann-Whitney agrees with R to 1e-9, with ties and without', () => {
  cases.forEach(({ x, y, mannWhitney: expected }, index) => {
    close(mannWhitney(x, y), expected['two.sided'], `case ${index}`);
  });
});

test('Wilcoxon’s signed ranks agree with R to 1e-9, with ties and without', () => {
  cases.forEach(({ x, y, signedRank: expected }, index) => {
    if (expected === undefined) return;
    const { above, below } = signedRankTest(x.map((value, at) => value - (y[at] as number)));
    close(above, expected.greater, `case ${index}, greater`);
    close(below, expected.less, `case ${index}, less`);
  });
});

test('Hodges-Lehmann estimates and their intervals agree with R where R is exact', () => {
  cases.forEach(({ x, y, mannWhitney: two, signedRank: one }, index) => {
    if (two.estimate !== undefined && two.interval) {
      const contrasts = contrastsOf(x, y, 'pooled');
      close(contrasts.estimate, two.estimate, `case ${index}, shift`);
      close(lowerOrEnd(lowerBound(contrasts, 0.025), contrasts.sorted.at(0)), two.interval[0], `case ${index}, low`);
      close(lowerOrEnd(upperBound(contrasts, 0.025), contrasts.sorted.at(-1)), two.interval[1], `case ${index}, high`);
    }
    if (one?.estimate !== undefined && one.interval) {
      const differences = x.map((value, at) => value - (y[at] as number));
      close(centreEstimate(differences), one.estimate, `case ${index}, centre`);
      const contrasts = contrastsOf(x, y, 'rounds');
      close(lowerOrEnd(lowerBound(contrasts, 0.025), contrasts.sorted.at(0)), one.interval[0], `case ${index}, low`);
      close(lowerOrEnd(upperBound(contrasts, 0.025), contrasts.sorted.at(-1)), one.interval[1], `case ${index}, high`);
    }
  });
});

/** Where no interval of 95 % exists R gives the widest there is; we say that there is none. */
function lowerOrEnd(bound: number, end: number | undefined): number {
  return Number.isFinite(bound) ? bound : (end as number);
}
