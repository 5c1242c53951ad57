// A run whose boots are suspect is no reference: what resembles it would pass.
import assert from 'node:assert/strict';
import test from 'node:test';
import { randomFrom } from '../../src/stats/random.ts';
import { unfitReason } from '../../src/verdict/unfit.ts';
import { boots, gatingRule, sampleScenario, sampleSeries } from './samples.ts';

const times = boots(12, 9000, 0.03, randomFrom(1));
const scenario = sampleScenario({ boots: 12, maxBoots: 12 });
const reasonFor = (values: readonly (number | null)[], late = 0) => {
  const series = sampleSeries('head', values);
  const samples = series.samples.map((sample, index) => (index < late ? { ...sample, late: 900 } : sample));
  return unfitReason([{ ...series, samples }], { scenario });
};

test('boots that fail, are late or far slower are no reference once they are more than an accident', () => {
  assert.equal(reasonFor(times), '');
  assert.equal(reasonFor(times.with(0, 30_000)), '');
  assert.equal(
    reasonFor(times.map((value, index) => (index < 4 ? value * 2 : value))),
    '4 of 12 boots are far slower than the others (time-to-ssh)',
  );
  assert.equal(
    reasonFor(times.map((value, index) => (index < 3 ? null : value))),
    '3 of 12 boots failed (time-to-ssh)',
  );
  assert.equal(reasonFor(times, 1), '');
  assert.equal(reasonFor(times, 3), '3 of 12 boots may have been stamped late (time-to-ssh)');
});

test('what does not gate makes nobody suspect', () => {
  const other = { ...scenario, metrics: { 'time-to-ssh': { ...gatingRule, gate: false } } };
  assert.equal(unfitReason([sampleSeries('head', [null, null, null])], { scenario: other }), '');
});

test('of a number of which more is better the low boots are suspect, and the high ones are not', () => {
  const reason = (factor: number, count: number) => {
    const values = times.map((value, index) => (index < count ? value * factor : value));
    return unfitReason([{ ...sampleSeries('head', values), better: 'higher' }], { scenario });
  };
  assert.equal(reason(0.5, 4), '4 of 12 boots are far lower than the others (time-to-ssh)');
  assert.equal(reason(2, 3), '');
});
