// The commands that explain a recorded run: blame, open and the report of a study, and what they make of odd runs.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { SideBlame } from '../../src/model/blame.ts';
import type { Boot } from '../../src/model/boot.ts';
import { writeStudy } from '../../src/store/study-folder.ts';
import { exampleBoot } from '../examples/run.ts';
import { assertGolden } from '../golden.ts';
import { runIn, storeRun } from './in-memory.ts';

const root = mkdtempSync(join(tmpdir(), 'bootgauge-explain-'));
after(() => rmSync(root, { recursive: true }));

const run = (...args: readonly string[]) => runIn(root, ...args);
const stored = (id: string, boots: readonly Boot[]): Promise<string> => storeRun(root, id, boots);

const edit = async (path: string, change: (text: string) => string): Promise<void> =>
  writeFile(path, change(await readFile(path, 'utf8')));

test('blame tells phases, parts, silences and the chain, and its figures add up', async () => {
  const folder = await stored('20260102T030405-aaaa', [
    exampleBoot(1, 8000),
    exampleBoot(2, 8200),
    exampleBoot(3, 7900),
  ]);
  const shown = await run('blame', folder, '--perspective');
  assert.equal(shown.code, 0, shown.err);
  assertGolden('cli/blame.txt', shown.out);
  const { scenarios } = JSON.parse((await run('blame', folder, '--json')).out) as {
    scenarios: { sides: SideBlame[] }[];
  };
  const [side] = scenarios[0]?.sides ?? [];
  assert.equal(side?.totalMs, 8000);
  assert.ok(Math.abs((side?.phases.reduce((sum, { ms }) => sum + ms, 0) ?? 0) - 8000) < 1e-3);
});

test('an empty console is one phase, and a run in which nothing came up has nothing to blame', async () => {
  const silent: Partial<Boot> = { console: { bytes: new Uint8Array(), reads: [], droppedBytes: 0 } };
  const empty = await run('blame', await stored('20260102T030405-bbbb', [exampleBoot(1, 5000, silent)]));
  assert.equal(empty.code, 0, empty.err);
  assert.match(empty.out, /before-openrc +4\.92 s/);
  const failed: Partial<Boot> = { ...silent, probes: [], outcome: { kind: 'hung', phase: 'openrc', deadlineMs: 9000 } };
  const none = await run('blame', await stored('20260102T030405-cccc', [exampleBoot(1, 5000, failed)]));
  assert.equal(none.code, 0, none.err);
  assert.match(none.out, /no boot came as far as its SSH server/);
});

test('runs and studies of another schema are refused with what to do', async () => {
  const old = await stored('20260102T030405-dddd', [exampleBoot(1, 5000)]);
  await edit(join(old, 'run.json'), (text) => text.replace(/"schema": ?1/, '"schema": 0'));
  for (const args of [
    ['blame', old],
    ['study', '--report', old],
  ]) {
    const { code, err } = await run(...args);
    assert.equal(code, 2);
    assert.match(err, args[0] === 'blame' ? /older Bootgauge \(schema 0\)[\s\S]*record the run again/ : /is no study/);
  }
  const study = await stored('20260102T030405-eeee', [exampleBoot(1, 5000)]);
  const sampling = { warmup: 0, blocks: 2, maxBlocks: 2, timeBudgetMs: 1000 };
  const arm = { id: 'default', levels: { cpus: '2' }, unreachable: '' } as never;
  await writeStudy(study, {
    plan: {
      name: 's',
      design: 'full',
      factors: [{ name: 'cpus', levels: ['2'] }],
      arms: [arm],
      sampling,
      digest: 'ab',
    },
    ended: [],
  });
  assert.equal((await run('study', '--report', study)).code, 0);
  await edit(join(study, 'study.json'), (text) => text.replace('"schema": 1', '"schema": 0'));
  const { code, err } = await run('study', '--report', study);
  assert.equal(code, 2);
  assert.match(err, /written by another version of Bootgauge \(schema 0/);
});

test('open prints the page of a run, and says how to get one that is not there', async () => {
  const folder = await stored('20260102T030405-ffff', [exampleBoot(1, 5000)]);
  const missing = await run('open', folder);
  assert.equal(missing.code, 2);
  assert.match(missing.err, /there is no .*report\.html[\s\S]*bootgauge analyze/);
  writeFileSync(join(folder, 'report.html'), '');
  // Without a display there is nothing that could show it.
  for (const args of [['open', folder], ['open', folder, '--print'], ['open']]) {
    const { code, out, err } = await run(...args);
    assert.deepEqual([code, out, err], [0, `${join(folder, 'report.html')}\n`, '']);
  }
});
