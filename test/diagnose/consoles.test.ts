// Cases from public boots, each with what a right reading says of it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { readBoot, unmet } from './case-expectations.ts';
import { readCase } from './case-file.ts';

const folder = join(import.meta.dirname, '../fixtures/consoles/cases');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.txt'))
  .sort();

for (const file of files) {
  test(`the case ${file.replace(/\.txt$/, '')} is read rightly`, () => {
    const story = readCase(readFileSync(join(folder, file)));
    const reading = readBoot(story);
    const found = reading.findings.map(({ id }) => id).join(', ') || 'nothing';
    assert.ok(story.expectations.length > 0, 'it expects nothing');
    assert.deepEqual(unmet(story.expectations, reading), [], `${story.about}; found: ${found}`);
  });
}
