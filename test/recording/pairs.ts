// A run of two sides whose guests are played: each boot takes a fraction of a second.
import { join } from 'node:path';
import type { Emulator } from '../../src/model/launch-plan.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { type RunRequest, record } from '../../src/recording/record.ts';
import { rememberIn } from '../../src/store/memory.ts';
import { exampleScenario, exampleSide } from '../examples/run.ts';
import { goodBoot } from '../faults/scripts.ts';
import { openWorld } from '../faults/world.ts';

const build = {
  ...{ source: '/qemu', ref: null, patches: [], preset: 'none' as const, configure: [], python: null },
  ...{ environment: {}, dependencies: [] },
};
const side = { ...exampleSide, qemu: { from: 'build' as const, build } };
export const pairScenario: Scenario = {
  ...exampleScenario,
  head: side,
  base: side,
  sampling: { warmup: 1, boots: 1, maxBoots: 3, timeBudgetMs: 600_000, quietWaitMs: 0 },
};

/** Records two sides of a played guest with the report's own rule. */
export async function recordPairs(
  {
    fresh,
    ...over
  }: Pick<RunRequest, 'stopRule' | 'progress'> &
    Partial<Pick<RunRequest, 'now' | 'scenarios' | 'joint' | 'orderSeed' | 'earlier'>> & { readonly fresh?: true },
  script = goodBoot(100),
  headScript = script,
) {
  await using world = await openWorld();
  // Its client of SSH.
  process.env.PATH = world.environment.PATH;
  const { signal } = new AbortController();
  const emulatorOf = (program: string): Emulator => ({
    ...{ origin: 'build', program, leadingArguments: [], environment: {} },
    ...{ version: 'QEMU emulator version 10.0.0', digest: 'ab'.repeat(32) },
    ...(fresh && { fresh }),
  });
  const emulators = {
    base: emulatorOf(await world.player(script)),
    head: emulatorOf(await world.player(headScript, 'head-of-qemu')),
  };
  const { progress } = over;
  return await record({
    root: world.workspace,
    scenarios: [pairScenario],
    prepare: {
      kit: { cache: world.cache, offline: true, mirror: undefined, keyring: undefined, progress, signal },
      remembered: rememberIn(join(world.cache, 'trials.json')),
      build: async ({ slot }) => emulators[slot === 'base' ? 'base' : 'head'],
    },
    ...{ onUndecided: 'pass', commit: '', tool: 'test', signal, now: () => new Date(), ...over },
  });
}
