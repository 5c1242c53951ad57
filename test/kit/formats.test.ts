// The small formats that the kit reads and writes by itself: cpio, keys, module information, busybox's table, apt's answers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parseUris } from '../../src/kit/apt-world.ts';
import { type CpioEntry, writeCpio } from '../../src/kit/cpio.ts';
import { initScript, writeInitramfs } from '../../src/kit/initramfs.ts';
import { newKey } from '../../src/kit/keys.ts';
import { chooseMirror, findArchive } from '../../src/kit/mirror.ts';
import { aliasIndex, collectModules, dependencyIndex } from '../../src/kit/modules.ts';
import { busyboxApplets } from '../../src/kit/root-tree.ts';
import { folderOf } from '../helpers.ts';

const signal = new AbortController().signal;

const temporary = (t: TestContext): Promise<string> => folderOf(t, 'bootgauge-kit-');

/** Reads "newc" by its definition, independently of the writer. */
function readCpio(data: Buffer): { name: string; mode: number; content: string }[] {
  const entries = [];
  for (let at = 0; ; ) {
    assert.equal(data.toString('latin1', at, at + 6), '070701');
    const field = (index: number): number =>
      Number.parseInt(data.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const nameEnd = at + 110 + field(11);
    const name = data.toString('utf8', at + 110, nameEnd - 1);
    const start = Math.ceil(nameEnd / 4) * 4;
    if (name === 'TRAILER!!!') return entries;
    entries.push({ name, mode: field(1), content: data.toString('utf8', start, start + field(6)) });
    at = Math.ceil((start + field(6)) / 4) * 4;
  }
}

test('any set of files comes back out of a cpio archive, and its length allows another to follow', () => {
  const entry = fc.record({
    path: fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((path) => !path.includes('\0') && path !== 'TRAILER!!!'),
    kind: fc.constant('file' as const),
    mode: fc.integer({ min: 0, max: 0o777 }),
    content: fc.string({ unit: 'grapheme', maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), (entries: CpioEntry[]) => {
      const data = writeCpio(entries);
      assert.equal(data.length % 512, 0);
      const expected = entries.map(({ path, mode, content }) => ({ name: path, mode: 0o100000 | mode, content }));
      assert.deepEqual(readCpio(data), expected);
    }),
  );
});

test('the initial ramdisk holds what its init script loads', () => {
  const module = { name: 'ext4', path: 'kernel/fs/ext4/ext4.ko', content: Buffer.from('elf'), needs: [], aliases: [] };
  const ramdisk = writeInitramfs(Buffer.from('busybox'), [module]);
  assert.equal(ramdisk.length % 512, 0);
  const names = readCpio(gunzipSync(ramdisk)).map(({ name }) => name);
  assert.ok(names.includes('lib/modules/ext4.ko') && names.includes('init') && names.includes('bin/busybox'));
});

test('the init script is a script that a shell can parse', async (t) => {
  const path = join(await temporary(t), 'init');
  await writeFile(path, initScript(['ext4.ko', 'virtio_blk.ko']));
  execFileSync('sh', ['-n', path]);
});

test('a made key is one that ssh-keygen reads, and its public half is the one we say', async (t) => {
  const path = join(await temporary(t), 'key');
  const key = newKey('comment');
  await writeFile(path, key.openssh, { mode: 0o600 });
  assert.equal(execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim(), `${key.publicKey} comment`);
  assert.equal(key.dropbear.length, 4 + 11 + 4 + 64);
  assert.deepEqual(
    key.dropbear.subarray(-32),
    Buffer.from(key.publicKey.split(' ')[1] as string, 'base64').subarray(-32),
  );
});

test('modules come with their dependencies first, soft ones too, without built-in ones', async (t) => {
  const folder = await temporary(t);
  await mkdir(join(folder, 'kernel'));
  const elf = (...info: string[]): string => `\u007fELF\0${info.map((value) => `${value}\0`).join('')}tail`;
  const files = {
    'ext4.ko': elf('depends=jbd2,mbcache', 'softdep=pre: crc32c', 'alias=fs-ext4'),
    'jbd2.ko': elf('depends='),
    'mbcache.ko': elf('depends=built-in'),
    'crc32c.ko': elf('depends=', 'alias=crypto-crc32c'),
    'other.ko': elf('depends='),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, 'kernel', name), content);
  await writeFile(join(folder, 'modules.builtin'), 'kernel/lib/built-in.ko\n');
  const modules = await collectModules(folder, ['ext4', 'built_in'], () => assert.fail('nothing is compressed'));
  assert.deepEqual(
    modules.map(({ name }) => name),
    ['crc32c', 'jbd2', 'mbcache', 'ext4'],
  );
  assert.match(
    dependencyIndex(modules),
    /^kernel\/ext4\.ko: kernel\/mbcache\.ko kernel\/jbd2\.ko kernel\/crc32c\.ko$/m,
  );
  assert.equal(aliasIndex(modules), 'alias crypto-crc32c crc32c\nalias fs-ext4 ext4\n');
  await assert.rejects(
    collectModules(folder, ['absent'], () => assert.fail()),
    /no module absent/,
  );
});

test("busybox's table is read up to where names stop being sorted names", () => {
  const binary = Buffer.from('\u007fELF\0rubbish [\0[[\0ar\0ash\0zcat\0Hello\0\0more', 'latin1');
  assert.deepEqual(busyboxApplets(binary), ['[', '[[', 'ar', 'ash', 'zcat']);
  assert.throws(() => busyboxApplets(Buffer.from('nothing')), /no table/);
});

test("apt's list of addresses becomes packages with decoded versions", () => {
  const text = [
    "'http://mirror.example.org/debian/pool/main/g/glibc/libc6_2.41-12%2bdeb13u4_arm64.deb' libc6_2.41-12+deb13u4_arm64.deb 2483572 SHA256:aa",
    "'http://mirror.example.org/debian/pool/main/z/zlib/zlib1g_1.3_arm64.deb' zlib1g_1%3a1.3_arm64.deb 88892 SHA256:bb",
    'W: something else',
  ].join('\n');
  assert.deepEqual(parseUris(text), [
    { name: 'libc6', version: '2.41-12+deb13u4', file: 'libc6_2.41-12+deb13u4_arm64.deb', bytes: 2483572 },
    { name: 'zlib1g', version: '1:1.3', file: 'zlib1g_1%3a1.3_arm64.deb', bytes: 88892 },
  ]);
});

test('the mirror is the main Debian archive, never a companion of it or another distribution', () => {
  const security = 'http://mirror.example.org/debian-security/';
  assert.equal(chooseMirror([security, 'https://mirror.example.org/debian/']), 'https://mirror.example.org/debian/');
  assert.equal(chooseMirror([security, 'http://mirror.example.org/ubuntu/', 'cdrom:[x]/debian/']), null);
  assert.equal(chooseMirror([]), null);
});

test('a mirror that is no address and a keyring that is not there are named', async () => {
  await assert.rejects(findArchive({ mirror: 'nonsense', signal }), {
    exitCode: 3,
    message: /"nonsense"/,
    hint: /mirror/,
  });
  const wishes = { mirror: 'http://mirror.example.org/debian', keyring: '/nowhere/keys.gpg', signal };
  await assert.rejects(findArchive(wishes), {
    exitCode: 2,
    message: 'kit.keyring: there is no file /nowhere/keys.gpg',
    hint: /^correct kit\.keyring/,
  });
});
