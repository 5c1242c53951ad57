import assert from 'node:assert/strict';
import test from 'node:test';
import { forecastText } from '../../src/measure/forecast.ts';
import { exampleBoot, exampleConditions, exampleRecordedScenario, exampleScenario } from '../examples/run.ts';

const sampling = { warmup: 1, boots: 6, maxBoots: 24, timeBudgetMs: 600_000 };
const now = new Date('2026-01-02T12:00:00');

function forecast(elapsedMs: number, sides: 1 | 2, changes: Partial<typeof sampling> = {}): string {
  const scenario = { ...exampleScenario, sampling: { ...sampling, ...changes } };
  const conditions = { head: exampleConditions, base: sides === 2 ? exampleConditions : null };
  const boots = Array.from({ length: sides }, (_, index) => exampleBoot(index + 1, 9000, { warmup: true }));
  return forecastText({ recorded: exampleRecordedScenario(boots, { scenario, conditions }), elapsedMs, now });
}

test('a paired run says its pairs, its latest end and what it can show', () => {
  assert.match(
    forecast(20_000, 2),
    /^default: at most 24 pairs of 20\.0 s, until 12:08 at the latest; with 3 % noise \(assumed\) they can show a slowdown of \d\.\d % or more$/,
  );
});

test('a slow guest gets the pairs that fit into the budget, and they show less', () => {
  const slow = forecast(100_000, 2);
  assert.match(slow, /at most 6 pairs of 100\.0 s.*; fewer than nine never show that nothing changed$/);
  const shown = (text: string): number => Number(/slowdown of ([\d.]+) %/.exec(text)?.[1]);
  const fast = shown(forecast(20_000, 2));
  assert.ok(fast > 3 && fast < 6, `${fast}`);
  assert.ok(shown(slow) > fast);
});

test('a budget that is already spent still takes the fewest boots', () => {
  assert.match(forecast(700_000, 1, { boots: 5 }), /at most 5 boots/);
});

test('one side alone promises no slowdown', () => {
  assert.match(forecast(10_000, 1), /^default: at most 24 boots of 10\.0 s, until 12:04 at the latest$/);
});

test('a plan of fewer than five pairs says that it cannot show a slowdown', () => {
  assert.match(
    forecast(140_000, 2, { boots: 2 }),
    /at most 3 pairs of 140\.0 s, .*; fewer than 5 pairs cannot show any slowdown/,
  );
});

test('a forecast rests on the spread that the rule will know: four pairs can then show something, and it says how often', () => {
  const fixed = { ...exampleScenario, sampling: { ...sampling, boots: 2 } };
  const boots = [1, 2].map((number) => exampleBoot(number, 9000, { warmup: true }));
  const conditions = { head: exampleConditions, base: exampleConditions };
  const recorded = exampleRecordedScenario(boots, { scenario: fixed, conditions });
  const otherSpreads = ['a', 'b', 'c'].map((scenario) => ({ scenario, sd: 0.03, degrees: 14 }));
  const text = (more: object): string => forecastText({ recorded: { ...recorded, ...more }, elapsedMs: 115_000, now });
  assert.match(text({}), /at most 4 pairs .*cannot show any slowdown/);
  assert.match(
    text({ otherSpreads }),
    /at most 4 pairs .*with 3 % noise they can show a slowdown of 1\d\.\d % or more in four of five runs/,
  );
  // Pairs that boot at the same time take half as long.
  assert.match(text({ otherSpreads, parallel: { judged: 'joint', because: '' } }), /at most 8 pairs of 57\.5 s/);
});

test('with a known spread two pairs show nothing either: the rule does not speak before the third', () => {
  const scenario = { ...exampleScenario, sampling: { ...sampling, boots: 2, maxBoots: 2 } };
  const boots = [1, 2].map((number) => exampleBoot(number, 9000, { warmup: true }));
  const conditions = { head: exampleConditions, base: exampleConditions };
  const otherSpreads = ['a', 'b', 'c'].map((name) => ({ scenario: name, sd: 0.03, degrees: 14 }));
  const recorded = { ...exampleRecordedScenario(boots, { scenario, conditions }), otherSpreads };
  assert.match(
    forecastText({ recorded, elapsedMs: 20_000, now }),
    /at most 2 pairs .*; fewer than 3 pairs cannot show any slowdown: raise time-budget or max-boots$/,
  );
});
