// Text compared with a file under test/fixtures; UPDATE_GOLDEN=1 writes the file instead.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `name` is relative to test/fixtures. */
export function assertGolden(name: string, actual: string): void {
  const path = join(import.meta.dirname, 'fixtures', name);
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  assert.equal(actual, readFileSync(path, 'utf8'));
}
