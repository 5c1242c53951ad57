import assert from 'node:assert/strict';
import test from 'node:test';
import { changedCommandLine, missingWords } from '../../src/model/kernel-words.ts';

test('words are added at the end, and one with a dash is taken away whatever its value', () => {
  assert.equal(changedCommandLine('console=ttyAMA0 quiet', 'loglevel=7'), 'console=ttyAMA0 quiet loglevel=7');
  assert.equal(changedCommandLine('quiet a loglevel=3 quietly', '-quiet -loglevel b'), 'a quietly b');
  assert.equal(changedCommandLine('a="x  y" b', '-b'), 'a="x  y"');
  assert.equal(changedCommandLine('', ''), '');
  assert.equal(changedCommandLine('a', '-- single -s'), 'a -- single');
  assert.deepEqual(missingWords('a=1 b', '-a -c d'), ['c']);
});
