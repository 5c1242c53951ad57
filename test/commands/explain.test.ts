// The commands that explain a recorded run: blame, open and the report of a study, and what they make of odd runs.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { SideBlame } from '../../src/model/blame.ts';
import type { Boot } from '../../src/model/boot.ts';
import { writeStudy } from '../../src/store/study-folder.ts';
import { exampleBoot, exampleSide } from '../examples/run.ts';
import { assertGolden } from '../golden.ts';
import { planOf } from '../study/plan.ts';
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
  assert.ok(Math.abs(side.phases.reduce((sum, { ms }) => sum + ms, 0) - 8000) < 1e-3);
});

test('blame says which boots it is laid on where the metric table counts others', async () => {
  const hung: Partial<Boot> = { probes: [], outcome: { kind: 'hung', phase: 'openrc', deadlineMs: 9000 } };
  const timedOut: Partial<Boot> = { outcome: { kind: 'failed', probe: 'app', detail: 'timeout' } };
  const boots = [exampleBoot(1, 8000), exampleBoot(2, 8200, hung), exampleBoot(3, 7900, timedOut)];
  const { out } = await run('blame', await stored('20260102T030405-abab', boots));
  const line = out.replace(/\s+/g, ' ');
  assert.match(line, /2 boots \(those of this run that came to the SSH banner; the metric table counts 3\)/);
  const alike = await run(
    'blame',
    await stored(
      '20260102T030405-acac',
      boots.filter(({ number }) => number !== 2),
    ),
  );
  assert.match(alike.out, /time-to-ssh 7\.9\d s, 2 boots, timing profile$/m);
});

test('an empty console is one phase, and a run in which nothing came up has nothing to blame', async () => {
  const silent: Partial<Boot> = { console: { bytes: new Uint8Array(), reads: [], droppedBytes: 0 } };
  const empty = await run('blame', await stored('20260102T030405-bbbb', [exampleBoot(1, 5000, silent)]));
  assert.equal(empty.code, 0, empty.err);
  assert.match(empty.out, /before-openrc +4\.92 s/);
  const failed: Partial<Boot> = { ...silent, probes: [], outcome: { kind: 'hung', phase: 'openrc', deadlineMs: 9000 } };
  const none = await run('blame', await stored('20260102T030405-cccc', [exampleBoot(1, 5000, failed)]));
  assert.equal(none.code, 0, none.err);
  assert.match(none.out, /no boot reached its SSH server/);
});

test('blame says of a boot that never came up how far it came, what its console said last, and why', async () => {
  const hung: Partial<Boot> = { probes: [], outcome: { kind: 'hung', phase: 'sshd', deadlineMs: 9000 } };
  const { code, out, err } = await run('blame', await stored('20260102T030405-cdcd', [exampleBoot(1, 5000, hung)]));
  assert.equal(code, 0, err);
  assert.match(out, /boot 1 \(head\): hung in sshd \(deadline 9 s\)/);
  assert.match(out.replace(/\s+/g, ' '), /It came through .*before-openrc .*openrc .* and stood in sshd for 1\.00 s\./);
  assert.match(out, /The boot hung/);
  assert.match(out, /The console said last:\n +OpenRC /);
});

test('blame tells beside a side that came up where the other stopped, and how long that phase takes where it ends', async () => {
  const hung: Partial<Boot> = { probes: [], outcome: { kind: 'hung', phase: 'sshd', deadlineMs: 9000 } };
  const boots = [exampleBoot(1, 5000, { side: 'base' }), exampleBoot(2, 5000, hung), exampleBoot(3, 5000, hung)];
  const folder = await stored('20260102T030405-cece', boots);
  const { out } = await run('blame', folder);
  const line = out.replace(/\s+/g, ' ');
  assert.match(line, /base: time-to-ssh 5\.00 s/);
  assert.match(line, /boot 2 \(head\): hung in sshd \(deadline 9 s\) It came through .*; on base it takes 1\.00 s\./);
  const { scenarios } = JSON.parse((await run('blame', folder, '--json')).out) as {
    scenarios: { sides: SideBlame[]; stopped: { boot: number; way: string; lastLines: string[] }[] }[];
  };
  assert.deepEqual(
    scenarios[0]?.stopped.map(({ boot }) => boot),
    [2, 3],
  );
  assert.match(scenarios[0].stopped[0]?.way ?? '', /stood in sshd/);
  assert.ok((scenarios[0].stopped[0]?.lastLines.length ?? 0) > 0);
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
    assert.match(
      err,
      args[0] === 'blame' ? /older Bootgauge \(schema 0\)[\s\S]*record the run again/ : /is not a study/,
    );
  }
  const study = await stored('20260102T030405-eeee', [exampleBoot(1, 5000)]);
  const sampling = { warmup: 0, blocks: 2, maxBlocks: 2, timeBudgetMs: 1000 };
  const setting = { side: exampleSide, environment: {}, initramfs: null };
  const arm = { id: 'default', levels: { cpus: '2' }, setting, unreachable: '' };
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
  assert.match(err, /written by an older Bootgauge \(schema 0\)/);
});

test('a study is shown although its file cannot be written, and then that is said without a stack', async () => {
  const study = await stored('20260102T030405-efef', [exampleBoot(1, 5000)]);
  await writeStudy(study, { plan: planOf('factors:\n  cpus: [4, 1]\n'), ended: [] });
  // A folder in the file's place stands for a full disk and for a folder that is read-only.
  mkdirSync(join(study, 'study-report.json'));
  const text = await run('study', '--report', study);
  assert.equal(text.code, 3);
  assert.match(text.out, /^Study test: /);
  assert.doesNotMatch(text.out, /study-report\.json/);
  assert.match(text.err, /^error: cannot write .*study-report\.json: EISDIR/);
  assert.doesNotMatch(text.err, /fault in Bootgauge|\n +at /);
  const json = await run('study', '--report', study, '--json');
  assert.equal(json.code, 3);
  assert.equal((JSON.parse(json.out) as { name: string }).name, 'test');
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
