// A recorded study -> its report: ranking, failures, what is recommended.
import assert from 'node:assert/strict';
import test from 'node:test';
import { studyPresets } from '../../src/config/study-presets.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { RecordedRun } from '../../src/model/run.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import type { EndedArm, StudyReport } from '../../src/model/study.ts';
import { studyText } from '../../src/report/study-text.ts';
import { analyzeStudy, mainTable } from '../../src/study/analyze-study.ts';
import { exampleBoot, exampleRecordedScenario, exampleRun, exampleScenario } from '../examples/run.ts';
import { planOf, usual } from './plan.ts';

/** A recorded run: for each arm the lengths of its boots in ms, block by block; null: a boot that did not become ready. */
function recordedRun(lengths: Readonly<Record<string, readonly (number | null)[]>>, more: Partial<Scenario> = {}) {
  let number = 0;
  const failure: Partial<Boot> = { outcome: { kind: 'hung', phase: 'openrc', deadlineMs: 1 } };
  return exampleRun(
    Object.entries(lengths).map(([id, values]) => {
      const boots = values.map((ms, index) => {
        number += 1;
        return exampleBoot(number, ms ?? 8000, { scenario: id, round: index + 1, ...(ms === null ? failure : {}) });
      });
      return exampleRecordedScenario(boots, { scenario: { ...exampleScenario, ...more, id } });
    }),
  );
}

test('a recorded study gives the same report again, with failures counted and what was not booted named', () => {
  const plan = planOf(usual);
  const lengths: Record<string, number> = { default: 8000, 'cpus=2': 7200, 'cpus=1': 6400 };
  let number = 0;
  const failure: Partial<Boot> = { probes: [], outcome: { kind: 'hung', phase: 'openrc', deadlineMs: 1 } };
  const scenarios = Object.entries(lengths).map(([id, ms]) =>
    exampleRecordedScenario(
      [1, 2, 3, 4].map((round) => {
        number += 1;
        const fails = id === 'cpus=2' && round === 4;
        return exampleBoot(number, ms + round * 10, { scenario: id, round, ...(fails ? failure : {}) });
      }),
      { scenario: { ...exampleScenario, id } },
    ),
  );
  const run: RecordedRun = exampleRun(scenarios);
  const ended: EndedArm[] = [{ arm: 'console=loud', block: 0, why: 'unreachable', because: 'the launcher decides' }];
  const report = analyzeStudy({ plan, run, ended });
  assert.deepEqual(analyzeStudy({ plan, run, ended }), report);
  assert.deepEqual(
    report.ranking.map(({ factor, level, word }) => `${factor}=${level} ${word}`),
    ['cpus=1 faster', 'cpus=2 faster', 'console=loud unknown'],
  );
  assert.equal(report.ranking[1]?.failed, 1);
  assert.equal(report.ranking[1].lessReliable, true);
  assert.match(report.ranking[2]?.note ?? '', /not booted: the launcher decides/);
  const stopped: EndedArm = { arm: 'cpus=2', block: 4, why: 'stopped coming up', because: 'it failed' };
  const noted = analyzeStudy({ plan, run, ended: [...ended, stopped] }).ranking.map(({ note }) => note);
  assert.deepEqual(noted, ['', 'stopped coming up: it failed', 'not booted: the launcher decides']);
  assert.deepEqual(report.recommendation?.levels, { cpus: '1', console: 'quiet' });
  assert.equal(mainTable(run.scenarios).get('cpus=2')?.get(4), null);
});

test('a level that fails more often than the default is no choice, however fast it is', () => {
  const plan = planOf('factors:\n  cpus: [4, 2, 1]\n');
  const run = recordedRun({
    default: [8000, 8010, 8020, 8030],
    'cpus=2': [7000, 7010, 7020, 7030],
    // Its banner came each time; it is the boot that did not become ready.
    'cpus=1': [6000, null, 6010, 6020],
  });
  const report = analyzeStudy({ plan, run, ended: [] });
  assert.deepEqual(
    report.ranking.map(({ level, word, failed, lessReliable }) => [level, word, failed, lessReliable]),
    [
      ['2', 'faster', 0, false],
      ['1', 'faster', 1, true],
    ],
  );
  assert.equal(report.ranking[1]?.main.blocks, 3);
  assert.deepEqual(report.recommendation?.levels, { cpus: '2' });
});

