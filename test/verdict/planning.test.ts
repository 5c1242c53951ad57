// Before and after a run: what it can show, when it may stop, what a machine can see, and that re-running does not pay.
import assert from 'node:assert/strict';
import test from 'node:test';
import { BootgaugeError } from '../../src/model/errors.ts';
import { poolRuns } from '../../src/runs/pool.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { calibrate } from '../../src/trend/calibrate.ts';
import { power, slowerError } from '../../src/verdict/error-rates.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { JudgeInput } from '../../src/verdict/judge-input.ts';
import { detectableSlowdown } from '../../src/verdict/power.ts';
import { shouldStop } from '../../src/verdict/stop-rule.ts';
import { boots, gatingRule, pairedInput, sampleScenario, sampleSeries, sampleSession } from './samples.ts';

const sequential = sampleScenario({ boots: 5, maxBoots: 24 });
const times = (count: number, typical: number, seed: number): number[] => boots(count, typical, 0.03, randomFrom(seed));

/** Rounds until the stop rule has enough. */
function roundsUntilStop(head: readonly number[], base: readonly number[]): number {
  for (let rounds = 1; ; rounds += 1) {
    const input = pairedInput(head.slice(0, rounds), base.slice(0, rounds), { scenario: sequential });
    if (shouldStop(input).decision === 'enough') return rounds;
  }
}

test('the stop rule never stops before the minimum and never goes on after the maximum', () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const rounds = roundsUntilStop(times(30, 9000 * (1 + seed / 200), seed), times(30, 9000, 100 + seed));
    assert.ok(rounds >= 5 && rounds <= 24, `${rounds}`);
  }
});

test('a large slowdown ends the run early, a borderline one uses the budget', () => {
  assert.ok(roundsUntilStop(times(24, 12_000, 1), times(24, 9000, 2)) <= 7);
  const noisy = (typical: number, seed: number) => boots(24, typical, 0.15, randomFrom(seed));
  assert.equal(roundsUntilStop(noisy(9300, 1), noisy(9000, 2)), 24);
});

test('a side that only hangs is given up before the first look: head after three boots, base after two, alone after one', () => {
  const stop = (head: number, base: number, hangs: { head: number; base: number }) => {
    const none = (count: number): null[] => new Array<null>(count).fill(null);
    const side = (count: number, hung: number) => (hung > 0 ? none(count) : times(count, 9000, 1));
    const input = pairedInput(side(head, hangs.head), side(base, hangs.base), { scenario: sequential, hangs });
    return shouldStop(input).decision;
  };
  assert.deepEqual(
    [stop(0, 0, { head: 1, base: 0 }), stop(1, 1, { head: 2, base: 0 }), stop(2, 2, { head: 3, base: 0 })],
    ['go-on', 'go-on', 'enough'],
  );
  assert.deepEqual([stop(0, 0, { head: 0, base: 1 }), stop(1, 1, { head: 0, base: 2 })], ['go-on', 'enough']);
  const alone = { ...pairedInput([], []), base: null, scenario: sequential, hangs: { head: 1, base: 0 } };
  assert.equal(shouldStop(alone).decision, 'enough');
  const { verdict } = judge(alone);
  assert.deepEqual([verdict.word, verdict.rule], ['failed', 'head-never-booted']);
  const ungated = { ...sequential, metrics: { 'time-to-ssh': { ...gatingRule, gate: false } } };
  assert.notEqual(judge({ ...alone, scenario: ungated }).verdict.word, 'failed');
});

test('the reason to go on or to stop is said', () => {
  const stop = (head: number[], base: number[]) => shouldStop(pairedInput(head, base, { scenario: sequential }));
  assert.match(stop(times(3, 9000, 1), times(3, 9000, 2)).because, /3 of at least 5 rounds/);
  assert.match(stop(times(24, 9000, 1), times(24, 9000, 2)).because, /all 24 rounds/);
  assert.match(stop(times(10, 12_000, 1), times(10, 9000, 2)).because, /^slower: time-to-ssh/);
});

test('against stored sessions boots end when more would not sharpen the comparison', () => {
  const sessions = [1, 2, 3].map((run) => sampleSession(`r${run}`, { 'time-to-ssh': times(10, 9000, run) }));
  const stop = (count: number, cv: number) => {
    const head = boots(count, 9700, cv, randomFrom(9));
    return shouldStop({ ...pairedInput(head, []), base: null, sessions, scenario: sequential });
  };
  assert.equal(stop(10, 0.03).decision, 'enough');
  assert.match(stop(10, 0.03).because, /would not make .* sharper/);
  assert.equal(stop(10, 0.2).decision, 'go-on');
});

test('on a quiet machine the boots against stored sessions are enough to say same', () => {
  const sessions = [1, 2, 3, 4, 5, 6, 7, 8].map((run) =>
    sampleSession(`r${run}`, { 'time-to-ssh': boots(10, 9000, 0.01, randomFrom(run)) }),
  );
  const stopped = (count: number) => {
    const head = boots(24, 9000, 0.01, randomFrom(3)).slice(0, count);
    const input: JudgeInput = { ...pairedInput(head, []), base: null, sessions, scenario: sequential };
    return shouldStop(input).decision === 'enough' ? judge(input).verdict : null;
  };
  const counts = Array.from({ length: 20 }, (_, index) => index + 5);
  const ended = counts.map(stopped).find((verdict) => verdict !== null);
  assert.equal(ended?.word, 'same', ended?.because);
});

