// Which run a command means: from any folder of the repository, and for `open` the newest that has a page.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exampleBoot, exampleScenario } from '../examples/run.ts';
import { runIn, storeRun } from './in-memory.ts';

function repository(context: TestContext): { readonly root: string; readonly inside: string } {
  const root = mkdtempSync(join(tmpdir(), 'bootgauge-find-'));
  context.after(() => rmSync(root, { recursive: true }));
  const inside = join(root, 'src', 'deep');
  mkdirSync(inside, { recursive: true });
  mkdirSync(join(root, '.git'));
  return { root, inside };
}

const boots = [exampleBoot(1, 8000), exampleBoot(2, 8100)];
/** No two runs have the same boots. */
const otherBoots = [exampleBoot(1, 8020), exampleBoot(2, 8130)];
const idOf = (folder: string): string => folder.slice(folder.lastIndexOf('/') + 1);

test('a run of the repository is found from any folder in it, by every command that reads runs', async (context) => {
  const { root, inside } = repository(context);
  writeFileSync(join(root, 'bootgauge.yml'), 'version: 1\n');
  const first = await storeRun(root, '20260102T030405-aaaa', boots);
  const second = await storeRun(root, '20260102T030406-bbbb', otherBoots);
  for (const args of [
    ['analyze'],
    ['blame'],
    ['open', '--print'],
    ['compare', idOf(first), idOf(second)],
    ['baseline', 'accept'],
    ['merge', idOf(first), idOf(second)],
  ]) {
    const { code, err } = await runIn(inside, ...args);
    assert.equal(code, 0, `${args.join(' ')}: ${err}`);
  }
  // What merge made lies where run would have put it, and is the newest now.
  const merged = await runIn(root, 'open', '--print');
  assert.equal(merged.code, 0, merged.err);
  assert.ok(merged.out.startsWith(join(root, '.bootgauge', 'runs')));
  assert.doesNotMatch(merged.out, /aaaa|bbbb/);
});

test('of runs here and above the newest is meant, and nothing above the configuration or the repository', async (context) => {
  const { root, inside } = repository(context);
  const above = await storeRun(root, '20260102T030406-bbbb', boots);
  await storeRun(inside, '20260102T030405-aaaa', boots);
  const newest = async (): Promise<string> => (await runIn(inside, 'blame', '--json')).out;
  assert.match(await newest(), /20260102T030406-bbbb/);
  writeFileSync(join(inside, 'bootgauge.yml'), 'version: 1\n');
  assert.match(await newest(), /20260102T030405-aaaa/);
  assert.equal((await runIn(inside, 'blame', idOf(above))).code, 2);
  rmSync(join(inside, 'bootgauge.yml'));
  mkdirSync(join(inside, '.git'));
  assert.match(await newest(), /20260102T030405-aaaa/);
});

test('where there is no run at all the places that were searched are named', async (context) => {
  const { root, inside } = repository(context);
  const { code, err } = await runIn(inside, 'blame');
  assert.equal(code, 2);
  assert.ok(err.includes(`no run found in ${join(inside, '.bootgauge', 'runs')}, nor above it up to ${root}`), err);
});

test('outside a repository only the folder itself is searched', async (context) => {
  const { root, inside } = repository(context);
  rmSync(join(root, '.git'), { recursive: true });
  await storeRun(root, '20260102T030405-aaaa', boots);
  assert.equal((await runIn(inside, 'blame')).code, 2);
});

test('open shows the newest run that has a page, and says what it skipped', async (context) => {
  const { root } = repository(context);
  const paged = await storeRun(root, '20260102T030405-aaaa', boots);
  const none = await runIn(root, 'open');
  assert.equal(none.code, 2);
  assert.match(none.err, /no run has a page[\s\S]*bootgauge analyze 20260102T030405-aaaa/);
  writeFileSync(join(paged, 'report.html'), '');
  for (const id of ['20260102T030406-bbbb', '20260102T030407-cccc']) await storeRun(root, id, boots);
  const { code, out, err } = await runIn(root, 'open');
  assert.deepEqual([code, out], [0, `${join(paged, 'report.html')}\n`]);
  assert.match(err, /skipped 20260102T030407-cccc and 1 more, newer but without a page: `bootgauge analyze 2026/);
});

test('open says how a study is seen, and when a page is older than what was recorded', async (context) => {
  const { root } = repository(context);
  const study = await storeRun(root, '20260102T030405-aaaa', boots);
  writeFileSync(join(study, 'study.json'), '{}');
  assert.match(
    (await runIn(root, 'open', '--print')).err,
    /it is a study, which `bootgauge study --report 2026\S+-aaaa` shows/,
  );
  const folder = await storeRun(root, '20260102T030406-bbbb', boots);
  assert.equal((await runIn(root, 'analyze')).code, 0);
  assert.equal((await runIn(root, 'open', '--print')).err, '');
  utimesSync(join(folder, 'report.html'), 1e9, 1e9);
  const old = await runIn(root, 'open', '--print');
  assert.equal(old.code, 0);
  assert.match(old.err, /the page of 2026\S+-bbbb is older than what was recorded: `bootgauge analyze/);
});

test('an analysed study offers no command that it cannot keep', async (context) => {
  const { root } = repository(context);
  const folder = await storeRun(root, '20260102T030405-aaaa', boots, { baselinePath: '' });
  const { code, out } = await runIn(root, 'analyze');
  assert.equal(code, 0);
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  for (const text of [out, page]) {
    assert.match(text, /bootgauge study --report 20260102T030405-aaaa/);
    assert.doesNotMatch(text, /bootgauge run|baseline accept/);
  }
});

test('verbose boots are not compared with each other, and a name that --explain needs is refused at once', async (context) => {
  const { root } = repository(context);
  const scenario = { ...exampleScenario, profile: 'attribution' as const };
  const runs = ['20260102T030405-aaaa', '20260102T030406-bbbb'];
  for (const id of runs) await storeRun(root, id, boots, { scenario });
  const compared = await runIn(root, 'compare', ...runs);
  assert.equal(compared.code, 2);
  assert.match(compared.err, /no scenario of the profile timing in common/);
  writeFileSync(join(root, 'bootgauge.yml'), 'version: 1\nscenarios: { default: {}, default.attribution: {} }\n');
  const explained = await runIn(root, 'run', '--explain', '1');
  assert.equal(explained.code, 2);
  assert.match(explained.err, /--explain needs the name default\.attribution for itself/);
});
