// Conditions hold what an emulator was built from and runs on, and nothing of it where there is nothing to tell.
import assert from 'node:assert/strict';
import test from 'node:test';
import { conditionsOf } from '../../src/build/conditions.ts';
import type { BuildFacts } from '../../src/model/build.ts';
import type { Emulator, LaunchPlan } from '../../src/model/launch-plan.ts';
import { exampleConditions } from '../examples/run.ts';

const emulator: Emulator = {
  ...{ origin: 'build', program: '/nowhere/qemu', leadingArguments: [], environment: { TUNED: '1' } },
  ...{ version: 'QEMU emulator version 10.0.0', digest: 'ab'.repeat(32) },
};
const of = (changes: Partial<Emulator>) => {
  const plan = { accelerator: 'tcg', emulator: { ...emulator, ...changes }, guest: exampleConditions.guest };
  const options = { gpu: 'none', environment: {}, signal: new AbortController().signal } as const;
  return conditionsOf(plan as LaunchPlan, exampleConditions.host, options);
};

test('conditions hold what an emulator was built from and what it runs on', async () => {
  const build = { key: 'cd'.repeat(32) } as BuildFacts;
  const { version, digest } = emulator;
  assert.deepEqual(await of({ build }), {
    ...exampleConditions,
    emulator: { origin: 'build', version, digest, build, runtime: { TUNED: '1' } },
  });
  assert.deepEqual((await of({ origin: 'kit' })).emulator, { origin: 'kit', version, digest });
});
