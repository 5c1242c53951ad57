// Files that earlier commits wrote: runs, reports, baselines, studies and gates are read as before, and judged to the same numbers.
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { analyze } from '../src/analyze.ts';
import { type Journal, readJournal } from '../src/bisect/journal.ts';
import { readStoredGate, readStoredReport } from '../src/github/stored-report.ts';
import { buildSpecSchema } from '../src/model/build.ts';
import { jsonReport } from '../src/report/json.ts';
import { readBaseline } from '../src/store/baseline-file.ts';
import { readRun } from '../src/store/run-folder.ts';
import { readStudy } from '../src/store/study-folder.ts';
import { analyzeStudy } from '../src/study/analyze-study.ts';

const stored = resolve(import.meta.dirname, 'fixtures/stored');
/** The one library that was built before QEMU is the first of a list today. */
const jsonOf = async (...path: readonly string[]): Promise<unknown> =>
  JSON.parse(await readFile(join(stored, ...path), 'utf8'), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('virglrenderer' in value)) return value;
    const { virglrenderer, ...spec } = value;
    assert.equal(virglrenderer, null);
    return { ...spec, dependencies: [] };
  });

/** Parts of a report that are words, or that new rules and new things to show may add to. */
const wordy = new Set(['findings', 'warnings', 'because', 'wouldDecide', 'outcomeText', 'lost', 'trouble', 'missing']);

/** A resolution is now what boots usually have, and no longer what the worst of them had: it, and the floor it makes, only shrink. */
const isSettled = (path: string, before: unknown, now: unknown): boolean =>
  typeof before === 'number' &&
  typeof now === 'number' &&
  // The last digits are those of the order in which a sum was taken.
  (Math.abs(now - before) <= 1e-11 * Math.abs(before) || (/\.(?:resolution|floor)$/.test(path) && now < before));

/** What `now` says differently of that which `before` says, by path. */
function differences(before: unknown, now: unknown, path: string): string[] {
  if (before !== null && typeof before === 'object') {
    if (now === null || typeof now !== 'object') return [path];
    return Object.entries(before).flatMap(([key, value]) =>
      wordy.has(key) ? [] : differences(value, (now as Record<string, unknown>)[key], `${path}.${key}`),
    );
  }
  return Object.is(before, now) || isSettled(path, before, now)
    ? []
    : [`${path}: ${JSON.stringify(before)} became ${JSON.stringify(now)}`];
}

const storedRuns = ['built', 'pull-request', 'rebooted', 'run'];

test('no stored run is left out: those of the repository are the ones that are judged here, and a study', () => {
  const found = globSync('**/run.json', {
    cwd: resolve(import.meta.dirname, '..'),
    exclude: ['node_modules', '.bootgauge'],
  });
  assert.deepEqual(
    found.sort(),
    [...storedRuns, 'study'].map((name) => join('test/fixtures/stored', name, 'run.json')).sort(),
  );
});

for (const name of storedRuns) {
  test(`a stored run is judged to the numbers that it had: ${name}`, async () => {
    const now: unknown = JSON.parse(jsonReport(analyze(await readRun(join(stored, name)))));
    assert.deepEqual(differences(await jsonOf(name, 'report.json'), now, 'report'), []);
  });

  test(`a stored run is read whole: ${name}`, async () => {
    const run = await readRun(join(stored, name));
    const facts = { ...run, scenarios: run.scenarios.map(({ boots: _, ...entry }) => entry) };
    assert.deepEqual(facts, await jsonOf(name, 'run.json'));
    const boots = run.scenarios.flatMap((entry) => entry.boots);
    assert.ok(boots.length > 0);
    for (const boot of boots) {
      const { bytes, droppedBytes, reads } = boot.console;
      const console = { bytes: bytes.length, droppedBytes, reads: reads.flatMap(({ offset, atNs }) => [offset, atNs]) };
      const file = `${String(boot.number).padStart(4, '0')}.json`;
      assert.deepEqual({ ...boot, console }, await jsonOf(name, 'boots', file));
    }
  });

  test(`a stored report is read whole: ${name}`, async () => {
    const report = readStoredReport(join(stored, name));
    assert.deepEqual(differences(await jsonOf(name, 'report.json'), report, 'report'), []);
  });
}

test('a stored study is read whole, and has the effects that it had', async () => {
  const study = await readStudy(join(stored, 'study'));
  assert.ok(study !== null);
  assert.deepEqual(study, await jsonOf('study', 'study.json'));
  const now: unknown = analyzeStudy({ ...study, run: await readRun(join(stored, 'study')) });
  assert.deepEqual(differences(await jsonOf('study', 'study-report.json'), now, 'study'), []);
});

test('a stored baseline is read whole', async () => {
  const [session, ...others] = await readBaseline(join(stored, 'baseline.jsonl'));
  assert.deepEqual(session, await jsonOf('baseline.jsonl'));
  assert.deepEqual(others, []);
});

test('what a stored gate says is read whole', async () => {
  const gate = readStoredGate(join(stored, 'pull-request'));
  assert.equal(gate.gateChanges.length, 1);
  assert.deepEqual(gate, await jsonOf('pull-request', 'gate.json'));
});

test('a stored bisection is read whole, and only by the question that it answers', async () => {
  const path = join(stored, 'bisection.json');
  const journal = (await jsonOf('bisection.json')) as Journal;
  assert.deepEqual(await readJournal(path, journal.question), journal);
  assert.equal(await readJournal(path, 'another question'), null);
});

test('a library that an earlier commit built before QEMU is read as the first of a list', () => {
  const build = {
    ...{ source: '/src/qemu', ref: null, patches: [], preset: 'fork-macos', configure: [], python: null },
    ...{ environment: {}, virglrenderer: { source: '/src/virglrenderer', ref: 'main' } },
  };
  assert.deepEqual(buildSpecSchema.parse(build).dependencies, [
    { name: 'virglrenderer', source: '/src/virglrenderer', ref: 'main', meson: ['-Dvenus=true'] },
  ]);
});