test('when to stop against stored sessions hangs on the noise, never on what would be said', () => {
  const sessions = [1, 2, 3, 4, 5].map((run) => sampleSession(`r${run}`, { 'time-to-ssh': times(10, 9000, run) }));
  for (const cv of [0.02, 0.1]) {
    const head = boots(12, 9000, cv, randomFrom(4));
    const stop = (factor: number) => {
      const slowed = head.map((value) => value * factor);
      return shouldStop({ ...pairedInput(slowed, []), base: null, sessions, scenario: sequential }).decision;
    };
    assert.deepEqual([stop(0.7), stop(1.05), stop(2)], [stop(1), stop(1), stop(1)], `at ${cv}`);
  }
});

test('the detectable slowdown that a report names is one that the rule finds', () => {
  const named: number[] = [];
  let found = 0;
  for (let seed = 0; seed < 200; seed += 1) {
    const input = pairedInput(times(16, 9000 * 1.055, seed), times(16, 9000, 1000 + seed));
    const { verdict, comparisons } = judge(input);
    named.push(comparisons[0]?.detectable ?? Number.NaN);
    if (verdict.word === 'slower') found += 1;
  }
  const typical = named.toSorted((a, b) => a - b)[100] as number;
  assert.ok(Math.abs(typical - 0.05) < 0.01, `${typical}`);
  assert.ok(found >= 184, `${found} of 200`);
});

test('the slowdown that a forecast names is found in about 95 % of runs, however few pairs there may be', () => {
  for (const most of [5, 6, 8, 12, 24]) {
    const first = Math.min(6, most);
    const plan = { first, most };
    const slowdown = detectableSlowdown({ boot: 0.03, rounds: most, error: slowerError, plan }) ?? Number.NaN;
    const scenario = sampleScenario({ boots: first, maxBoots: most });
    const runs = 300;
    let found = 0;
    for (let seed = 0; seed < runs; seed += 1) {
      const head = times(most, 9000 * (1 + slowdown), 10_000 + seed);
      const base = times(most, 9000, 20_000 + seed);
      const at = (rounds: number) => pairedInput(head.slice(0, rounds), base.slice(0, rounds), { scenario });
      let taken = first;
      while (taken < most && shouldStop(at(taken)).decision === 'go-on') taken += 1;
      if (judge(at(taken)).verdict.word === 'slower') found += 1;
    }
    assert.ok(found / runs >= power - 0.025 && found / runs <= 0.985, `${found} of ${runs} with ${most} pairs`);
  }
  const four = { boot: 0.03, rounds: 4, error: slowerError, plan: { first: 4, most: 4 } };
  assert.equal(detectableSlowdown(four), null);
});

test('a plan of six pairs spends its error on six pairs', () => {
  const found = (maxBoots: number): number => {
    let slower = 0;
    for (let seed = 0; seed < 100; seed += 1) {
      const scenario = sampleScenario({ boots: 5, maxBoots });
      const input = pairedInput(times(6, 9900, 300 + seed), times(6, 9000, 600 + seed), { scenario });
      if (judge(input).verdict.word === 'slower') slower += 1;
    }
    return slower;
  };
  const [short, long] = [found(6), found(24)];
  assert.ok(short >= 90 && long <= 85, `${short} and ${long} of 100`);
});

test('boots that cannot decide any more are spared, and it is said how many it would take', () => {
  const noisy = (typical: number, seed: number) => boots(24, typical, 0.25, randomFrom(seed));
  const stop = (rounds: number) => {
    const [head, base] = [noisy(9300, 6).slice(0, rounds), noisy(9000, 106).slice(0, rounds)];
    return shouldStop(pairedInput(head, base, { scenario: sequential }));
  };
  assert.equal(stop(7).decision, 'go-on');
  assert.equal(stop(8).decision, 'enough');
  assert.match(stop(8).because, /^about \d+ more pairs would be needed, and 16 are left: a quieter machine/);
});

test('pairs that are said to settle a limit are about as many as it takes', () => {
  const shares: number[] = [];
  for (let seed = 0; seed < 60; seed += 1) {
    const [head, base] = [times(40, 9000, seed), times(40, 9000, 200 + seed)];
    const scenario = sampleScenario({ boots: 5, maxBoots: 40 });
    const at = (rounds: number) => pairedInput(head.slice(0, rounds), base.slice(0, rounds), { scenario });
    const more = /^(\d+) more pair/.exec(judge(at(6)).verdict.wouldDecide)?.[1];
    if (more === undefined) continue;
    let taken = 7;
    while (taken < 40 && shouldStop(at(taken)).decision === 'go-on') taken += 1;
    shares.push((6 + Number(more)) / taken);
  }
  const typical = shares.toSorted((a, b) => a - b)[Math.floor(shares.length / 2)] as number;
  assert.ok(shares.length > 20 && typical > 0.7 && typical < 1.4, `${typical} of ${shares.length}`);
});

