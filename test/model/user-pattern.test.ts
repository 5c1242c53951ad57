// Users' patterns: nothing that is written in a configuration can stop the clock, and what is accepted means what it means elsewhere.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { userPattern, userPatternProblem } from '../../src/model/user-pattern.ts';

const evil = [
  '((a+))+$',
  '(a+)+$',
  '(a|a)*$',
  '(a*)*b',
  '(.*a){20}',
  '([a-zA-Z]+)*$',
  '(a|aa)+$',
  '(?:a?){30}a{30}[bc]',
  'a*a*a*a*a*a*[bc]',
  '(?<n>(a+)+)+[bc]',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
];

test('a pattern that backtracks without bound elsewhere ends on the longest console line', () => {
  // In a process of its own: where this fails, it would never end.
  const program = `
    const { userPattern } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/model/user-pattern.ts'))});
    const lines = ['a'.repeat(4095) + '!', 'ab'.repeat(2048), 'a '.repeat(2048)];
    for (const source of ${JSON.stringify(evil)}) for (const line of lines) userPattern(source).exec(line);
    console.log('ended');`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  assert.equal(stdout.trim(), 'ended', stderr);
});

test('what cannot be run in linear time, or is no pattern at all, is refused with the reason', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /^is empty$/],
    ['x'.repeat(301), /longer than 300/],
    ['(', /^is no regular expression: .*Unterminated group/],
    ['a++', /^is no regular expression: .*Nothing to repeat/],
    ['(?i)a', /^is no regular expression/],
    ['(x)\\1', /refers back to a group/],
    ['(?<n>x)\\k<n>', /refers back to a group/],
    ['ready(?! not)', /looks ahead or behind/],
    ['(?=x)y', /looks ahead or behind/],
    ['a{1001}', /^has a part that is not supported: invalid repeat count/],
    ['.{0,900}.{0,900}x', /repeats too much/],
    ['x{0,999}'.repeat(30), /repeats too much/],
  ];
  for (const [source, reason] of cases) {
    assert.match(userPatternProblem(source) ?? 'nothing', reason, source);
    assert.throws(() => userPattern(source), /^Error: the pattern /, source);
  }
});

test('accepted patterns find what RegExp finds, at the same place', () => {
  const sources = [
    'Starting sshd|dropbear',
    'OpenRC \\S{1,40} is starting up',
    '^\\[ *\\d+\\.\\d{6}\\] (?<who>\\w+):',
    'login: ?$',
    '(?<=port )\\d+',
    '\\bready\\b',
    '(a|ab)(c|bcd)(d*)',
    'a+?b',
    '[^a-c]+',
    '\\u00e9|\\x41|\\cA|[^]x',
    '(?:)',
    '[\\w.-]{1,64}/',
  ];
  const words = fc.constantFrom(
    ...[
      'Starting sshd',
      'dropbear',
      'OpenRC 0.5 is starting up',
      '[    1.000000] eth0:',
      'port 22',
      'ready',
      'already',
    ],
    ...['abcd', 'aab', 'x', 'é', '😀', 'A', 'host login: ', 'a.b-c/', ' ', '-', '\t', '['],
  );
  fc.assert(
    fc.property(fc.constantFrom(...sources), fc.array(words, { maxLength: 8 }), (source, parts) => {
      const text = parts.join('');
      const [own, native] = [userPattern(source).exec(text), new RegExp(source, 'u').exec(text)];
      assert.deepEqual(own && [own.index, own[0]], native && [native.index, native[0]]);
      assert.equal(userPattern(source).test(text), native !== null);
    }),
    { numRuns: 1000 },
  );
});

test('^ and $ are the ends of the text, or of its lines where that is asked for', () => {
  assert.equal(userPattern('^two$').test('one\ntwo\n'), false);
  assert.equal(userPattern('^two$', 'lines').exec('one\ntwo\n')?.index, 4);
});