test('what may be 7 % faster or 1 % slower is unclear, and only phases that changed by 20 ms are told', () => {
  const plan = planOf('factors:\n  cpus: [4, 2, 1]\n');
  const around = (ms: number) => [ms, ms, ms, ms];
  const run = recordedRun({
    default: around(8000),
    'cpus=2': [-0.0055, -0.0545, -0.0055, -0.0545].map((log) => Math.round(8000 * Math.exp(log))),
    'cpus=1': around(8010),
  });
  const words = ({ ranking }: StudyReport) => ranking.map(({ level, word, phases }) => [level, word, phases.length]);
  assert.deepEqual(words(analyzeStudy({ plan, run, ended: [] })), [
    ['2', 'unclear', 0],
    ['1', 'slower', 0],
  ]);
  const much = recordedRun({ default: around(8000), 'cpus=1': around(8100) });
  const told = analyzeStudy({ plan: planOf('factors:\n  cpus: [4, 1]\n'), run: much, ended: [] });
  assert.deepEqual(words(told), [['1', 'slower', 2]]);
});

test('a study of a guest without SSH ranks by what makes it ready', () => {
  const ready = [{ kind: 'line', name: 'up', pattern: 'UP', on: 'stdout' }] as const;
  const told = recordedRun({ default: [8000, 8010, 8020], 'cpus=1': [6400, 6410, 6420] }, { ready });
  const scenarios = told.scenarios.map((one) => ({
    ...one,
    boots: one.boots.map((boot) => ({
      ...boot,
      ready: 'time-to-up',
      probes: boot.probes
        .filter(({ probe }) => probe === 'ssh-banner')
        .map((event) => ({ ...event, probe: 'time-to-up', outcome: 'ok' })),
    })),
  }));
  const report = analyzeStudy({ plan: planOf('factors:\n  cpus: [4, 1]\n'), run: { ...told, scenarios }, ended: [] });
  assert.deepEqual([report.arms[0]?.failed, report.arms[0]?.medianMs], [0, 8010]);
  assert.deepEqual([report.ranking[0]?.word, report.recommendation?.levels.cpus], ['faster', '1']);
  const text = studyText(report, { columns: 100, colour: 'none', characters: 'unicode' });
  assert.match(text, /What each change does to time-to-up/);
  assert.doesNotMatch(text, /time-to-ssh/);
});

test('an arm that this machine boots no longer is noted as that', () => {
  const plan = planOf('factors:\n  cpus: [4, 1]\n');
  const run = recordedRun({ default: [8000, 8010], 'cpus=1': [6400, 6410] });
  const ended: EndedArm[] = [{ arm: 'cpus=1', block: 2, why: 'unreachable', because: 'it has one processor' }];
  assert.equal(analyzeStudy({ plan, run, ended }).ranking[0]?.note, 'no longer booted: it has one processor');
});

test("a level is held to the default in its place, not to other factors' failures", () => {
  const plan = planOf('factors:\n  cpus: [4, 1]\n  console: { quiet: {}, bad: { append: x } }\n');
  const run = recordedRun({
    default: [8000, 8010, 8020, 8030],
    'cpus=1': [6000, null, 6010, 6020],
    'console=bad': [null, null],
  });
  const report = analyzeStudy({ plan, run, ended: [] });
  assert.equal(report.ranking.find(({ level }) => level === '1')?.lessReliable, true);
  assert.equal(report.recommendation, null);
});

test('a full design recommends no arm that it could not boot', () => {
  const plan = planOf('design: full\nfactors:\n  cpus: [4, 1]\n  x: { a: {}, b: { append: x } }\n');
  const lengths = {
    default: [8000, 8040, 7990, 8010],
    'x=b': [7000, 7040, 6990, 7010],
    'cpus=1': [6500, 6540, 6490, 6510],
  };
  const ended: EndedArm[] = [{ arm: 'cpus=1,x=b', block: 0, why: 'never came up', because: 'its boots did not' }];
  const report = analyzeStudy({ plan, run: recordedRun(lengths), ended });
  assert.deepEqual(report.recommendation?.levels, { cpus: '1', x: 'a' });
  assert.equal(report.recommendation.tried, 'booted');
});