test('pooling a re-run continues the judgement: a slowdown cannot be run away', () => {
  const run = (name: string, seed: number) => ({
    run: name,
    digests: { head: 'h', base: 'b' },
    head: [sampleSeries('head', times(12, 9900, seed))],
    base: [sampleSeries('base', times(12, 9000, seed + 50))],
  });
  const lucky = { ...run('second', 3), head: [sampleSeries('head', times(12, 9000, 90))] };
  const { head, base } = poolRuns([run('first', 1), lucky]);
  assert.equal(head[0]?.samples.length, 24);
  assert.deepEqual(
    head[0].samples.map(({ round }) => round),
    base[0]?.samples.map(({ round }) => round),
  );
  const pooled = judge({ ...pairedInput([], []), scenario: sequential, head, base });
  assert.notEqual(pooled.verdict.word, 'same');
  assert.throws(() => poolRuns([run('first', 1), run('first', 1)]), /given twice/);
  const other = { ...run('third', 2), digests: { head: 'x', base: 'b' } };
  assert.throws(() => poolRuns([run('first', 1), other]), /other digests/);
});

test('a pooled run with a missing last boot keeps partners together', () => {
  const first = {
    run: 'first',
    digests: { head: 'h', base: 'b' },
    head: [sampleSeries('head', times(6, 9000, 1))],
    base: [sampleSeries('base', times(5, 9000, 2))],
  };
  const { head, base } = poolRuns([first, { ...first, run: 'second' }]);
  assert.equal(head[0]?.samples.at(-1)?.round, 12);
  assert.equal(base[0]?.samples.at(-1)?.round, 11);
  assert.equal(new Set([...head[0].samples, ...base[0].samples].map(({ boot }) => boot)).size, 22);
});

test('calibration finds few false alarms, a plausible power, and recommends pairs that suffice', () => {
  const input = pairedInput(times(20, 9000, 5), times(20, 9000, 6), {
    scenario: sampleScenario({ boots: 6, maxBoots: 12 }),
  });
  const play = () => calibrate(input, { random: randomFrom(1), reports: 100, pairs: [6, 12, 24] });
  const result = play();
  assert.ok(result.falseAlarms.rate <= 0.04, `${result.falseAlarms.rate}`);
  const effects = result.detectable.map(({ effect }) => effect ?? Number.NaN);
  assert.ok(
    (effects[0] as number) > (effects[1] as number) && (effects[1] as number) > (effects[2] as number),
    String(effects),
  );
  assert.ok((effects[2] as number) > 0.02 && (effects[2] as number) < 0.08, String(effects));
  assert.ok(result.curve.every(({ found }, index) => index === 0 || found >= (result.curve[index - 1]?.found ?? 0)));
  assert.equal(result.curve.at(-1)?.found, 1);
  assert.deepEqual(play(), result);
});

test('calibration takes head’s boots two by two when there is no base, and refuses too few', () => {
  const head = {
    ...pairedInput(times(24, 9000, 5), []),
    base: null,
    scenario: sampleScenario({ boots: 6, maxBoots: 12 }),
  };
  assert.equal(calibrate(head, { random: randomFrom(1), reports: 20, pairs: [6] }).rounds, 12);
  const few = pairedInput(times(5, 9000, 5), times(5, 9000, 6));
  const quiet = pairedInput(boots(12, 9000, 0.005, randomFrom(1)), boots(12, 9000, 0.005, randomFrom(2)));
  const { recommended, detectable } = calibrate(quiet, { random: randomFrom(1), reports: 20, pairs: [6, 9] });
  assert.ok((detectable[0]?.effect ?? 1) < 0.05);
  assert.equal(recommended.maxBoots, 9, 'six pairs find it, but never say same');
  assert.throws(
    () => calibrate(few, { random: randomFrom(1), reports: 20, pairs: [6] }),
    (error) => error instanceof BootgaugeError && error.exitCode === 3 && /at least 10 rounds/.test(error.message),
  );
});

test('drift and two modes are warned of', () => {
  const drift = (values: readonly number[]) => values.map((value, index) => value * (1 + 0.01 * index));
  const warnings = (head: readonly number[], base: readonly number[]) =>
    judge(pairedInput(head, base)).comparisons.flatMap((entry) => entry.warnings);
  const drifting = warnings(drift(times(16, 9000, 1)), drift(times(16, 9000, 2)));
  assert.match(drifting.find(({ code }) => code === 'drift')?.text ?? '', /^drifts 1\d % slower over the session$/);
  const modal = times(20, 8900, 1).map((value, index) => (index % 4 === 1 ? value * (12.4 / 8.9) : value));
  const text = warnings(modal, times(20, 8900, 2)).find(({ code }) => code === 'two-modes')?.text ?? '';
  assert.match(text, /^two modes in head, 8.\d\d s and 12.\d\d s \(25 % slow\)$/);
  assert.deepEqual(warnings(times(16, 9000, 1), times(16, 9000, 2)), []);
});
