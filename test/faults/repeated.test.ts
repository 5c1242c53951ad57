// Running the same two sides again: the pairs are judged together, so that re-running until it is green does not pay.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { earlierRuns, keepRun } from '../../src/measure/earlier-runs.ts';
import type { Conditions } from '../../src/model/conditions.ts';
import type { Report } from '../../src/model/report.ts';
import type { RecordedScenario } from '../../src/model/run.ts';
import { readRun } from '../../src/store/run-folder.ts';
import { goodBoot } from './scripts.ts';
import { openWorld, type World } from './world.ts';

const configured = async (world: World, base: string, head: string): Promise<void> =>
  writeFile(
    join(world.workspace, 'bootgauge.yml'),
    `version: 1
scenarios:
  sides:
    accel: tcg
    sampling: { warmup: 0, boots: 3, max-boots: 3 }
    base: { qemu: { binary: ${JSON.stringify(base)} } }
    head: { qemu: { binary: ${JSON.stringify(head)} } }
`,
  );

const newest = (world: World): string => world.runs().toSorted().at(-1) as string;

const pairsOf = (run: string): number | undefined => {
  const report = JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')) as Report;
  return report.scenarios[0]?.comparisons.find(({ metric }) => metric === 'time-to-ssh')?.head.count;
};

/** Rounds that a run took itself: three, and one more for each that a busy machine made late. */
async function ownRounds(run: string): Promise<number> {
  const { scenarios } = await readRun(run);
  return new Set(scenarios[0]?.boots.map(({ round }) => round)).size;
}

/** Pairs that the report of the newest run judged, above those that the run took itself. */
async function pooled(world: World): Promise<number> {
  return (pairsOf(newest(world)) ?? 0) - (await ownRounds(newest(world)));
}

test('pairs of the same two sides are judged together, and the report says so', async () => {
  await using world = await openWorld();
  const [base, head, other] = [
    await world.player(goodBoot(100)),
    await world.player(goodBoot(130)),
    await world.player(goodBoot(160)),
  ];
  await configured(world, base, head);
  const first = await world.run('run');
  assert.ok((pairsOf(newest(world)) ?? 0) >= 3, first.stdout + first.stderr);
  assert.ok((await pooled(world)) <= 0, first.stdout + first.stderr);
  assert.doesNotMatch(first.stdout, /judged together/);

  const again = await world.run('run');
  assert.ok((await pooled(world)) >= 2, again.stdout + again.stderr);
  assert.match(again.stdout.replace(/\s+/g, ' '), /booted before .*judged together with the new ones/);
  const before = await readFile(join(newest(world), 'report.json'), 'utf8');
  await world.run('analyze');
  assert.equal(await readFile(join(newest(world), 'report.json'), 'utf8'), before);

  const kept = join(world.workspace, 'kept');
  await keepRun(newest(world), kept, () => {});
  const { scenario, conditions } = (await readRun(newest(world))).scenarios[0] as RecordedScenario;
  const sides = { scenario, conditions: { head: conditions.head, base: conditions.base as Conditions } };
  const [found, ...more] = await earlierRuns(kept, sides, () => {});
  assert.equal(
    found?.head.find(({ metric }) => metric === 'time-to-ssh')?.samples.length,
    await ownRounds(newest(world)),
    'its own boots only',
  );
  assert.deepEqual(more, []);
  const exchanged = { scenario, conditions: { head: sides.conditions.base, base: sides.conditions.head } };
  assert.deepEqual(await earlierRuns(kept, exchanged, () => {}), []);

  await configured(world, base, other);
  await world.run('run');
  assert.ok((await pooled(world)) <= 0, 'another head is another experiment');

  await configured(world, base, head);
  await writeFile(join(world.runs().toSorted()[0] as string, 'run.json'), '{ cut off');
  const third = await world.run('run');
  assert.match(third.stderr, /an earlier run is left out/);
  assert.ok((await pooled(world)) >= 2, third.stdout + third.stderr);
});
