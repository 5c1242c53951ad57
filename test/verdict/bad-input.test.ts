// Input that no correct recording holds ends in an error or a warning that names it, never in a verdict.
import assert from 'node:assert/strict';
import test from 'node:test';
import { BootgaugeError } from '../../src/model/errors.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { JudgeInput } from '../../src/verdict/judge-input.ts';
import { shouldStop } from '../../src/verdict/stop-rule.ts';
import { boots, pairedInput, sampleKey, sampleScenario, sampleSeries, sampleSession } from './samples.ts';

const head = boots(12, 10_500, 0.03, randomFrom(1));
const base = boots(12, 9000, 0.03, randomFrom(2));
const good = pairedInput(head, base);

function refused(input: JudgeInput, message: RegExp, exitCode: number): void {
  const matches = (error: unknown): boolean =>
    error instanceof BootgaugeError && error.exitCode === exitCode && message.test(error.message);
  assert.throws(() => judge(input), matches);
  assert.throws(() => shouldStop(input), matches);
}

test('the good input that the others are made from is judged', () => {
  assert.equal(judge(good).verdict.word, 'slower');
});

test('NaN, infinite and negative values are refused with metric, side and boot', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
    refused(pairedInput(head.with(3, bad), base), /time-to-ssh of head in boot 7 is (NaN|Infinity|-1)/, 3);
    refused(pairedInput(head, base.with(0, bad)), /time-to-ssh of base in boot 2/, 3);
    const session = sampleSession('r1', { 'time-to-ssh': [9000, bad] });
    refused({ ...good, base: null, sessions: [session] }, /time-to-ssh of the baseline session r1, sample 2/, 3);
  }
});

test('swapped sides are refused', () => {
  refused({ ...good, head: good.base ?? [], base: good.head }, /given as head but was recorded as base/, 3);
});

test('duplicate boots, rounds and series are refused', () => {
  const [series] = good.head;
  assert.ok(series);
  const twice = (change: object) => ({
    ...good,
    head: [{ ...series, samples: [...series.samples, { boot: 99, round: 99, value: 9000, ...change }] }],
  });
  refused(twice({ boot: 3 }), /boot 3 is there twice in time-to-ssh of head/, 3);
  refused(twice({ round: 3 }), /round 3 is there twice in time-to-ssh of head/, 3);
  refused({ ...good, head: [series, series] }, /the series time-to-ssh of head is there twice/, 3);
});

test('different units are incomparable and named', () => {
  const { verdict, comparisons } = judge({ ...good, base: [sampleSeries('base', base, { unit: 'MiB' })] });
  assert.equal(verdict.word, 'incomparable');
  assert.match(verdict.because, /time-to-ssh is in ms in head and in MiB in base/);
  assert.deepEqual(comparisons, []);
});

test('another scenario is incomparable and named', () => {
  const { verdict } = judge({ ...good, headKey: { ...sampleKey, scenario: 'other' } });
  assert.equal(verdict.word, 'incomparable');
  assert.match(verdict.because, /scenario other, not to default/);
});

test('sides that share no metric are incomparable', () => {
  const { verdict, warnings } = judge({ ...good, base: [sampleSeries('base', base, { metric: 'time-to-login' })] });
  assert.equal(verdict.word, 'incomparable');
  assert.ok(warnings.some(({ code, text }) => code === 'metric-missing' && /time-to-ssh/.test(text)));
});

test('values that are all equal are undecided, and the reason is said', () => {
  const stuck = base.map(() => 9000);
  for (const input of [pairedInput(head, stuck), pairedInput(stuck, base), pairedInput(stuck, stuck)]) {
    const { verdict } = judge(input);
    assert.equal(verdict.word, 'undecided');
    assert.match(verdict.because, /all 12 values of (head|base) are equal/);
  }
});

test('an empty run is not a verdict', () => {
  const empty = { ...good, head: [], base: [] };
  assert.equal(judge(empty).verdict.word, 'incomparable');
  assert.equal(judge(pairedInput([], [])).verdict.word, 'undecided');
});

