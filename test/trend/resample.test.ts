// Rounds that are drawn again: nothing differs between their sides whatever the run was, and failures stay failures.
import assert from 'node:assert/strict';
import test from 'node:test';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { drawRounds, poolOf } from '../../src/trend/resample.ts';
import { pairedInput } from '../verdict/samples.ts';

const head = [9000, 9090, 8910, 9045, 8955, 9000, null];
const base = [12_000, 12_120, 11_880, 12_060, 11_940, 12_000, 12_000];

test('each side is centred at its own median, and a failed boot is counted and kept', () => {
  const pool = poolOf(pairedInput(head, base));
  const residuals = pool.rounds.flat(2).filter((value) => value !== null);
  assert.ok(
    residuals.every((value) => Math.abs(value) < 0.011),
    String(residuals),
  );
  assert.equal(pool.failures, 1);
  assert.equal(pool.rounds.length, head.length);
});

test('less than three boots tell no noise', () => {
  assert.equal(poolOf(pairedInput([9000, 9100, null], [9000, 9100, 9050])).metrics[0]?.noise, null);
  assert.notEqual(poolOf(pairedInput([9000, 9100, 9050], [9000, 9100, 9050])).metrics[0]?.noise, null);
});

test('which boot of a round becomes whose is drawn', () => {
  const pool = { ...poolOf(pairedInput(head, base)), rounds: [[[1], [-1]]] as const };
  const random = randomFrom(3);
  const drawn = drawRounds(pool, 50, random, normalFrom(random));
  const swapped = drawn.filter(([first]) => (first[0] ?? 0) < 0).length;
  assert.ok(swapped > 10 && swapped < 40, String(swapped));
});

test('head gets worse by the effect: a number of which more is better gets less', () => {
  const input = pairedInput(head, base);
  const worse = (better: 'higher' | 'lower') => {
    const pool = poolOf({ ...input, head: input.head.map((one) => ({ ...one, better })) });
    const middle = (effect: number) => pool.seriesOf('head', [[[0], [0]]], effect)[0]?.samples[0]?.value ?? Number.NaN;
    return middle(0.2) / middle(0);
  };
  assert.ok(Math.abs(worse('higher') - 0.8) < 1e-9);
  assert.ok(Math.abs(worse('lower') - 1.2) < 1e-9);
});
