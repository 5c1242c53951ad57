// What counted boots say: whose fault a slowdown is, in which phase the guest does more, and which guest cannot be counted.
import assert from 'node:assert/strict';
import test from 'node:test';
import { analyze, stopRule } from '../../src/analyze.ts';
import { withCounting } from '../../src/config/counting.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { RecordedScenario } from '../../src/model/run.ts';
import type { Scenario, Side } from '../../src/model/scenario.ts';
import type { Series } from '../../src/model/series.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { type TerminalOptions, terminalReport } from '../../src/report/terminal.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import { measureWork } from '../../src/timeline/work.ts';
import { judgeCount } from '../../src/verdict/count.ts';
import type { JudgeInput, Judgement } from '../../src/verdict/judge-input.ts';
import {
  exampleBoot,
  exampleConditions,
  exampleRecordedScenario,
  exampleRun,
  exampleScenario,
  exampleSide,
} from '../examples/run.ts';

const million = 1e6;
const style: TerminalOptions = { columns: 100, colour: 'none', characters: 'unicode', files: [] };
const paired: Scenario = { ...exampleScenario, base: exampleSide };
const [timed, counting] = withCounting([paired], 2) as [Scenario, Scenario];

/** Counts after the example's six console reads and at its banner, in millions. */
function counted(number: number, side: Side, counts: readonly number[], overrides: Partial<Boot> = {}): Boot {
  const boot = exampleBoot(number, 8000, { side, round: Math.ceil(number / 2), scenario: counting.id });
  const moments = [...boot.console.reads.map(({ atNs }) => atNs), 8e9];
  const work = counts.map((count, index) => ({ atNs: moments[index] ?? 0, instructions: count * million }));
  return { ...boot, work, ...overrides };
}

const recorded = (boots: readonly Boot[], scenario = counting): RecordedScenario =>
  exampleRecordedScenario(boots, { scenario, conditions: { head: exampleConditions, base: exampleConditions } });

const usual = [1000, 1200, 1300, 1800, 2300, 2600, 3000];
/** With so much more in mdev, and noise of two parts in ten thousand. */
const withMore = (more: number, noise = 0) =>
  usual.map((count, index) => count + (index >= 3 ? more : 0) + (index === 6 ? noise : 0));
const pairsOf = (more: number, noise = 0.6): Boot[] => [
  counted(1, 'base', withMore(0, noise)),
  counted(2, 'head', withMore(more)),
  counted(3, 'head', withMore(more, noise)),
  counted(4, 'base', withMore(0)),
];
const reportOf = (boots: readonly Boot[]) => analyze(exampleRun([recorded(boots)]));
const because = (boots: readonly Boot[]): string => reportOf(boots).scenarios[0]?.verdict.because ?? '';

test('each phase has the instructions between its marks, and all of them are those of the boot', () => {
  const boot = counted(1, 'head', usual);
  const timeline = readTimeline({ boot, markers: markerProfileOf(counting) });
  const values = Object.fromEntries(
    Object.entries(measureWork({ boot, timeline })).map(([name, { value }]) => [name, value]),
  );
  const { instructions, ...phases } = values;
  assert.equal(instructions, 3000);
  assert.equal(phases['instructions:openrc'], 1300);
  assert.equal(
    Object.values(phases).reduce<number>((sum, value) => sum + (value ?? 0), 0),
    3000,
  );
});

test('no change is said to be none, with its interval', () => {
  assert.match(because(pairsOf(0)), /^guest work unchanged \([+-]0\.\d\d %, ± 0\.\d\d %\)$/);
});

test('more work is told with the phase that has it', () => {
  assert.match(because(pairsOf(123)), /^the guest does 4\.10 % more: \+9\.4\d % in openrc$/);
  assert.match(because(pairsOf(-123)), /^the guest does 4\.10 % less: -9\.4\d % in openrc$/);
});

