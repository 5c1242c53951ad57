import assert from 'node:assert/strict';
import test from 'node:test';
import type { Boot } from '../../src/model/boot.ts';
import type { Side } from '../../src/model/scenario.ts';
import { soakStop, soakVerdict } from '../../src/verdict/soak.ts';
import { exampleScenario, exampleSide } from '../examples/run.ts';

/** One boot for each letter: `.` gets ready, `x` hangs, `s` hangs while the machine sleeps. */
const boots = (letters: string, side: Side = 'head'): Boot[] =>
  [...letters].map((letter, index) => ({
    ...{ schema: 1, number: index + 1, scenario: 'default', side, profile: 'timing', round: index + 1, warmup: false },
    ...{ startedAt: '', command: [], stderr: '', events: [], probes: [], usage: [] },
    console: { bytes: new Uint8Array(), reads: [], droppedBytes: 0 },
    ...(letter === 's' ? { sleptMs: 3_600_000 } : {}),
    outcome: letter === '.' ? { kind: 'ready' } : { kind: 'hung', phase: 'openrc', deadlineMs: 1000 },
  }));

const compared = (head: string, base: string) => [...boots(base, 'base'), ...boots(head)];
const scenario = { ...exampleScenario, base: exampleSide };

test('one side is a rate with its bound', () => {
  const { word, because } = soakVerdict(boots('.'.repeat(412)), false);
  assert.deepEqual([word, because], ['recorded', '0 of 412 boots failed: under 0.73 % at 95 %']);
  const failed = soakVerdict(boots('..x.'), false);
  assert.equal(failed.word, 'failed');
  assert.match(failed.because, /^1 of 4 boots failed: 25 %, between 0\.\d+ % and \d+ % at 95 %; the first was boot 3$/);
});

test('a boot that the machine slept through is neither a failure nor a success', () => {
  assert.match(soakVerdict(boots('.s.'), false).because, /^0 of 2 boots failed/);
  assert.equal(soakStop({ boots: compared('s'.repeat(20), '.'.repeat(20)), scenario }).decision, 'go-on');
});

test('two sides are told apart when seven rounds speak for one of them and none against it', () => {
  const said = (head: string, base: string) => {
    const all = compared(head, base);
    return [soakVerdict(all, true).word, soakStop({ boots: all, scenario }).decision];
  };
  assert.deepEqual(said('xxxxxx.', '.......'), ['undecided', 'go-on']);
  assert.deepEqual(said('xxxxxxx', '.......'), ['failed', 'enough']);
  assert.deepEqual(said('.......', 'xxxxxxx'), ['recorded', 'enough']);
  assert.deepEqual(said('xxxxxxxx', 'xxxxxxxx'), ['recorded', 'go-on'], 'rounds in which both fail say nothing');
  assert.deepEqual(said('....', '....'), ['recorded', 'go-on']);
});

test('a soak of one side ends by its length alone', () => {
  assert.equal(soakStop({ boots: boots('x'.repeat(50)), scenario: exampleScenario }).decision, 'go-on');
});
