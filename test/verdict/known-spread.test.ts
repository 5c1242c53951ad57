// Where the machine's own sessions tell how boots spread, three pairs may speak; where they do not, or are of other days, ranks judge alone.
import assert from 'node:assert/strict';
import test from 'node:test';
import { randomFrom } from '../../src/stats/random.ts';
import { slowerError } from '../../src/verdict/error-rates.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { JudgeInput } from '../../src/verdict/judge-input.ts';
import { knownSpread, spreadOfOthers } from '../../src/verdict/known-spread.ts';
import { sessionsOf } from '../../src/verdict/match-series.ts';
import { detectableKnown } from '../../src/verdict/power.ts';
import { shouldStop } from '../../src/verdict/stop-rule.ts';
import { boots, pairedInput, sampleScenario, sampleSession } from './samples.ts';

const times = (count: number, typical: number, seed: number): number[] => boots(count, typical, 0.03, randomFrom(seed));
const sessions = [1, 2, 3, 4, 5].map((run) => sampleSession(`r${run}`, { 'time-to-ssh': times(10, 9000, 700 + run) }));
const headFacts = { osVersion: '15.5', emulator: 'another', runner: '' };
const scenario = sampleScenario({ boots: 6, maxBoots: 24 });

const input = (rounds: number, change: number, seed: number, over: Partial<JudgeInput> = {}): JudgeInput =>
  pairedInput(times(rounds, 9000 * change, seed), times(rounds, 9000, 5000 + seed), {
    ...{ scenario, sessions, headFacts },
    ...over,
  });

const slowerOf = (rounds: number, over: Partial<JudgeInput>, change = 1.3): number =>
  Array.from({ length: 50 }, (_, seed) => judge(input(rounds, change, seed, over)).verdict.word).filter(
    (word) => word === 'slower',
  ).length;

test('three pairs show what is large when the machine’s history tells its spread', () => {
  // In a third of the runs three boots of each side spread more than the history by chance: a fourth tells.
  assert.ok(slowerOf(3, {}) >= 28, String(slowerOf(3, {})));
  assert.ok(slowerOf(4, {}) >= 45, String(slowerOf(4, {})));
  assert.equal(slowerOf(3, { sessions: [] }), 0);
  assert.equal(shouldStop(input(3, 1.3, 1)).decision, 'enough');
  assert.match(shouldStop(input(3, 1.3, 1, { sessions: [] })).because, /3 of at least 6 rounds/);
  const more = { scenario: sampleScenario({ boots: 7, maxBoots: 24 }) };
  assert.match(shouldStop(input(3, 1.3, 1, more)).because, /3 of at least 7 rounds/);
});

test('a history of another system, runner or key is not asked', () => {
  assert.equal(slowerOf(3, { headFacts: { ...headFacts, osVersion: '15.6' } }), 0);
  assert.equal(slowerOf(3, { headFacts: { ...headFacts, runner: 'other' } }), 0);
  const moved = sessions.map((session) => ({ ...session, key: { ...session.key, guest: 'b'.repeat(64) } }));
  assert.equal(slowerOf(3, { sessions: moved }), 0);
});

test('boots that spread far more than history says are judged by ranks alone', () => {
  const wild = (seed: number) =>
    pairedInput(boots(4, 12_000, 0.25, randomFrom(seed)), boots(4, 9000, 0.25, randomFrom(900 + seed)), {
      ...{ scenario, sessions, headFacts },
    });
  const words = Array.from({ length: 50 }, (_, seed) => judge(wild(seed)).verdict.word);
  assert.ok(words.filter((word) => word !== 'undecided').length <= 3, words.join());
});

test('a spread is known from two sessions on, and not where boots have two modes', () => {
  const known = knownSpread('time-to-ssh', sessions);
  assert.ok(known !== null && Math.abs(known.sd - 0.03) < 0.01, `${known?.sd}`);
  assert.equal(known.degrees, 16);
  assert.equal(knownSpread('time-to-ssh', sessions.slice(0, 1)), null);
  assert.equal(knownSpread('time-to-login', sessions), null);
  const modes = sessions.map((session, number) =>
    sampleSession(session.run, {
      'time-to-ssh': times(10, 9000, number).map((value, at) => (at % 5 === 0 ? value * 1.4 : value)),
    }),
  );
  assert.equal(knownSpread('time-to-ssh', modes), null);
});

test('a failed boot is no number: ranks judge', () => {
  const failing = input(4, 1.3, 3);
  const head = failing.head.map((series) => ({
    ...series,
    samples: series.samples.map((sample, at) => (at === 0 ? { ...sample, value: null } : sample)),
  }));
  assert.notEqual(judge({ ...failing, head }).verdict.word, 'slower');
});

