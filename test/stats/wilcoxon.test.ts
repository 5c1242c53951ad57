// Rank tests and Hodges-Lehmann estimates against R's wilcox.test; the values were made by fixtures/wilcox.R.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { centreEstimate, shiftEstimate } from '../../src/stats/hodges-lehmann.ts';
import { mannWhitney } from '../../src/stats/mann-whitney.ts';
import { contrastsOf, lowerBound, upperBound } from '../../src/stats/rank-interval.ts';
import { signedRank } from '../../src/stats/signed-rank.ts';

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

test('Mann-Whitney agrees with R to 1e-9, with ties and without', () => {
  cases.forEach(({ x, y, mannWhitney: expected }, index) => {
    close(mannWhitney(x, y, 'greater').statistic, expected.statistic, `case ${index}, statistic`);
    close(mannWhitney(x, y, 'greater').p, expected.greater, `case ${index}, greater`);
    close(mannWhitney(x, y, 'less').p, expected.less, `case ${index}, less`);
    close(mannWhitney(x, y, 'two-sided').p, expected['two.sided'], `case ${index}, two-sided`);
  });
});

test('Wilcoxon’s signed ranks agree with R to 1e-9, with ties and without', () => {
  cases.forEach(({ x, y, signedRank: expected }, index) => {
    if (expected === undefined) return;
    const differences = x.map((value, at) => value - (y[at] as number));
    close(signedRank(differences, 'greater').statistic, expected.statistic, `case ${index}, statistic`);
    close(signedRank(differences, 'greater').p, expected.greater, `case ${index}, greater`);
    close(signedRank(differences, 'less').p, expected.less, `case ${index}, less`);
    close(signedRank(differences, 'two-sided').p, expected['two.sided'], `case ${index}, two-sided`);
  });
});

test('Hodges-Lehmann estimates and their intervals agree with R where R is exact', () => {
  cases.forEach(({ x, y, mannWhitney: two, signedRank: one }, index) => {
    if (two.estimate !== undefined && two.interval) {
      close(shiftEstimate(x, y), two.estimate, `case ${index}, shift`);
      const contrasts = contrastsOf(x, y, 'pooled');
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
