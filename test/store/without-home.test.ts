// Nothing that is written to disk names the user by the path of a home folder.
import assert from 'node:assert/strict';
import test from 'node:test';
import { withoutHome } from '../../src/store/without-home.ts';

test('paths below the home folder begin with ~, wherever they stand', () => {
  const bytes = new Uint8Array([1]);
  const value = {
    a: ['/Users/jane/x', 'x=/Users/jane/y,z'],
    b: { c: '/Users/janet', d: '/Users/jane', e: null, f: 1 },
    bytes,
  };
  const shown = withoutHome(value, '/Users/jane');
  assert.deepEqual(shown, { a: ['~/x', 'x=~/y,z'], b: { c: '/Users/janet', d: '~', e: null, f: 1 }, bytes });
  assert.equal(shown.bytes, bytes);
});

test('without a home, or with the root for one, nothing changes', () => {
  for (const home of ['', '/']) assert.deepEqual(withoutHome({ a: '/x/y' }, home), { a: '/x/y' });
});
