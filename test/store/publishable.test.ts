// Nothing that is written to disk names the user by the path of a home folder, or holds a password of a URL.
import assert from 'node:assert/strict';
import test from 'node:test';
import { publishable } from '../../src/store/publishable.ts';

test('paths below the home folder begin with ~, wherever they stand', () => {
  const bytes = new Uint8Array([1]);
  const value = {
    a: ['/Users/jane/x', 'x=/Users/jane/y,z'],
    b: { c: '/Users/janet', d: '/Users/jane', e: null, f: 1 },
    bytes,
  };
  const shown = publishable(value, '/Users/jane');
  assert.deepEqual(shown, { a: ['~/x', 'x=~/y,z'], b: { c: '/Users/janet', d: '~', e: null, f: 1 }, bytes });
  assert.equal(shown.bytes, bytes);
});

test('a home folder is a home folder at the boundaries of a path only', () => {
  const kept = [
    '/mnt/root/x',
    'sub/root/x',
    '/rootfs/x',
    '/root-old',
    'ssh://host/root/x',
    '~/root/x',
    '/root.bak/x',
    '//root/x',
  ];
  for (const text of kept) assert.equal(publishable(text, '/root'), text);
  const replaced = {
    '/root': '~',
    'cd /root && ls': 'cd ~ && ls',
    '-I/root/include': '-I~/include',
    '-isystem/root/include': '-isystem~/include',
    'file:///root/x': 'file://~/x',
    'a=/root:/root/bin': 'a=~:~/bin',
    "could not open '/root/a.img': it is in /root.": "could not open '~/a.img': it is in ~.",
  };
  for (const [text, shown] of Object.entries(replaced)) assert.equal(publishable(text, '/root'), shown);
  assert.equal(publishable('/Users/a.b/x and /Users/axb/x', '/Users/a.b/'), '~/x and /Users/axb/x');
});

test('without a home, or with the root for one, nothing changes', () => {
  for (const home of ['', '/']) assert.deepEqual(publishable({ a: '/x/y' }, home), { a: '/x/y' });
});

test('URLs in what is published name nobody and hold no password', () => {
  const source = 'https://user:ghp_SECRET@github.com/a/b.git and http://token@host/x';
  assert.equal(publishable(source, '/home/u'), 'https://github.com/a/b.git and http://host/x');
  assert.deepEqual(publishable(['ssh://git:secret@host/a', 'ssh://git@host/a', 'git@host:a/b', 'a@b'], ''), [
    'ssh://git@host/a',
    'ssh://git@host/a',
    'git@host:a/b',
    'a@b',
  ]);
  assert.equal(
    publishable('https://u:p@ss@host/ "https://a.b","mail":"x@y"', ''),
    'https://host/ "https://a.b","mail":"x@y"',
  );
  assert.equal(publishable('https://host?mail=a@b', ''), 'https://host?mail=a@b');
  assert.equal(publishable('https://host/@scope/x@1', ''), 'https://host/@scope/x@1');
});
