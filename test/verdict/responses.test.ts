// Guests that respond late while their boots are as fast as before: the verdict over whole played runs, and runs in which nothing changed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { analyze } from '../../src/analyze.ts';
import type { RecordedRun } from '../../src/model/run.ts';
import type { Side } from '../../src/model/scenario.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import {
  exampleBoot,
  exampleConditions,
  exampleRecordedScenario,
  exampleRun,
  exampleScenario,
} from '../examples/run.ts';

interface Fault {
  /** Microseconds that it adds: to round trips and timers, to every 50th round trip, to every fsync. */
  readonly halt?: number;
  readonly lost?: number;
  readonly flush?: number;
}

/** Boots spread by 3 %, the levels of what is asked by 8 % from boot to boot, and single samples by 15 to 40 %. */
function play(seed: number, { halt = 0, lost = 0, flush = 0 }: Fault): RecordedRun {
  const normal = normalFrom(randomFrom(seed));
  const list = (count: number, level: number, spread: number, added: (index: number) => number): number[] =>
    Array.from({ length: count }, (_, index) => Math.round(level * Math.exp(spread * normal()) + added(index)));
  const boot = (number: number, round: number, side: Side) => {
    const level = Math.exp(0.08 * normal());
    const bad = side === 'head' ? 1 : 0;
    const samples = {
      'round-trip': list(200, 2500 * level, 0.15, (index) => bad * (halt + (index % 50 === 7 ? lost : 0))),
      'idle-round-trip': list(50, 2600 * level, 0.15, () => bad * halt),
      timer: list(400, 200 * level, 0.4, () => bad * halt),
      fsync: list(60, 900 * level, 0.3, () => bad * flush),
      work: list(7, 60_000 * level, 0.03, () => 0),
    };
    const responsiveness = { samples, missing: {} };
    return exampleBoot(number, 8000 * Math.exp(0.03 * normal()), { side, round, responsiveness });
  };
  const boots = Array.from({ length: 24 }, (_, index) =>
    boot(index + 1, Math.floor(index / 2) + 1, index % 2 === 0 ? 'base' : 'head'),
  );
  const head = { ...exampleScenario.head, machine: { ...exampleScenario.head.machine, append: 'other' } };
  const scenario = { ...exampleScenario, head, base: exampleScenario.head, responsiveness: { withinMs: 20_000 } };
  const sampling = { warmup: 0, boots: 6, maxBoots: 24, timeBudgetMs: 600_000 };
  const conditions = { head: exampleConditions, base: exampleConditions };
  return exampleRun([exampleRecordedScenario(boots, { scenario: { ...scenario, sampling }, conditions })]);
}

const slower = (seed: number, fault: Fault): string[] => {
  const { verdict, scenarios } = analyze(play(seed, fault));
  const metrics = (scenarios[0]?.comparisons ?? []).filter(({ word }) => word === 'slower').map(({ metric }) => metric);
  return [verdict.word, ...metrics];
};

test('what a guest feels makes a run slower whose boots are as fast as before', () => {
  const late = slower(1, { halt: 1000 });
  assert.ok(
    late.includes('round-trip') && late.includes('timer-late-p99') && !late.includes('time-to-ssh'),
    late.join(' '),
  );
  assert.deepEqual(slower(2, { flush: 5000 }), ['slower', 'fsync', 'fsync-p99']);
  assert.deepEqual(slower(3, { lost: 200_000 }), ['slower', 'round-trip-p99', 'round-trip-longest']);
});

test('runs in which nothing changed are called slower by none of what is asked', () => {
  const seeds = Array.from({ length: 20 }, (_, index) => 100 + index);
  assert.deepEqual(
    seeds.filter((seed) => slower(seed, {})[0] === 'slower'),
    [],
  );
});
