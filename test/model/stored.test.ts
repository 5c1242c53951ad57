// What comes from a file is believed only as far as a schema has checked it.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import { parseOrNull } from '../../src/model/stored.ts';

const src = resolve(import.meta.dirname, '../../src');

test('nothing that is parsed from JSON is cast to what it is hoped to be', () => {
  const wrong = globSync('**/*.ts', { cwd: src }).flatMap((file) =>
    readFileSync(join(src, file), 'utf8')
      .split('\n')
      // The program's own package.json travels with it.
      .filter((line) => /JSON\.parse\(.*\bas \S/.test(line) && !line.includes('package.json'))
      .map((line) => `${file}: ${line.trim()}`),
  );
  assert.deepEqual(wrong, []);
});

test('a damaged text says nothing, and neither does one that says something else', () => {
  const schema = z.object({ pid: z.int() });
  assert.deepEqual(parseOrNull('{"pid": 3, "new": true}', schema), { pid: 3 });
  for (const text of ['', '{"pid": 3', 'null', '3', '{"pid": "3"}', '{}'])
    assert.equal(parseOrNull(text, schema), null);
});
