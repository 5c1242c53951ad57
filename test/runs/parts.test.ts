// Which parts of host and guest moved between two runs: those and nothing else, in a report, in a baseline and by `bootgauge diff`.
import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { analyze } from '../../src/analyze.ts';
import { acceptAsBaseline } from '../../src/measure/sessions.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { Conditions } from '../../src/model/conditions.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { htmlReport } from '../../src/report/html.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { terminalReport } from '../../src/report/terminal.ts';
import { partsDifferences } from '../../src/runs/parts.ts';
import { readBaseline } from '../../src/store/baseline-file.ts';
import { runIn, storeRun } from '../commands/in-memory.ts';
import { exampleBoot, exampleConditions, exampleRecordedScenario, exampleRun } from '../examples/run.ts';

const library = 'libvirglrenderer';
const conditions = (digest = 'a1'.repeat(32), more: Partial<Conditions['emulator']> = {}): Conditions => ({
  ...exampleConditions,
  emulator: {
    ...exampleConditions.emulator,
    ...{ origin: 'path', runtime: { [library]: digest, firmware: 'f0'.repeat(32), VN_DEBUG: 'no' } },
    ...{ places: { [library]: `/opt/virgl-1.1.${digest === 'a1'.repeat(32) ? 0 : 1}/lib/${library}.so` }, ...more },
  },
  guest: { ...exampleConditions.guest, packages: {}, files: { kernel: 'c0'.repeat(32), initramfs: 'c1'.repeat(32) } },
});
const inventory = (packages: Record<string, string>, venus?: NonNullable<Inventory['venus']>): Inventory => ({
  ...{ kernel: 'Linux 6.12.38 #1 SMP', packages: { musl: '1.2.5-r10', ...packages }, missing: '' },
  ...(venus && { venus }),
});
const old = inventory({ openssl: '3.5.0-r0' });

const recorded = (own: Conditions, stock?: Inventory, ms = 8000) =>
  exampleRecordedScenario(
    Array.from(
      { length: 10 },
      (_, index): Boot =>
        exampleBoot(index + 1, ms + 17 * ((7 * index) % 11), index === 0 && stock ? { inventory: stock } : {}),
    ),
    { conditions: { head: own, base: null } },
  );
const run = (id: string, ...of: Parameters<typeof recorded>) => ({ ...exampleRun([recorded(...of)]), id });
const moved = (...[before, after]: Parameters<typeof partsDifferences>) => partsDifferences(before, after)[0];

test('one library of the host and one package of the guest that were swapped are named, and nothing else', () => {
  const now = run('b', conditions('b2'.repeat(32)), inventory({ openssl: '3.5.1-r0' }));
  assert.deepEqual(moved(run('a', conditions(), old), now), {
    scenario: 'default',
    moved: [
      { kind: 'host', name: library, before: '1.1.0 (a1a1a1a1a1a1)', after: '1.1.1 (b2b2b2b2b2b2)' },
      { kind: 'guest package', name: 'openssl', before: '3.5.0-r0', after: '3.5.1-r0' },
    ],
    unrecorded: [],
  });
  assert.deepEqual(moved(run('a', conditions(), old), run('b', conditions(), old))?.moved, []);
});

test('a run of an earlier commit has moved in nothing that it did not record', () => {
  const { files: _files, ...guest } = conditions().guest;
  const now = conditions('a1'.repeat(32), { versions: { [library]: 'Mesa 25.0' } });
  const found = moved(run('a', { ...conditions(), guest }), run('b', now, old));
  assert.deepEqual(found?.moved, []);
  assert.deepEqual(found.unrecorded, ['Venus protocol', 'guest package']);
});

test('a guest that could not be asked has lost nothing of the Venus protocol', () => {
  const silent: Inventory = { kernel: '', packages: null, missing: 'nobody could log in again' };
  const before = run('a', conditions(), inventory({}, { agreed: { 'wire format': '1' }, mismatch: '' }));
  const found = moved(before, run('b', conditions(), silent));
  assert.deepEqual(found?.moved, []);
  assert.deepEqual(found.unrecorded, ['Venus protocol', 'guest package']);
});

test('versions that end alike, in what could be a digest, are not the same', () => {
  const [before, after] = [{ openssl: '3.5.0-202601010000' }, { openssl: '3.5.1-202601010000' }];
  const found = moved(run('a', conditions(), inventory(before)), run('b', conditions(), inventory(after)));
  assert.deepEqual(
    found?.moved.map(({ name }) => name),
    ['openssl'],
  );
});

