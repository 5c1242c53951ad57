// Files that a configuration names: each kind of guest tells all of them, and a slip in one is told with its key before anything starts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { prepareSide } from '../../src/guest/prepare.ts';
import { requireFiles } from '../../src/host/require-files.ts';
import { type GuestSpec, guestFiles, withGuestFiles } from '../../src/model/guests/guests.ts';
import { runIn } from '../commands/in-memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootgauge-named-'));
after(() => rmSync(folder, { recursive: true }));
const signal = new AbortController().signal;

writeFileSync(join(folder, 'file'), 'x');
mkdirSync(join(folder, 'below'));
symlinkSync('loop', join(folder, 'loop'));
execFileSync('mkfifo', [join(folder, 'pipe')]);

function guestOf(guest: string): GuestSpec {
  const text = `version: 1\nscenarios: {x: {guest: ${guest}}}`;
  const [scenario] = scenariosOf(parseConfig(text, { path: join(folder, 'bootgauge.yml'), name: 'bootgauge.yml' }));
  assert.ok(scenario);
  return scenario.head.guest;
}

function prepare(guest: GuestSpec) {
  const machine = { accel: 'auto', cpus: 1, memoryMiB: 64, gpu: 'none', append: '', qemuArguments: [] } as const;
  return prepareSide({ guest, machine, qemu: { from: 'path' } }, 'timing', {
    kit: { cache: join(folder, 'cache'), progress: () => {}, signal },
    remembered: { get: () => undefined, set: () => {} } as never,
  });
}

/** Every key of every kind that names a file, with a guest in which that file is `PATH`. */
const slips: readonly (readonly [string, string])[] = [
  ['guest.script', '{kind: alpine, release: edge, script: PATH}'],
  ['guest.keyring', '{kind: alpine, release: edge, keyring: PATH}'],
  ['guest.kernel', '{kind: custom, kernel: PATH, rest: reference}'],
  ['guest.initrd', '{kind: custom, kernel: file, initrd: PATH}'],
  ['guest.disk', '{kind: custom, kernel: file, disk: PATH}'],
  ['guest.ssh.key', '{kind: custom, kernel: file, ssh: {key: PATH}}'],
  ['guest.rest.script', '{kind: custom, kernel: file, rest: {kind: alpine, release: edge, script: PATH}}'],
  ['guest.rest.keyring', '{kind: custom, kernel: file, rest: {kind: alpine, release: edge, keyring: PATH}}'],
  ['guest.image', '{kind: disk, image: PATH}'],
  ['guest.firmware', '{kind: disk, image: file, firmware: PATH}'],
  ['guest.seed.nocloud', '{kind: disk, image: file, seed: {nocloud: PATH}}'],
  ['guest.seed.ignition', '{kind: disk, image: file, seed: {ignition: PATH}}'],
  ['guest.ssh.key', '{kind: disk, image: file, ssh: {key: PATH}}'],
  ['guest.ssh.key', '{kind: launcher, command: [./file], port: 2222, ssh: {key: PATH}}'],
  ['guest.rewrite.kernel', '{kind: launcher, command: [./file], port: 2222, binary: b, rewrite: {kernel: PATH}}'],
  ['guest.rewrite.initrd', '{kind: launcher, command: [./file], port: 2222, binary: b, rewrite: {initrd: PATH}}'],
  ['guest.assets.a.img', '{kind: launcher, command: [./file], port: 2222, assets: {a.img: PATH}}'],
];

test('a file of a guest that is missing is a mistake of the configuration, told with its key and its path', async () => {
  for (const [key, guest] of [...slips, ['guest.folder', '{kind: launcher, command: [x], port: 1, folder: PATH}']]) {
    const gone = join(folder, 'gone');
    await assert.rejects(prepare(guestOf((guest as string).replace('PATH', 'gone'))), (error: Error) => {
      assert.match(error.message, new RegExp(`^${key}: there is no (file|folder|file or folder) ${gone}$`), guest);
      assert.deepEqual((error as Error & { exitCode: number }).exitCode, 2);
      assert.match((error as Error & { hint: string }).hint, new RegExp(`^correct ${key} in bootgauge.yml`));
      return true;
    });
  }
});

test('a folder where a file must be is told, and so is a file where a folder must be', async () => {
  for (const [key, guest] of slips.filter(([name]) => !name.includes('assets'))) {
    await assert.rejects(prepare(guestOf(guest.replace('PATH', 'below'))), {
      exitCode: 2,
      message: `${key}: ${join(folder, 'below')} is a folder, not a file`,
    });
  }
  await assert.rejects(prepare(guestOf('{kind: launcher, command: [x], port: 1, folder: file}')), {
    exitCode: 2,
    message: `guest.folder: ${join(folder, 'file')} is a file, not a folder`,
  });
});

test('what cannot be read says why', async () => {
  const look = (name: string) => requireFiles([{ key: 'script', path: join(folder, name), is: 'file' }], 'guest');
  await assert.rejects(look('file/below'), { exitCode: 2, message: /there is no file/ });
  await assert.rejects(look('loop'), { exitCode: 2, message: /cannot be read: ELOOP$/ });
  await assert.rejects(look('pipe'), { exitCode: 2, message: /is not a regular file$/ });
  await look('file');
});

test('a file that this user may not read is told', { skip: process.getuid?.() === 0 }, async () => {
  const path = join(folder, 'secret');
  writeFileSync(path, '');
  chmodSync(path, 0);
  await assert.rejects(requireFiles([{ key: 'script', path, is: 'file' }], 'guest'), { message: /may not be read/ });
});

test('a slip in guest.script ends the command with 2 and is no fault of Bootgauge', async () => {
  writeFileSync(
    join(folder, 'bootgauge.yml'),
    'version: 1\nscenarios: {x: {guest: {kind: alpine, release: edge, script: setpu.sh}}}',
  );
  const { code, err } = await runIn(folder, 'run', 'x');
  assert.equal(code, 2);
  assert.match(err, /guest\.script: there is no file .*setpu\.sh/);
  assert.doesNotMatch(err, /fault in Bootgauge/);
});

test('every path in a settled guest is one that its kind names: none slips past the gate', () => {
  // Every path that is written lies in a folder of its own name, so that it is found again wherever the kind keeps it.
  for (const [, guest] of [...slips, ['', '{kind: launcher, command: [./PATH], port: 1, folder: PATH, binary: b}']]) {
    const settled = guestOf((guest as string).replaceAll('PATH', 'marked'));
    const named = guestFiles(settled).filter(({ path }) => path.includes('marked'));
    const moved = withGuestFiles(settled, () => 'elsewhere');
    assert.ok(named.length > 0, guest);
    assert.doesNotMatch(JSON.stringify(moved).replace(/"to":"[^"]*"/g, ''), /marked/, guest);
  }
});