test('a phase that only one side has is told, and a boot without a phase did nothing in it', () => {
  const series = (side: Side, metric: string, values: readonly (number | null)[]): Series => ({
    ...{ metric, side, unit: 'million', resolution: 0 },
    samples: values.map((value, at) => ({ boot: at + 1, round: at + 1, value })),
  });
  const whole = (side: Side, more: number) => series(side, 'instructions', [1000 + more, 1000.1 + more, null]);
  const added = series('head', 'instructions:fsck', [50, 50.1, null]);
  const said = (head: readonly Series[], base: readonly Series[]): Judgement =>
    judgeCount({ scenario: counting, head, base, sessions: [], headKey: null } as unknown as JudgeInput);
  const [more, less] = [whole('head', 50), whole('base', 0)];
  assert.equal(said([more, added], [less]).verdict.because, 'the guest does 5.00 % more: 50 million in fsck');
  assert.equal(said([less], [more, added]).verdict.because, 'the guest does 4.76 % less: -100.00 % in fsck');
  const once = { ...added, samples: added.samples.slice(0, 1) };
  assert.match(said([more, once], [less]).warnings[0]?.text ?? '', /that of fsck differs by 3\.\d\d % of a boot/);
});

test('a change within the noise is not told', () => {
  assert.match(because(pairsOf(9, 60)), /^whether the guest's work changed is not known/);
});

test("a slowdown beside unchanged work is the emulator's, and counts decide nothing", () => {
  const times = (scale: number, side: Side) =>
    Array.from({ length: 12 }, (_, at) =>
      exampleBoot(2 * at + (side === 'base' ? 1 : 2), scale * (8000 + at), { side, round: at + 1 }),
    );
  const slow = recorded(
    [...times(1, 'base'), ...times(1.2, 'head')].toSorted((one, other) => one.number - other.number),
    {
      ...timed,
      sampling: { ...timed.sampling, boots: 12, maxBoots: 12 },
    },
  );
  const report = analyze(
    exampleRun([slow, recorded(pairsOf(0).map((boot) => ({ ...boot, number: boot.number + 24 })))]),
  );
  assert.deepEqual(
    report.scenarios.map(({ verdict }) => verdict.word),
    ['slower', 'recorded'],
    report.scenarios[0]?.verdict.because,
  );
  assert.match(
    report.scenarios[1]?.verdict.because ?? '',
    /unchanged .*, so the slowdown is the emulator's, or the guest waits longer$/,
  );
  for (const page of [markdownReport(report), terminalReport(report, style)])
    assert.match(page, /so\s+the\s+slowdown\s+is\s+the\s+emulator's,\s+or\s+the\s+guest\s+waits\s+longer/);
  const faster = analyze(exampleRun([recorded(pairsOf(-1500))]));
  assert.equal(faster.verdict.word, 'recorded');
});

test('a guest whose work wavers is said to be unsteady, by the phase', () => {
  const boots = [40, 0, 90, 10].map((more, at) => counted(at + 1, at % 3 === 0 ? 'base' : 'head', withMore(more)));
  const texts = reportOf(boots).scenarios[0]?.warnings.map(({ text }) => text) ?? [];
  assert.ok(
    texts.some((text) =>
      /work of head's guest is not steady: that of openrc differs by 2\.\d\d % of a boot/.test(text),
    ),
    texts.join('\n'),
  );
  assert.ok(!reportOf(pairsOf(0)).scenarios[0]?.warnings.some(({ code }) => code === 'work-unsteady'));
});

test('one boot a side, boots that failed, and boots without a count tell that', () => {
  const one = pairsOf(0).slice(0, 2);
  assert.match(because(one), /one boot a side tells no change from noise/);
  const failed = pairsOf(0).map((boot) =>
    boot.side === 'head'
      ? { ...boot, work: [], outcome: { kind: 'failed' as const, probe: 'count', detail: 'no icount' } }
      : boot,
  );
  assert.equal(because(failed), 'no boot of head was counted to its end');
  assert.match(terminalReport(reportOf(failed), style), /no icount/);
  const cut = counted(2, 'head', usual.slice(0, 6));
  assert.equal(because([pairsOf(0)[0] as Boot, cut]), 'no boot of head was counted to its end');
});

test('a side alone is told how much it does, and all boots that were asked for are taken', () => {
  const alone = { ...counting, base: null };
  const boots = [counted(1, 'head', usual), counted(2, 'head', usual)];
  const report = analyze(exampleRun([exampleRecordedScenario(boots, { scenario: alone })]));
  assert.equal(report.scenarios[0]?.verdict.because, 'the guest runs 3000 million instructions until it is ready');
  assert.match(terminalReport(report, style), /openrc +1,300\.0 /);
  assert.equal(stopRule(recorded(pairsOf(0))).decision, 'go-on');
});
