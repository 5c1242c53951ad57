// The error of a stored comparison, worked out beside it from the definition.
import assert from 'node:assert/strict';
import test from 'node:test';
import { studentUpperQuantile } from '../../src/stats/normal.ts';
import { scaledMad } from '../../src/stats/quantiles.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { intervalError, sessionPrior, slowerError } from '../../src/verdict/error-rates.ts';
import { judge } from '../../src/verdict/judge.ts';
import { storedEvidence } from '../../src/verdict/stored.ts';
import { boots, pairedInput, sampleSession } from './samples.ts';

/** Even steps about a centre, so that median, centre and spread are known without an estimator. */
const session = (centre: number, boots: number): number[] =>
  Array.from({ length: boots }, (_, index) => centre + 0.03 * ((2 * index) / (boots - 1) - 1));

test('what single boots add is counted for a session of the usual size, and again where head has fewer', () => {
  const centres = [9.1, 9.13, 9.09, 9.11, 9.12];
  // The mean size is 16, the smallest 5, the largest 41: only the median is 11.
  const sizes = [5, 9, 11, 15, 41];
  const sessions = centres.map((centre, index) => session(centre, sizes[index] as number));
  for (const boots of [5, 11, 31]) {
    const head = session(9.15, boots);
    const residuals = [head, ...sessions].flatMap((values, index) => {
      const middle = index === 0 ? 9.15 : (centres[index - 1] as number);
      return values.map((value) => value - middle);
    });
    const spread = scaledMad(residuals) * Math.sqrt(residuals.length / (residuals.length - 6));
    const ofBoots = (count: number): number => ((Math.PI / 3) * spread ** 2) / count;
    const mean = centres.reduce((sum, centre) => sum + centre, 0) / 5;
    const between = centres.reduce((sum, centre) => sum + (centre - mean) ** 2, 0);
    const degrees = sessionPrior.sessions + 5 - 1;
    const variance = (sessionPrior.sessions * (sessionPrior.sd ** 2 + ofBoots(11)) + between) / degrees;
    const error = Math.sqrt(variance * (1 + 1 / 5) + Math.max(0, ofBoots(boots) - ofBoots(11)));
    const found = storedEvidence({
      head,
      sessions: sessions.map((values) => ({ values, newEpoch: false })),
      error: slowerError,
      tolerate: 0,
      limit: Math.log(1.05),
    });
    const reach = studentUpperQuantile(intervalError, degrees) * error;
    assert.ok(found !== null && Math.abs(found.high - found.low - 2 * reach) < 1e-9, `${boots} boots`);
  }
});

test('a level that creeps is measured from where it began, and told beside the sliding sessions', () => {
  const creeping = (by: number) => {
    const sessions = Array.from({ length: 12 }, (_, run) =>
      sampleSession(`run-${run}`, { 'time-to-ssh': boots(10, 9000 * (1 + by) ** run, 0.01, randomFrom(50 + run)) }),
    );
    const head = boots(10, 9000 * (1 + by) ** 12, 0.01, randomFrom(90));
    return judge({ ...pairedInput(head, []), base: null, sessions }).warnings.find(({ code }) => code === 'crept')
      ?.text;
  };
  assert.match(creeping(0.01) ?? '', /^time-to-ssh has crept up by \+\d+(\.\d)? % \(.*\) since this level began/);
  assert.equal(creeping(0), undefined);
});

test('after an update of the system a slowdown against stored sessions asks for boots of one session', () => {
  const sessions = Array.from({ length: 6 }, (_, run) =>
    sampleSession(`run-${run}`, { 'time-to-ssh': boots(10, 9000, 0.01, randomFrom(50 + run)) }),
  );
  const input = { ...pairedInput(boots(10, 11_000, 0.01, randomFrom(3)), []), base: null, sessions };
  const on = (osVersion: string) => judge({ ...input, headFacts: { osVersion, emulator: '', runner: '' } }).verdict;
  assert.equal(on('15.5').word, 'slower');
  const updated = on('15.6');
  assert.equal(updated.word, 'undecided');
  assert.match(updated.because, /the system is 15\.6 and was 15\.5 in the baseline/);
  assert.match(updated.wouldDecide, /in one session/);
});

test('a baseline that never got this far asks for one that does, and not for more boots', () => {
  const sessions = [sampleSession('run', { 'time-to-ssh': [null, null, null, null, null] })];
  const { comparisons } = judge({ ...pairedInput(boots(10, 9000, 0.03, randomFrom(3)), []), base: null, sessions });
  assert.match(comparisons[0]?.because ?? '', /most boots of the baseline did not get this far/);
  assert.doesNotMatch(comparisons[0]?.wouldDecide ?? '', /more boots/);
});
