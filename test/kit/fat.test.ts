import assert from 'node:assert/strict';
import test from 'node:test';
import { writeFat } from '../../src/kit/fat.ts';

/** Reads a FAT16 file system by Microsoft's description of it, so that it shares nothing with the writer. */
function readFat(image: Buffer): Map<string, Buffer> {
  const cluster = image.readUInt8(13) * 512;
  const tables = [0, 1].map((copy) => image.subarray(512 * (1 + copy * image.readUInt16LE(22))));
  const root = 512 * (1 + 2 * image.readUInt16LE(22));
  const data = root + 32 * image.readUInt16LE(17);
  const chain = (first: number): Buffer => {
    const parts: Buffer[] = [];
    for (let at = first; at >= 2 && at < 0xfff8; at = tables[parts.length % 2]?.readUInt16LE(at * 2) ?? 0) {
      parts.push(image.subarray(data + (at - 2) * cluster, data + (at - 1) * cluster));
    }
    return Buffer.concat(parts);
  };
  const found = new Map<string, Buffer>();
  const walk = (folder: Buffer, path: string): void => {
    let name = '';
    for (let at = 0; (folder[at] ?? 0) !== 0; at += 32) {
      const entry = folder.subarray(at, at + 32);
      if (entry[11] === 0x0f) {
        const units = [...entry.subarray(1, 11), ...entry.subarray(14, 26), ...entry.subarray(28, 32)];
        name = Buffer.from(units).toString('utf16le').replace(/\0.*$/su, '') + name;
        continue;
      }
      const content = chain(entry.readUInt16LE(26));
      if (entry[11] === 0x08) found.set('label', entry.subarray(0, 11));
      else if (entry[11] === 0x20) found.set(path + name, content.subarray(0, entry.readUInt32LE(28)));
      else if (entry[0] !== 0x2e) walk(content, `${path}${name}/`);
      name = '';
    }
  };
  walk(image.subarray(root, data), '');
  return found;
}

const filled = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * 7) % 251));

test('what is written is read back: long names, folders in folders, files of every length', () => {
  const files = [
    ['user-data', filled(14)],
    ['empty', filled(0)],
    ['EFI/BOOT/BOOTAA64.EFI', filled(70_000)],
    ['EFI/BOOT/a-name-of-more-than-twenty-six-characters', filled(512)],
    ['loader/entries/größe.conf', filled(513)],
    ...Array.from({ length: 60 }, (_, at) => [`EFI/many/number-${at}`, filled(at)] as const),
  ] as const;
  const image = writeFat(
    'cidata',
    files.map(([path, content]) => ({ path, content })),
  );
  const found = readFat(image);
  assert.equal(found.get('label')?.toString(), 'cidata     ');
  for (const [path, content] of files) assert.deepEqual(found.get(path), content, path);
  assert.equal(found.size, files.length + 1);
});

test('a file that needs larger clusters is read back, and the same files make the same bytes', () => {
  const files = [{ path: 'kernel', content: Buffer.alloc(40_000_000, 'kernel') }];
  const image = writeFat('ESP', files);
  assert.ok(image.readUInt8(13) > 1);
  assert.ok(
    readFat(image)
      .get('kernel')
      ?.equals(files[0]?.content as Buffer),
  );
  assert.ok(writeFat('ESP', files).equals(image));
});

test('more than FAT16 holds is refused', () => {
  const many = Array.from({ length: 300 }, (_, at) => ({ path: `file-${at}`, content: filled(1) }));
  assert.throws(() => writeFat('x', many), /too many files at the top/);
});
