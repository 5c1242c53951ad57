// docs/extending.md is followed: what it shows is put into a copy of the checkout, which compiles, keeps its walls, and passes the tests
// that the page shows. And each thing is one new file and its line.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';

const root = resolve(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/extending.md'), 'utf8');
const copy = mkdtempSync(join(tmpdir(), 'bootgauge-extending-'));
after(() => rmSync(copy, { recursive: true, force: true }));

interface Section {
  readonly title: string;
  /** Path and text of each new file. */
  readonly files: readonly (readonly [string, string])[];
  readonly changes: readonly { readonly file: string; readonly lines: readonly string[] }[];
}

const sections: readonly Section[] = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    title: text.slice(0, text.indexOf('\n')),
    files: [...text.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```/gm)].map(
      ([, path = '', body = '']) => [path, body] as const,
    ),
    changes: [...text.matchAll(/^```diff\n--- (\S+)\n([\s\S]*?)^```/gm)].map(([, file = '', body = '']) => ({
      file,
      lines: body.trimEnd().split('\n'),
    })),
  }));

/** Lines with a `+` go behind the line above them; the others must be there, in this order. */
function changed(text: string, lines: readonly string[]): string {
  const result = text.split('\n');
  let at = 0;
  for (const line of lines) {
    if (line.startsWith('+')) result.splice(at, 0, line.slice(1));
    else {
      const found = result.indexOf(line.slice(1), at);
      assert.ok(found >= 0, `the page shows a line that is not there: ${line.slice(1)}`);
      at = found;
    }
    at += 1;
  }
  return result.join('\n');
}

function inCopy(program: string, ...words: readonly string[]): string {
  // A test runner inside of another one would run nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: copy, encoding: 'utf8', env });
  assert.equal(status, 0, `${program} ${words.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

test('the page shows the five things that are made to be added', () => {
  assert.deepEqual(
    sections.map(({ title }) => title),
    ['An exporter', 'A marker profile', 'A rule of diagnosis', 'A probe with a metric', 'A kind of guest'],
  );
});

test('each of them is one new file, its line in one table and the import of it', () => {
  for (const { title, files, changes } of sections) {
    assert.equal(files.filter(([path]) => path.startsWith('src/')).length, 1, title);
    assert.equal(changes.length, 1, title);
    const added = changes.flatMap(({ lines }) => lines.filter((line) => line.startsWith('+')));
    assert.equal(added.length, 2, title);
    assert.match(added[0] ?? '', /^\+import /, title);
  }
});

test('who follows the page has code that compiles, keeps the walls, and does what the page says', () => {
  for (const name of ['src', 'test', 'docs']) cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const name of ['package.json', 'tsconfig.json', 'ARCHITECTURE.md', 'biome.json'])
    cpSync(join(root, name), join(copy, name));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const { files, changes } of sections) {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), text);
    }
    for (const { file, lines } of changes)
      writeFileSync(join(copy, file), changed(readFileSync(join(copy, file), 'utf8'), lines));
  }
  const added = sections.flatMap(({ files, changes }) => [
    ...files.map(([path]) => path),
    ...changes.map(({ file }) => file),
  ]);
  inCopy(join(root, 'node_modules/.bin/tsc'), '--noEmit');
  inCopy(join(root, 'node_modules/.bin/biome'), 'check', '--vcs-enabled=false', ...added);
  const tests = added.filter((path) => path.endsWith('.test.ts'));
  assert.equal(tests.length, 5);
  const ran = inCopy(process.execPath, '--test', '--test-reporter=tap', ...tests, 'test/imports.test.ts');
  for (const path of tests) {
    const [, title = ''] = /^test\('((?:[^'\\]|\\.)*)'/m.exec(readFileSync(join(copy, path), 'utf8')) ?? [];
    assert.ok(ran.includes(` - ${title}\n`), `${path} did not run`);
  }
});
