// Pixels as PNG, read back by zlib.
import assert from 'node:assert/strict';
import test from 'node:test';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { pngOf } from '../../src/probe/png.ts';

test('a PNG holds the pixels', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.uint8Array({ maxLength: 300 }), async (width, bytes) => {
      const pixels = bytes.subarray(0, bytes.length - (bytes.length % (width * 3)));
      const png = Buffer.from(await pngOf(pixels, width), 'base64');
      assert.equal(png.toString('latin1', 0, 8), '\x89PNG\r\n\x1a\n');
      const height = pixels.length / (width * 3);
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [width, height]);
      const rows = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
      const back: number[] = [];
      for (let y = 0; y < height; y += 1) {
        const row = [...rows.subarray(y * (width * 3 + 1) + 1, (y + 1) * (width * 3 + 1))];
        for (let x = 3; x < row.length; x += 1) row[x] = ((row[x] ?? 0) + (row[x - 3] ?? 0)) & 255;
        back.push(...row);
      }
      assert.deepEqual(back, [...pixels]);
      assert.equal(png.toString('latin1', png.length - 8), 'IEND\xae\x42\x60\x82');
    }),
  );
});
