// Not place but shape: slow boots, a wider spread, failures and crashes of head are never called the same.
import assert from 'node:assert/strict';
import test from 'node:test';
import { binomialUpper } from '../../src/stats/binomial-interval.ts';
import { excludesRate, hitBoundary } from '../../src/stats/binomial-looks.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { explainRows, locateChange } from '../../src/verdict/explain.ts';
import { judge } from '../../src/verdict/judge.ts';
import { boots, pairedInput, sampleScenario, sampleSeries, sampleSession } from './samples.ts';

const times = (count: number, seed: number, cv = 0.03): number[] => boots(count, 9000, cv, randomFrom(seed));
const slowEvery = (values: readonly number[], every: number, factor: number): number[] =>
  values.map((value, index) => (index % every === 0 ? value * factor : value));
const wordOf = (head: readonly (number | null)[], base: readonly (number | null)[]) =>
  judge(pairedInput(head, base)).verdict;

const slowTwoOfFive = (values: readonly number[], factor: number): number[] =>
  values.map((value, index) => (index % 5 < 2 ? value * factor : value));

test('two fifths of head’s boots that became far slower are slower, though most boots are as before', () => {
  for (const factor of [1.4, 2, 10]) {
    const { word, because } = wordOf(slowTwoOfFive(times(24, 1), factor), times(24, 2));
    assert.equal(word, 'slower', because);
    assert.match(because, /10 of 24 boots of head are far slower than its others, 0 of 24 of base/);
  }
});

test('what a share of slow boots did is located by no medians, which may have gone the other way', () => {
  const sides = (metric: string) => ({
    head: sampleSeries('head', slowTwoOfFive(times(24, 1), 2), { metric }),
    base: sampleSeries('base', times(24, 2), { metric }),
  });
  const [whole, phase] = [sides('time-to-ssh'), sides('phase:openrc')];
  const input = { ...pairedInput([], []), head: [whole.head, phase.head], base: [whole.base, phase.base] };
  const { comparisons } = judge({ ...input, scenario: sampleScenario({ boots: 24, maxBoots: 24 }) });
  assert.equal(comparisons[0]?.slowBoots, true);
  assert.equal(locateChange(comparisons, explainRows(input).phases, input), null);
});

test('slow boots on both sides are no finding, and a few on head withhold the word same', () => {
  const both = wordOf(slowEvery(times(24, 1), 5, 1.4), slowEvery(times(24, 2), 5, 1.4));
  assert.notEqual(both.word, 'slower');
  const few = wordOf(slowEvery(times(24, 1), 6, 1.4), times(24, 2));
  assert.equal(few.word, 'undecided');
  assert.match(few.because, /4 of 24 boots of head are far slower than its others/);
});

test('head that spreads four times as widely is told, and never called the same', () => {
  const { verdict, comparisons } = judge(pairedInput(times(24, 1, 0.04), times(24, 2, 0.01)));
  assert.notEqual(verdict.word, 'same');
  assert.ok(comparisons[0]?.warnings.some(({ code }) => code === 'wider-spread'));
  const swapped = judge(pairedInput(times(24, 2, 0.01), times(24, 1, 0.04)));
  assert.ok(!swapped.comparisons[0]?.warnings.some(({ code }) => code === 'wider-spread'));
});

test('against stored sessions, too, a share of slow boots is slower', () => {
  const sessions = [3, 4, 5, 6, 7].map((seed) => sampleSession(`run-${seed}`, { 'time-to-ssh': times(12, seed) }));
  const input = { ...pairedInput(slowEvery(times(24, 1), 3, 1.8), []), base: null, sessions };
  assert.equal(judge(input).verdict.word, 'slower');
});

const failing = (values: readonly number[], failures: number) =>
  values.map((value, index) => (index < failures ? null : value));

test('5 of 12 failed boots of head against none of base fail the run, and two stand in the sentence', () => {
  assert.equal(wordOf(failing(times(12, 1), 5), times(12, 2)).rule, 'boot-failures');
  const two = wordOf(failing(times(12, 1), 2), times(12, 2));
  assert.notEqual(two.word, 'same');
  assert.match(two.because, /; 2 of 12 boots of head failed, none of 12 of base$/);
});

test('a guest that is flaky on both sides is measured by base’s own failures', () => {
  assert.notEqual(wordOf(failing(times(12, 1), 4), failing(times(12, 2), 3)).word, 'failed');
});

test('a base that did not fail in a dozen boots may be a little flaky: what head may do is what base may have got away with', () => {
  const [head, base] = [failing(times(12, 1), 4), times(12, 2)];
  assert.notEqual(wordOf(head, base).rule, 'boot-failures');
  const steady = sampleSession('steady', { 'time-to-ssh': times(100, 4) });
  assert.equal(judge(pairedInput(head, base, { sessions: [steady] })).verdict.rule, 'boot-failures');
});

