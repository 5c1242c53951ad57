// The words of a verdict: each can be reached, in their order of precedence, and mean what they say.
import assert from 'node:assert/strict';
import test from 'node:test';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { JudgeInput } from '../../src/verdict/judge-input.ts';
import { worstVerdict } from '../../src/verdict/worst.ts';
import { boots, gatingRule, pairedInput, sampleKey, sampleScenario, sampleSeries, sampleSession } from './samples.ts';

const word = (input: JudgeInput): string => judge(input).verdict.word;
const only = (input: JudgeInput) => judge(input).comparisons[0];
const times = (count: number, typical: number, seed: number): (number | null)[] =>
  boots(count, typical, 0.03, randomFrom(seed));

test('a clear slowdown is slower, names metric and amount, and fails', () => {
  const { verdict } = judge(pairedInput(times(12, 10_000, 1), times(12, 9000, 2)));
  assert.equal(verdict.word, 'slower');
  assert.match(verdict.because, /^time-to-ssh: \+\d+ % \(\d.*(ms|s) more\), at least \+\d/);
  assert.equal(exitCodeOf(verdict, 'pass'), 1);
});

test('five pairs that are surely slower name no bound that they do not have', () => {
  const base = [8790, 8935, 8916, 9007, 8697];
  // One of head's boots lies apart: without it there are too few for a bound, though not for the answer.
  const { verdict } = judge(pairedInput([9833, 9888, 9335, 9872, 9837], base));
  assert.equal(verdict.word, 'slower');
  assert.match(verdict.because, /^time-to-ssh: \+11 % \(953 ms more\), surely more after correction$/);
  const mirrored = judge(pairedInput(base, [9833, 9888, 9335, 9872, 9837])).verdict;
  assert.equal(mirrored.word, 'faster');
  assert.match(mirrored.because, /less\), surely less after correction$/);
});

test('a clear gain is faster and passes', () => {
  const { verdict } = judge(pairedInput(times(12, 8000, 1), times(12, 9000, 2)));
  assert.equal(verdict.word, 'faster');
  assert.equal(exitCodeOf(verdict, 'fail'), 0);
});

test('same says that a slowdown of the limit is excluded, not that both are equal', () => {
  const { verdict } = judge(pairedInput(times(24, 9000, 1), times(24, 9000, 2)));
  assert.equal(verdict.word, 'same');
  assert.match(verdict.because, /slowdown of 5 % is excluded .* does not say that both are equal/);
});

test('too few boots are undecided, with what would decide it', () => {
  const { verdict } = judge(pairedInput(times(5, 9200, 1), times(5, 9000, 2)));
  assert.equal(verdict.word, 'undecided');
  assert.match(verdict.wouldDecide, /^\d+ more pairs? would settle a 5 % limit$/);
  assert.equal(exitCodeOf(verdict, 'pass'), 0);
  assert.equal(exitCodeOf(verdict, 'fail'), 1);
});

test('one, two or three rounds are never more than undecided', () => {
  for (const count of [1, 2, 3])
    assert.equal(word(pairedInput(times(count, 20_000, 1), times(count, 9000, 2))), 'undecided');
});

test('without base and baseline a run is recorded', () => {
  const { verdict } = judge({ ...pairedInput(times(8, 9000, 1), []), base: null });
  assert.equal(verdict.word, 'recorded');
  assert.equal(exitCodeOf(verdict, 'fail'), 0);
});

test('failed boots that are improbable under base’s own rate are failed', () => {
  const failing = times(12, 9000, 1).map((value, index) => (index % 3 < 2 ? null : value));
  const { verdict, warnings } = judge(pairedInput(failing, times(12, 9000, 2)));
  assert.equal(verdict.word, 'failed');
  assert.equal(verdict.rule, 'boot-failures');
  assert.match(verdict.because, /8 of 12 boots of head failed, against 0 of 12 of base/);
  assert.ok(warnings.some(({ code }) => code === 'failed-boots'));
});

test('the baseline’s failures count as base’s', () => {
  const failing = times(12, 9000, 1).map((value, index) => (index < 3 ? null : value));
  const flaky = times(40, 9000, 3).map((value, index) => (index % 2 === 0 ? null : value));
  assert.notEqual(word(pairedInput(failing, times(12, 9000, 2))), 'failed');
  const steady = sampleSession('steady', { 'time-to-ssh': times(100, 9000, 4) });
  assert.equal(word(pairedInput(failing, times(12, 9000, 2), { sessions: [steady] })), 'failed');
  const shaky = sampleSession('shaky', { 'time-to-ssh': flaky });
  assert.notEqual(word(pairedInput(failing, times(12, 9000, 2), { sessions: [shaky] })), 'failed');
});

