// Lines that the kernel cut in two: however often it does, no line grows without bound.
import assert from 'node:assert/strict';
import test from 'node:test';
import { LineReader, longestLine } from '../../src/timeline/lines.ts';
import { createMender, type MendedLine } from '../../src/timeline/mend.ts';

/** A console in reads of one line each. */
function mended(...reads: readonly string[]): MendedLine[] {
  const reader = new LineReader();
  const mender = createMender();
  return reads.flatMap((text, index) =>
    reader.feed(new TextEncoder().encode(text), index).flatMap((line) => mender.add(line)),
  );
}

test('a line that the kernel cut is put together up to the longest line, and no further', () => {
  const kernel = '[    1.000000] x\r\n';
  const texts = (first: number, second: number): string[] =>
    mended(`${'a'.repeat(first)}${kernel}`, `${'b'.repeat(second)}\r\n`)
      .filter(({ kernelSeconds }) => kernelSeconds === null)
      .map(({ text }) => text);
  const half = longestLine / 2;
  assert.deepEqual(texts(half, half), ['a'.repeat(half) + 'b'.repeat(half)]);
  assert.deepEqual(texts(half, half + 1), ['b'.repeat(half + 1)]);
});

test('a kernel that cuts a line again and again makes no line longer than the longest', () => {
  const cut = Array.from({ length: 50 }, (_, index) => `${'a'.repeat(500)}[    1.${index + 100_000}] x\r\n`);
  const lines = mended(...cut, 'end\r\n');
  assert.equal(lines.filter(({ kernelSeconds }) => kernelSeconds !== null).length, 50);
  for (const { text } of lines) assert.ok(text.length <= longestLine, `${text.length}`);
});