test('looking after every boot costs no more error than was promised', () => {
  for (const [rate, error] of [
    [0.02, 0.002],
    [0.1, 0.01],
  ] as const) {
    const random = randomFrom(5);
    const bounds = Array.from({ length: 24 }, (_, index) => hitBoundary(index + 1, 24, rate, error));
    let crossed = 0;
    const trials = 40_000;
    for (let trial = 0; trial < trials; trial += 1) {
      let failures = 0;
      for (const bound of bounds) {
        if (random() < rate) failures += 1;
        if (failures < bound) continue;
        crossed += 1;
        break;
      }
    }
    assert.ok(crossed / trials <= error * 1.3, `${crossed} of ${trials}`);
    assert.ok(crossed > 0);
    assert.ok(binomialUpper(bounds.at(-1) ?? 0, 24, rate) <= error);
  }
});

test('same is not said before a fifth of failing boots and a third of slow ones are excluded, and it says how surely they are', () => {
  const at = (rounds: number, maxBoots: number, seed = 1) =>
    judge({
      ...pairedInput(times(rounds, seed), times(rounds, seed + 100)),
      scenario: sampleScenario({ boots: 6, maxBoots }),
    }).verdict;
  const early = at(14, 24);
  assert.equal(early.word, 'undecided');
  assert.match(early.because, /a slowdown of 5 % is excluded, but 14 boots are too few to exclude that 30 % .* slower/);
  assert.match(at(16, 24).because, /16 boots are too few to exclude that 20 % of head's fail/);
  assert.equal(at(16, 24).wouldDecide, '22 boots of head in which that never happens');
  const late = at(22, 24);
  assert.equal(late.word, 'same', late.because);
  assert.match(late.because, /far slower boots in 30 % of head's \(99 % sure\) and failures in 20 % \(99 % sure\)/);
  // A plan of twelve boots can do no better, and says so: 0.8 ** 12 is 7 %.
  const short = at(12, 12, 3);
  assert.equal(short.word, 'same', short.because);
  assert.match(short.because, /\(99 % sure\) and failures in 20 % \(93 % sure\)/);
  assert.notEqual(at(8, 8).word, 'same');
});

test('a rate is excluded wrongly no more often than promised, however often one looks', () => {
  const random = randomFrom(6);
  const design = { rate: 0.2, most: 40, error: 0.02 };
  const allowed = Array.from({ length: 40 }, (_, index) => {
    const of = index + 1;
    return (
      Array.from({ length: of + 1 }, (_, hits) => hits).findLast((hits) => excludesRate({ hits, of }, design)) ?? -1
    );
  });
  let wrong = 0;
  const trials = 20_000;
  for (let trial = 0; trial < trials; trial += 1) {
    let hits = 0;
    const crossed = allowed.some((most) => {
      if (random() < design.rate) hits += 1;
      return hits <= most;
    });
    if (crossed) wrong += 1;
  }
  assert.ok(wrong / trials <= design.error * 1.15 && wrong > trials * design.error * 0.3, `${wrong} of ${trials}`);
});

test('stamps on a coarse grid make no slow boots', () => {
  const onGrid = (values: readonly number[]) => values.map((value) => Math.ceil(value / 1000) * 1000);
  for (let seed = 0; seed < 20; seed += 1) {
    const input = pairedInput(onGrid(times(24, seed)), onGrid(times(24, seed + 50)));
    const coarse = [...input.head, ...(input.base ?? [])].map((series) => ({ ...series, resolution: 1000 }));
    const [head, base] = coarse;
    assert.ok(head && base);
    const { verdict, comparisons } = judge({ ...input, head: [head], base: [base] });
    assert.notEqual(verdict.word, 'slower', verdict.because);
    const interval = comparisons[0]?.interval;
    assert.ok(interval && interval.high - interval.low > 0.04, JSON.stringify(interval));
  }
});

const crashes = { head: 1, ofHead: 12, base: 0, ofBase: 12, signal: 'SIGABRT' };

test('an emulator that dies by a signal on head and never on base fails the run, or is told in its sentence', () => {
  const input = { ...pairedInput(failing(times(12, 1), 1), times(12, 2)), crashes };
  const { verdict } = judge(input);
  assert.deepEqual([verdict.word, verdict.rule], ['failed', 'emulator-crashes']);
  assert.match(verdict.because, /died by SIGABRT in 1 of 12 boots of head, and in none of 12 of base/);
  const scenario = { ...sampleScenario({ boots: 12, maxBoots: 12 }), crashes: 'tell' as const };
  const told = judge({ ...input, scenario }).verdict;
  assert.notEqual(told.word, 'failed');
  assert.match(told.because, /died by SIGABRT in 1 of 12 boots of head/);
  assert.notEqual(judge({ ...input, crashes: { ...crashes, base: 1 } }).verdict.rule, 'emulator-crashes');
});
