import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Unit } from '../../src/model/metric.ts';
import {
  formatChange,
  formatDifference,
  formatFraction,
  formatInterval,
  formatValue,
} from '../../src/report/format.ts';

test('values show three digits and the unit that suits their size', () => {
  const cases: [number | null, Unit, string][] = [
    [0, 'ms', '0 ms'],
    [0.42, 'ms', '0.42 ms'],
    [4.21, 'ms', '4.2 ms'],
    [42.4, 'ms', '42 ms'],
    [812, 'ms', '812 ms'],
    [999.4, 'ms', '999 ms'],
    [999.6, 'ms', '1.00 s'],
    [2412.4, 'ms', '2.41 s'],
    [9994, 'ms', '9.99 s'],
    [9996, 'ms', '10.0 s'],
    [41_300, 'ms', '41.3 s'],
    [240_123, 'ms', '240 s'],
    [-1500, 'ms', '-1.50 s'],
    [412.3, 'MiB', '412 MiB'],
    [4.25, 'MiB', '4.3 MiB'],
    [null, 'ms', 'n/a'],
    [Number.NaN, 'ms', 'n/a'],
    [Number.POSITIVE_INFINITY, 'MiB', 'n/a'],
  ];
  for (const [value, unit, text] of cases) assert.equal(formatValue(value, unit), text);
});

test('differences carry their sign and nothing carries the sign of zero', () => {
  assert.equal(formatDifference(241.2, 'ms'), '+241 ms');
  assert.equal(formatDifference(-1241, 'ms'), '-1.24 s');
  assert.equal(formatDifference(-0.001, 'ms'), '0.00 ms');
  assert.equal(formatDifference(-0, 'ms'), '0 ms');
});

test('a change shows its interval with the digits that it deserves', () => {
  assert.equal(formatChange(1.111, { low: 1.081, high: 1.142 }), '+11 % [+8, +14]');
  assert.equal(formatChange(1.032, { low: 1.002, high: 1.063 }), '+3.2 % [+0.2, +6.3]');
  assert.equal(formatChange(0.84, null), '-16 %');
  assert.equal(formatChange(1.0000001, { low: 0.99, high: 1.01 }), '0.0 % [-1.0, +1.0]');
  assert.equal(formatChange(null, null), 'n/a');
  assert.equal(formatChange(1.2, { low: Number.NaN, high: 2 }), '+20 %');
});

test('both ends of an interval have one unit', () => {
  assert.equal(formatInterval({ low: 982, high: 1013 }, 'ms'), '[0.98, 1.01] s');
  assert.equal(formatInterval({ low: 98, high: 101 }, 'ms'), '[98, 101] ms');
  assert.equal(formatInterval(null, 'ms'), 'n/a');
});

test('fractions are percent', () => {
  assert.equal(formatFraction(0.031), '3 %');
  assert.equal(formatFraction(0.004), '0.4 %');
  assert.equal(formatFraction(0), '0 %');
});

test('no finite value is shown more than five percent off or without a unit', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), (value) => {
      const match = /^(\d+(?:\.\d+)?) (ms|s)$/.exec(formatValue(value, 'ms'));
      assert.ok(match);
      const shown = Number(match[1]) * (match[2] === 's' ? 1000 : 1);
      assert.ok(Math.abs(shown - value) <= value * 0.05 + 1e-9, `${shown} for ${value}`);
    }),
  );
});
