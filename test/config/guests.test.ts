import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import type { GuestSpec } from '../../src/model/guests/guests.ts';
import type { Scenario } from '../../src/model/scenario.ts';

function only(guest: string, more = ''): Scenario {
  const text = `version: 1\nscenarios: {x: {guest: ${guest}${more}}}`;
  const [scenario] = scenariosOf(parseConfig(text, { path: '/repo/bootgauge.yml', name: 'bootgauge.yml' }));
  assert.ok(scenario);
  return scenario;
}
const guestOf = (guest: string): GuestSpec => only(guest).head.guest;

test('Alpine needs a release; all else has a default', () => {
  assert.deepEqual(guestOf('{kind: alpine, release: "3.22", mirror: "https://mirror.example.org/alpine/"}'), {
    kind: 'alpine',
    architecture: 'arm64',
    release: '3.22',
    flavor: 'virt',
    mirror: 'https://mirror.example.org/alpine',
    keyring: null,
    packages: [],
    script: null,
    diskMiB: 2048,
  });
  assert.throws(() => guestOf('{kind: alpine}'), /the key 'release' is missing/);
  assert.throws(() => guestOf('{kind: alpine, release: 3.22}'), /expected a release in quotes/);
  assert.throws(() => guestOf('{kind: alpine, release: "3"}'), /expected a release such as/);
  assert.throws(() => guestOf('{kind: alpine, release: edge, packages: ["a; reboot"]}'), /package name/);
  assert.throws(() => guestOf(`{kind: alpine, release: edge, mirror: "http://x/';reboot"}`), /URL that begins/);
});

test('a kernel of your own goes with the rest of another guest, or with files of your own', () => {
  const guest = guestOf(
    '{kind: custom, kernel: k/Image, rest: {kind: alpine, release: edge}, append: "root=/dev/vda"}',
  );
  assert.ok(guest.kind === 'custom');
  assert.deepEqual(
    [guest.kernel, guest.initrd, guest.disk, guest.append, guest.rest?.kind, guest.access],
    ['/repo/k/Image', null, null, 'root=/dev/vda', 'alpine', null],
  );
  const own = guestOf('{kind: custom, kernel: Image, disk: d.qcow2, ssh: {user: me, key: id}, arch: x86_64}');
  assert.ok(own.kind === 'custom');
  assert.deepEqual([own.access, own.architecture, own.rest], [{ user: 'me', key: '/repo/id' }, 'x86_64', null]);
  assert.throws(() => guestOf('{kind: custom, disk: d.qcow2}'), /the key 'kernel' is missing/);
  assert.throws(
    () => guestOf('{kind: custom, arch: x86_64, kernel: k, rest: reference}'),
    /for x86_64 cannot take its rest from one for arm64/,
  );
});

test('a launcher has a command and a way to its port', () => {
  const guest = guestOf(
    '{kind: launcher, command: [scripts/run-alpine.sh, run], port: 2222, environment: {ACCEL: tcg}, assets: {images/a.img: /data/a.img}, console: {socket: run/console}}',
  );
  assert.deepEqual(guest, {
    kind: 'launcher',
    architecture: 'arm64',
    command: ['scripts/run-alpine.sh', 'run'],
    folder: '/repo',
    environment: { ACCEL: 'tcg' },
    port: 2222,
    console: { from: 'socket', path: '/repo/run/console' },
    qmp: null,
    assets: [{ from: '/data/a.img', to: 'images/a.img' }],
    binary: null,
    access: { user: 'root', key: null },
  });
  assert.throws(() => guestOf('{kind: launcher}'), /the key 'command' is missing/);
  assert.throws(() => guestOf('{kind: launcher, command: [run]}'), /the key 'port' is missing/);
  assert.throws(() => guestOf('{kind: launcher, command: [run, "{port}"], port: 22}'), /exclude each other/);
});