test('a head that never boots is failed after three boots; a base that never boots leaves nothing to compare with', () => {
  const none = [null, null, null];
  assert.equal(judge(pairedInput(none, times(3, 9000, 2))).verdict.rule, 'head-never-booted');
  assert.equal(judge({ ...pairedInput(none, []), base: null }).verdict.word, 'failed');
  const { verdict } = judge(pairedInput(times(3, 9000, 2), none));
  assert.equal(verdict.word, 'incomparable');
  assert.equal(exitCodeOf(verdict, 'pass'), 3);
  assert.equal(word(pairedInput(none, none)), 'incomparable');
});

test('one failed boot of head alone forbids same and faster', () => {
  const failing = times(24, 9000, 1).with(7, null);
  assert.equal(word(pairedInput(failing, times(24, 9000, 2))), 'undecided');
  const both = pairedInput(times(30, 9000, 1).with(7, null), times(30, 9000, 2).with(3, null));
  assert.equal(word(both), 'same');
  assert.equal(word(pairedInput(times(24, 8000, 1).with(7, null), times(24, 9000, 2))), 'undecided');
});

test('a median that surely lies above the ceiling is failed, one that only may is not', () => {
  const scenario = (max: number) =>
    sampleScenario({ boots: 12, maxBoots: 12 }, { 'time-to-ssh': { ...gatingRule, max } });
  const input = pairedInput(times(12, 9000, 1), times(12, 9000, 2));
  assert.equal(word({ ...input, scenario: scenario(8000) }), 'failed');
  assert.equal(word({ ...input, scenario: scenario(9000) }), word(input));
});

test('a ceiling holds without a base or a baseline, and for a metric that base does not have', () => {
  const scenario = sampleScenario({ boots: 12, maxBoots: 12 }, { 'time-to-ssh': { ...gatingRule, max: 8000 } });
  const alone = judge({ ...pairedInput(times(12, 9000, 1), []), base: null, scenario }).verdict;
  assert.deepEqual([alone.word, alone.rule], ['failed', 'ceiling']);
  assert.match(alone.because, /^time-to-ssh: the median is at least 8\.\d+ s, above the ceiling of 8\.00 s$/);
  const other = [sampleSeries('base', times(12, 9000, 2), { metric: 'time-to-login' })];
  const extra = [
    ...pairedInput(times(12, 9000, 1), []).head,
    sampleSeries('head', times(12, 9000, 3), { metric: 'time-to-login' }),
  ];
  assert.equal(judge({ ...pairedInput([], []), head: extra, base: other, scenario }).verdict.rule, 'ceiling');
  assert.equal(word({ ...pairedInput(times(12, 7000, 1), []), base: null, scenario }), 'recorded');
});

test('a difference within the absolute floor, or within twice the resolution, is not slower', () => {
  const scenario = sampleScenario({ boots: 12, maxBoots: 12 }, { 'time-to-ssh': { ...gatingRule, floor: 2500 } });
  const [head, base] = [times(12, 10_000, 1), times(12, 9000, 2)];
  assert.equal(only({ ...pairedInput(head, base), scenario })?.word, 'undecided');
  const coarse = {
    head: [sampleSeries('head', head, { resolution: 1200 })],
    base: [sampleSeries('base', base, { resolution: 1200 })],
  };
  assert.match(only({ ...pairedInput(head, base), ...coarse })?.because ?? '', /within the floor of 2.40 s/);
});

test('tolerate moves what counts as slower', () => {
  const scenario = sampleScenario(
    { boots: 12, maxBoots: 12 },
    { 'time-to-ssh': { ...gatingRule, tolerate: 0.2, limit: 0.3 } },
  );
  const input = pairedInput(times(12, 10_000, 1), times(12, 9000, 2));
  assert.equal(word(input), 'slower');
  assert.equal(word({ ...input, scenario }), 'same');
});

test('a report takes its worst metric, and metrics that do not gate never decide', () => {
  const series = (side: 'head' | 'base', slow: number) => [
    sampleSeries(side, times(16, 9000, side === 'head' ? 1 : 2)),
    sampleSeries(side, times(16, 5000 * slow, side === 'head' ? 3 : 4), { metric: 'time-to-login' }),
  ];
  const rules = (gate: boolean) => ({ 'time-to-ssh': gatingRule, 'time-to-login': { ...gatingRule, gate } });
  const input = (gate: boolean): JudgeInput => ({
    ...pairedInput([], []),
    scenario: sampleScenario({ boots: 16, maxBoots: 16 }, rules(gate)),
    head: series('head', 1.2),
    base: series('base', 1),
  });
  assert.match(judge(input(true)).verdict.because, /^time-to-login/);
  assert.equal(judge(input(true)).verdict.word, 'slower');
  assert.equal(judge(input(false)).verdict.word, 'same');
  assert.equal(judge(input(false)).comparisons.find(({ gate }) => !gate)?.word, 'slower');
});

