// What the words say and what the intervals beside them show never contradict each other, for any boots.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { judge } from '../../src/verdict/judge.ts';
import type { JudgeInput } from '../../src/verdict/judge-input.ts';
import { gatingRule, pairedInput, sampleScenario, sampleSeries, sampleSession } from './samples.ts';

/** Boots around nine seconds; some far slower, some failed, many on a coarse grid. */
const boot = (spread: number) =>
  fc.oneof(
    { weight: 16, arbitrary: fc.double({ min: 9000 * (1 - spread), max: 9000 * (1 + spread), noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 9000, max: 40_000, noNaN: true }) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
const side = (count: number, spread: number) => fc.array(boot(spread), { minLength: count, maxLength: count });
const sides = fc
  .tuple(fc.integer({ min: 3, max: 24 }), fc.constantFrom(0.01, 0.03, 0.1, 0.3))
  .chain(([rounds, spread]) =>
    fc.record({
      head: side(rounds, spread),
      base: side(rounds, spread),
      factor: fc.double({ min: 0.7, max: 1.4, noNaN: true }),
      resolution: fc.constantFrom(0, 10, 300, 1000),
      tolerate: fc.constantFrom(0, 0.02),
      most: fc.constantFrom(rounds, 24),
      sessions: fc.array(side(10, spread), { maxLength: 6 }),
    }),
  )
  .map(({ head, ...rest }) => ({ ...rest, head: head.map((value) => (value === null ? null : value * rest.factor)) }));
type Sides = typeof sides extends fc.Arbitrary<infer Value> ? Value : never;

function inputOf({ head, base, resolution, tolerate, most, sessions }: Sides, mode: 'paired' | 'stored'): JudgeInput {
  const rule = { ...gatingRule, floor: 0, tolerate };
  const grid = (values: readonly (number | null)[]) =>
    values.map((value) => (value === null || resolution === 0 ? value : Math.ceil(value / resolution) * resolution));
  const stored = sessions.map((values, run) => sampleSession(`run-${run}`, { 'time-to-ssh': values }));
  return {
    ...pairedInput([], [], { scenario: sampleScenario({ boots: 6, maxBoots: most }, { 'time-to-ssh': rule }) }),
    head: [sampleSeries('head', grid(head), { resolution })],
    base: mode === 'stored' ? null : [sampleSeries('base', grid(base), { resolution })],
    sessions: stored,
    ...(stored[0] === undefined ? {} : { headFacts: stored[0].facts }),
  };
}

for (const mode of ['paired', 'stored'] as const) {
  test(`${mode}: slower stands beside no interval that holds nothing or less, faster mirrors it, and each holds its estimate`, () => {
    fc.assert(
      fc.property(sides, (drawn) => {
        const [found] = judge(inputOf(drawn, mode)).comparisons;
        if (found === undefined) return;
        const { word, ratio, interval, because, slowBoots } = found;
        const tolerated = 1 + drawn.tolerate;
        if (ratio !== null && interval !== null) assert.ok(interval.low <= ratio && ratio <= interval.high, because);
        if (slowBoots === true || ratio === null) return;
        if (word === 'slower') assert.ok(ratio > tolerated && (interval?.low ?? ratio) >= tolerated, because);
        if (word === 'faster') assert.ok(ratio < 1 / tolerated && (interval?.high ?? ratio) <= 1 / tolerated, because);
        // Against stored sessions `same` is 95 % sure, one-sided, as its sentence says, and the interval is two-sided.
        if (word === 'same' && mode === 'paired') {
          assert.ok(ratio < 1 + found.limit && (interval?.high ?? ratio) <= 1 + found.limit, because);
        }
      }),
      { numRuns: 2000 },
    );
  });
}
