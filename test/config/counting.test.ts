// What `run --count` adds, and what it refuses with a reason.
import assert from 'node:assert/strict';
import test from 'node:test';
import { withAttribution } from '../../src/config/attribution.ts';
import { parseConfig } from '../../src/config/config.ts';
import { withCounting } from '../../src/config/counting.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import type { Scenario } from '../../src/model/scenario.ts';

const place = { path: '/work/bootgauge.yml', name: 'bootgauge.yml' };
const scenariosIn = (settings: string): Scenario[] =>
  scenariosOf(parseConfig(`version: 1\nscenarios:\n  mine: ${settings}\n`, place));
const countedIn = (settings: string): Scenario => {
  const all = withCounting(scenariosIn(settings), 2);
  assert.equal(all.length, 2);
  return all[1] as Scenario;
};

test('boots that count stand beside the timed ones, on one CPU, under TCG, and gate nothing', () => {
  const counted = countedIn(
    '{cpus: 4, gpu: venus, draw: {}, responsiveness: {}, warmup: 3}'.replace(', warmup: 3', ''),
  );
  const { machine } = counted.head;
  assert.deepEqual(
    [counted.id, counted.count, counted.draw, counted.responsiveness],
    ['mine.count', true, undefined, undefined],
  );
  assert.deepEqual([machine.accel, machine.cpus, machine.gpu], ['tcg', 1, 'plain']);
  assert.match(machine.qemuArguments.join(' '), /-icount shift=3,sleep=off -seed 1 -rtc base=\S+,clock=vm/);
  assert.deepEqual(
    [counted.metrics, counted.sampling.boots, counted.sampling.maxBoots, counted.sampling.warmup],
    [{}, 2, 2, 0],
  );
});

test('the scenario itself stays as it was, and one that explains is not counted', () => {
  const scenarios = scenariosIn('{}');
  assert.equal(withCounting(scenarios, 2)[0], scenarios[0]);
  assert.deepEqual(withCounting(scenariosIn('{profile: attribution}'), 2).length, 1);
  assert.deepEqual(
    withAttribution(withCounting(scenarios, 2), 1).map(({ id }) => id),
    ['mine', 'mine.attribution', 'mine.count'],
  );
});

for (const accel of ['hvf', 'kvm'])
  test(`${accel} is refused: nobody counts there`, () => {
    assert.throws(() => countedIn(`{accel: ${accel}}`), /cannot count under (HVF|KVM), which mine asks for/);
    const launcher = `{guest: {kind: launcher, command: [./run.sh, "{port}"], binary: qemu, rewrite: {accel: ${accel}}}}`;
    assert.throws(() => countedIn(launcher), /cannot count under/);
  });

test('of a launcher the arguments are rewritten; where they may not be, it is refused', () => {
  const { rewrite } = countedIn(
    '{guest: {kind: launcher, command: [./run.sh, "{port}"], binary: qemu, rewrite: {qemu-arguments: [-snapshot]}}}',
  ).head.guest as LauncherGuest;
  assert.ok(typeof rewrite === 'object');
  assert.deepEqual([rewrite.accel, rewrite.cpus], ['tcg', 1]);
  assert.match(rewrite.qemuArguments?.join(' ') ?? '', /^-snapshot -icount /);
  for (const guest of [
    '{kind: launcher, command: [./run.sh, "{port}"]}',
    '{kind: launcher, command: [./run.sh, "{port}"], binary: qemu, rewrite: none}',
  ])
    assert.throws(
      () => countedIn(`{guest: ${guest}}`),
      /must change the arguments that the launcher of mine gives to its QEMU/,
    );
});

test('the Vulkan that the script of a launcher gives to its guest itself is taken away, too', () => {
  const rewritten = (more: string) => {
    const { guest, machine } = countedIn(
      `{gpu: venus, guest: {kind: launcher, command: [./run.sh, "{port}"], binary: qemu${more}}}`,
    ).head;
    const { rewrite } = guest as LauncherGuest;
    return [typeof rewrite === 'object' ? rewrite.gpu : rewrite, machine.gpu];
  };
  assert.deepEqual(rewritten(''), ['plain', 'plain']);
  assert.deepEqual(rewritten(', rewrite: {gpu: venus}'), ['plain', 'plain']);
  assert.deepEqual(rewritten(', rewrite: {gpu: none}'), ['none', 'plain']);
});

test('a scenario that has the name already is told', () => {
  const [mine] = scenariosIn('{}') as [Scenario];
  assert.throws(() => withCounting([mine, { ...mine, id: 'mine.count' }], 1), /--count needs the name mine\.count/);
});
