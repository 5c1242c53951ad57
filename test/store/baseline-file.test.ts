import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import type { BaselineSession } from '../../src/model/baseline.ts';
import type { Series } from '../../src/model/series.ts';
import { addSession, baselinePath, keptSessions, readBaseline } from '../../src/store/baseline-file.ts';
import { sessionOf } from '../../src/trend/session.ts';
import { exampleConditions, exampleRun, exampleScenario } from '../examples/run.ts';
import { refused } from '../helpers.ts';

const series: Series = {
  metric: 'time-to-ssh',
  unit: 'ms',
  side: 'head',
  resolution: 20,
  samples: [
    { boot: 2, round: 1, value: 2412.3456789 },
    { boot: 3, round: 2, value: null },
  ],
};

const session = (run: string): BaselineSession => ({
  ...sessionOf({
    run: exampleRun([]),
    scenario: exampleScenario,
    conditions: exampleConditions,
    series: [series],
    intended: '',
  }),
  run,
});

async function baselineFile(context: test.TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'bootgauge-baseline-'));
  context.after(() => rm(root, { recursive: true, force: true }));
  return join(root, baselinePath('example-tcg', 'default'));
}

test('a missing baseline has no sessions', async (context) => {
  assert.deepEqual(await readBaseline(await baselineFile(context)), []);
});

test('sessions come back in the order in which they were accepted, failed boots included', async (context) => {
  const path = await baselineFile(context);
  await addSession(path, session('a'));
  await addSession(path, session('b'));
  const back = await readBaseline(path);
  assert.deepEqual(back, [session('a'), session('b')]);
  assert.deepEqual(back[0]?.metrics['time-to-ssh']?.samples, [2412.346, null]);
});

test('one session is one line', async (context) => {
  const path = await baselineFile(context);
  await addSession(path, session('a'));
  await addSession(path, session('b'));
  assert.equal((await readFile(path, 'utf8')).split('\n').length, 3);
});

test('accepting a run twice does not count it twice', async (context) => {
  const path = await baselineFile(context);
  await addSession(path, session('a'));
  await addSession(path, { ...session('a'), intended: 'new initramfs' });
  assert.deepEqual(
    (await readBaseline(path)).map((entry) => entry.intended),
    ['new initramfs'],
  );
});

test('the oldest sessions are dropped first', async (context) => {
  const path = await baselineFile(context);
  for (let index = 0; index < keptSessions + 3; index += 1) await addSession(path, session(`run-${index}`));
  const runs = (await readBaseline(path)).map((entry) => entry.run);
  assert.equal(runs.length, keptSessions);
  assert.equal(runs[0], 'run-3');
  await addSession(path, session('last'), 5);
  const fewer = (await readBaseline(path)).map((entry) => entry.run);
  assert.deepEqual([fewer.length, fewer.at(-1)], [5, 'last']);
});

for (const [what, line, pattern] of [
  ['a truncated line', '{"schema":1,"run":"a"', /line 2, cannot be read/],
  ['a merge conflict', '<<<<<<< ours', /line 2, cannot be read/],
  ['a session of a newer schema', '{"schema":7}', /line 2, was written by a newer Bootgauge \(schema 7\)/],
  [
    'a negative sample',
    JSON.stringify({ ...session('x'), metrics: { m: { unit: 'ms', resolution: 1, samples: [-1] } } }),
    /line 2, .*samples/s,
  ],
] as const) {
  test(`${what} is named by its line, and nothing is overwritten`, async (context) => {
    const path = await baselineFile(context);
    await mkdir(dirname(path), { recursive: true });
    const content = `${JSON.stringify(session('a'))}\n${line}\n`;
    await writeFile(path, content);
    await assert.rejects(readBaseline(path), refused(pattern));
    await assert.rejects(addSession(path, session('b')), refused(pattern));
    assert.equal(await readFile(path, 'utf8'), content);
  });
}

test('what a driver offers is kept once, by the newest session that has it', async (context) => {
  const path = await baselineFile(context);
  const offers = (name: string) => ({ extensions: [name], features: [], limits: { maxImageDimension2D: 16384 } });
  const driver = { driverID: 'D', driverName: 'd', deviceName: 'x', apiVersion: '1.3.0', driverInfo: 'i' };
  for (const [run, name] of [
    ['a', 'VK_A'],
    ['b', 'VK_A'],
    ['c', 'VK_B'],
  ] as const) {
    await addSession(path, { ...session(run), vulkan: { ...driver, offers: offers(name) } });
  }
  await addSession(path, { ...session('d'), vulkan: { ...driver, offers: null } });
  assert.deepEqual(
    (await readBaseline(path)).map(({ vulkan }) => vulkan?.offers?.extensions ?? null),
    [null, ['VK_A'], ['VK_B'], null],
  );
});
