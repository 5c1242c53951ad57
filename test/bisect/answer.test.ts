// What a comparison says about a commit while bisecting, and when there are boots enough to say it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf, lookForAnswer, lookForStep, nearestAnswer, stepOf } from '../../src/bisect/answer.ts';
import type { Comparison } from '../../src/model/comparison.ts';
import { comparison, reportOf } from './bisect-reports.ts';

const step = { metric: 'time-to-ssh', ratio: 1.44 };

test('the step is the first metric that is slower, or the reason why there is none', () => {
  const slower = comparison({ word: 'slower', ratio: 1.3 });
  const cpu = comparison({ metric: 'cpu-time', word: 'same', ratio: 1 });
  assert.deepEqual(stepOf(reportOf('slower', cpu, slower), undefined), { metric: 'time-to-ssh', ratio: 1.3 });
  const same = comparison({ word: 'same', ratio: 1, because: 'excluded' });
  assert.deepEqual(stepOf(reportOf('same', same), undefined), { because: 'time-to-ssh: excluded', open: false });
  assert.deepEqual(stepOf(reportOf('slower', slower), 'peak-rss'), {
    because: 'peak-rss was not measured',
    open: false,
  });
});

test('the metric that is followed ends the search for the step, and speaks for itself; no other does', () => {
  const slower = comparison({ word: 'slower', ratio: 1.3, because: 'much slower' });
  const open = comparison({ metric: 'peak-rss', gate: false, word: 'undecided', ratio: 1.02, because: 'who knows' });
  const report = reportOf('slower', slower, open);
  assert.deepEqual(stepOf(report, 'peak-rss'), { because: 'peak-rss: who knows', open: true });
  assert.equal(lookForStep(report, 'peak-rss').decision, 'go-on');
  assert.equal(lookForStep(report, undefined).decision, 'enough');
  const found = comparison({ metric: 'peak-rss', gate: false, word: 'slower', ratio: 1.2 });
  const undecided = comparison({ word: 'undecided', ratio: 1.01 });
  assert.equal(lookForStep(reportOf('undecided', undecided, found), 'peak-rss').decision, 'enough');
  const same = comparison({ metric: 'peak-rss', word: 'same', ratio: 1 });
  assert.equal(lookForStep(reportOf('undecided', undecided, same), 'peak-rss').decision, 'enough');
});

test('what nobody can follow settles nothing: a number that fell, or a phase that grew, ends no search for the step', () => {
  const open = comparison({ word: 'undecided', ratio: 1.06, because: 'who knows' });
  const fewer = comparison({
    metric: 'fps',
    word: 'slower',
    ratio: 0.8,
    head: { better: 'higher' } as Comparison['head'],
  });
  for (const report of [reportOf('slower', open, fewer), reportOf('slower', open, { rule: 'phase' })]) {
    assert.deepEqual(lookForStep(report, undefined), { decision: 'go-on', because: 'time-to-ssh: who knows' });
    const found = { ...report, comparisons: [comparison({ word: 'slower', ratio: 1.1 }), fewer] };
    assert.equal(lookForStep(found, undefined).decision, 'enough');
  }
  // Where nothing has spoken yet, boots that would not settle anything are spared; not by what the others need.
  assert.equal(lookForStep(reportOf('undecided', open), undefined).decision, 'as-usual');
  assert.equal(lookForStep(reportOf('undecided', open), 'time-to-ssh').decision, 'go-on');
});

test('a metric above its ceiling is a step where it is slower, whatever its word', () => {
  const over = comparison({ word: 'failed', ratio: 1.3, interval: { low: 1.2, high: 1.4 } });
  assert.deepEqual(stepOf(reportOf('failed', over), undefined), { metric: 'time-to-ssh', ratio: 1.3 });
  const early = comparison({ word: 'failed', ratio: 1.3, interval: { low: 0.9, high: 1.9 } });
  assert.equal(lookForStep(reportOf('failed', early), undefined).decision, 'go-on');
  const both = comparison({ word: 'failed', ratio: 1, interval: { low: 0.99, high: 1.01 } });
  assert.equal(lookForStep(reportOf('failed', both), undefined).decision, 'enough');
  assert.equal('metric' in stepOf(reportOf('failed', both), undefined), false);
});

