// A run of two sides with a played guest: each console is read once, however often the stop rule looks, and the log says what was found.
import assert from 'node:assert/strict';
import test from 'node:test';
import { analyzeInFull, stopRule } from '../../src/analyze.ts';
import type { ProgressEvent } from '../../src/model/progress.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import type { ReadBoot, Timeline } from '../../src/model/timeline.ts';
import { reportTitle } from '../../src/report/title.ts';
import { endlessBoot, goodBoot } from '../faults/scripts.ts';
import { recordPairs, pairScenario as scenario } from './pairs.ts';

test('each boot is read once: the rule, the report and the exporters are handed what the recorder has read', async () => {
  const timelines = new Map<number, Set<Timeline>>();
  const meet = ({ boot, timeline }: ReadBoot): void => {
    timelines.set(boot.number, (timelines.get(boot.number) ?? new Set()).add(timeline));
  };
  let looks = 0;
  let opened = 0;
  const { run, read } = await recordPairs({
    progress: () => {},
    stopRule: (recorded, boots) => {
      looks += 1;
      assert.deepEqual(
        boots.map(({ boot }) => boot),
        recorded.boots,
      );
      for (const entry of boots) {
        meet(entry);
        const { console } = entry.boot;
        Object.defineProperty(entry.boot, 'console', {
          configurable: true,
          enumerable: true,
          get: () => {
            opened += 1;
            return console;
          },
        });
      }
      opened = 0;
      stopRule(recorded, boots);
      assert.equal(opened, 0, 'the rule opened a console');
      return { decision: 'go-on', because: '' };
    },
  });
  // After rounds 1 and 2 for the verdict; after the last, whether a round has to be taken again.
  assert.equal(looks, 3);
  for (const entry of read.flat()) meet(entry);
  for (const entry of analyzeInFull(run, read).boots) meet(entry);
  assert.equal(run.scenarios[0]?.boots.length, 8);
  assert.deepEqual(
    [...timelines].map(([number, seen]) => [number, seen.size]),
    Array.from({ length: 8 }, (_, index) => [index + 1, 1]),
  );
});

test('what tinybench computes of the boots is told when they have ended', async () => {
  const notes: string[] = [];
  const progress = (event: ProgressEvent): void => {
    if (event.kind === 'note') notes.push(event.text);
  };
  const { run } = await recordPairs({ progress, stopRule: () => ({ decision: 'go-on', because: '' }) });
  const told = notes.filter((text) => /^(base|head): /.test(text));
  assert.equal(told.length, 2);
  for (const text of told)
    assert.match(
      text,
      /: 3 boots, median \d+\.\d\d s, mean \d+\.\d\d s ± \d+\.\d % \(95 %\), standard deviation \d+\.\d\d s$/,
    );
  assert.equal(run.finished, true);
});

test('the log says why no more boots are taken', async () => {
  const notes: string[] = [];
  const progress = (event: ProgressEvent): void => {
    if (event.kind === 'note') notes.push(event.text);
  };
  await recordPairs({ progress, stopRule: () => ({ decision: 'enough', because: 'that will do' }) });
  assert.ok(notes.includes('no more boots of default: that will do'), notes.join('\n'));
  let time = 0;
  const now = (): Date => {
    time += 400_000;
    return new Date(time);
  };
  const stopRule = (): never => assert.fail('the time was over');
  await recordPairs({ progress, stopRule, now });
  assert.ok(notes.includes('no more boots of default: the time budget of 600 s is used up'), notes.join('\n'));
});

test('before the first look it is recorded how many rounds the time budget allows', async () => {
  let time = 0;
  const now = (): Date => {
    time += 250_000;
    return new Date(time);
  };
  const planned: (number | undefined)[] = [];
  const { run } = await recordPairs({
    progress: () => {},
    now,
    stopRule: ({ plannedRounds }) => {
      planned.push(plannedRounds);
      return { decision: 'go-on', because: '' };
    },
  });
  // One round of 250 s is over after 500 s: one more is begun in time.
  assert.deepEqual(planned, [2]);
  assert.equal(run.scenarios[0]?.plannedRounds, 2);
  assert.equal(run.scenarios[0].boots.length, 6);
});