test('where factors interact, the arm is recommended that is surely faster, though no level is by itself', () => {
  const plan = planOf('design: full\nfactors:\n  cpus: [4, 1]\n  wfi: { plain: {}, sleep: { append: x } }\n');
  const run = recordedRun({
    default: [8000, 8040, 7990, 8010],
    'wfi=sleep': [7000, 12000, 7010, 12010],
    'cpus=1': [12000, 7000, 12010, 7010],
    'cpus=1,wfi=sleep': [7600, 7640, 7590, 7610],
  });
  const report = analyzeStudy({ plan, run, ended: [] });
  assert.ok(report.interactions.length > 0);
  assert.ok(report.ranking.every(({ word }) => word !== 'faster'));
  assert.deepEqual(report.recommendation?.levels, { cpus: '1', wfi: 'sleep' });
  assert.ok(Math.abs(report.recommendation.ratio - 0.95) < 0.005);
});

test('the sleep in WFI is compared as off, default and 1000 microseconds by idle-cpu, and guests that were ready too soon for it are told', () => {
  const plan = planOf((studyPresets.wfi ?? '').slice((studyPresets.wfi ?? '').indexOf('design:')));
  const sleeps = plan.arms.map(({ id, setting }) => [id, setting.environment.HVF_WFI_SLEEP, setting.side.machine.cpus]);
  assert.deepEqual(sleeps, [
    ['default', undefined, 4],
    ['cpus=1', undefined, 1],
    ['wfi=off', '0', 4],
    ['wfi=off,cpus=1', '0', 1],
    ['wfi=us-1000', '1000', 4],
    ['wfi=us-1000,cpus=1', '1000', 1],
  ]);
  assert.match(studyPresets.wfi ?? '', /^metrics: \[idle-cpu\]$/m);
  const warnings = (lengths: Readonly<Record<string, readonly number[]>>): string[] =>
    analyzeStudy({ plan, run: recordedRun(lengths), ended: [] }).warnings.filter((text) => text.includes('15 s'));
  const quick = { default: [8000, 8010], 'wfi=off': [8000, 8020], 'wfi=us-1000': [8100, 8120] };
  assert.match(warnings(quick).join(), /^HVF_WFI_SLEEP does nothing in the first 15 s .* compare idle-cpu/);
  assert.deepEqual(warnings({ ...quick, 'wfi=us-1000': [16_000, 16_010] }), []);
  // Whoever did not vary it is told nothing.
  assert.deepEqual(warnings({ default: [8000, 8010], 'cpus=1': [9000, 9010] }), []);
});

test('what a study says of other metrics includes those of a GPU and of the idle guest', () => {
  const plan = planOf('factors:\n  cpus: [4, 1]\n');
  const run = recordedRun({ default: [8000, 8010], 'cpus=1': [6000, 6010] }, { metrics: { 'idle-cpu': {} } as never });
  const asked = (boot: Boot, ms: number): Boot => ({
    ...boot,
    probes: [...boot.probes, { probe: 'idle-cpu', outcome: 'ok', startedNs: 9e9, atNs: 29e9, detail: '' }],
    usage: [
      { atNs: 9e9, cpuNs: 0, rssBytes: 1 },
      { atNs: 29e9, cpuNs: 20 * ms * 1e6, rssBytes: 1 },
    ],
  });
  const scenarios = run.scenarios.map((entry, index) => ({
    ...entry,
    boots: entry.boots.map((boot) => asked(boot, index === 0 ? 8 : 16)),
  }));
  const [effect] = analyzeStudy({ plan, run: { ...run, scenarios }, ended: [] }).ranking;
  const idle = effect?.metrics.find(({ metric }) => metric === 'idle-cpu');
  assert.ok(Math.abs((idle?.ratio ?? 0) - 2) < 1e-9);
});
