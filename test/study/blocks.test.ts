// Blocks: what an interruption has cut is set aside, and a default arm with a bad hour does not end a study.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { EndedArm, StudyPlan } from '../../src/model/study.ts';
import { analyzeStudy } from '../../src/study/analyze-study.ts';
import { blocksOf, withoutTorn } from '../../src/study/blocks.ts';
import { endings } from '../../src/study/decide.ts';
import { designArms } from '../../src/study/design.ts';
import { exampleBoot, exampleRecordedScenario, exampleRun, exampleScenario, exampleSide } from '../examples/run.ts';

const cpus = {
  name: 'cpus',
  levels: [4, 2, 1].map((count) => ({ name: `${count}`, change: { machine: { cpus: count } } })),
};
const designed = designArms({ side: exampleSide, environment: {}, initramfs: null }, [cpus], 'one-at-a-time');
const sampling = { warmup: 1, blocks: 3, maxBlocks: 6, timeBudgetMs: 1 };
const plan: StudyPlan = { name: 'test', design: 'one-at-a-time', ...designed, sampling, digest: 'ab' };
const { arms } = plan;

/** Arm -> the milliseconds of its boots by block; block 0 is the warm-up. */
function booted(blocks: Readonly<Record<string, Readonly<Record<number, number>>>>) {
  let number = 0;
  return Object.entries(blocks).map(([id, times]) =>
    exampleRecordedScenario(
      Object.entries(times).map(([block, ms]) => {
        number += 1;
        return exampleBoot(number, ms, { scenario: id, round: Number(block), warmup: block === '0' });
      }),
      { scenario: { ...exampleScenario, id } },
    ),
  );
}

const slower: EndedArm = { arm: 'cpus=2', block: 2, why: 'slower', because: '' };

test('a block that lacks an arm is torn, unless the arm had ended before or the block was found whole then', () => {
  const scenarios = booted({
    default: { 0: 9, 1: 9, 2: 9, 3: 9 },
    'cpus=2': { 1: 9, 2: 9 },
    'cpus=1': { 1: 9, 2: 9, 3: 9 },
  });
  const seen = (ended: readonly EndedArm[], lastWhole = 0) => blocksOf({ arms, scenarios, ended, torn: [], lastWhole });
  assert.deepEqual(seen([slower]), { whole: [1, 2, 3], torn: [] });
  assert.deepEqual(seen([]), { whole: [1, 2], torn: [3] });
  assert.deepEqual(seen([{ ...slower, block: 3 }]), { whole: [1, 2], torn: [3] });
  assert.deepEqual(seen([], 3), { whole: [1, 2, 3], torn: [] });
  assert.deepEqual(seen([], 2), { whole: [1, 2], torn: [3] });
  const warmUps = booted({ default: { 0: 9 } });
  assert.deepEqual(blocksOf({ arms, scenarios: warmUps, ended: [], torn: [], lastWhole: 0 }), { whole: [], torn: [] });
});

test('torn blocks stay torn, and endings count whole blocks', () => {
  const scenarios = booted({
    default: { 1: 9, 2: 9, 3: 9, 4: 9 },
    'cpus=2': { 1: 9, 3: 9 },
    'cpus=1': { 1: 9, 2: 9, 3: 9, 4: 9 },
  });
  const seen = (ended: readonly EndedArm[]) => blocksOf({ arms, scenarios, ended, torn: [2], lastWhole: 1 });
  assert.deepEqual(seen([slower]), { whole: [1, 3, 4], torn: [2] });
  assert.deepEqual(seen([]), { whole: [1, 3], torn: [2, 4] });
  assert.deepEqual(
    withoutTorn(scenarios, [2]).map(({ boots }) => boots.map(({ round }) => round)),
    [
      [1, 3, 4],
      [1, 3],
      [1, 3, 4],
    ],
  );
});

test('no boot of a torn block is in an effect', () => {
  // On the day of block 2 the default was slow; what was booted a day later was not.
  const scenarios = booted({
    default: { 1: 8000, 2: 16_000, 3: 8010 },
    'cpus=2': { 1: 8000, 2: 8000, 3: 8020 },
    'cpus=1': { 1: 8000, 3: 8000 },
  });
  const run = exampleRun(scenarios);
  const report = analyzeStudy({ plan, run, ended: [], torn: [2] });
  assert.equal(report.blocks, 2);
  assert.deepEqual(
    report.arms.map(({ boots }) => boots),
    [2, 2, 2],
  );
  for (const { main } of report.ranking) {
    assert.equal(main.blocks, 2);
    assert.ok(Math.abs((main.ratio ?? 0) - 1) < 0.01);
  }
  assert.ok((analyzeStudy({ plan, run, ended: [] }).ranking[0]?.main.ratio ?? 1) < 0.9);
});

/** The arms that end, given how the boots of each ended, from the warm-up on. */
const ends = (outcomes: Readonly<Record<string, readonly boolean[]>>): EndedArm[] =>
  endings({
    plan,
    table: new Map(),
    outcomes: new Map(
      Object.entries(outcomes).map(([id, ended]) => [id, ended.map((came, block) => ({ block, came }))] as const),
    ),
    ended: [],
    block: 2,
  });

test('a default arm that failed twice in a row goes on if it ever came up, and any other arm does not', () => {
  const told = (outcomes: Readonly<Record<string, readonly boolean[]>>): string[] =>
    ends(outcomes).map(({ arm, why, because }) => `${arm} ${why}: ${because}`);
  const usual = [true, true, true];
  assert.deepEqual(told({ default: [true, false, false] }), []);
  assert.deepEqual(told({ default: usual, 'cpus=2': [true, false, false] }), [
    'cpus=2 stopped coming up: it failed 2 times in a row in which the default came up',
  ]);
  assert.deepEqual(told({ default: usual, 'cpus=2': [false, true, false] }), []);
  assert.deepEqual(told({ default: usual, 'cpus=2': [false, false, false] }), [
    'cpus=2 never came up: none of its 3 boots came up',
  ]);
  assert.deepEqual(told({ default: [false, false] }), ['default never came up: none of its 2 boots came up']);
  assert.deepEqual(told({ default: [false, false, true, false, false] }), []);
});

test('a bad hour of the whole machine ends no arm: only failures beside a default that came up count', () => {
  const arms = (outcomes: Readonly<Record<string, readonly boolean[]>>): string[] =>
    ends(outcomes).map(({ arm }) => arm);
  const bad = [true, true, false, false];
  assert.deepEqual(arms({ default: bad, 'cpus=2': bad, 'cpus=1': bad }), []);
  assert.deepEqual(arms({ default: [...bad, true], 'cpus=2': [...bad, false] }), []);
  assert.deepEqual(arms({ default: [...bad, true, true], 'cpus=2': [...bad, false, false] }), ['cpus=2']);
  assert.deepEqual(arms({ default: [true, true, false, true], 'cpus=2': [true, false, false, false] }), ['cpus=2']);
  // In a block that was cut before the default's turn nobody knows whose failure it was.
  assert.deepEqual(arms({ default: [true], 'cpus=2': [true, false, false] }), []);
});