test('what the Venus protocol lost comes first; the digest of a whole guest only where nothing tells more', () => {
  const agreed = { 'wire format': '1' };
  const changed = conditions('b2'.repeat(32));
  const other = { ...changed, guest: { ...changed.guest, digest: 'ee'.repeat(32) } };
  const before = run('a', conditions(), inventory({}, { agreed, mismatch: '' }));
  const found = moved(before, run('b', other, inventory({}, { agreed: {}, mismatch: 'wire format version 0 != 1' })));
  assert.deepEqual(
    found?.moved.map(({ kind, name }) => `${kind}: ${name}`),
    ['Venus protocol: mismatch of host and guest', 'Venus protocol: wire format', `host: ${library}`, 'guest: guest'],
  );
  const gone = moved(before, run('b', other, { ...old, venus: { agreed, mismatch: '' } }));
  assert.deepEqual(
    gone?.moved.map(({ kind, name }) => `${kind}: ${name}`),
    [`host: ${library}`, 'guest package: openssl'],
  );
});

test('a bad verdict against a baseline names in comment, terminal and page what moved; a good one does not', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bootgauge-parts-'));
  const request = { folder: folder.path, intended: '', forced: 'a test', keep: undefined };
  let path = '';
  for (const id of ['20260101T000000-aaaa', '20260102T000000-bbbb', '20260103T000000-cccc'])
    for await (const accepted of acceptAsBaseline(run(id, conditions(), old), request)) path = accepted.path;
  const baseline = await readBaseline(path);
  assert.deepEqual(
    baseline.map(({ parts }) => parts !== undefined),
    [false, false, true],
  );
  assert.equal((await readFile(path, 'utf8')).match(/openssl/g)?.length, 1);
  const judged = (ms: number) => {
    const now = recorded(conditions(), inventory({ openssl: '3.5.1-r0' }), ms);
    return analyze(exampleRun([{ ...now, baseline }]));
  };
  assert.equal(judged(8000).scenarios[0]?.moved, undefined);
  const bad = judged(16_000);
  assert.equal(bad.verdict.word, 'slower');
  const style = { columns: 120, colour: 'none', characters: 'unicode', files: [] } as const;
  for (const text of [markdownReport(bad), terminalReport(bad, style), htmlReport(bad, [])]) {
    assert.match(text, /What moved underneath since run 20260103T000000-cccc/);
    assert.match(text, /guest package.*openssl.*3\.5\.0-r0.*3\.5\.1-r0/s);
  }
});

test('diff shows it of two runs, of the two sides of one, and as JSON', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bootgauge-diff-'));
  const [before, after] = ['20260101T000000-aaaa', '20260102T000000-bbbb'] as const;
  const first = recorded(conditions(), old);
  await storeRun(folder.path, before, first.boots, { conditions: first.conditions });
  const second = recorded(conditions('b2'.repeat(32)), inventory({ openssl: '3.5.1-r0' }));
  const sides = { head: second.conditions.head, base: conditions() };
  await storeRun(folder.path, after, second.boots, { conditions: sides });
  const two = await runIn(folder.path, 'diff', before, after);
  assert.equal(two.code, 0, two.err);
  assert.match(two.out, /^default: moved from run 20260101T000000-aaaa to run 20260102T000000-bbbb\n/);
  assert.match(two.out, /host +libvirglrenderer +1\.1\.0 \(a1a1a1a1a1a1\) +1\.1\.1 \(b2b2b2b2b2b2\)\n/);
  assert.match(two.out, /guest package +openssl +3\.5\.0-r0 +3\.5\.1-r0\n/);
  assert.equal(two.out.trim().split('\n').length, 4, two.out);
  const one = await runIn(folder.path, 'diff', after);
  assert.match(one.out, /moved from base to head\n/);
  assert.match(one.out, /guest package: not recorded in both/);
  const json = JSON.parse((await runIn(folder.path, 'diff', before, after, '--json')).out) as {
    scenarios: { moved: { name: string }[] }[];
  };
  assert.deepEqual(
    json.scenarios[0]?.moved.map(({ name }) => name),
    [library, 'openssl'],
  );
  const alone = await runIn(folder.path, 'diff', before);
  assert.equal(alone.code, 2);
  assert.match(alone.err, /has no base/);
});
