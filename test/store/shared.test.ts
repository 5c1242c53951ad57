// What several users and several containers share: no link leads elsewhere, and nobody's lock is taken while its holder lives.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { sweepWorkFolders } from '../../src/store/atomic.ts';
import { acquireLock } from '../../src/store/lock.ts';
import { lockMachine } from '../../src/store/machine-lock.ts';
import { isAlive, isElsewhere, thisOwner } from '../../src/store/owner.ts';
import { sharedFolder } from '../../src/store/shared-folder.ts';
import { folderOf } from '../helpers.ts';

const quiet = { what: 'the test', progress: () => undefined, signal: new AbortController().signal };
const world = /^([0-9a-f]{8})n(\d+)s(.*)$/s;

test('a link in place of a shared folder is refused, and what it leads to stays private', async (t) => {
  const folder = await folderOf(t, 'bootgauge-shared-');
  const secret = join(folder, 'private');
  await mkdir(secret, { mode: 0o700 });
  await symlink(secret, join(folder, 'lock'));
  await assert.rejects(sharedFolder(join(folder, 'lock')), /is a link or no folder/);
  const locked = lockMachine({ ...quiet, environment: { BOOTGAUGE_LOCK: join(folder, 'lock') } });
  await assert.rejects(locked, { exitCode: 3, message: /is a link or no folder/ });
  assert.equal((await stat(secret)).mode & 0o777, 0o700);
  assert.deepEqual(await readdir(secret), []);
});

test('a shared folder may be added to by all, and cleared by none but the owner of a file', async (t) => {
  const folder = join(await folderOf(t, 'bootgauge-shared-'), 'a', 'b');
  await sharedFolder(folder);
  assert.equal((await stat(folder)).mode & 0o7777, 0o1777);
  await chmod(folder, 0o777);
  await sharedFolder(folder);
  assert.equal((await stat(folder)).mode & 0o7777, 0o1777);
});

test('a ticket that was made a link is neither read nor written through', async (t) => {
  const folder = await folderOf(t, 'bootgauge-shared-');
  const victim = join(folder, 'victim');
  await writeFile(victim, JSON.stringify(await thisOwner()));
  const locks = join(folder, 'locks');
  await mkdir(locks);
  await symlink(victim, join(locks, '1.lock'));
  const held = await acquireLock(locks, quiet);
  await rm(join(locks, '2.lock'));
  await symlink(victim, join(locks, '2.lock'));
  await held[Symbol.asyncDispose]();
  assert.equal(await readFile(victim, 'utf8'), JSON.stringify(await thisOwner()));
});

test('other users can read who holds a lock, whatever the umask of the holder', async (t) => {
  const folder = await folderOf(t, 'bootgauge-shared-');
  const before = process.umask(0o077);
  t.after(() => process.umask(before));
  await using _held = await acquireLock(folder, quiet);
  assert.equal((await lstat(join(folder, '1.lock'))).mode & 0o777, 0o644);
});

test('a pipe in place of a ticket is not waited for', async (t) => {
  const folder = await folderOf(t, 'bootgauge-shared-');
  execFileSync('mkfifo', [join(folder, '1.lock')]);
  await using _held = await acquireLock(folder, quiet);
  assert.ok((await lstat(join(folder, '2.lock'))).isFile());
});

const own = await thisOwner();
const [, boot = '', namespace = '', started = ''] = world.exec(own.started) ?? [];
const skip = namespace === '' ? 'no process namespaces here' : false;
const elsewhere = { pid: 0x7ffffff0, started: `${boot}n${Number(namespace) + 1}s${started}` };

test('a process of another container counts as alive until the machine is started again', { skip }, async () => {
  assert.deepEqual([await isAlive(elsewhere), await isElsewhere(elsewhere)], [true, true]);
  const before = { ...elsewhere, started: elsewhere.started.replace(/^.{8}/, 'ffffffff') };
  assert.deepEqual([await isAlive(before), await isElsewhere(before)], [false, false]);
  assert.deepEqual([await isAlive(own), await isElsewhere(own)], [true, false]);
  // As an earlier version wrote it.
  assert.equal(await isAlive({ ...own, started: `${boot}${started}` }), true);
});

test('the work of another container is not swept away', { skip }, async (t) => {
  const folder = await folderOf(t, 'bootgauge-shared-');
  await mkdir(join(folder, `${elsewhere.pid}-${elsewhere.started}-abcd`));
  await mkdir(join(folder, `2147483632-${own.started}-abcd`));
  assert.equal(await sweepWorkFolders(folder), 1);
});

test('the lock of another container is waited for while it beats, and taken when it has stopped', {
  skip,
}, async (t) => {
  const folder = await folderOf(t, 'bootgauge-shared-');
  const ticket = join(folder, '1.lock');
  await writeFile(ticket, JSON.stringify(elsewhere));
  let beats = 0;
  let taken = false;
  const waiting = acquireLock(folder, { ...quiet, silentMs: 3000 }).then((held) => {
    taken = true;
    return held;
  });
  for (; beats < 8; beats += 1) {
    await utimes(ticket, beats, beats);
    await new Promise((done) => setTimeout(done, 500));
  }
  assert.equal(taken, false, 'it was alive for longer than silence lasts');
  await (await waiting)[Symbol.asyncDispose]();
});

test('a holder gives signs of life', async (t) => {
  const folder = await folderOf(t, 'bootgauge-shared-');
  t.mock.timers.enable({ apis: ['setInterval'] });
  const held = await acquireLock(folder, quiet);
  const ticket = join(folder, '1.lock');
  await utimes(ticket, 1, 1);
  t.mock.timers.tick(5000);
  while ((await stat(ticket)).mtimeMs === 1000) await new Promise((done) => setTimeout(done, 5));
  await held[Symbol.asyncDispose]();
});
