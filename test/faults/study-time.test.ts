// Studies in memory, by a clock that jumps: time ends a session between two blocks, only measuring counts, and new binaries warm up.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Emulator } from '../../src/model/launch-plan.ts';
import type { ProgressEvent } from '../../src/model/progress.ts';
import { type RecordedStudy, recordStudy, type StudyRequest } from '../../src/recording/record-study.ts';
import { rememberIn } from '../../src/store/memory.ts';
import { designArms } from '../../src/study/design.ts';
import { exampleScenario, exampleSide } from '../examples/run.ts';
import { goodBoot } from './scripts.ts';
import { openWorld, type World } from './world.ts';

const hour = 3_600_000;

interface Session {
  readonly world: World;
  readonly maxBlocks: number;
  /** 1 if not given. */
  readonly warmup?: number;
  /** The emulator was linked a moment ago. */
  readonly fresh?: true;
  /** What is to happen to the clock when something is told, and when an emulator is built. */
  readonly onProgress?: (event: ProgressEvent) => void;
  readonly onBuild?: () => void;
  readonly now: () => Date;
}

/** A session of a study of two arms with half an hour's time. */
async function session({ world, maxBlocks, warmup = 1, fresh, ...session }: Session): Promise<RecordedStudy> {
  const { onProgress, onBuild, now } = session;
  // Its client of SSH.
  process.env.PATH = world.environment.PATH;
  const { signal } = new AbortController();
  const cpus = [2, 1].map((count) => ({ name: `${count}`, change: { machine: { cpus: count } } }));
  const build = {
    ...{ source: '/qemu', ref: null, patches: [], preset: 'none' as const, configure: [], python: null },
    ...{ environment: {}, dependencies: [] },
  };
  const side = { ...exampleSide, qemu: { from: 'build' as const, build } };
  const designed = designArms({ side, environment: {}, initramfs: null }, [{ name: 'cpus', levels: cpus }], 'full');
  const emulator: Emulator = {
    ...{ origin: 'build', program: await world.player(goodBoot(100)), leadingArguments: [], environment: {} },
    ...{ version: 'QEMU emulator version 10.0.0', digest: 'ab'.repeat(32) },
    ...(fresh === undefined ? {} : { fresh }),
  };
  const progress: StudyRequest['progress'] = (event) => onProgress?.(event);
  return recordStudy({
    root: world.workspace,
    plan: {
      ...{ name: 'test', design: 'full', ...designed, digest: 'ab'.repeat(32) },
      sampling: { warmup, blocks: maxBlocks, maxBlocks, timeBudgetMs: hour / 2 },
    },
    scenario: { ...exampleScenario, sampling: { ...exampleScenario.sampling, quietWaitMs: 0 } },
    prepare: {
      kit: { cache: world.cache, offline: true, mirror: undefined, keyring: undefined, progress, signal },
      remembered: rememberIn(join(world.cache, 'trials.json')),
      build: async () => {
        onBuild?.();
        return emulator;
      },
    },
    ...{ commit: '', tool: 'test', endings: 'never', resume: 'if-there-is-one', progress, signal, now },
  });
}

const blocks = ({ run }: RecordedStudy): number[][] =>
  run.scenarios.map(({ boots }) => boots.map(({ round }) => round));

test('however little time there is, each session adds a whole block, until there are enough', async () => {
  await using world = await openWorld();
  let time = 0;
  const onProgress = (event: ProgressEvent): void => {
    if (event.kind === 'boot-started') time += hour;
  };
  const sessions: RecordedStudy[] = [];
  for (let count = 0; count < 2; count += 1)
    sessions.push(await session({ world, maxBlocks: 2, onProgress, now: () => new Date(time) }));
  const [first, second] = sessions as [RecordedStudy, RecordedStudy];
  assert.equal(second.folder, first.folder);
  assert.deepEqual(
    [first, second].map(({ run }) => run.finished),
    [false, true],
  );
  assert.deepEqual(blocks(first), [
    [0, 1],
    [0, 1],
  ]);
  assert.deepEqual(blocks(second), [
    [0, 1, 2],
    [0, 1, 2],
  ]);
});

test('what preparing takes is no part of the time', async () => {
  await using world = await openWorld();
  let time = 0;
  const onBuild = (): void => {
    time += hour;
  };
  const study = await session({ world, maxBlocks: 2, onBuild, now: () => new Date(time) });
  assert.equal(study.run.finished, true);
  assert.deepEqual(blocks(study), [
    [0, 1, 2],
    [0, 1, 2],
  ]);
});

test('an emulator that was linked a moment ago warms up though the study asks for none', async () => {
  await using world = await openWorld();
  const now = (): Date => new Date(0);
  const study = await session({ world, maxBlocks: 1, warmup: 0, fresh: true, now });
  assert.deepEqual(blocks(study), [
    [0, 1],
    [0, 1],
  ]);
  await using other = await openWorld();
  assert.deepEqual(blocks(await session({ world: other, maxBlocks: 1, warmup: 0, now })), [[1], [1]]);
});