test('what a launcher gives to its QEMU is changed key by key, and only where that stands at binary', () => {
  const launcher = (more: string): string => `{kind: launcher, command: [run, "{port}"], ${more}}`;
  const { base, head } = only(
    launcher('binary: b, rewrite: {cpus: 2, memory: 1 GiB, kernel: images/k, append: -quiet loglevel=7}'),
    ', base: {guest: {kind: launcher, rewrite: {cpus: 4, accel: tcg}}}',
  );
  assert.ok(base?.guest.kind === 'launcher' && head.guest.kind === 'launcher');
  const common = { memoryMiB: 1024, kernel: '/repo/images/k', append: '-quiet loglevel=7' };
  assert.deepEqual(head.guest.rewrite, { cpus: 2, ...common });
  assert.deepEqual(base.guest.rewrite, { cpus: 4, accel: 'tcg', ...common });
  const untouched = guestOf(launcher('binary: b, rewrite: none'));
  assert.equal(untouched.kind === 'launcher' && untouched.rewrite, 'none');
  assert.throws(() => guestOf(launcher('rewrite: none')), /the key 'binary' is missing/);
  assert.throws(() => guestOf(launcher('binary: b, rewrite: {cpu: 2}')), /unknown key 'cpu'/);
});

test('two sides differ in what they say: one switch of a launcher is an experiment', () => {
  const { base, head } = only(
    '{kind: launcher, command: [run, "{port}"], environment: {CPUS: "4", ACCEL: tcg}, ssh: {key: cache}}',
    ', base: {guest: {kind: launcher, environment: {CPUS: "2"}}}',
  );
  assert.ok(base?.guest.kind === 'launcher' && head.guest.kind === 'launcher');
  assert.deepEqual(base.guest.environment, { CPUS: '2', ACCEL: 'tcg' });
  assert.deepEqual(head.guest.environment, { CPUS: '4', ACCEL: 'tcg' });
  assert.deepEqual(base.guest.access, { user: 'root', key: 'cache' });
});

test('the examples of the page for Macs are configurations', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/mac.md'), 'utf8');
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] as string);
  const kinds = examples.map((text) => {
    const whole = text.includes('version: 1') ? text : `version: 1\nscenarios:\n  x:\n${text}`;
    return scenariosOf(parseConfig(whole, { path: '/repo/bootgauge.yml', name: 'docs/mac.md' }))[0]?.head.guest.kind;
  });
  assert.deepEqual(kinds, ['launcher', 'alpine', 'custom']);
  const text = examples[0] ?? '';
  const [fork] = scenariosOf(parseConfig(text, { path: '/repo/bootgauge.yml', name: 'docs/mac.md' }));
  assert.ok(fork?.head.guest.kind === 'launcher' && fork.head.qemu.from === 'build');
  assert.equal(fork.head.qemu.build.preset, 'fork-macos');
  // What it puts into the tree, and where QEMU belongs, is what a script in the fork's shape reads.
  const script = readFileSync(join(import.meta.dirname, '../fixtures/launcher/scripts/run-fork.sh'), 'utf8');
  for (const place of [...fork.head.guest.assets.map(({ to }) => to), fork.head.guest.binary ?? ''])
    assert.ok(script.includes(`/${place.replace(/^scripts\//, '')}`), place);
});

test('a guest of another kind is for the processor that was said before, unless it says one itself', () => {
  const over = (guest: string): GuestSpec => {
    const text = `version: 1\ndefaults: {guest: {kind: reference, arch: x86_64}}\nscenarios: {x: {guest: ${guest}}}`;
    const [scenario] = scenariosOf(parseConfig(text, { path: '/repo/bootgauge.yml', name: 'bootgauge.yml' }));
    assert.ok(scenario);
    return scenario.head.guest;
  };
  const rest = '{kind: custom, kernel: k, rest: {kind: alpine, release: "3.22"}}';
  for (const guest of [
    '{kind: alpine, release: "3.22"}',
    '{kind: custom, kernel: k}',
    rest,
    '{kind: launcher, command: [x], port: 1}',
  ]) {
    assert.equal(over(guest).architecture, 'x86_64', guest);
  }
  assert.equal(over('{kind: alpine, release: "3.22", arch: arm64}').architecture, 'arm64');
  assert.equal(guestOf('{kind: alpine, release: "3.22"}').architecture, 'arm64');
});
