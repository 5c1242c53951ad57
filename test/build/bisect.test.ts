// Bisecting with real git and a judge that knows the answers: what is found, what is passed over, what is not asked twice.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, type BisectResult, bisect } from '../../src/build/bisect.ts';
import { openSource } from '../../src/build/source.ts';
import { answerOf, nearestAnswer, stepOf } from '../../src/commands/bisect-answer.ts';
import type { Comparison } from '../../src/model/comparison.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import type { Emulator } from '../../src/model/launch-plan.ts';
import type { ScenarioReport } from '../../src/model/report.ts';
import { AcceleratorFault, chooseAccelerator } from '../../src/qemu/accelerator.ts';
import { type Bench, openBench } from './little-qemu.ts';

/** Commits 0 to `count`; 0 is the good one. */
function branch(bench: Bench, count: number): string[] {
  const commits = [bench.checkout.git('rev-parse', 'HEAD')];
  for (let index = 1; index <= count; index += 1) commits.push(bench.checkout.commit(`commit ${index}`));
  return commits;
}

interface Case {
  readonly commits: readonly string[];
  readonly slowFrom: number;
  readonly skipped?: readonly number[];
  readonly known?: ReadonlyMap<string, Answer>;
  /** Stops, as a kill would, after so many answers. */
  readonly stopAfter?: number;
}

async function run(bench: Bench, { commits, slowFrom, skipped = [], known = new Map(), stopAfter }: Case) {
  const asked = new Map<string, Answer>();
  const judge = async (commit: string): Promise<Answer> => {
    if (asked.size === stopAfter) throw new Error('killed');
    const index = commits.indexOf(commit);
    const answer = skipped.includes(index) ? 'skip' : index >= slowFrom ? 'bad' : 'good';
    asked.set(commit, answer);
    return answer;
  };
  const source = await openSource(bench.checkout.folder, bench.options);
  const request = { source, good: commits[0] as string, bad: commits.at(-1) as string, known, judge };
  const result = await bisect(request, bench.options).catch((error: Error): BisectResult | Error => error);
  return { result, asked };
}

describe('bisect', { concurrency: 2 }, () => {
  test('the slow one of 16 commits is found wherever it is, in few steps, past two that cannot be judged', async () => {
    await using bench = await openBench();
    const commits = branch(bench, 16);
    for (const slowFrom of [1, 7, 9, 16]) {
      const skipped = [4, 12].filter((index) => index !== slowFrom && index !== slowFrom - 1);
      const { result, asked } = await run(bench, { commits, slowFrom, skipped });
      assert.deepEqual(result, { kind: 'found', commit: commits[slowFrom] }, `slow from ${slowFrom}`);
      assert.ok(asked.size <= 7, `${asked.size} steps`);
    }
  });

  test('stopped in the middle it goes on with what is known, and asks nothing twice', async () => {
    await using bench = await openBench();
    const commits = branch(bench, 16);
    const story = { commits, slowFrom: 10, skipped: [5, 8] };
    const first = await run(bench, { ...story, stopAfter: 2 });
    assert.match(String(first.result), /killed/);
    assert.equal(first.asked.size, 2);
    const second = await run(bench, { ...story, known: first.asked });
    assert.deepEqual(second.result, { kind: 'found', commit: commits[10] });
    for (const commit of first.asked.keys()) assert.equal(second.asked.has(commit), false);
  });

  test('commits that cannot be judged beside the step leave several candidates', async () => {
    await using bench = await openBench();
    const commits = branch(bench, 6);
    const { result } = await run(bench, { commits, slowFrom: 4, skipped: [3, 4] });
    assert.ok(!(result instanceof Error) && result.kind === 'among');
    assert.deepEqual([...result.commits].sort(), [commits[3], commits[4], commits[5]].sort());
  });

  test('a good that is no ancestor of bad is tried at their merge base', async () => {
    await using bench = await openBench();
    const commits = branch(bench, 4);
    bench.checkout.git('checkout', '--quiet', '-b', 'side', commits[0] as string);
    const side = bench.checkout.commit('side');
    const source = await openSource(bench.checkout.folder, bench.options);
    const base = { source, good: side, bad: commits[4] as string, known: new Map() };
    const judge = async (commit: string): Promise<Answer> => (commits.indexOf(commit) >= 2 ? 'bad' : 'good');
    assert.deepEqual(await bisect({ ...base, judge }, bench.options), { kind: 'found', commit: commits[2] });
    await assert.rejects(
      bisect({ ...base, judge: async () => 'bad' }, bench.options),
      (error) =>
        error instanceof BootgaugeError && error.exitCode === 2 && /older than good|merge base/.test(error.message),
    );
  });

  test("the user's own bisection is left alone", async () => {
    await using bench = await openBench();
    const commits = branch(bench, 6);
    bench.checkout.git('bisect', 'start', commits[6] as string, commits[0] as string);
    const [log, head] = [bench.checkout.git('bisect', 'log'), bench.checkout.git('rev-parse', 'HEAD')];
    const { result } = await run(bench, { commits, slowFrom: 3 });
    assert.deepEqual(result, { kind: 'found', commit: commits[3] });
    assert.deepEqual([bench.checkout.git('bisect', 'log'), bench.checkout.git('rev-parse', 'HEAD')], [log, head]);
  });
});

