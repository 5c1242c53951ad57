// Which sides a step's inputs and mode make of a scenario.
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { sidesToMeasure } from '../../src/gate/sides.ts';
import type { MeasurementInputs } from '../../src/model/gate.ts';
import { refused } from '../helpers.ts';

const none: MeasurementInputs = {
  ...{ mode: 'auto', load: 'none', config: '', scenarios: [], qemu: '', baseQemu: '', qemuSource: '', patches: [] },
  ...{ boots: null, maxBoots: null, timeBudgetMs: null, onUndecided: null },
};
const sides = (text: string, inputs: Partial<MeasurementInputs>, compared = '') => {
  const config = parseConfig(`version: 1\n${text}`, { path: '/repo/bootgauge.yml', name: 'bootgauge.yml' });
  const [scenario] = sidesToMeasure(config, { inputs: { ...none, ...inputs }, folder: '/repo', compared });
  assert.ok(scenario);
  return scenario;
};
const paired = 'scenarios: { x: { base: { cpus: 1 } } }\n';

test('a baseline and a recording boot head alone, whatever base there is', () => {
  assert.equal(sides(paired, { mode: 'baseline' }).base, null);
  assert.equal(sides(paired, { mode: 'record' }).base, null);
  assert.equal(sides(paired, { mode: 'paired' }).base?.machine.cpus, 1);
});

test('a soak takes its length from boots or time, keeps its base, and needs an end', () => {
  const { base, soak, sampling, probes } = sides(paired, { mode: 'soak', timeBudgetMs: 7_200_000, load: 'io' });
  assert.deepEqual([base?.machine.cpus, soak], [1, { load: 'io' }]);
  assert.deepEqual([sampling.warmup, sampling.timeBudgetMs, probes.at(-1)?.name], [0, 7_200_000, 'load-io']);
  assert.equal(sides('', { mode: 'soak', boots: 400 }).sampling.maxBoots, 400);
  assert.throws(() => sides('', { mode: 'soak' }), refused(/mode soak needs an end/));
});

test('without anything to be compared with, auto boots head and paired is refused', () => {
  assert.equal(sides('', { mode: 'auto' }).base, null);
  assert.throws(() => sides('', { mode: 'paired' }), refused(/nothing to be compared with in mode paired/));
});

test('a commit to compare with makes a base only where QEMU is built', () => {
  const commit = 'a'.repeat(40);
  assert.equal(sides('', {}, commit).base, null);
  const { head, base } = sides('', { qemuSource: 'qemu', patches: ['x.patch'] }, commit);
  assert.equal(base?.qemu.from === 'build' && base.qemu.build.ref, commit);
  assert.deepEqual(head.qemu.from === 'build' && head.qemu.build.patches, ['/repo/x.patch']);
  assert.deepEqual(base?.qemu.from === 'build' && base.qemu.build.patches, []);
});
