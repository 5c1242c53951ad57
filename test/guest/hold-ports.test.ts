import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { holdPorts } from '../../src/guest/hold-ports.ts';
import type { LauncherLaunchPlan } from '../../src/model/launch-plan.ts';

/** A port that no other test holds; nothing listens on it here. */
const port = 40_000 + (process.pid % 20_000);
const plan = { kind: 'launcher', port } as LauncherLaunchPlan;
const signal = new AbortController().signal;

test('a second run with the same fixed port says for whom it waits, and goes on when that one is done', async () => {
  const notes: string[] = [];
  const first = await holdPorts([plan, plan], { progress: () => {}, signal });
  let got = false;
  const second = holdPorts([plan], {
    progress: (event) => void (event.kind === 'note' && notes.push(event.text)),
    signal,
  }).then((held) => {
    got = true;
    return held;
  });
  while (notes.length === 0) await delay(5);
  assert.match(
    notes.join(),
    new RegExp(`^waiting for process ${process.pid}, which uses port ${port} since [-:\\d ]+ UTC$`),
  );
  assert.ok(!got);
  await first[Symbol.asyncDispose]();
  await (await second)[Symbol.asyncDispose]();
});

test('plans without a fixed port wait for nobody', async () => {
  const first = await holdPorts([plan], { progress: () => {}, signal });
  const free = { ...plan, port: null };
  await (await holdPorts([free, null], { progress: () => {}, signal }))[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
});
