import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { createRunFolder, findRun, newRunId, readRun, writeBoot, writeRun } from '../../src/store/run-folder.ts';
import { exampleBoot, exampleRecordedScenario, exampleRun } from '../examples/run.ts';
import { refused } from '../helpers.ts';

async function storedExample(context: test.TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'bootgauge run, with ü-'));
  context.after(() => rm(root, { recursive: true, force: true }));
  const run = exampleRun([exampleRecordedScenario([exampleBoot(1, 2000), exampleBoot(2, 2100)])]);
  const folder = await createRunFolder(root, run.id);
  await writeRun(folder, run);
  for (const boot of run.scenarios[0]?.boots ?? []) await writeBoot(folder, boot);
  return { root, run, folder };
}

test('a run is read back exactly as it was written', async (context) => {
  const { run, folder } = await storedExample(context);
  const back = await readRun(folder);
  assert.deepEqual(
    { ...back, scenarios: back.scenarios.map((entry) => ({ ...entry, boots: entry.boots.map(plain) })) },
    { ...run, scenarios: run.scenarios.map((entry) => ({ ...entry, boots: entry.boots.map(plain) })) },
  );
});

const plain = (boot: { console: { bytes: Uint8Array } }) => ({
  ...boot,
  console: { ...boot.console, bytes: [...boot.console.bytes] },
});

test('a soak of more boots than a process may open files is read back', async (context) => {
  const { run, folder } = await storedExample(context);
  for (let number = 3; number <= 120; number += 1) await writeBoot(folder, exampleBoot(number, 2000));
  await writeRun(folder, run);
  const module = new URL('../../src/store/run-folder.ts', import.meta.url).href;
  const program = `const { readRun } = await import('${module}');
    console.log((await readRun(process.argv[1])).scenarios[0].boots.length);`;
  const node = [process.execPath, '--input-type=module', '-e', program, folder];
  const child = spawn('sh', ['-c', 'ulimit -n 80 && exec "$@"', 'sh', ...node], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.equal((await text(child.stdout)).trim(), '120');
});

test('a run is found by folder, by id and as the newest one', async (context) => {
  const { root, run, folder } = await storedExample(context);
  assert.equal(await findRun(root, undefined), folder);
  assert.equal(await findRun(root, run.id), folder);
  assert.equal(await findRun(root, folder), folder);
  await assert.rejects(findRun(root, 'nothing-here'), refused(/no run found at nothing-here/));
});

test('ids of later runs sort behind those of earlier ones', () => {
  const ids = [newRunId(new Date('2026-01-31T23:59:59Z')), newRunId(new Date('2026-02-01T00:00:00Z'))];
  assert.deepEqual(ids.toSorted(), ids);
});

test('git never sees recorded runs', async (context) => {
  const { root } = await storedExample(context);
  assert.equal(await readFile(join(root, '.bootgauge', '.gitignore'), 'utf8'), '*\n');
});

test('a truncated boot file is named', async (context) => {
  const { folder } = await storedExample(context);
  await truncate(join(folder, 'boots', '0002.json'), 100);
  await assert.rejects(readRun(folder), refused(/0002\.json cannot be read/));
});

test('a console with other bytes than were recorded is named', async (context) => {
  const { folder } = await storedExample(context);
  await appendFile(join(folder, 'boots', '0001.console'), 'x');
  await assert.rejects(readRun(folder), refused(/0001\.console .* bytes/));
});

test('a missing console is named', async (context) => {
  const { folder } = await storedExample(context);
  await rm(join(folder, 'boots', '0001.console'));
  await assert.rejects(readRun(folder), refused(/0001\.console/));
});

test('a hand-edited value of the wrong kind names its field', async (context) => {
  const { folder } = await storedExample(context);
  const path = join(folder, 'boots', '0001.json');
  const boot = JSON.parse(await readFile(path, 'utf8')) as { console: { bytes: number; reads: number[] } };
  await writeFile(path, JSON.stringify({ ...boot, outcome: { kind: 'splendid' } }));
  await assert.rejects(readRun(folder), refused(/outcome/));
});

test('reads that go back in time are refused', async (context) => {
  const { folder } = await storedExample(context);
  const path = join(folder, 'boots', '0001.json');
  const boot = JSON.parse(await readFile(path, 'utf8')) as { console: { bytes: number; reads: number[] } };
  boot.console.reads.reverse();
  await writeFile(path, JSON.stringify(boot));
  await assert.rejects(readRun(folder), refused(/rising pairs/));
});

test('reads that begin behind the bytes of the console are refused', async (context) => {
  const { folder } = await storedExample(context);
  const path = join(folder, 'boots', '0001.json');
  const boot = JSON.parse(await readFile(path, 'utf8')) as { console: { bytes: number; reads: number[] } };
  boot.console.reads = [boot.console.bytes + 1, 5];
  await writeFile(path, JSON.stringify(boot));
  await assert.rejects(readRun(folder), refused(/within its bytes/));
});

test('a run of a newer schema says so', async (context) => {
  const { folder, run } = await storedExample(context);
  await writeFile(join(folder, 'run.json'), JSON.stringify({ ...run, schema: 2 }));
  await assert.rejects(readRun(folder), refused(/newer Bootgauge \(schema 2\)/));
});

test('a boot without its JSON is not part of the run, whatever a kill left behind', async (context) => {
  const { folder } = await storedExample(context);
  await writeFile(join(folder, 'boots', '0003.console'), 'half a boot');
  const run = await readRun(folder);
  assert.deepEqual(
    run.scenarios[0]?.boots.map((boot) => boot.number),
    [1, 2],
  );
  assert.ok((await readdir(join(folder, 'boots'))).includes('0003.console'));
});
