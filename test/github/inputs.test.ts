// Inputs as the runner hands them over.
import assert from 'node:assert/strict';
import test from 'node:test';
import { actionInputNames, inputVariable, readActionInputs, readCommentInputs } from '../../src/github/inputs.ts';
import { harmlessLog } from '../../src/github/runner-files.ts';

const environment = (inputs: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [inputVariable(name), value]));

test('without any input the defaults hold', () => {
  const empty = Object.fromEntries(actionInputNames.map((name) => [name, '']));
  const inputs = readActionInputs(environment(empty));
  assert.deepEqual(inputs, readActionInputs({}));
  assert.equal(inputs.mode, 'auto');
  assert.equal(inputs.comment, 'changes');
  assert.equal(inputs.boots, null);
  assert.equal(inputs.onUndecided, null);
  assert.equal(inputs.artifactName, 'bootgauge');
});

test('lists are split, numbers are numbers', () => {
  const inputs = readActionInputs(
    environment({ scenario: 'one, two\nthree', boots: '12', 'qemu-source': '.', patches: 'a b.patch\n\n c.patch ' }),
  );
  assert.deepEqual(inputs.scenarios, ['one', 'two', 'three']);
  assert.equal(inputs.boots, 12);
  assert.deepEqual(inputs.patches, ['a b.patch', 'c.patch']);
});

for (const [what, inputs, message] of [
  ['an unknown name', { speed: 'fast' }, /no input 'speed'; known are .*scenario/],
  ['a name of another tool', { 'fail-on-alert': 'true' }, /'fail-on-alert'; it is called `fail-on`/],
  [
    'a word that is none',
    { 'fail-on': 'always' },
    /`fail-on` is 'always', but must be one of regression, failure, nothing/,
  ],
  ['a number that is none', { boots: '1e3' }, /`boots` is '1e3'/],
  ['a number too large', { 'retention-days': '4000' }, /from 1 to 400/],
  ['a name that would be a path', { 'artifact-name': '../x' }, /`artifact-name` is '\.\.\/x'/],
  ['merge without shards', { merge: 'true' }, /`merge` needs the input `shards`/],
  ['shards without merge', { shards: 'x' }, /for `merge: true` only/],
  ['patches without a source', { patches: 'a.patch' }, /needs `qemu-source`/],
  ['two ways to say what base is', { 'qemu-source': '.', 'base-qemu': 'kit' }, /builds both sides/],
] as const) {
  test(`${what} is told`, () => {
    assert.throws(() => readActionInputs(environment(inputs)), { exitCode: 2, message });
  });
}

test('all mistakes are told at once', () => {
  assert.throws(() => readActionInputs(environment({ mode: 'x', boots: 'y', comment: 'z' })), /3 inputs are wrong/);
});

test('the comment action needs a folder and a token', () => {
  assert.throws(() => readCommentInputs({}), /`path` is missing[\s\S]*`token` is missing/);
});

test('a line of the log is never a command, wherever it stands', () => {
  const text = harmlessLog(
    'a\n::error::x\n  ::add-mask::y\r::warning::z\n##[group]q\u001b[31mred\u001b[0m\u001b]0;title\u0007\u0000',
  );
  assert.doesNotMatch(text, /^\s*::/m);
  assert.doesNotMatch(text, /##\[|[\u0000\u0007\r]|\u001b\]/);
  assert.match(text, /\u001b\[31mred\u001b\[0m/);
});
