// What must hold for any boots: units do not matter, sides mirror, order of metrics is irrelevant, judging twice is the same.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Word } from '../../src/model/comparison.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { JudgeInput } from '../../src/verdict/judge-input.ts';
import { shouldStop } from '../../src/verdict/stop-rule.ts';
import { gatingRule, pairedInput, sampleScenario, sampleSeries } from './samples.ts';

const time = fc.double({ min: 8000, max: 12_000, noNaN: true });
const side = (count: number) => fc.array(fc.option(time, { freq: 20 }), { minLength: count, maxLength: count });
const pair = fc
  .integer({ min: 1, max: 16 })
  .chain((rounds) => fc.tuple(side(rounds), side(rounds), fc.double({ min: 0.8, max: 1.25, noNaN: true })))
  .map(([head, base, factor]) => ({ head: head.map((value) => (value === null ? null : value * factor)), base }));

const rule = { ...gatingRule, floor: 0 };
const scenario = sampleScenario({ boots: 4, maxBoots: 16 }, { 'time-to-ssh': rule });
const inputOf = (head: readonly (number | null)[], base: readonly (number | null)[], resolution = 0): JudgeInput => ({
  ...pairedInput([], [], { scenario }),
  head: [sampleSeries('head', head, { resolution })],
  base: [sampleSeries('base', base, { resolution })],
});

test('multiplying all times by a constant changes no word and no ratio', () => {
  fc.assert(
    fc.property(pair, fc.constantFrom(0.125, 0.5, 4, 1024), ({ head, base }, scale) => {
      const scaled = (values: readonly (number | null)[]) =>
        values.map((value) => (value === null ? null : value * scale));
      const one = judge(inputOf(head, base));
      const other = judge(inputOf(scaled(head), scaled(base)));
      assert.equal(other.verdict.word, one.verdict.word);
      const [before, after] = [one.comparisons[0]?.ratio ?? null, other.comparisons[0]?.ratio ?? null];
      if (before === null || after === null) assert.equal(before, after);
      else assert.ok(Math.abs(before / after - 1) < 1e-9);
    }),
  );
});

test('swapping the sides mirrors slower and faster, ratio and interval', () => {
  const mirrored = new Map<Word | 'recorded', Word>([
    ['slower', 'faster'],
    ['faster', 'slower'],
  ]);
  fc.assert(
    fc.property(pair, ({ head, base }) => {
      const failing = [...head, ...base].includes(null);
      const [one] = judge(inputOf(head, base)).comparisons;
      const [other] = judge(inputOf(base, head)).comparisons;
      if (one === undefined || other === undefined) return;
      const expected = mirrored.get(one.word);
      if (expected !== undefined && !failing) assert.equal(other.word, expected);
      if (one.ratio !== null && other.ratio !== null) assert.ok(Math.abs(one.ratio * other.ratio - 1) < 1e-9);
      if (one.interval !== null && other.interval !== null) {
        assert.ok(Math.abs(one.interval.low * other.interval.high - 1) < 1e-9);
      }
    }),
  );
});

test('the order of metrics changes no word', () => {
  const rules = { 'time-to-ssh': rule, 'time-to-login': rule, 'cpu-time': rule };
  const names = Object.keys(rules);
  const metrics = fc
    .integer({ min: 4, max: 12 })
    .chain((rounds) => fc.tuple(...names.flatMap(() => [side(rounds), side(rounds)])));
  fc.assert(
    fc.property(metrics, fc.shuffledSubarray(names, { minLength: 3, maxLength: 3 }), (values, order) => {
      const series = (which: 'head' | 'base', list: readonly string[]) =>
        list.map((metric) =>
          sampleSeries(which, values[2 * names.indexOf(metric) + (which === 'head' ? 0 : 1)] ?? [], { metric }),
        );
      const words = (list: readonly string[]): Record<string, Word> => {
        const input = { ...inputOf([], []), scenario: { ...scenario, metrics: rules } };
        const { comparisons } = judge({ ...input, head: series('head', list), base: series('base', list) });
        return Object.fromEntries(comparisons.map(({ metric, word }) => [metric, word]));
      };
      assert.deepEqual(words(order), words(names));
    }),
    { numRuns: 50 },
  );
});

test('slowing head further never turns slower into something else', () => {
  fc.assert(
    fc.property(pair, fc.double({ min: 1, max: 2, noNaN: true }), ({ head, base }, factor) => {
      if (judge(inputOf(head, base)).comparisons[0]?.word !== 'slower') return;
      const slower = head.map((value) => (value === null ? null : value * factor));
      // Setting outliers aside looks at the common spread, so a step of a single rank is allowed to differ; a clear one is not.
      const much = head.map((value) => (value === null ? null : value * factor * 2));
      assert.ok(['slower', 'undecided'].includes(judge(inputOf(slower, base)).comparisons[0]?.word ?? ''));
      assert.equal(judge(inputOf(much, base)).comparisons[0]?.word, 'slower');
    }),
  );
});

test('the stop rule stops exactly where the judge would speak, and judging twice is the same', () => {
  fc.assert(
    fc.property(pair, ({ head, base }) => {
      const input = inputOf(head, base);
      const { verdict } = judge(input);
      assert.deepEqual(judge(input), judge(input));
      const { decision, because } = shouldStop(input);
      if (head.length < 4) assert.equal(decision, 'go-on');
      else if (head.length >= 16) assert.equal(decision, 'enough');
      else if (verdict.word !== 'undecided') assert.equal(decision, 'enough');
      else if (decision === 'enough')
        assert.ok(head.length >= 8 && /are left: a quieter machine/.test(because), because);
    }),
  );
});
