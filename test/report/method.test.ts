// The conditions of a report say what was risked for its verdict.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { BuildFacts } from '../../src/model/build.ts';
import type { Conditions } from '../../src/model/conditions.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import { comparedNames, comparedSides, machineLine } from '../../src/report/compared.ts';
import { conditionRows } from '../../src/report/method.ts';
import { exampleReports } from './example-reports.ts';

test('the risk of a false alarm stands beside the conditions, by metric that gates, so far and at most', () => {
  const [scenario] = exampleReports.slower.scenarios;
  assert.ok(scenario);
  const comparisons = scenario.comparisons.map((comparison) => ({
    ...comparison,
    spent: { error: 0.0021, of: 0.0065 },
  }));
  const rows = new Map(conditionRows({ ...scenario, comparisons }));
  const gating = comparisons.filter(({ gate }) => gate).map(({ metric }) => metric);
  assert.equal(
    rows.get('risk of a false alarm'),
    gating.map((metric) => `${metric} 0.21 % so far, 0.65 % at most`).join('; '),
  );
  assert.equal(new Map(conditionRows(scenario)).has('risk of a false alarm'), false);
});

test('of a launcher processors and memory are told where it is told them, and nowhere else', () => {
  const [scenario] = exampleReports.recorded.scenarios;
  assert.ok(scenario);
  const guest: LauncherGuest = {
    ...{
      kind: 'launcher',
      architecture: 'arm64',
      command: ['./start.sh'],
      folder: '/fork',
      environment: {},
      port: null,
    },
    ...{ console: { from: 'stdout' }, qmp: null, assets: [], binary: 'qemu', access: { user: 'root', key: null } },
  };
  const shown = (rewrite?: LauncherGuest['rewrite']) => {
    const launched = { ...guest, ...(rewrite === undefined ? {} : { rewrite }) };
    const { head, ...rest } = scenario.scenario;
    const of = { ...scenario, scenario: { ...rest, head: { ...head, guest: launched } } };
    return [machineLine(of.conditions.head, of), new Map(conditionRows(of)).get('machine')];
  };
  const without = machineLine(scenario.conditions.head, scenario).replace(', 2 CPUs, 1024 MiB', '');
  assert.doesNotMatch(without, /CPU|MiB/);
  assert.deepEqual(shown(), [without, undefined]);
  assert.deepEqual(shown('none'), [without, undefined]);
  assert.deepEqual(shown({ cpus: 4 }), [`${without}, 4 CPUs`, '4 CPUs']);
  assert.deepEqual(shown({ memoryMiB: 512 }), [`${without}, 512 MiB`, '512 MiB']);
});

test('sides whose QEMU is of the same commit are told apart by the library that differs, with versions where paths tell them', () => {
  const [scenario] = exampleReports.slower.scenarios;
  assert.ok(scenario?.conditions.base);
  const side = (conditions: Conditions, digit: string): Conditions => {
    const dependencies = { 'glib-2.0': '2.74', libepoxy: 'e'.repeat(40), virglrenderer: digit.repeat(40) };
    const build: BuildFacts = {
      ...{ commit: 'c'.repeat(40), subject: 'Sleep', ref: '', uncommitted: null, patches: [], tree: '', configure: [] },
      ...{ compiler: 'cc', dependencies, dependencyKeys: [], key: digit },
    };
    const places = { libvirglrenderer: '/opt/1.2/lib/libvirglrenderer.so.1.8.2', firmware: '/opt/share' };
    const runtime = { libvirglrenderer: 'd'.repeat(64), firmware: 'f'.repeat(64), VKR_DEBUG: 'all' };
    return { ...conditions, emulator: { ...conditions.emulator, build, runtime, places } };
  };
  const { head, base } = scenario.conditions;
  const told = { ...scenario, conditions: { head: side(head, '1'), base: side(base, '2') } };
  const compared = comparedSides(exampleReports.slower, told);
  assert.equal(
    comparedNames(compared),
    'cccccccccc + virglrenderer 1111111111 against cccccccccc + virglrenderer 2222222222',
  );
  const rows = new Map(conditionRows(told));
  assert.match(rows.get('built from') ?? '', /cccccccccc Sleep, libepoxy eeeeeeeeee, virglrenderer 1111111111/);
  assert.equal(rows.get('runs on'), 'libvirglrenderer 1.8.2 dddddddddddd, firmware ffffffffffff, VKR_DEBUG all');
});
