// Names of addresses: both sources of them, where this boot has put the kernel, and the calls that led to a place.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Asker } from '../../src/autopsy/ask-qemu.ts';
import { nameCpus } from '../../src/autopsy/kernel-places.ts';
import { type KernelSymbols, kernelSymbols, placeAt } from '../../src/autopsy/kernel-symbols.ts';
import { folderOf } from '../helpers.ts';

/** A kernel file that holds nothing but a table of names as scripts/kallsyms.c lays it out; symbol n lies at 16 n. */
function kernelWithTable(names: readonly string[]): Buffer {
  const tokens = Array.from({ length: 256 }, (_, code) => (code > 32 && code < 127 ? String.fromCharCode(code) : 'zz'));
  const encoded = names.map((name) => Buffer.from([name.length + 1, ...Buffer.from(`T${name}`, 'latin1')]));
  const starts = encoded.map((_, index) => encoded.slice(0, index).reduce((sum, { length }) => sum + length, 0));
  const words = (values: readonly number[], bytes: 2 | 4): Buffer => {
    const buffer = Buffer.alloc(values.length * bytes);
    for (const [index, value] of values.entries()) buffer.writeUIntLE(value, index * bytes, bytes);
    return buffer;
  };
  const tokenTable = Buffer.from(tokens.map((token) => `${token}\0`).join(''), 'latin1');
  const tokenStarts = tokens.map((_, index) => tokens.slice(0, index).reduce((sum, { length }) => sum + length + 1, 0));
  const parts = [
    // A table of digits that is none, as the kernel has for character sets.
    Buffer.from(`/\0${'0123456789:;'.split('').join('\0')}${'\0'.repeat(64)}`, 'latin1'),
    Buffer.alloc(512, 0xee),
    words([names.length, 0], 4),
    Buffer.concat(encoded),
    words(
      starts.filter((_, index) => index % 256 === 0),
      4,
    ),
    tokenTable,
    words(tokenStarts, 2),
    words(
      names.map((_, index) => 16 * index),
      4,
    ),
    Buffer.alloc(64),
  ];
  return Buffer.concat(parts.map((part) => Buffer.concat([part, Buffer.alloc((8 - (part.length % 8)) % 8)])));
}

const names = ['_text', ...Array.from({ length: 1500 }, (_, index) => `function_${index}`), 'panic', 'linux_banner'];

test("names are read from the kernel's own table, plain or compressed, and from a System.map beside it", async (t) => {
  const folder = await folderOf(t, 'bootgauge-symbols-');
  const kernel = join(folder, 'vmlinuz');
  for (const file of [kernelWithTable(names), gzipSync(kernelWithTable(names))]) {
    await writeFile(kernel, file);
    const symbols = await kernelSymbols(kernel);
    assert.equal(symbols?.names.length, names.length);
    assert.equal(symbols.offsetOf('panic'), 16 * 1501);
    assert.equal(placeAt(symbols, 16 * 1501 + 4), 'panic+0x4');
  }
  await writeFile(kernel, 'no kernel');
  await writeFile(join(folder, 'System.map-6.12'), 'ffff800080000000 T _text\nffff800080000040 T panic\n');
  const mapped = await kernelSymbols(kernel);
  assert.equal(mapped?.offsetOf('panic'), 0x40);
});

test('a file that is no kernel, a cut one, and the note that Debian puts in the place of a map give no names', async (t) => {
  const folder = await folderOf(t, 'bootgauge-symbols-');
  const kernel = join(folder, 'vmlinuz');
  const whole = kernelWithTable(names);
  for (const file of [
    Buffer.alloc(0),
    Buffer.from('MZ'),
    Buffer.alloc(1 << 20, '0\0'),
    whole.subarray(0, whole.length - 4000),
  ]) {
    await writeFile(kernel, file);
    assert.equal(await kernelSymbols(kernel), null);
  }
  await writeFile(join(folder, 'System.map-6.12'), 'ffffffffffffffff B The real System.map is in the dbg package\n');
  assert.equal(await kernelSymbols(kernel), null);
  assert.equal(await kernelSymbols(join(folder, 'not-there')), null);
});

const symbols: KernelSymbols = {
  offsets: [0, 0x1000, 0x2000, 0x3000, 0x9000],
  names: ['_text', '__delay', 'panic', 'kernel_init', 'linux_banner'],
  offsetOf: (name) => (name === 'linux_banner' ? 0x9000 : null),
};

test('the kernel is found by its banner, and the frames of calls are followed, signed return addresses too', async () => {
  const base = 0xffff9307ae000000n;
  const memory = new Map([
    [base + 0x9000n, ['65762078756e694c']],
    [0xffff800010000000n, ['ffff800010000040', `0012${(base + 0x2010n).toString(16).slice(4)}`]],
    [0xffff800010000040n, ['0000000000000000', (base + 0x3010n).toString(16)]],
  ]);
  const asker: Asker = {
    ask: () => Promise.resolve(null),
    monitor(line) {
      const [, address = '0'] = /0x([0-9a-f]+)$/.exec(line) ?? [];
      const words = memory.get(BigInt(`0x${address}`));
      return Promise.resolve(
        words === undefined ? 'Cannot access memory' : `${address}: ${words.map((word) => `0x${word}`).join(' ')}`,
      );
    },
  };
  const pc = (base + 0x60_1008n).toString(16);
  const far: KernelSymbols = {
    ...symbols,
    offsets: [0, 0x60_1000, 0x2000, 0x3000, 0x9000].toSorted((a, b) => a - b),
    names: ['_text', 'panic', 'kernel_init', 'linux_banner', '__delay'],
  };
  const looked = {
    cpus: [{ index: 0, samples: [{ pc, halted: false, place: '' }], stack: [] }],
    registers: new Map([[0, ` PC=${pc} X29=ffff800010000000 X30=${(base + 0x60_1004n).toString(16)}`]]),
  };
  const [cpu] = await nameCpus(asker, looked, far);
  assert.equal(cpu?.samples[0]?.place, '__delay+0x8');
  assert.deepEqual(cpu.stack, ['__delay', '__delay', 'panic', 'kernel_init']);
  memory.delete(base + 0x9000n);
  assert.deepEqual(await nameCpus(asker, looked, far), looked.cpus);
});
