// Bytes to lines: the texts do not depend on how the bytes were cut, and nothing that a console prints breaks the reader.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { LineReader, longestLine, readLines, type StampedLine, stampAt } from '../../src/timeline/lines.ts';
import { bytesOf } from './played.ts';

const textsOf = (lines: readonly StampedLine[]): string[] => lines.map((line) => line.text);
const whole = (bytes: Uint8Array): StampedLine[] => readLines({ bytes, reads: [], droppedBytes: 0 });
const texts = (text: string): string[] => textsOf(whole(bytesOf(text)));

/** Bytes as consoles print them: text, escapes, line ends, broken UTF-8, anything. */
const consoleBytes = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }).map(bytesOf),
      fc
        .constantFrom(
          '\r\n',
          '\n',
          '\r',
          '\x1b[0;32m',
          '\x1b]0;title\x07',
          '\x1b[',
          '\x1b',
          '\0',
          ' * Starting x ...',
          ' [ ok ]',
        )
        .map(bytesOf),
      fc.uint8Array({ maxLength: 8 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

function chunked(bytes: Uint8Array, cuts: readonly number[]): { lines: StampedLine[]; tail: StampedLine | null } {
  const reader = new LineReader();
  const lines: StampedLine[] = [];
  let offset = 0;
  for (const [position, size] of [...cuts, bytes.length].entries()) {
    lines.push(...reader.feed(bytes.subarray(offset, offset + size), (position + 1) * 1000));
    offset += size;
  }
  return { lines, tail: reader.tail() };
}

test('any re-chunking of the bytes gives the same texts', () => {
  fc.assert(
    fc.property(consoleBytes, fc.array(fc.nat(12), { maxLength: 60 }), (bytes, cuts) => {
      const { lines, tail } = chunked(bytes, cuts);
      assert.deepEqual(textsOf(tail ? [...lines, tail] : lines), textsOf(whole(bytes)));
    }),
    { numRuns: 1000 },
  );
});

test('stamps never fall, within a line and from line to line', () => {
  fc.assert(
    fc.property(consoleBytes, fc.array(fc.nat(12), { maxLength: 60 }), (bytes, cuts) => {
      const { lines, tail } = chunked(bytes, cuts);
      const stamps = (tail ? [...lines, tail] : lines).flatMap((line) => [
        line.firstNs,
        ...line.pieces.map((piece) => piece.atNs),
        line.lastNs,
      ]);
      assert.deepEqual(
        stamps,
        stamps.toSorted((a, b) => a - b),
      );
    }),
  );
});

test('the incremental reader and the batch reader give equal lines', () => {
  fc.assert(
    fc.property(consoleBytes, fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 60 }), (bytes, cuts) => {
      const reads: { offset: number; atNs: number }[] = [];
      let offset = 0;
      for (const [position, size] of [...cuts, bytes.length].entries()) {
        if (offset < bytes.length) reads.push({ offset, atNs: (position + 1) * 1000 });
        offset += size;
      }
      const { lines, tail } = chunked(bytes, cuts);
      assert.deepEqual(readLines({ bytes, reads, droppedBytes: 0 }), tail ? [...lines, tail] : lines);
    }),
  );
});

test('decoding is the platform decoder for text without control characters', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (raw) => {
      const bytes = raw.filter((byte) => byte >= 0x20 && byte !== 0x7f);
      const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.of(...bytes, 0x2e));
      const visible = expected.replace(/[\u0080-\u009f]/g, '');
      assert.deepEqual(textsOf(whole(Uint8Array.of(...bytes, 0x2e, 0x0a))), [visible]);
    }),
    { numRuns: 1000 },
  );
});

test('no control character but the tab is left in a text', () => {
  fc.assert(
    fc.property(consoleBytes, (bytes) => {
      for (const text of textsOf(whole(bytes))) assert.doesNotMatch(text, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
    }),
  );
});

test('line feed, carriage return with it, and a lone carriage return behind text end a line', () => {
  assert.deepEqual(texts('a\nb\r\nc\r\r\nd\re'), ['a', 'b', 'c', 'd', 'e']);
  assert.deepEqual(texts('\r\n\rx'), ['', 'x']);
});

test('colours, cursor moves, titles and device strings vanish', () => {
  assert.deepEqual(
    texts('\x1b[32;01m*\x1b[0m x\x1b[A\x1b[72C[ ok ]\x1b]0;t\x07!\x1b]8;;u\x1b\\?\x1bPq#0\x1b\\.\x1b(B;\x1b7'),
    ['* x[ ok ]!?.;'],
  );
});

test('an escape sequence that never ends does not swallow the lines behind it', () => {
  assert.deepEqual(texts('a\x1b]0;never\nb\nc'), ['a', 'b', 'c']);
  assert.deepEqual(texts(`a\x1b]${'x'.repeat(600)}b\n`)[0]?.endsWith('b'), true);
});

test('NUL and other control characters vanish, broken UTF-8 becomes the replacement character', () => {
  assert.deepEqual(textsOf(whole(Uint8Array.of(0x61, 0, 7, 8, 0x62, 0x7f, 0xff, 0xc3, 0x28, 0xe2, 0x82, 0x0a))), [
    'ab\u{fffd}\u{fffd}(\u{fffd}',
  ]);
});

test('the tail without its newline is a line that is not terminated', () => {
  const [first, tail] = whole(bytesOf('a\nlogin: '));
  assert.deepEqual([first?.terminated, tail?.text, tail?.terminated], [true, 'login: ', false]);
});

test('a line is stamped by its first and last byte, and each of its characters by its own read', () => {
  const reader = new LineReader();
  reader.feed(bytesOf(' * Starting sshd ...'), 10);
  reader.feed(bytesOf(' ['), 20);
  const [line] = reader.feed(bytesOf(' ok ]\r\n'), 30);
  assert.deepEqual([line?.firstNs, line?.lastNs], [10, 30]);
  assert.deepEqual(
    [0, 19, 20, 22, 26].map((index) => stampAt(line as StampedLine, index)),
    [10, 10, 20, 30, 30],
  );
});

test('100 MB without a newline is cut into bounded lines', () => {
  const reader = new LineReader();
  const chunk = new Uint8Array(1 << 20).fill(0x61);
  let count = 0;
  for (let index = 0; index < 100; index += 1) {
    for (const line of reader.feed(chunk, index)) {
      count += 1;
      assert.equal(line.text.length, longestLine);
      assert.equal(line.terminated, false);
    }
  }
  assert.equal(count, (100 << 20) / longestLine - 1);
});

test('a stamp that goes back counts as the one before it, and a console without reads is one read at zero', () => {
  const reader = new LineReader();
  reader.feed(bytesOf('a'), 50);
  assert.equal(reader.feed(bytesOf('\n'), 40)[0]?.lastNs, 50);
  assert.equal(whole(bytesOf('x\n'))[0]?.lastNs, 0);
});
