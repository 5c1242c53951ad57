// A boot that may have been stamped late is imprecise by itself: it widens no floor, is told, and is replaced.
import assert from 'node:assert/strict';
import test from 'node:test';
import { analyze, seriesOf } from '../../src/analyze.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { Series } from '../../src/model/series.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { sessionOf } from '../../src/trend/session.ts';
import { judge } from '../../src/verdict/judge.ts';
import { latenessOf, withoutLate } from '../../src/verdict/lateness.ts';
import { shouldStop } from '../../src/verdict/stop-rule.ts';
import {
  exampleBoot,
  exampleConditions,
  exampleRecordedScenario,
  exampleRun,
  exampleScenario,
  exampleSide,
} from '../examples/run.ts';
import { boots, pairedInput, sampleScenario, sampleSeries, sampleSession } from './samples.ts';

/** A boot whose banner nobody can date: the watch was stopped for so long before. */
function stamped(number: number, ms: number, side: Boot['side'], lateMs: number, round: number): Boot {
  const boot = exampleBoot(number, ms, { side, round });
  const probes = boot.probes.map((event) =>
    event.probe === 'ssh-banner' && event.outcome === 'banner'
      ? { ...event, startedNs: Math.max(0, event.atNs - lateMs * 1e6) }
      : event,
  );
  return { ...boot, probes };
}

function pairsRun(headMs: number, lateOf: (boot: number) => number) {
  const random = randomFrom(3);
  const [base, head] = [boots(12, 6000, 0.02, random), boots(12, headMs, 0.02, random)];
  const all = base.flatMap((value, index) => {
    const number = 2 * index + 1;
    const make = (own: number, ms: number, side: Boot['side']): Boot =>
      stamped(own, ms + (lateOf(own) > 100 ? lateOf(own) : 0), side, lateOf(own), index + 1);
    return [make(number, value, 'base'), make(number + 1, head[index] as number, 'head')];
  });
  const scenario = { ...exampleScenario, base: exampleSide, sampling: { ...exampleScenario.sampling, boots: 12 } };
  return exampleRecordedScenario(all, { scenario, conditions: { head: exampleConditions, base: exampleConditions } });
}

test('one boot of which the command was stopped for 3 s does not hide a slowdown of 40 %', () => {
  const [report] = analyze(exampleRun([pairsRun(8500, (boot) => (boot === 6 ? 3000 : 20))])).scenarios;
  const time = report?.comparisons.find(({ metric }) => metric === 'time-to-ssh');
  assert.equal(time?.word, 'slower');
  assert.equal(time.floor, 50);
  assert.equal(time.head.count, 11);
  assert.match(
    time.warnings.map(({ text }) => text).join(),
    /1 boot \(6\) may have been stamped up to 3.00 s late: set aside/,
  );
});

test('boots that are late again and again are not set aside, and the floor that they make is told in the sentence', () => {
  const [report] = analyze(exampleRun([pairsRun(6600, (boot) => (boot % 2 === 0 ? 3000 : 20))])).scenarios;
  const time = report?.comparisons.find(({ metric }) => metric === 'time-to-ssh');
  assert.equal(time?.head.count, 12);
  assert.match(time.because, /the floor of 6.00 s \(stamps are that coarse\) is above the limit of 5 %/);
  assert.ok(time.warnings.some(({ code }) => code === 'floor-above-limit'));
});

test('late is what stands apart from the usual, and few rounds only are set aside for it', () => {
  const { typical, isLate } = latenessOf([20, 22, 5000, 19, 21]);
  assert.equal(typical, 21);
  assert.deepEqual([21, 70, 5000].map(isLate), [false, false, true]);
  assert.equal(latenessOf([]).typical, 0);
  const rounds = (late: number) => Array.from({ length: 20 }, (_, index) => ({ late: index < late ? 9 : 0 }));
  assert.deepEqual(
    [0, 1, 3, 4, 20].map((late) => withoutLate(rounds(late)).kept.length),
    [20, 19, 17, 20, 20],
  );
});

const late = (series: Series, round: number): Series => ({
  ...series,
  samples: series.samples.map((sample) => (sample.round === round ? { ...sample, late: 4000 } : sample)),
});

test('a round with a late boot does not count as taken, and may be replaced beyond the most', () => {
  const [head, base] = [boots(8, 9000, 0.03, randomFrom(1)), boots(8, 9000, 0.03, randomFrom(2))];
  const scenario = sampleScenario({ boots: 8, maxBoots: 8 });
  const input = pairedInput(head, base, { scenario });
  assert.equal(shouldStop(input).decision, 'enough');
  const decision = shouldStop({ ...input, head: [late(sampleSeries('head', head), 3)] });
  assert.deepEqual([decision.decision, decision.replaced], ['go-on', 1]);
});

test('a late boot never becomes a part of a baseline', () => {
  const recorded = pairsRun(6000, (boot) => (boot === 6 ? 3000 : 20));
  const session = sessionOf({
    ...{ run: exampleRun([recorded]), scenario: recorded.scenario, conditions: exampleConditions, intended: '' },
    series: seriesOf(recorded).head,
  });
  assert.equal(session.metrics['time-to-ssh']?.samples.length, 11);
  assert.equal(session.metrics['time-to-ssh'].resolution, 20);
});

test('a stored session that was accepted with a stalled boot is judged by the resolution that the others have', () => {
  const session = (run: string, resolution: number, seed: number) => {
    const plain = sampleSession(run, { 'time-to-ssh': boots(12, 3000, 0.02, randomFrom(seed)) });
    const time = plain.metrics['time-to-ssh'];
    return { ...plain, metrics: time === undefined ? {} : { 'time-to-ssh': { ...time, resolution } } };
  };
  const head = boots(12, 9000, 0.02, randomFrom(9));
  for (const sessions of [[session('a', 5000, 1)], [session('a', 5000, 1), session('b', 20, 2), session('c', 20, 3)]]) {
    const { verdict } = judge({ ...pairedInput(head, []), base: null, sessions });
    assert.equal(verdict.word, 'slower', verdict.because);
  }
});
