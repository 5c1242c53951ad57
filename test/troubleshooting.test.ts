// docs/troubleshooting.md has every error that the sources throw; UPDATE_GOLDEN=1 writes it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { assertGolden } from './golden.ts';
import { troubleshootingPage } from './troubleshooting.ts';

test('the page of errors is made from the sources, and has those that people meet', () => {
  const page = troubleshootingPage();
  assert.ok((page.match(/^\| /gm)?.length ?? 0) > 200);
  for (const words of ['an address needs the digest of its file', 'there is no guest named', 'is not a git repository'])
    assert.ok(page.includes(words), words);
  assertGolden('../../docs/troubleshooting.md', page);
});
