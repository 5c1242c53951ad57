// Which boots count as failed: those without a value for a metric that decides, and no others.
import assert from 'node:assert/strict';
import test from 'node:test';
import { failureCounts } from '../../src/verdict/failures.ts';
import { judge } from '../../src/verdict/judge.ts';
import { gatingRule, pairedInput, sampleScenario, sampleSeries } from './samples.ts';

const times = [9000, 9010, 9020, 9030, 9040, 9050];
const values = (failed: number): (number | null)[] => times.map((time, index) => (index < failed ? null : time));

/** Head's boots lack one metric, base's do not. */
function counted(metric: string, rules: Parameters<typeof sampleScenario>[1]) {
  const series = (side: 'head' | 'base', failed: number) => [
    sampleSeries(side, times),
    sampleSeries(side, values(failed), { metric }),
  ];
  const scenario = sampleScenario({ boots: 6, maxBoots: 6 }, { 'time-to-ssh': gatingRule, ...rules });
  const input = { ...pairedInput([], []), scenario, head: series('head', 6), base: series('base', 0) };
  return { failures: failureCounts(input).head.failures, word: judge(input).verdict.word };
}

test('a boot without a value for a metric that gates has failed, also where only the default says that it gates', () => {
  const down = { failures: 6, word: 'failed' };
  assert.deepEqual(counted('app-ready', { 'app-ready': gatingRule }), down);
  assert.deepEqual(counted('time-to-login', {}), down);
  assert.deepEqual(counted('phase:mdev', { 'phase:mdev': gatingRule }), down);
});

test('what does not gate fails no boot: by its rule, by its default, or because nothing is known of it', () => {
  for (const [metric, rules] of [
    ['time-to-login', { 'time-to-login': { ...gatingRule, gate: false } }],
    ['peak-rss', {}],
    ['app-ready', {}],
    ['phase:mdev', {}],
  ] as const) {
    const { failures, word } = counted(metric, rules);
    assert.equal(failures, 0, metric);
    assert.notEqual(word, 'failed', metric);
  }
});

test('the base side that never booted is told by the same metrics', () => {
  const scenario = sampleScenario({ boots: 6, maxBoots: 6 }, { 'time-to-ssh': gatingRule });
  const base = (metric: string) => [sampleSeries('base', times), sampleSeries('base', values(6), { metric })];
  const input = { ...pairedInput([], []), scenario, head: [sampleSeries('head', times)] };
  assert.equal(judge({ ...input, base: base('time-to-login') }).verdict.rule, 'base-never-booted');
  assert.notEqual(judge({ ...input, base: base('peak-rss') }).verdict.rule, 'base-never-booted');
});
