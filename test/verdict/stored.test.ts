// The error of a stored comparison, worked out beside it from the definition.
import assert from 'node:assert/strict';
import test from 'node:test';
import { studentUpperQuantile } from '../../src/stats/normal.ts';
import { scaledMad } from '../../src/stats/quantiles.ts';
import { intervalError, sessionPrior, slowerError } from '../../src/verdict/error-rates.ts';
import { storedEvidence } from '../../src/verdict/stored.ts';

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
