// What of a run becomes a line of the baseline.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Series } from '../../src/model/series.ts';
import type { VulkanIdentity } from '../../src/model/vulkan.ts';
import { sessionOf } from '../../src/trend/session.ts';
import { exampleConditions, exampleRun, exampleScenario } from '../examples/run.ts';

const series: Series = {
  ...{ metric: 'time-to-ssh', unit: 'ms', side: 'head', resolution: 20.00049 },
  samples: [
    { boot: 1, round: 1, value: 9000.123456 },
    { boot: 2, round: 2, value: null },
    { boot: 3, round: 3, value: 9400, late: 300 },
  ],
};
const source = { run: exampleRun([]), scenario: exampleScenario, conditions: exampleConditions, intended: '' };

test('values are kept to the microsecond, failed boots as such, and late ones not at all', () => {
  const { metrics } = sessionOf({ ...source, series: [series] });
  assert.deepEqual(metrics, { 'time-to-ssh': { unit: 'ms', resolution: 20, samples: [9000.123, null] } });
});

test('a number of a probe is kept however small it is, and which way is better with it', () => {
  const samples = [{ boot: 1, round: 1, value: 0.000412 }];
  const number: Series = { metric: 'gap', unit: 's', better: 'higher', side: 'head', resolution: 0, samples };
  const { metrics } = sessionOf({ ...source, series: [number] });
  assert.deepEqual(metrics, { gap: { unit: 's', better: 'higher', resolution: 0, samples: [0.000412] } });
});

test('the Vulkan driver is a part of the session where one was asked for', () => {
  const vulkan = { driverID: 'DRIVER_ID_MESA_VENUS' } as VulkanIdentity;
  assert.deepEqual(sessionOf({ ...source, series: [], vulkan }).vulkan, vulkan);
  assert.equal('vulkan' in sessionOf({ ...source, series: [] }), false);
});