test('the stop rule is asked from the third round on, and a run of six may end there', async () => {
  const asked: number[] = [];
  const { run } = await recordPairs({
    progress: () => {},
    scenarios: [{ ...scenario, sampling: { ...scenario.sampling, warmup: 0, boots: 6, maxBoots: 8 } }],
    stopRule: ({ boots }) => {
      asked.push(boots.length / 2);
      return { decision: boots.length === 8 ? 'enough' : 'go-on', because: '' };
    },
  });
  assert.deepEqual(asked, [3, 4]);
  assert.equal(run.scenarios[0]?.boots.length, 8);
});

test('when the time budget is over before the fewest rounds, no error is kept for a round that cannot come', async () => {
  let time = 0;
  const now = (): Date => {
    time += 400_000;
    return new Date(time);
  };
  const { run } = await recordPairs({
    progress: () => {},
    now,
    scenarios: [{ ...scenario, sampling: { ...scenario.sampling, warmup: 0, boots: 4, maxBoots: 8 } }],
    stopRule: () => ({ decision: 'go-on', because: '' }),
  });
  assert.equal(run.scenarios[0]?.boots.length, 8);
  assert.equal(run.scenarios[0].plannedRounds, 4);
});

test('a warm-up that hung is told at once, with its last words and what to do where the guest is only slow', async () => {
  const notes: string[] = [];
  const progress = (event: ProgressEvent): void => {
    if (event.kind === 'note') notes.push(event.text);
  };
  const sampling = { ...scenario.sampling, maxBoots: 1 };
  const slow: Scenario = { ...scenario, sampling, autopsy: false, deadlines: { totalMs: 3000, phasesMs: {} } };
  const stopRule = () => ({ decision: 'enough', because: '' }) as const;
  await recordPairs({ progress, stopRule, scenarios: [slow] }, endlessBoot);
  const told = notes.findIndex((text) => /^the warm-up of head hung in .*Scanning hardware for mdev/.test(text));
  assert.ok(told >= 0, notes.join('\n'));
  assert.match(notes[told + 1] ?? '', /more than 3 s: --timeout, or deadlines\.total/);
});

/** Head stands in a phase that base passes at once; each of its hangs takes as long as that phase may. */
const standing: Scenario = {
  ...scenario,
  autopsy: false,
  deadlines: { totalMs: 60_000, phasesMs: { openrc: 3000 } },
  sampling: { ...scenario.sampling, boots: 6, maxBoots: 24 },
};

test('a guest with nothing to compare it with is given up when its warm-up hangs', async () => {
  const notes: string[] = [];
  const progress = (event: ProgressEvent): void => {
    if (event.kind === 'note') notes.push(event.text);
  };
  const { run, read } = await recordPairs(
    { progress, stopRule, scenarios: [{ ...standing, base: null }] },
    endlessBoot,
  );
  assert.equal(run.scenarios[0]?.boots.length, 1);
  assert.ok(notes.includes('no more boots of default: the only boot of head did not get ready'), notes.join('\n'));
  const { verdict } = analyzeInFull(run, read).report;
  assert.deepEqual([verdict.word, verdict.rule], ['failed', 'head-never-booted']);
});

test('a head that hangs where base boots is given up after three hangs, and the title says where', async () => {
  const { run, read } = await recordPairs(
    { progress: () => {}, stopRule, scenarios: [standing] },
    goodBoot(100),
    endlessBoot,
  );
  const ways = run.scenarios[0]?.boots.map(({ side, outcome }) => `${side} ${outcome.kind}`).sort();
  assert.deepEqual(ways, ['base ready', 'base ready', 'base ready', 'head hung', 'head hung', 'head hung']);
  const { report } = analyzeInFull(run, read);
  assert.equal(report.verdict.rule, 'head-never-booted');
  assert.equal(reportTitle(report), '2 of 2 boots of head hung in openrc (base: 0 of 2)');
});

test('no boot is numbered beyond how many there are: neither the warm-up of a new build nor a round that is taken again', async () => {
  const numbers: string[] = [];
  const progress = (event: ProgressEvent): void => {
    if (event.kind === 'boot-started') numbers.push(`${event.number} of ${event.of}`);
  };
  const sampling = { ...scenario.sampling, warmup: 0, maxBoots: 1 };
  const stopRule = () => ({ decision: 'go-on', because: '', replaced: 1 }) as const;
  await recordPairs({ progress, stopRule, scenarios: [{ ...scenario, sampling }], fresh: true });
  assert.deepEqual(numbers, ['1 of 4', '2 of 4', '3 of 4', '4 of 4', '5 of 6', '6 of 6']);
});