test('words take precedence as the closed list says', () => {
  const words = ['same', 'faster', 'undecided', 'slower', 'failed', 'incomparable'] as const;
  for (const [index, worst] of words.entries()) {
    const verdicts = words
      .slice(0, index + 1)
      .map((entry) => ({ word: entry, rule: '', because: '', wouldDecide: '' }));
    assert.equal(worstVerdict(verdicts).word, worst);
  }
});

test('a stored comparison includes the spread between sessions and says what it could have seen', () => {
  const session = (run: number) => {
    const mood = 1 + 0.02 * Math.sin(2.4 * run);
    return sampleSession(`run-${run}`, { 'time-to-ssh': times(10, 9000 * mood, 50 + run) });
  };
  const sessions = Array.from({ length: 8 }, (_, run) => session(run));
  const stored = (typical: number): JudgeInput => ({ ...pairedInput(times(10, typical, 1), []), base: null, sessions });
  assert.equal(word(stored(11_000)), 'slower');
  assert.equal(word(stored(7500)), 'faster');
  assert.notEqual(word(stored(9350)), 'slower');
  const detectable = only(stored(9000))?.detectable ?? 0;
  assert.ok(detectable > 0.07 && detectable < 0.2, `${detectable}`);
  const said = judge(stored(9000)).warnings.find(({ code }) => code === 'stored-power')?.text ?? '';
  assert.match(
    said,
    /slowdown of time-to-ssh is found with 95 % power from 1?\d(\.\d)? % on: a gate of 5 % needs .*paired/,
  );
  const wide = sampleScenario({ boots: 10, maxBoots: 10 }, { 'time-to-ssh': { ...gatingRule, limit: 0.5 } });
  const relaxed = judge({ ...stored(9000), scenario: wide }).warnings.find(({ code }) => code === 'stored-power');
  assert.doesNotMatch(relaxed?.text ?? 'needs', /needs/);
});

test('an accepted slowdown begins a new level: later runs are judged against it', () => {
  const before = [1, 2, 3].map((run) => sampleSession(`a${run}`, { 'time-to-ssh': times(10, 9000, run) }));
  const after = { ...sampleSession('b', { 'time-to-ssh': times(10, 12_000, 9) }), intended: 'new firmware' };
  const head = times(10, 12_000, 11);
  const input = (sessions: JudgeInput['sessions']): JudgeInput => ({ ...pairedInput(head, []), base: null, sessions });
  assert.equal(word(input(before)), 'slower');
  assert.notEqual(word(input([...before, after])), 'slower');
});

test('sessions under another key are incomparable, and the field is named', () => {
  const session = sampleSession('r', { 'time-to-ssh': times(10, 9000, 3) });
  const other = { ...session, key: { ...sampleKey, osMajor: 'macOS 14' } };
  const input = { ...pairedInput(times(10, 9000, 1), []), base: null };
  const { verdict, comparisons } = judge({ ...input, sessions: [other] });
  assert.equal(verdict.word, 'incomparable');
  assert.match(verdict.because, /osMajor \(macOS 14 \/ macOS 15\)/);
  assert.deepEqual(comparisons, []);
  const mixed = judge({ ...input, sessions: [other, session] });
  assert.notEqual(mixed.verdict.word, 'incomparable');
  assert.ok(mixed.warnings.some(({ code }) => code === 'sessions-left-out'));
});

test('facts that may differ are warned of', () => {
  const sessions = [sampleSession('r', { 'time-to-ssh': times(10, 9000, 3) })];
  const headFacts = { osVersion: '15.6', emulator: 'QEMU emulator version 10.0.3', runner: '' };
  const { warnings } = judge({ ...pairedInput(times(10, 9000, 1), []), base: null, sessions, headFacts });
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['osVersion-differs', 'stored-power'],
  );
});

test('ten metrics that did not change flag a report as rarely as one does', () => {
  const names = Array.from({ length: 10 }, (_, index) => `metric-${index}`);
  const scenario = sampleScenario(
    { boots: 8, maxBoots: 8 },
    Object.fromEntries(names.map((name) => [name, gatingRule])),
  );
  let flagged = 0;
  for (let report = 0; report < 300; report += 1) {
    const random = randomFrom(report);
    const series = (side: 'head' | 'base') =>
      names.map((metric) => sampleSeries(side, boots(8, 9000, 0.03, random), { metric }));
    if (word({ ...pairedInput([], []), scenario, head: series('head'), base: series('base') }) === 'slower')
      flagged += 1;
  }
  assert.ok(flagged <= 8, `${flagged} of 300`);
});

test('partners are compared with each other when the machine changes its mood from round to round', () => {
  const moods = boots(16, 1, 0.3, randomFrom(77));
  const moody = (typical: number, seed: number) =>
    boots(16, typical, 0.02, randomFrom(seed)).map((value, round) => value * (moods[round] as number));
  assert.equal(word(pairedInput(moody(9900, 1), moody(9000, 2))), 'slower');
  assert.equal(word(pairedInput(moody(9000, 3), moody(9000, 4))), 'same');
});
