// Cases from public boots, each with what a right reading says of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { readBoot, unmet } from './case-expectations.ts';
import { caseNames, caseOf } from './case-files.ts';

for (const [kind, names] of caseNames()) {
  for (const name of names) {
    test(`the case ${kind}/${name.replace(/\.txt$/, '')} is read rightly`, () => {
      const story = caseOf(kind, name);
      const reading = readBoot(story);
      const found = reading.findings.map(({ id }) => id).join(', ') || 'nothing';
      assert.ok(story.expectations.length > 0, 'it expects nothing');
      assert.deepEqual(unmet(story.expectations, reading), [], `${story.about}; found: ${found}`);
    });
  }
}
