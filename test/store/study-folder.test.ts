// Studies on disk: which one can be gone on with, and what is said of those that cannot be read.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BootgaugeError } from '../../src/model/errors.ts';
import type { StudyPlan } from '../../src/model/study.ts';
import { createRunFolder, writeRun } from '../../src/store/run-folder.ts';
import { readStudy, unfinishedStudy, writeStudy } from '../../src/store/study-folder.ts';
import { exampleRecordedScenario, exampleRun, exampleSide } from '../examples/run.ts';

const root = await mkdtemp(join(tmpdir(), 'bootgauge-studies-'));
after(() => rm(root, { recursive: true }));

const setting = { side: exampleSide, environment: {}, initramfs: null };
const plan: StudyPlan = {
  ...{ name: 'test', design: 'full', digest: 'ab', factors: [{ name: 'cpus', levels: ['2'] }] },
  arms: [{ id: 'default', levels: { cpus: '2' }, setting, unreachable: '' }],
  sampling: { warmup: 0, blocks: 2, maxBlocks: 2, timeBudgetMs: 1000 },
};

/** A recorded study, the newest so far. */
async function stored(place: string, time: string, finished: boolean, digest = 'ab'): Promise<string> {
  const folder = await createRunFolder(place, `20260102T0304${time}-abcd`);
  await writeRun(folder, { ...exampleRun([exampleRecordedScenario([])]), finished });
  await writeStudy(folder, { plan: { ...plan, digest }, ended: [], torn: [2] });
  return folder;
}

async function found(place: string): Promise<{ folder: string | undefined; notes: string[] }> {
  const notes: string[] = [];
  const study = await unfinishedStudy(place, 'ab', (event) => event.kind === 'note' && notes.push(event.text));
  return { folder: study?.folder, notes };
}

test('the newest study of these factors is gone on with, unless it was finished', async () => {
  const place = join(root, 'newest');
  assert.deepEqual(await found(place), { folder: undefined, notes: [] });
  const first = await stored(place, '01', false);
  await stored(place, '02', true, 'of other factors');
  assert.deepEqual(await found(place), { folder: first, notes: [] });
  assert.deepEqual((await readStudy(first))?.torn, [2]);
  await stored(place, '03', true);
  assert.deepEqual(await found(place), { folder: undefined, notes: [] });
});

test('what cannot be read is passed over with a note, and what holds no run without one', async () => {
  const place = join(root, 'damaged');
  const first = await stored(place, '01', false);
  await writeFile(join(await stored(place, '02', false), 'run.json'), '{"schema": 1, "id"');
  await writeFile(join(await stored(place, '03', false), 'study.json'), '{}');
  await rm(join(await stored(place, '04', false), 'run.json'));
  const { folder, notes } = await found(place);
  assert.equal(folder, first);
  assert.equal(notes.length, 2);
  assert.match(notes[0] ?? '', /skipped an earlier study: .*0403-abcd\/study\.json cannot be read/);
  assert.match(notes[1] ?? '', /skipped an earlier study: .*0402-abcd\/run\.json cannot be read/);
});

test('a study of another version is refused with what to do', async () => {
  const folder = await stored(join(root, 'schema'), '01', false);
  for (const [schema, hint] of [
    [0, /^run the study again with --restart$/],
    [2, /^update Bootgauge to read it/],
  ] as const) {
    await writeFile(join(folder, 'study.json'), JSON.stringify({ schema, plan, ended: [] }));
    await assert.rejects(readStudy(folder), (error) => {
      assert.ok(error instanceof BootgaugeError && error.exitCode === 2);
      assert.match(
        error.message,
        new RegExp(`study\\.json was written by an? (older|newer) Bootgauge \\(schema ${schema}\\)`),
      );
      assert.match(error.hint, hint);
      return true;
    });
  }
});