const comparison = (changes: Partial<Comparison>): Comparison =>
  ({ metric: 'time-to-ssh', gate: true, word: 'undecided', ratio: null, interval: null, ...changes }) as Comparison;
const report = (word: string, ...comparisons: Comparison[]): ScenarioReport =>
  ({ verdict: { word, because: 'it was so' }, comparisons }) as unknown as ScenarioReport;

test('the step is the first metric that is slower, or the reason why there is none', () => {
  const slower = comparison({ word: 'slower', ratio: 1.3 });
  assert.deepEqual(
    stepOf(report('slower', comparison({ metric: 'cpu-time', word: 'same', ratio: 1 }), slower), undefined),
    {
      metric: 'time-to-ssh',
      ratio: 1.3,
    },
  );
  assert.equal(stepOf(report('same', comparison({ word: 'same', ratio: 1 })), undefined), 'it was so');
  assert.equal(stepOf(report('slower', slower), 'peak-rss'), 'nothing is known of peak-rss');
});

test('a commit lies on the side of the step that its interval lies on', () => {
  const step = { metric: 'time-to-ssh', ratio: 1.44 };
  const answer = (word: string, ratio: number | null, low = 0, high = 9) =>
    answerOf(report(word, comparison({ word: word as Comparison['word'], ratio, interval: { low, high } })), step)
      .answer;
  assert.equal(answer('slower', 1.4, 1.3, 1.5), 'bad');
  assert.equal(answer('same', 1.01, 0.98, 1.04), 'good');
  // Slower, but by much less than what is looked for: another, smaller slowdown.
  assert.equal(answer('slower', 1.08, 1.05, 1.11), 'good');
  assert.equal(answer('undecided', 1.15, 0.9, 1.4), 'undecided');
  assert.equal(answer('failed', null), 'skip');
  assert.equal(answer('incomparable', null), 'skip');
  const near = report('undecided', comparison({ ratio: 1.25, interval: { low: 0.9, high: 1.5 } }));
  assert.equal(nearestAnswer(near, step).answer, 'bad');
});

test('an accelerator that runs no guests is told with the emulator that was tried, so that only its commit is passed over', async () => {
  const emulator: Emulator = {
    origin: 'build',
    program: 'false',
    leadingArguments: [],
    environment: {},
    version: 'QEMU emulator version 10.0.0',
    digest: 'd'.repeat(64),
  };
  await assert.rejects(
    chooseAccelerator('kvm', emulator, 'x86_64'),
    (error) => error instanceof AcceleratorFault && error.emulator === emulator.digest && error.exitCode === 3,
  );
});
