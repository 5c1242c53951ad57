// A program comes into the guest over standard input: where it is put, and what is said where no folder takes it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bringProgram, noPlace, programText } from '../../src/probe/guest-shell.ts';

const root = mkdtempSync(join(tmpdir(), 'bootgauge-bring-'));
after(() => rmSync(root, { recursive: true }));
const shells = [['sh'], ['bash'], ['busybox', 'sh']].filter(([name = '']) => spawnSync(name).error === undefined);
/** 8 KB with every byte in them, after the line that makes them a program. */
const program = Buffer.concat([
  Buffer.from('#!/bin/sh\nexit 7\n'),
  Buffer.from(Array.from({ length: 8192 }, (_, n) => n)),
]);

/** The guest's folders are two of ours, the first of which is mounted as `mount` says. */
async function bring(shell: readonly string[], mount: string, folders = 'both') {
  const [bad, good] = [mkdtempSync(join(root, 'bad-')), mkdtempSync(join(root, 'good-'))];
  if (folders === 'one') rmSync(good, { recursive: true });
  const text = bringProgram.replace('/tmp /run /dev/shm /var/tmp "$HOME"', `"${root}/none" "${bad}" "${good}"`);
  const file = join(root, 'script');
  writeFileSync(file, `${text}\n"$program"; echo "$? $program"; cksum < "$program"`);
  const [name = '', ...words] = shell;
  const inside = `${mount.replaceAll('FOLDER', bad)}; exec ${[name, ...words].join(' ')} ${file}`;
  const { stdout, stderr, status } = spawnSync('unshare', ['-Urm', 'sh', '-c', inside], {
    encoding: 'utf8',
    input: await programText(gzipSync(program).toString('base64')),
  });
  const left = existsSync(good) ? readdirSync(good) : [];
  return { stdout: stdout.replaceAll(root, ''), stderr: stderr.replaceAll(root, ''), status, left };
}

const skip = spawnSync('unshare', ['-Urm', 'true']).status === 0 ? false : 'needs namespaces of users and mounts';
const checksum = spawnSync('cksum', { input: program, encoding: 'utf8' }).stdout;

test('a program arrives byte for byte in the first folder where it runs', { skip }, async () => {
  for (const shell of shells) {
    const { stdout, status } = await bring(shell, ':');
    assert.match(stdout, /^7 \/bad-\w+\/bg-run-\w{6}\n/);
    assert.equal(stdout.split('\n')[1], checksum.trim());
    assert.equal(status, 0);
  }
});

for (const [what, mount, complaint] of [
  ['whose programs do not run', 'mount -t tmpfs -o noexec none FOLDER', /[Pp]ermission denied/],
  ['that is full', 'mount -t tmpfs -o size=4k none FOLDER', /No space left on device/],
  ['that is only read', 'mount -t tmpfs -o ro none FOLDER', /Read-only file system/],
] as const) {
  test(`a folder ${what} is passed over, and named where it is the last one`, { skip }, async () => {
    for (const shell of shells) {
      const passed = await bring(shell, mount);
      assert.match(passed.stdout, /^7 \/good-\w+\/bg-run-\w{6}\n/);
      assert.equal(passed.stdout.split('\n')[1], checksum.trim());
      const refused = await bring(shell, mount, 'one');
      assert.deepEqual([refused.status, refused.stdout], [noPlace, '']);
      assert.match(refused.stderr, /^no folder of the guest takes a program that runs; /);
      assert.match(refused.stderr, complaint);
    }
  });
}
