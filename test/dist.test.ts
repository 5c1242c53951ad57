// dist is what other people's machines run: byte for byte what its source builds, small, and without a trace of this machine.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import test from 'node:test';
import { buildDist } from './github/runner.ts';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();

test('dist is what its source builds, byte for byte: `npm run build` makes it so', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-built-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  buildDist(folder);
  assert.deepEqual(filesOf(dist), filesOf(folder));
  const different = filesOf(folder).filter(
    (name) => !readFileSync(join(folder, name)).equals(readFileSync(join(dist, name))),
  );
  assert.deepEqual(different, []);
});

test('dist is below 6 MB in all, and what the action needs for its first line below 1 MB', () => {
  const sizes = filesOf(dist).map((name) => statSync(join(dist, name)).size);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 6_000_000);
  for (const name of ['main.js', 'comment.js', 'cli.js']) {
    const size = reachable(name);
    assert.ok(size > 1000 && size < 1_000_000, `${name}: ${size}`);
  }
});

test('dist does not name the folder that it was built in', () => {
  for (const name of filesOf(dist)) assert.ok(!readFileSync(join(dist, name), 'utf8').includes(`${root}/`), name);
});

/** Bytes of a program and of all that it imports before it runs. */
function reachable(name: string, seen = new Set<string>()): number {
  if (seen.has(name)) return 0;
  seen.add(name);
  const text = readFileSync(join(dist, name), 'utf8');
  const imported = [...text.matchAll(/\bimport\s*(?:[\w*{}\s,$]*from\s*)?["'](\.[^"']+)["']/g)].map((found) =>
    relative(dist, resolve(dist, name, '..', found[1] as string)),
  );
  return statSync(join(dist, name)).size + imported.reduce((sum, next) => sum + reachable(next, seen), 0);
}
