// Numbers of users' probes of which more is better: the same judgement as of times, with the sides of good and bad changed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { analyzeInFull } from '../../src/analyze.ts';
import type { MetricRule, Scenario } from '../../src/model/scenario.ts';
import { exporters } from '../../src/report/exporters.ts';
import {
  exampleBoot,
  exampleConditions,
  exampleRecordedScenario,
  exampleRun,
  exampleScenario,
  exampleSide,
} from '../examples/run.ts';

const usual: MetricRule = { gate: true, tolerate: 0, limit: 0.05, floor: 0, max: null };

/** Twelve rounds in which the boots of each side count these numbers; null: the probe failed. */
function judged(
  better: 'lower' | 'higher',
  [base, head]: readonly (readonly (number | null)[])[],
  rule: Partial<MetricRule> = {},
  profile: Scenario['profile'] = 'timing',
) {
  const probes = [
    {
      name: 'fps',
      run: 'bench',
      expect: null,
      timeoutMs: 1,
      metric: 'fps',
      number: { pattern: '\\d+', unit: 'fps', better },
    },
  ];
  const metrics = { fps: { ...usual, ...rule } };
  const scenario: Scenario = { ...exampleScenario, profile, base: exampleSide, probes, metrics };
  const boot = (number: number, side: 'base' | 'head', value: number | null) => {
    const example = exampleBoot(number, 3000 + number, { side, round: Math.ceil(number / 2) });
    if (value === null) return { ...example, outcome: { kind: 'failed', probe: 'fps', detail: 'timeout' } as const };
    const event = { probe: 'fps', outcome: 'ok', detail: '', value, startedNs: 4e9, atNs: 5e9 };
    return { ...example, probes: [...example.probes, event] };
  };
  const boots = (base ?? []).flatMap((value, index) => [
    boot(2 * index + 1, 'base', value),
    boot(2 * index + 2, 'head', head?.[index] ?? null),
  ]);
  const other = { ...exampleConditions, emulator: { ...exampleConditions.emulator, digest: 'ef'.repeat(32) } };
  const recorded = exampleRecordedScenario(boots, { scenario, conditions: { head: exampleConditions, base: other } });
  const analysis = analyzeInFull(exampleRun([recorded]));
  const [report] = analysis.report.scenarios;
  assert.ok(report);
  const fps = report.comparisons.find(({ metric }) => metric === 'fps');
  assert.ok(fps);
  const written = (name: string): string =>
    exporters.find((one) => one.name === name)?.write({ ...analysis, consoles: [] }) ?? '';
  return { fps, verdict: report.verdict, written };
}

const around = (middle: number): number[] =>
  Array.from({ length: 24 }, (_, index) => middle * (1 + 0.01 * Math.sin(7 * index + middle)));

