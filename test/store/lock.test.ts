// The lock between processes, with real processes: holders that live, that give back, and that are killed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import files, { readdir, readFile, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { acquireLock } from '../../src/store/lock.ts';
import { folderOf } from '../helpers.ts';

const holder = join(import.meta.dirname, '../fixtures/lock-holder.ts');
const quiet = { what: 'the test', progress: () => undefined, signal: new AbortController().signal };

const temporary = (t: TestContext): Promise<string> => folderOf(t, 'bootgauge-lock-');

function startHolder(t: TestContext, ...parameters: string[]) {
  const child = spawn(process.execPath, [holder, ...parameters], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

test('a lock that was given back can be taken again', async (t) => {
  const folder = await temporary(t);
  for (let round = 0; round < 3; round += 1) {
    await using _held = await acquireLock(folder, quiet);
  }
  assert.equal((await readdir(folder)).length, 1);
});

test('a second taker waits, says for whom, and gets the lock when it is given back', async (t) => {
  const folder = await temporary(t);
  const order: string[] = [];
  const notes: string[] = [];
  const first = await acquireLock(folder, quiet);
  const second = acquireLock(folder, {
    ...quiet,
    progress: (event) => {
      if (event.kind !== 'note') return;
      notes.push(event.text);
      order.push('waiting');
      void first[Symbol.asyncDispose]().then(() => order.push('given back'));
    },
  });
  await using _held = await second;
  order.push('taken');
  assert.equal(order[0], 'waiting');
  assert.equal(order.at(-1), 'taken');
  assert.equal(notes.length, 1);
  assert.match(
    notes[0] ?? '',
    new RegExp(
      `^waiting for process ${process.pid}, which uses the test since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC$`,
    ),
  );
});

test('a lock whose holder was killed is taken over', async (t) => {
  const folder = await temporary(t);
  const child = startHolder(t, folder);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using _held = await acquireLock(folder, quiet);
  const [name] = (await readdir(folder)) as [string];
  assert.equal((JSON.parse(await readFile(join(folder, name), 'utf8')) as { pid: number }).pid, process.pid);
});

test('a lock of a process id that was given to another process since is taken over', async (t) => {
  const folder = await temporary(t);
  await writeFile(join(folder, '7.lock'), JSON.stringify({ pid: process.pid, started: 'long-ago' }));
  await using _held = await acquireLock(folder, quiet);
  assert.deepEqual(await readdir(folder), ['8.lock']);
});

test('damaged lock files do not stop anybody', async (t) => {
  for (const content of ['', '{', '[]', '{"pid":"x"}', '{"pid":-1}', '\u0000\u0001']) {
    const folder = await temporary(t);
    await writeFile(join(folder, '1.lock'), content);
    await using _held = await acquireLock(folder, quiet);
  }
});

test('waiting ends when the signal is aborted', async (t) => {
  const folder = await temporary(t);
  await using _held = await acquireLock(folder, quiet);
  const controller = new AbortController();
  const waiting = acquireLock(folder, { ...quiet, signal: controller.signal, progress: () => controller.abort() });
  await assert.rejects(waiting, { name: 'AbortError' });
});

test('processes that take turns, some of them killed, never hold the lock together', async (t) => {
  const folder = await temporary(t);
  const log = join(folder, 'turns.txt');
  await writeFile(log, '');
  const children = Array.from({ length: 5 }, () => startHolder(t, join(folder, 'lock'), log, '6'));
  children[0]?.stdout.once('data', () => children[0]?.kill('SIGKILL'));
  await Promise.all(children.map((child) => once(child, 'exit')));
  const turns = (await readFile(log, 'utf8')).trim().split('\n');
  // A killed holder may leave its begin without an end, but only as the last word before another's begin.
  const killed = String(children[0]?.pid);
  let inside: string | null = null;
  for (const turn of turns) {
    const [what, pid] = turn.split(' ') as [string, string];
    if (what === 'begin') assert.ok(inside === null || inside === killed, `${pid} began while ${inside} was inside`);
    else assert.equal(inside, pid);
    inside = what === 'begin' ? pid : null;
  }
  assert.ok(turns.filter((turn) => turn.startsWith('end')).length >= 4 * 6);
});

test('a waiter so slow that its number was used and cleared away in the meantime does not join the holder', async (t) => {
  const folder = await temporary(t);
  const original = files.link;
  let other: AsyncDisposable | undefined;
  let waits = 0;
  t.after(() => {
    files.link = original;
    syncBuiltinESMExports();
  });
  // Between its look at the folder and its own ticket another process holds the lock, gives it back, and a third one takes it.
  files.link = async (...parameters) => {
    files.link = original;
    syncBuiltinESMExports();
    await (await acquireLock(folder, quiet))[Symbol.asyncDispose]();
    other = await acquireLock(folder, quiet);
    return original(...parameters);
  };
  syncBuiltinESMExports();
  const progress = (): void => {
    waits += 1;
    assert.ok(other);
    void other[Symbol.asyncDispose]();
  };
  await using _held = await acquireLock(folder, { ...quiet, progress });
  assert.ok(other, 'nobody was faster');
  assert.equal(waits, 1, 'it did not wait for the holder');
  assert.deepEqual(await readdir(folder), ['3.lock']);
});
