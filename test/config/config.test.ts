// Reading bootgauge.yml: where it is looked for, and how each kind of broken file is refused.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { loadConfig, parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { parseStudy } from '../../src/config/study-file.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import { assertGolden } from '../golden.ts';

const fixtures = join(import.meta.dirname, '../fixtures/config');
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootgauge config, ü '));
});
afterEach(() => rmSync(folder, { recursive: true }));

function errorOf(action: () => unknown): BootgaugeError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof BootgaugeError, String(error));
    assert.equal(error.exitCode, 2);
    return error;
  }
  return assert.fail('no error');
}

const parse = (text: string) => parseConfig(text, { path: '/repo/bootgauge.yml', name: 'bootgauge.yml' });
const messageOf = (text: string): string => errorOf(() => parse(text)).message;
const write = (text: string | Uint8Array, path = 'bootgauge.yml'): void => writeFileSync(join(folder, path), text);

for (const name of ['many-mistakes', 'syntax', 'aliases']) {
  test(`all mistakes of ${name}.yml are told in one go, with line, excerpt and the nearest right word`, () => {
    const text = readFileSync(join(fixtures, `${name}.yml`), 'utf8');
    assertGolden(
      `config/${name}.txt`,
      errorOf(() => parseConfig(text, { path: '/repo/x.yml', name: `${name}.yml` })).message,
    );
  });
}

test('without a file the defaults hold', () => {
  const config = loadConfig(folder);
  assert.equal(config.file, null);
  assert.equal(config.onUndecided, 'pass');
  assert.deepEqual(
    scenariosOf(config).map(({ id }) => id),
    ['default'],
  );
});

test('a file of comments, empty sections and an empty scenario is the defaults', () => {
  assert.deepEqual(parse('# nothing\n').scenarios, {});
  const config = parse('version: 1\ndefaults:\n  # cpus: 4\nscenarios:\n  arm:\n');
  assert.deepEqual(config.scenarios, { arm: {} });
  assert.deepEqual(config.defaults, {});
});

test('the file is found above the folder up to the root of the repository, and not beyond it', () => {
  write('version: 1');
  mkdirSync(join(folder, 'repo/.git'), { recursive: true });
  mkdirSync(join(folder, 'repo/a/b'), { recursive: true });
  assert.equal(loadConfig(join(folder, 'repo/a/b')).file, null);
  write('version: 1', 'repo/bootgauge.yml');
  assert.equal(loadConfig(join(folder, 'repo/a/b')).file, join(folder, 'repo/bootgauge.yml'));
});

test('outside a repository a file above the folder is not taken', () => {
  write('version: 1');
  mkdirSync(join(folder, 'inner'));
  assert.equal(loadConfig(join(folder, 'inner')).file, null);
});

test('paths in the file are relative to the file, not to where the command was started', () => {
  mkdirSync(join(folder, 'ci'));
  write('version: 1\nkit: {keyring: keys.gpg}\nqemu: {binary: ../qemu}\n', 'ci/own.yml');
  const config = loadConfig(folder, 'ci/own.yml');
  assert.equal(config.kit.keyring, join(folder, 'ci/keys.gpg'));
  assert.deepEqual(config.qemu, { from: 'file', path: join(folder, 'qemu') });
});

test('a file that is not there, a folder, a pipe and a file too large are told apart', () => {
  assert.match(errorOf(() => loadConfig(folder, 'no.yml')).message, /^there is no file no\.yml$/);
  mkdirSync(join(folder, 'sub'));
  assert.match(errorOf(() => loadConfig(folder, 'sub')).message, /^sub is a folder$/);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  assert.match(errorOf(() => loadConfig(folder, 'pipe')).message, /^pipe is not a regular file$/);
  write('#'.repeat(1024 * 1024 + 1));
  assert.match(errorOf(() => loadConfig(folder)).message, /^bootgauge\.yml is larger than 1 MiB \(1048577 bytes\)$/);
  symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
  assert.match(errorOf(() => loadConfig(folder, 'loop')).message, /^loop cannot be read: ELOOP$/);
});

test('a file that may not be read says so', () => {
  write('version: 1');
  chmodSync(folder, 0o755);
  chmodSync(join(folder, 'bootgauge.yml'), 0);
  const root = process.geteuid?.() === 0;
  // Root may read everything: for a moment this process is nobody.
  if (root) process.seteuid?.(65_534);
  try {
    assert.match(errorOf(() => loadConfig(folder)).message, /^bootgauge\.yml may not be read by this user$/);
  } finally {
    if (root) process.seteuid?.(0);
  }
});

test('bytes that are no UTF-8 are refused', () => {
  write(Uint8Array.of(0x76, 0xff, 0xfe, 0x0a));
  assert.match(errorOf(() => loadConfig(folder)).message, /^bootgauge\.yml is not valid UTF-8$/);
});

test('a byte order mark and Windows line ends do no harm', () => {
  write('\ufeffversion: 1\r\non-undecided: fail\r\n');
  assert.equal(loadConfig(folder).onUndecided, 'fail');
});