test('a rate that fell is worse, and one that rose is better, in word, number and sentence', () => {
  const fell = judged('higher', [around(100), around(80)]);
  assert.equal(fell.verdict.word, 'slower');
  assert.ok((fell.fps.ratio ?? 0) > 0.78 && (fell.fps.ratio ?? 1) < 0.82);
  assert.ok(
    (fell.fps.interval?.low ?? 1) < (fell.fps.ratio ?? 0) && (fell.fps.interval?.high ?? 0) > (fell.fps.ratio ?? 1),
  );
  assert.match(fell.fps.because, /^-2\d % \(\d\d fps less\), at most -\d\d % after correction/);
  assert.match(
    fell.written('markdown'),
    /fps is \d\d % lower: \d\d\.\d fps instead of 10\d|fps is \d\d % lower: \d\d\.\d fps instead of 99\.\d/,
  );
  assert.match(fell.written('html'), /<span class="word word-slower">Worse<\/span>/);
  assert.match(fell.written('junit'), /message="Worse"[\s\S]*message="lower: /);
  const rose = judged('higher', [around(80), around(100)]);
  assert.equal(rose.fps.word, 'faster');
  for (const [report, word] of [
    [fell, 'lower'],
    [rose, 'higher'],
  ] as const) {
    assert.match(report.written('markdown'), new RegExp(`\\| .fps. +\\|.* % ${word} +\\|`));
    assert.match(report.written('html'), new RegExp(`<td[^>]*>${word}</td>`));
  }
  assert.match(rose.fps.because, /^\+\d\d % \(\d\d fps more\), at least \+\d\d % after correction/);
  assert.equal(judged('lower', [around(100), around(80)]).fps.word, 'faster');
});

test('a rate that stayed is the same, also where it is capped and equal in all boots', () => {
  assert.equal(judged('higher', [around(100), around(100).reverse()]).fps.word, 'same');
  const capped = judged('higher', [Array(24).fill(60), Array(24).fill(60)]);
  assert.equal(capped.fps.word, 'same');
  assert.match(capped.fps.because, /a drop of 5 % is excluded/);
});

test('what is judged of 1/x as lower is judged of x as higher', () => {
  for (const [one, two] of [
    [100, 80],
    [100, 97],
    [100, 101],
    [90, 100],
  ] as const) {
    const [base, head] = [around(one), around(two)];
    const inverse = (values: readonly number[]): number[] => values.map((value) => 1000 / value);
    const higher = judged('higher', [base, head]).fps;
    const lower = judged('lower', [inverse(base), inverse(head)], { limit: 1 / 0.95 - 1 }).fps;
    assert.equal(higher.word, lower.word, `${one} ${two}`);
    assert.ok(Math.abs((higher.ratio ?? 0) * (lower.ratio ?? 0) - 1) < 1e-9);
    assert.ok(Math.abs((higher.interval?.low ?? 0) * (lower.interval?.high ?? 0) - 1) < 1e-9);
  }
});

test('a rate that fell to nothing is worse, and so is a count that rose from nothing', () => {
  const fell = judged('higher', [around(60), around(0)]);
  assert.equal(fell.verdict.word, 'slower');
  assert.match(fell.fps.because, /^-100 % \(60 fps less\)/);
  assert.equal(judged('lower', [around(0), around(60)]).verdict.word, 'slower');
  assert.equal(judged('lower', [around(60), around(0)]).fps.word, 'faster');
  assert.equal(judged('lower', [around(0), around(0)]).fps.word, 'same');
});

test('boots that explain are held to no minimum', () => {
  const { verdict, fps } = judged('higher', [around(100), around(100)], { min: 120 }, 'attribution');
  assert.equal(verdict.rule, 'explains-only');
  assert.notEqual(fps.word, 'failed');
});

test('a boot whose number never came counts as the worst, and a floor or a hard minimum holds', () => {
  const failing = judged('higher', [around(100), around(100).map((value, index) => (index % 2 === 0 ? null : value))]);
  assert.equal(failing.verdict.word, 'failed');
  assert.equal(judged('higher', [around(100), around(80)], { floor: 50 }).fps.word, 'undecided');
  const below = judged('higher', [around(100), around(100)], { min: 120 });
  assert.equal(below.verdict.word, 'failed');
  assert.match(below.fps.because, /the median is at most \d+ fps, below the floor of 120 fps/);
  assert.equal(judged('higher', [around(100), around(100).reverse()], { min: 50 }).fps.word, 'same');
});

test('no boot is slow by what it counts: it is far lower, or far higher, and drifts so', () => {
  const some = (factor: number) => around(100).map((value, index) => (index % 2 === 0 ? value * factor : value));
  const low = judged('higher', [around(100), some(0.5)]).fps;
  assert.match(low.because, /12 of 24 boots of head are far lower than its others/);
  assert.match(
    judged('lower', [around(100), some(2)]).fps.because,
    /12 of 24 boots of head are far higher than its others/,
  );
  const falling = around(100).map((value, index) => value * 0.98 ** index);
  const told = judged('higher', [falling, falling]).fps.warnings.map(({ text }) => text);
  assert.ok(
    told.some((text) => /^drifts \d+ % lower over the session$/.test(text)),
    told.join(),
  );
  const same = judged('higher', [around(100), around(100).reverse()]).fps;
  assert.match(same.because, /so are far lower boots in 30 % of head's/);
  assert.doesNotMatch(JSON.stringify([low, told, same.because]), /slow boot|far slower/);
});

test('a share of boots that fell by less than the floor is no share of slow boots', () => {
  const some = (low: number): number[] => around(60).map((value, index) => (index % 11 < 5 ? low : value));
  assert.match(judged('higher', [around(60), some(35)], { floor: 20 }).fps.because, /far lower than its others/);
  assert.equal(judged('higher', [around(60), some(35)], { floor: 20 }).fps.word, 'slower');
  assert.notEqual(judged('higher', [around(60), some(44)], { floor: 20 }).fps.word, 'slower');
});

test('exports say which way is better, and leave out what a format cannot say', () => {
  const { written } = judged('higher', [around(100), around(80)]);
  assert.match(written('benchstat'), /^Unit fps-fps better=higher$/m);
  assert.match(written('benchstat'), /^Unit time-to-ssh-sec better=lower$/m);
  assert.match(written('bencher'), /"fps": \{/);
  assert.doesNotMatch(written('benchmark-action'), /fps/);
  assert.match(written('html'), /fps/);
});