test('boots without a partner are left out and counted', () => {
  const input = { ...good, base: [sampleSeries('base', base.slice(0, 10))] };
  const [comparison] = judge(input).comparisons;
  assert.equal(comparison?.head.count, 10);
  assert.ok(comparison.warnings.some(({ code, text }) => code === 'unpaired' && /^2 boots/.test(text)));
});

test('the same run twice in a baseline is warned of', () => {
  const session = sampleSession('r1', { 'time-to-ssh': base });
  const { warnings } = judge({ ...good, base: null, sessions: [session, session] });
  assert.ok(warnings.some(({ code }) => code === 'duplicate-sessions'));
});

test('a limit for hostile metric names does not reach into prototypes', () => {
  const named = (side: 'head' | 'base', values: readonly number[]) => [
    sampleSeries(side, values, { metric: 'constructor' }),
  ];
  const input = {
    ...good,
    head: named('head', head),
    base: named('base', base),
    scenario: sampleScenario({ boots: 12, maxBoots: 12 }),
  };
  assert.equal(judge(input).comparisons[0]?.gate, false);
});

test('a clock that jumps in one boot of head makes nobody slower, and a round that was cut off counts for nobody', () => {
  const [own, other] = [boots(24, 9000, 0.03, randomFrom(1)), boots(24, 9000, 0.03, randomFrom(2))];
  for (const jumped of [0, 1, 86_400_000]) {
    const { verdict } = judge(pairedInput(own.with(5, jumped), other));
    assert.notEqual(verdict.word, 'slower', verdict.because);
    assert.notEqual(verdict.word, 'faster', verdict.because);
  }
  const cut = judge({ ...pairedInput(own, other.slice(0, 23)), scenario: sampleScenario({ boots: 6, maxBoots: 24 }) });
  assert.ok(cut.comparisons[0]?.warnings.some(({ code }) => code === 'unpaired'));
});

test('boots that tie within two values are judged, and neither word of a change is said', () => {
  const tied = (shift: number) => Array.from({ length: 24 }, (_, index) => ((index + shift) % 2 === 0 ? 9000 : 9010));
  assert.ok(['same', 'undecided'].includes(judge(pairedInput(tied(0), tied(1))).verdict.word));
});

test('a phase that one side lacks is judged by nobody', () => {
  const input = pairedInput(boots(24, 9000, 0.03, randomFrom(1)), boots(24, 9000, 0.03, randomFrom(2)));
  const extra = sampleSeries('head', boots(24, 900, 0.03, randomFrom(3)), { metric: 'phase:new' });
  assert.notEqual(judge({ ...input, head: [...input.head, extra] }).verdict.rule, 'phase');
});

test('a side without boots, or with boots that all failed, is no reason to throw: the rule goes on or says why not', () => {
  const [own, other] = [boots(12, 9000, 0.03, randomFrom(1)), boots(12, 9000, 0.03, randomFrom(2))];
  const failed = own.map(() => null);
  const scenario = sampleScenario({ boots: 6, maxBoots: 12 });
  const words = (
    [
      [own, []],
      [[], other],
      [[], []],
      [own, failed],
      [failed, other],
      [failed, failed],
    ] as const
  ).map(([head, base]) => {
    const input = { ...pairedInput(head, base), scenario };
    shouldStop(input);
    return judge(input).verdict.word;
  });
  assert.deepEqual(words, ['undecided', 'undecided', 'undecided', 'incomparable', 'failed', 'incomparable']);
});

test('a clock that jumps for both sides at once, as on a machine that slept, makes nobody slower or faster', () => {
  const [own, other] = [boots(24, 9000, 0.03, randomFrom(1)), boots(24, 9000, 0.03, randomFrom(2))];
  for (const factor of [1000, 1e-3]) {
    const from = (values: readonly number[]) => values.map((value, index) => (index >= 12 ? value * factor : value));
    const { verdict } = judge(pairedInput(from(own), from(other)));
    assert.ok(['same', 'undecided'].includes(verdict.word), verdict.because);
  }
});
