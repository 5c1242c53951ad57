// What tests of several rooms need: waiting for something, folders that vanish with a test, the error of a wrong use, git without a user.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BootgaugeError } from '../src/model/errors.ts';

/** Resolves when the condition holds; the test's own time limit is the only one. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

/** A fresh folder that goes away with the test. */
export async function folderOf(t: TestContext, prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** For assert.throws and assert.rejects: an error that blames how Bootgauge was used. */
export const refused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof BootgaugeError);
  assert.equal(error.exitCode, 2);
  assert.match(error.message, pattern);
  return true;
};

/** Words for git on a machine on which nobody said who they are. */
export const gitIdentity: readonly string[] = [
  'user.name=Somebody',
  'user.email=somebody@example.org',
  'init.defaultBranch=main',
].flatMap((setting) => ['-c', setting]);