test('alias bombs, aliases that hold themselves and bottomless nesting end in an error, not in a crash', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (const [to, from] of ['ba', 'cb', 'dc', 'ed', 'fe'].map((pair) => [pair[0], pair[1]])) {
    bomb.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(', ')}]`);
  }
  assert.match(messageOf(bomb.join('\n')), /cannot be read as YAML: Excessive alias count/);
  assert.match(messageOf('version: &v [*v]'), /an alias holds itself/);
  assert.match(messageOf('a: *nowhere'), /Unresolved alias/);
  assert.match(messageOf(`a: ${'['.repeat(100)}${']'.repeat(100)}`), /nested more than 30 levels deep/);
  assert.match(messageOf(`a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`), /nested too deeply/);
});

test('keys that JavaScript objects are born with are unknown keys as any other', () => {
  for (const key of ['__proto__', 'constructor', 'toString']) {
    assert.match(messageOf(`version: 1\n${key}: 1\n`), new RegExp(`2:1: unknown key '${key}'`));
  }
  assert.match(messageOf('version: 1\nscenarios: {__proto__: {cpus: 1}}'), /'__proto__' cannot be a name/);
  const study = 'version: 1\nname: x\nfactors:\n  cpus: [4, 2]\n  __proto__: { a: {}, b: { cpus: 1 } }\n';
  assert.throws(
    () => parseStudy(study, { name: 'study.yml', folder: '/' }),
    /study\.yml:5:3: '__proto__' cannot be a name/,
  );
  assert.deepEqual(scenariosOf(parse('version: 1\nscenarios: {constructor: {cpus: 3}}'))[0]?.head.machine.cpus, 3);
});

test('drawing needs Venus: on a side, from defaults or in the scenario; defaults may ask for it beforehand', () => {
  const scenario = (text: string, defaults = '{}'): string =>
    `version: 1\ndefaults: ${defaults}\nscenarios: {x: ${text}}`;
  for (const gpu of ['', ', gpu: plain'])
    assert.match(messageOf(scenario(`{draw: {}${gpu}}`)), /3:17: draw needs gpu: venus/);
  assert.match(messageOf(scenario('{draw: true, gpu: venus}')), /scenarios\.x\.draw/);
  assert.match(messageOf(scenario('{draw: {only: triangle}, gpu: venus}')), /unknown key 'only'/);
  for (const text of [
    scenario('{draw: {}, gpu: venus}'),
    scenario('{draw: {}}', '{gpu: venus}'),
    scenario('{gpu: venus}', '{draw: {}}'),
  ])
    assert.equal(scenariosOf(parse(text))[0]?.draw, true);
  assert.equal(scenariosOf(parse(scenario('{draw: {}, head: {gpu: venus}}')))[0]?.head.machine.gpu, 'venus');
  assert.equal(scenariosOf(parse(scenario('{gpu: plain}')))[0]?.draw, undefined);
});

test('a mistake behind an alias is shown where it stands', () => {
  const message = messageOf('version: 1\ndefaults: &common\n  cpus: many\nscenarios:\n  a: *common\n');
  assert.equal(message.match(/bootgauge\.yml:3:9: (defaults|scenarios\.a)\.cpus/g)?.length, 2);
});

test('a long line is cut around the mistake, and control characters in it are not shown', () => {
  const message = messageOf(`version: 1\ndefaults: {append: "${'x'.repeat(500)}", accel: \u001bhvf}\n`);
  assert.ok(
    message.split('\n').every((line) => line.length < 140),
    message,
  );
  assert.ok(!message.includes('\u001b'), JSON.stringify(message));
});

test('nothing is no memory and no time', () => {
  assert.match(messageOf('version: 1\ndefaults: {memory: 0 MiB}'), /expected whole MiB, from 16 MiB to 1024 GiB/);
  assert.match(messageOf('version: 1\ndefaults: {memory: 100.5 MiB}'), /expected whole MiB/);
  assert.match(
    messageOf('version: 1\ndefaults: {deadlines: {total: 0 s}}'),
    /deadlines\.total: must be greater than 0/,
  );
});

test('a kind of guest that needs more than its name, one that is none, and a key that it lacks are told with their line', () => {
  const file = { path: '/x/bootgauge.yml', name: 'bootgauge.yml' };
  const told = (guest: string): string =>
    errorOf(() => scenariosOf(parseConfig(`version: 1\nscenarios:\n  a:\n    guest: ${guest}\n`, file))).message;
  assert.match(told('custom'), /:4:12: scenarios\.a\.guest: expected a mapping \{kind: custom, \.\.\.\} with .*kernel/);
  assert.match(told('refrence'), /reference, alpine, custom, disk, launcher; did you mean 'reference'/);
  assert.match(told('{ kind: alpine }'), /:4:5: scenarios\.a\.guest: .*'release' is missing; such as release: "3\.22"/);
});

test('a file whose name is nearly right is not passed over in silence', () => {
  writeFileSync(join(folder, 'bootgauge.yaml'), 'version: 1\n');
  assert.match(
    errorOf(() => loadConfig(folder)).message,
    /bootgauge\.yaml is not read: the file must be called bootgauge\.yml/,
  );
});