test('a commit lies on the side of the step that its interval lies on', () => {
  const answer = (word: Parameters<typeof reportOf>[0], ratio: number, low = 0, high = 9) =>
    answerOf(reportOf(word, comparison({ word, ratio, interval: { low, high } })), step).answer;
  assert.equal(answer('slower', 1.4, 1.3, 1.5), 'bad');
  assert.equal(answer('same', 1.01, 0.98, 1.04), 'good');
  // Slower, but by much less than what is looked for: another, smaller slowdown.
  assert.equal(answer('slower', 1.08, 1.05, 1.11), 'good');
  assert.equal(answer('undecided', 1.15, 0.9, 1.4), 'undecided');
  // Above a ceiling: it boots, and is as slow as it is.
  assert.equal(answer('failed', 1.4, 1.3, 1.5), 'bad');
  assert.equal(answer('failed', 1.01, 0.98, 1.04), 'good');
});

test('same, which excludes a slowdown of the limit, says nothing of a step that is smaller', () => {
  const same = reportOf('same', comparison({ word: 'same', ratio: 1.015, interval: { low: 0.98, high: 1.045 } }));
  assert.equal(answerOf(same, { ...step, ratio: 1.04 }).answer, 'undecided');
  assert.equal(answerOf(same, { ...step, ratio: 1.06 }).answer, 'good');
});

test('only a commit that does not boot, or lacks the metric, is skipped', () => {
  const slow = comparison({ word: 'slower', ratio: 1.4, interval: { low: 1.3, high: 1.5 } });
  for (const rule of ['head-never-booted', 'boot-failures', 'emulator-crashes']) {
    const { answer, because } = answerOf(reportOf('failed', slow, { rule }), step);
    assert.deepEqual([answer, because], ['skip', 'does not boot: it was so']);
  }
  assert.equal(answerOf(reportOf('failed', slow, { rule: 'vulkan-lost' }), step).answer, 'bad');
  assert.equal(answerOf(reportOf('same', comparison({ metric: 'cpu-time' })), step).answer, 'skip');
  const head = { ...slow.head, median: null };
  assert.equal(answerOf(reportOf('undecided', { ...slow, ratio: null, head }), step).answer, 'skip');
});

test('a good commit that gave nothing to compare with, and too few boots, are no answer', () => {
  assert.equal(answerOf(reportOf('incomparable', { rule: 'base-never-booted' }), step).answer, 'unmeasured');
  const one = comparison({ ratio: null });
  const silent = { ...one, base: { ...one.base, median: null } };
  assert.equal(answerOf(reportOf('undecided', silent), step).answer, 'unmeasured');
  assert.equal(answerOf(reportOf('undecided', one), step).answer, 'undecided');
  assert.equal(nearestAnswer(reportOf('undecided', one), step).answer, 'unmeasured');
});

test('boots go on until it is clear on which side of the step the commit lies, whatever the verdict', () => {
  const straddling = reportOf(
    'slower',
    comparison({ word: 'slower', ratio: 1.15, interval: { low: 1.05, high: 1.3 } }),
  );
  assert.equal(lookForAnswer(straddling, step).decision, 'go-on');
  const clear = reportOf('undecided', comparison({ ratio: 1.5, interval: { low: 1.3, high: 1.6 } }));
  assert.equal(lookForAnswer(clear, step).decision, 'enough');
  assert.equal(lookForAnswer(reportOf('failed', { rule: 'head-never-booted' }), step).decision, 'as-usual');
});

test('the nearer half is a guess, and is called one', () => {
  const open = reportOf('slower', comparison({ word: 'slower', ratio: 1.15, interval: { low: 1.05, high: 1.3 } }));
  assert.deepEqual(nearestAnswer(open, step), {
    answer: 'good',
    because: 'time-to-ssh +15.0 % [+5.0 %, +30.0 %], counted for the nearer side',
    uncertain: true,
  });
  const near = reportOf('undecided', comparison({ ratio: 1.25, interval: { low: 0.9, high: 1.5 } }));
  assert.equal(nearestAnswer(near, step).answer, 'bad');
  const clear = reportOf('undecided', comparison({ ratio: 1.5, interval: { low: 1.3, high: 1.6 } }));
  assert.equal(nearestAnswer(clear, step).uncertain, undefined);
});
