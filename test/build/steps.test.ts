// How a step of the build ends when the command is interrupted.
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { runStep } from '../../src/build/steps.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import { missingTools } from './little-qemu.ts';

const stepIn = (folder: string, signal: AbortSignal) => ({
  folder,
  environment: { PATH: process.env.PATH ?? '' },
  log: join(folder, 'log'),
  signal,
  hint: '',
});

async function appeared(path: string): Promise<void> {
  while ((await stat(path).catch(() => null)) === null) await delay(10);
}

describe('an interrupted step', { concurrency: 2 }, () => {
  test('ends the compilers of ninja, each of which is in a group of its own, by way of ninja', {
    skip: missingTools(),
  }, async () => {
    await using folder = await temporaryFolder('bootgauge-steps-');
    const script = "trap 'echo $$ >ended; exit 1' TERM; echo >begun; sleep 60 & wait";
    const rules = `rule wait\n  command = ${script.replaceAll('$', '$$$$')}\nbuild it: wait\n`;
    await writeFile(join(folder.path, 'build.ninja'), rules);
    const abort = new AbortController();
    const running = runStep('ninja', ['it'], stepIn(folder.path, abort.signal));
    running.catch(() => {});
    await appeared(join(folder.path, 'begun'));
    abort.abort(new Error('enough'));
    await assert.rejects(running, /enough/);
    assert.match(await readFile(join(folder.path, 'ended'), 'utf8'), /^\d+\n$/);
  });

  test('is killed when it does not end by itself', async () => {
    await using folder = await temporaryFolder('bootgauge-steps-');
    const script = "trap '' TERM; echo $$ >begun; while :; do sleep 1; done";
    const abort = new AbortController();
    const running = runStep('sh', ['-c', script], { ...stepIn(folder.path, abort.signal), graceMs: 50 });
    running.catch(() => {});
    const begun = join(folder.path, 'begun');
    await appeared(begun);
    abort.abort(new Error('enough'));
    await assert.rejects(running, /enough/);
    const pid = Number(await readFile(begun, 'utf8'));
    assert.ok(pid > 0);
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
  });
});
