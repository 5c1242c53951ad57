// Boots with a verbose console explain: whatever becomes of them, they give no verdict to the scenario that they stand beside.
import assert from 'node:assert/strict';
import test from 'node:test';
import { analyze, stopRule } from '../../src/analyze.ts';
import { withAttribution } from '../../src/config/attribution.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import type { VulkanFacts } from '../../src/model/vulkan.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { judge } from '../../src/verdict/judge.ts';
import {
  exampleBoot,
  exampleConditions,
  exampleRecordedScenario,
  exampleRun,
  exampleScenario,
  exampleSide,
} from '../examples/run.ts';
import { boots, gatingRule, pairedInput, sampleSession } from '../verdict/samples.ts';

const venus: Scenario = {
  ...exampleScenario,
  head: { ...exampleSide, machine: { ...exampleSide.machine, gpu: 'venus' } },
};
const [timing, explaining] = withAttribution([venus], 1) as [Scenario, Scenario];
const hangs: VulkanFacts = {
  required: 'DRIVER_ID_MESA_VENUS',
  outcome: 'timeout',
  detail: 'vulkaninfo took longer than 30 s',
  ...{ icd: '', instanceVersion: '', devices: [], stderr: '', dispatch: null, profile: null },
};
const timedOut = (number: number, scenario: Scenario): Boot =>
  exampleBoot(number, 9000, {
    scenario: scenario.id,
    profile: scenario.profile,
    vulkan: hangs,
    outcome: { kind: 'failed', probe: 'vulkan', detail: hangs.detail },
  });

test('a vulkaninfo that hangs in an explaining boot fails no run, and is shown', () => {
  const report = analyze(
    exampleRun([
      exampleRecordedScenario([exampleBoot(1, 8000), exampleBoot(2, 8100)], { scenario: timing }),
      exampleRecordedScenario([timedOut(3, explaining)], { scenario: explaining }),
    ]),
  );
  assert.equal(report.verdict.word, 'recorded');
  assert.deepEqual(
    report.scenarios.map(({ verdict }) => verdict.rule),
    ['nothing-to-compare', 'explains-only'],
  );
  const page = markdownReport(report);
  assert.doesNotMatch(page, /Vulkan lost/);
  assert.match(page, /ready in 0 of 1 boots \(timeout/);
});

test('the same hang in timed boots is a lost Vulkan', () => {
  const report = analyze(exampleRun([exampleRecordedScenario([timedOut(1, timing)], { scenario: timing })]));
  assert.deepEqual([report.verdict.word, report.verdict.rule], ['failed', 'vulkan-lost']);
});

test('an explaining pair of which nothing came up is no obstacle to a comparison', () => {
  const pair = { ...exampleScenario, base: exampleSide };
  const [, explaining] = withAttribution([pair], 1) as [Scenario, Scenario];
  const dead: Partial<Boot> = { probes: [], outcome: { kind: 'hung', phase: 'firmware', deadlineMs: 9000 } };
  const both = [exampleBoot(1, 9000, { ...dead, side: 'base' }), exampleBoot(2, 9000, dead)];
  const conditions = { head: exampleConditions, base: exampleConditions };
  const recorded = exampleRecordedScenario(both, { scenario: explaining, conditions });
  assert.equal(analyze(exampleRun([recorded])).verdict.word, 'recorded');
  assert.equal(stopRule(recorded).decision, 'enough');
});

test('with the attribution profile neither a slower head, nor a ceiling, nor a stored session decides; that nothing boots does', () => {
  const paired = pairedInput(boots(12, 12_000, 0.03, randomFrom(1)), boots(12, 9000, 0.03, randomFrom(2)));
  const verbose = (input: typeof paired, max: number | null = null): typeof paired => ({
    ...input,
    scenario: { ...input.scenario, profile: 'attribution', metrics: { 'time-to-ssh': { ...gatingRule, max } } },
  });
  assert.equal(judge(paired).verdict.word, 'slower');
  const { verdict, comparisons } = judge(verbose(paired, 5000));
  assert.deepEqual([verdict.word, verdict.rule], ['recorded', 'explains-only']);
  assert.deepEqual(
    comparisons.map(({ gate, word }) => [gate, word]),
    [[false, 'slower']],
  );
  const sessions = [sampleSession('timed', { 'time-to-ssh': [9000, 9010, 9020] })];
  assert.equal(judge(verbose({ ...paired, base: null, sessions })).verdict.word, 'recorded');
  const neither = verbose(pairedInput([null, null, null], [null, null, null]));
  assert.deepEqual([judge(neither).verdict.word, judge(neither).verdict.rule], ['incomparable', 'base-never-booted']);
  const dead = verbose({ ...pairedInput([null], []), base: null });
  assert.equal(judge(dead).verdict.rule, 'head-never-booted');
});
