// Asking QEMU for the guest's instructions: a guest that prints without end is asked about no more often than memory allows.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ReadListener } from '../../src/qemu/console.ts';
import type { RunningVm } from '../../src/qemu/running-vm.ts';
import { countWork } from '../../src/recording/count-work.ts';

/** A console that is read so often, and a QMP that counts how often it is asked. */
function played() {
  const listeners: ReadListener[] = [];
  let icount = 0;
  const vm = {
    console: { onRead: (listener: ReadListener) => listeners.push(listener) },
    qmp: () => ({ execute: () => Promise.resolve({ value: { icount: ++icount }, atNs: 0 }) }),
  } as unknown as RunningVm;
  const read = (atNs: number): void => {
    for (const listener of listeners) listener(Buffer.from('a'), atNs);
  };
  return { vm, read };
}

test('reads of a console without end are not all asked about, and the moment it is ready is', async () => {
  const { vm, read } = played();
  const counter = countWork(vm);
  for (let atNs = 1; atNs <= 150_000; atNs += 1) read(atNs);
  counter.take(200_000);
  const { work, failed } = await counter.settled();
  assert.equal(failed, undefined);
  assert.equal(work.length, 100_001);
  assert.deepEqual(work.at(-1), { atNs: 200_000, instructions: 100_001 });
});