test('a line that stands twice counts once, and a new system version begins a new level', () => {
  const [first, second] = sessions as [(typeof sessions)[0], (typeof sessions)[0]];
  assert.equal(sessionsOf('time-to-ssh', [first, second, first]).length, 2);
  const updated = { ...second, facts: { ...second.facts, osVersion: '15.6' } };
  const epochs = sessionsOf('time-to-ssh', [first, updated]).map(({ newEpoch }) => newEpoch);
  assert.deepEqual(epochs, [false, true]);
});

test('sessions that were joined are laid upon each other: what a day adds to all its boots hides nothing', () => {
  const day = (seed: number, mood: number, change: number) => ({
    head: boots(8, 9000 * mood * change, 0.02, randomFrom(seed)),
    base: boots(8, 9000 * mood, 0.02, randomFrom(seed + 40)),
  });
  const days = [day(1, 1, 1.06), day(2, 1.3, 1.06), day(3, 0.8, 1.06)];
  const [head, base] = [days.flatMap((one) => one.head), days.flatMap((one) => one.base)];
  const joined = pairedInput(head, base, { sessionStarts: [9, 17] });
  const [aligned] = judge(joined).comparisons;
  const [mixed] = judge(pairedInput(head, base)).comparisons;
  assert.ok(aligned && mixed);
  assert.equal(aligned.word, 'slower', aligned.because);
  const width = ({ interval }: typeof aligned) => (interval?.high ?? 9) - (interval?.low ?? 0);
  assert.ok(width(aligned) < width(mixed), `${width(aligned)} and ${width(mixed)}`);
});

test('the slowdown that a forecast with a known spread names is found in 95 % of runs, and with four pairs in four of five', () => {
  for (const [most, least] of [
    [4, 0.74],
    [8, 0.92],
    [24, 0.92],
  ] as const) {
    const plan = { first: 3, most };
    const slowdown = detectableKnown({ known: { sd: 0.03, degrees: 20 }, rounds: most, error: slowerError, plan }) ?? 0;
    let found = 0;
    for (let seed = 0; seed < 150; seed += 1) {
      const history = Array.from({ length: 8 }, (_, run) =>
        sampleSession(`r${run}`, { 'time-to-ssh': times(10, 9000, 50 * seed + run) }),
      );
      const [head, base] = [times(most, 9000 * (1 + slowdown), 100_000 + seed), times(most, 9000, 200_000 + seed)];
      const planned = sampleScenario({ boots: Math.min(6, most), maxBoots: most });
      const at = (rounds: number): JudgeInput =>
        pairedInput(head.slice(0, rounds), base.slice(0, rounds), { scenario: planned, sessions: history, headFacts });
      let taken = 3;
      while (taken < most && shouldStop(at(taken)).decision === 'go-on') taken += 1;
      if (judge(at(taken)).verdict.word === 'slower') found += 1;
    }
    assert.ok(found / 150 >= least && found / 150 <= 0.99, `${found} of 150 with ${most} pairs`);
  }
});

const others = (...spreads: number[]) => spreads.map((sd, index) => ({ scenario: `s${index}`, sd, degrees: 14 }));

test('a scenario without sessions of its own begins with what the other scenarios of its machine tell', () => {
  assert.equal(spreadOfOthers(others(0.03, 0.03, 0.03))?.degrees, 6);
  const varied = spreadOfOthers(others(0.022, 0.03, 0.041));
  assert.ok(varied !== null && varied.degrees < 6 && Math.abs(varied.sd - 0.03) < 1e-3);
  // Too few, or too different from each other.
  for (const few of [others(), others(0.03, 0.03), others(0.01, 0.03, 0.09)]) assert.equal(spreadOfOthers(few), null);
  const given = { sessions: [], otherSpreads: others(0.03, 0.028, 0.033) };
  assert.ok(slowerOf(4, given) >= 35, String(slowerOf(4, given)));
  assert.equal(slowerOf(4, { sessions: [] }), 0);
  // Its own sessions tell better.
  const quiet = { sessions, otherSpreads: others(0.001, 0.001, 0.001) };
  assert.equal(slowerOf(8, quiet, 1.05), slowerOf(8, { sessions }, 1.05));
});

test('other scenarios that are three times too quiet make nobody slower', () => {
  const wrong = { sessions: [], otherSpreads: others(0.01, 0.01, 0.01) };
  let flagged = 0;
  for (const rounds of [3, 4, 5, 6]) flagged += slowerOf(rounds, wrong, 1);
  assert.ok(flagged <= 4, `${flagged} of 200`);
});
