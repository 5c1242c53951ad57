// Inputs as the runner hands them over.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { actionInputNames, inputVariable, readActionInputs, readCommentInputs } from '../../src/github/inputs.ts';
import { harmlessLog, maskSecret, setOutputs } from '../../src/github/runner.ts';
import { takeSecrets } from '../../src/github/secrets.ts';
import { inStep } from './in-step.ts';

const variables = (inputs: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [inputVariable(name), value]));

const read = async (inputs: Readonly<Record<string, string>>) =>
  (await inStep(variables(inputs), readActionInputs)).result;

test('without any input the defaults hold', async () => {
  const empty = Object.fromEntries(actionInputNames.map((name) => [name, '']));
  const inputs = await read(empty);
  assert.deepEqual(inputs, await read({}));
  assert.equal(inputs.mode, 'auto');
  assert.equal(inputs.comment, 'changes');
  assert.equal(inputs.boots, null);
  assert.equal(inputs.onUndecided, null);
  assert.equal(inputs.artifactName, 'bootgauge');
});

test('lists are split, numbers are numbers', async () => {
  const inputs = await read({
    ...{ scenario: 'one, two\nthree', boots: '12' },
    ...{ 'qemu-source': '.', patches: 'a b.patch\n\n c.patch ' },
  });
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
    /`fail-on` is 'always', but must be one of regression, nothing-compared, failure, nothing/,
  ],
  ['a number that is none', { boots: '1e3' }, /`boots` is '1e3'/],
  ['a time without a unit', { 'time-budget': '90' }, /`time-budget`: '90' has no unit/],
  ['a number too large', { 'retention-days': '4000' }, /from 1 to 400/],
  ['a name that would be a path', { 'artifact-name': '../x' }, /`artifact-name` is '\.\.\/x'/],
  ['merge without shards', { merge: 'true' }, /`merge` needs the input `shards`/],
  ['shards without merge', { shards: 'x' }, /for `merge: true` only/],
  ['patches without a source', { patches: 'a.patch' }, /needs `qemu-source`/],
  ['two ways to say what base is', { 'qemu-source': '.', 'base-qemu': 'kit' }, /builds both sides/],
] as const) {
  test(`${what} is told`, async () => {
    await assert.rejects(read(inputs), { exitCode: 2, message });
  });
}

test('all mistakes are told at once', async () => {
  await assert.rejects(read({ mode: 'x', boots: 'y', comment: 'z' }), /3 inputs are wrong/);
});

test('the comment action needs a folder and a token', async () => {
  await assert.rejects(inStep({}, readCommentInputs), /`path` is missing[\s\S]*`token` is missing/);
});

test('a line of the log is never a command, wherever it stands', () => {
  const text = harmlessLog(
    'a\n::error::x\n  ::add-mask::y\r::warning::z\n##[group]q\u001b[31mred\u001b[0m\u001b]0;title\u0007\u0000',
  );
  assert.doesNotMatch(text, /^\s*::/m);
  assert.doesNotMatch(text, /##\[|[\u0000\u0007\r]|\u001b\]/);
  assert.match(text, /\u001b\[31mred\u001b\[0m/);
});

test('tokens and inputs are taken out of what a child would inherit, and nothing else is', async () => {
  const secret = { INPUT_TOKEN: 'a', GITHUB_TOKEN: 'b', ACTIONS_RUNTIME_TOKEN: 'c', ACTIONS_CACHE_URL: 'd' };
  await inStep({ ...secret, GITHUB_REPOSITORY: 'someone/qemu' }, () => {
    const { PATH } = process.env;
    assert.deepEqual(takeSecrets(), secret);
    for (const name of Object.keys(secret)) assert.equal(process.env[name], undefined, name);
    assert.deepEqual([process.env.GITHUB_REPOSITORY, process.env.PATH], ['someone/qemu', PATH]);
  });
});

test('a token is masked, and without one nothing is', async () => {
  assert.equal((await inStep({}, () => maskSecret('ghs_1'))).log, '::add-mask::ghs_1\n');
  assert.equal((await inStep({}, () => maskSecret(''))).log, '');
});

test('an output is one value, whatever it holds; without a file for it the log is not used in its place', async () => {
  const file = join(tmpdir(), `bootgauge-output-${process.pid}`);
  writeFileSync(file, '');
  const outputs = { verdict: 'same\nverdict=slower', run: 'verdict<<EOF\nslower\nEOF' };
  try {
    assert.equal((await inStep({ GITHUB_OUTPUT: file }, () => setOutputs(outputs))).log, '');
    const found = [...readFileSync(file, 'utf8').matchAll(/^(\w+)<<(ghadelimiter_\S+)\n(.*)\n\2$/gm)];
    assert.deepEqual(
      found.map(([, name, , value]) => [name, value]),
      [
        ['verdict', 'same verdict=slower'],
        ['run', 'verdict<<EOF slower EOF'],
      ],
    );
  } finally {
    rmSync(file);
  }
  assert.equal((await inStep({ GITHUB_OUTPUT: '' }, () => setOutputs(outputs))).log, '');
});
