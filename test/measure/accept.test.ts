// What is accepted says of which time it can tell how far the level has moved: that until the guest is ready, whatever that is.
import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { acceptAsBaseline } from '../../src/measure/sessions.ts';
import { exampleBoot, exampleRecordedScenario, exampleRun, exampleScenario } from '../examples/run.ts';

test('the level that is watched is that of the time until the guest is ready', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bootgauge-accept-'));
  const boots = Array.from({ length: 10 }, (_, index) => exampleBoot(index + 1, 9000 + 17 * ((7 * index) % 11)));
  const scenario = { ...exampleScenario, ready: [{ kind: 'line', name: 'login', on: 'console', pattern: 'login:' }] };
  for (const [asked, metric] of [
    [exampleScenario, 'time-to-ssh'],
    [scenario, 'time-to-login'],
  ] as const) {
    const run = exampleRun([exampleRecordedScenario(boots, { scenario: asked as typeof exampleScenario })]);
    const request = { folder: folder.path, intended: '', forced: 'a test', keep: undefined };
    for await (const accepted of acceptAsBaseline(run, request)) assert.equal(accepted.metric, metric);
  }
});
