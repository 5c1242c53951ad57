import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { consoleRecorder } from '../../src/qemu/console.ts';
import { tailOf } from '../../src/qemu/tail.ts';

test('whatever the reads, the kept bytes are the beginning of what came and every read has its offset and stamp', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })),
      fc.integer({ min: 0, max: 300 }),
      (reads, cap) => {
        const recorder = consoleRecorder(cap);
        for (const [index, bytes] of reads.entries()) recorder.record(bytes, index + 1);
        const all = Buffer.concat(reads);
        const { bytes, reads: stamped, droppedBytes } = recorder.snapshot();
        assert.deepEqual(Buffer.from(bytes), all.subarray(0, cap));
        assert.equal(bytes.length + droppedBytes, all.length);
        let offset = 0;
        for (const read of stamped) {
          assert.equal(read.offset, offset);
          offset += reads[read.atNs - 1]?.length ?? 0;
        }
      },
    ),
  );
});

test('a late listener hears the same bytes with the same stamps as an early one', () => {
  const recorder = consoleRecorder();
  const early: string[] = [];
  const late: string[] = [];
  recorder.onRead((bytes, atNs) => early.push(`${atNs} ${Buffer.from(bytes).toString()}`));
  recorder.record(Buffer.from('ab'), 5);
  recorder.record(Buffer.from('c'), 9);
  const stop = recorder.onRead((bytes, atNs) => late.push(`${atNs} ${Buffer.from(bytes).toString()}`));
  recorder.record(Buffer.from('d'), 11);
  assert.deepEqual(late, ['5 ab', '9 c', '11 d']);
  assert.deepEqual(early, late);
  stop();
  recorder.record(Buffer.from('e'), 12);
  assert.equal(late.length, 3);
});

test('a console of single bytes stops being kept at the cap of reads, and listeners still hear it', () => {
  const recorder = consoleRecorder(1000, 3);
  let heard = 0;
  recorder.onRead(() => {
    heard += 1;
  });
  for (let atNs = 0; atNs < 10; atNs += 1) recorder.record(Buffer.from('x'), atNs);
  assert.equal(recorder.snapshot().bytes.length, 3);
  assert.equal(recorder.snapshot().droppedBytes, 7);
  assert.equal(heard, 10);
});

test('a tail keeps the end of what was written, however it was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' })), fc.integer({ min: 1, max: 40 }), (parts, cap) => {
      const tail = tailOf(cap);
      for (const part of parts) tail.add(Buffer.from(part));
      assert.equal(tail.text(), parts.join('').slice(-cap));
    }),
  );
});
