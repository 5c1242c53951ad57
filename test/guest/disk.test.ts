// Whole disks: how they are written, what of them is refused, and how an image becomes something that QEMU boots.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { diskParts } from '../../src/guest/disk.ts';
import { dataFolders, findFirmware, firmwareArguments } from '../../src/guest/firmware.ts';
import { ensureImage } from '../../src/guest/image.ts';
import { planParts } from '../../src/guest/parts.ts';
import { cloudConfig, ignition, metaData, placeSeed } from '../../src/guest/seed.ts';
import type { DiskGuest } from '../../src/model/guests/disk.ts';
import { qemuArguments } from '../../src/qemu/arguments.ts';
import { designArms } from '../../src/study/design.ts';
import { exampleSide } from '../examples/run.ts';
import { overlayOn } from '../fixtures/qcow2.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootgauge-disk-'));
after(() => rmSync(folder, { recursive: true }));
const place = (name: string): string => join(folder, name);
const sha = (algorithm: string, data: Buffer): string => createHash(algorithm).update(data).digest('hex');
const url = 'https://example.org/images/a.qcow2';
const checksum = 'a'.repeat(64);

function guestOf(guest: string, defaults = '{}'): DiskGuest {
  const text = `version: 1\ndefaults: ${defaults}\nscenarios: {x: {guest: ${guest}}}`;
  const [scenario] = scenariosOf(parseConfig(text, { path: '/repo/bootgauge.yml', name: 'bootgauge.yml' }));
  assert.ok(scenario?.head.guest.kind === 'disk');
  return scenario.head.guest;
}

test('a disk is a file or a URL with its checksum; who logs in and with which key follows from the seed', () => {
  const access = { user: 'root', key: 'cache' };
  assert.deepEqual(guestOf('{kind: disk, image: a.qcow2}'), {
    ...{ kind: 'disk', architecture: 'arm64', image: '/repo/a.qcow2', checksum: null, firmware: null },
    ...{ seed: { format: 'nocloud', file: null }, access },
  });
  assert.equal(guestOf(`{kind: disk, image: "${url}", checksum: "${checksum.toUpperCase()}"}`).checksum, checksum);
  const seeded = (seed: string) => guestOf(`{kind: disk, image: a, seed: ${seed}}`);
  assert.deepEqual([seeded('none').seed, seeded('none').access.key], [null, null]);
  assert.deepEqual(seeded('ignition').access, access);
  assert.deepEqual(seeded('{nocloud: u}'), { ...seeded('nocloud'), seed: { format: 'nocloud', file: '/repo/u' } });
  // Ignition has one file: whose key is in it is not known.
  assert.equal(seeded('{ignition: i}').access.key, null);
  const defaults = `{guest: {kind: disk, image: "${url}", checksum: "${checksum}", ssh: {user: core}}}`;
  assert.deepEqual(guestOf('{kind: disk, firmware: f}', defaults).access, { user: 'core', key: 'cache' });
  assert.equal(guestOf('{kind: disk, firmware: f}', defaults).checksum, checksum);
  assert.equal(
    guestOf(`{kind: disk, image: "${url.replace('https', 'HTTPS')}", checksum: "${checksum}"}`).image.slice(0, 6),
    'HTTPS:',
  );
  // The checksum of another image is none of this one's.
  assert.equal(guestOf('{kind: disk, image: other}', defaults).checksum, null);
});

test('what is missing or contradictory is told with its key', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['{kind: disk}', /guest of kind disk: the key 'image' is missing/],
    [`{kind: disk, image: "${url}"}`, /the key 'checksum' is missing/],
    ['{kind: disk, image: "ftp://h/a"}', /guest\.image: expected a file, or a URL that begins with http/],
    ['{kind: disk, image: "https://me:secret@h/a"}', /holds no password/],
    ['{kind: disk, image: a, checksum: 123}', /guest\.checksum: expected a sha256 or sha512 in hex, in quotes/],
    ['{kind: disk, image: a, checksum: abc}', /expected a sha256 \(64 hex digits\)/],
    ['{kind: disk, image: a, seed: cloud-init}', /guest\.seed/],
    ['{kind: disk, image: a, seed: {}}', /guest\.seed: expected one of nocloud and ignition/],
    ['{kind: disk, image: a, seed: {nocloud: a, ignition: b}}', /guest\.seed: expected one of nocloud and ignition/],
    ['{kind: disk, image: a, kernel: k}', /unknown key 'kernel'/],
    ['disk', /expected a mapping \{kind: disk, \.\.\.\} with some of the keys arch, image, checksum/],
  ];
  for (const [guest, message] of refused) assert.throws(() => guestOf(guest), message, guest);
});

const bootable = Buffer.alloc(3 * 1024 * 1024);
bootable.writeUInt16LE(0xaa55, 510);
bootable.write('the end', bootable.length - 7);

function options(cache = place('cache')) {
  mkdirSync(cache, { recursive: true });
  return { cache, progress: () => {}, signal: new AbortController().signal };
}
const ensure = (image: string, wanted: string | null = null, more = {}) =>
  ensureImage({ image, checksum: wanted }, { ...options(), ...more });

test('an image is what its first bytes say', async () => {
  const iso = Buffer.alloc(0x9000);
  iso.write('CD001', 0x8001);
  const hybrid = Buffer.from(iso);
  hybrid.writeUInt16LE(0xaa55, 510);
  const kinds: readonly (readonly [string, Buffer, object])[] = [
    ['raw', bootable, { format: 'raw' }],
    ['qcow2', Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(100)]), { format: 'qcow2' }],
    ['vmdk', Buffer.from('KDMV'), { format: 'vmdk' }],
    ['flat', Buffer.from('# Disk DescriptorFile\n'), { format: 'vmdk' }],
    ['iso', iso, { format: 'raw', cdrom: true }],
    ['hybrid', hybrid, { format: 'raw', cdrom: true }],
  ];
  for (const [name, content, found] of kinds) {
    writeFileSync(place(name), content);
    assert.deepEqual(await ensure(place(name)), { path: place(name), ...found }, name);
  }
  for (const nothing of [Buffer.alloc(0), Buffer.from('<!DOCTYPE html>'), Buffer.alloc(100_000, 'x')]) {
    writeFileSync(place('other'), nothing);
    await assert.rejects(ensure(place('other')), { exitCode: 2, message: /is no disk image that can boot/ });
  }
});

const hasXz = spawnSync('xz', ['--version']).status === 0;

test('a packed image is unpacked once, by its first bytes, and what is zero takes no room', async () => {
  const packers: Readonly<Record<string, (data: Buffer) => Buffer>> = {
    gz: (data) => gzipSync(data),
    zst: (data) => zstdCompressSync(data),
    ...(hasXz ? { xz: (data: Buffer) => spawnSync('xz', ['-c'], { input: data }).stdout } : {}),
  };
  for (const [name, pack] of Object.entries(packers)) {
    const path = place(`packed-${name}.img`);
    writeFileSync(path, pack(bootable));
    const first = await ensure(path);
    assert.deepEqual(readFileSync(first.path), bootable, name);
    assert.ok(statSync(first.path).blocks * 512 < bootable.length, 'holes are kept');
    const before = statSync(first.path, { bigint: true }).mtimeNs;
    assert.deepEqual(await ensure(path), first);
    assert.equal(statSync(first.path, { bigint: true }).mtimeNs, before);
    // What breaks off leaves nothing that the next attempt would take for whole.
    const half = place(`half-${name}.img`);
    writeFileSync(half, pack(bootable).subarray(0, -9));
    await assert.rejects(ensure(half), { message: /half-.*cannot be unpacked: / }, name);
    await assert.rejects(ensure(half), { message: /cannot be unpacked: / }, name);
  }
});

test('a zst of several frames, as pzstd and others write it, is unpacked to its last one', async () => {
  const head = bootable.subarray(0, 700);
  const noise = randomBytes(3 << 20);
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
  const frames = [head, noise, Buffer.alloc(0), noise.subarray(7), Buffer.alloc(2 << 20)].map((data) =>
    zstdCompressSync(data),
  );
  const path = place('frames.img.zst');
  writeFileSync(path, Buffer.concat([...frames.slice(0, 2), skippable, ...frames.slice(2)]));
  const { path: unpacked } = await ensure(path);
  assert.ok(readFileSync(unpacked).equals(Buffer.concat([head, noise, noise.subarray(7), Buffer.alloc(2 << 20)])));
  writeFileSync(path, Buffer.concat(frames).subarray(0, -3));
  await assert.rejects(ensure(path), { message: /cannot be unpacked: / });
});

test('a file that is not what its checksum says is refused', async () => {
  writeFileSync(place('checked'), bootable);
  assert.equal((await ensure(place('checked'), sha('sha512', bootable))).path, place('checked'));
  await assert.rejects(ensure(place('checked'), checksum), {
    exitCode: 2,
    message: new RegExp(`is not what guest.checksum says: its sha256 is ${sha('sha256', bootable)}`),
  });
});

test('an image at a URL is loaded, checked and unpacked once, and not at all when offline', async () => {
  const packed = gzipSync(bootable);
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.end(packed);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  after(() => server.close());
  const fresh = (image: string, wanted: string, more = {}) =>
    ensureImage({ image, checksum: wanted }, { ...options(place('fresh')), ...more });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/..%2f..%2fb.img.gz?x=1`;
  const right = sha('sha256', packed);
  await assert.rejects(fresh(address, right, { offline: true }), { exitCode: 2, message: /is not in the cache/ });
  await assert.rejects(fresh(address, checksum), { message: /is not what was asked for/ });
  const before = asked;
  const first = await fresh(address, right);
  assert.deepEqual(readFileSync(first.path), bootable);
  assert.ok(first.path.startsWith(place('fresh')));
  assert.deepEqual(await fresh(address, right, { offline: true }), first);
  assert.equal(asked, before + 1);
  assert.ok(!existsSync(join(first.path, '../download')), 'what was packed is not kept beside it');
});

test('a seed lets the key in by NoCloud or Ignition, and beside a file of the own', async () => {
  const login = { user: 'root', publicKey: 'ssh-ed25519 AAAA "x"' };
  const yaml = (text: string): unknown => JSON.parse(text.replace(/^#cloud-config\n/, ''));
  assert.deepEqual(yaml(cloudConfig(login)), { disable_root: false, ssh_authorized_keys: [login.publicKey] });
  assert.match(cloudConfig({ ...login, user: 'me' }), /"users": \[\s*"default",\s*\{\s*"name": "me"/);
  assert.deepEqual((yaml(metaData(login, Buffer.from(''))) as Record<string, unknown>)['public-keys'], [
    login.publicKey,
  ]);
  assert.deepEqual((yaml(ignition(login)) as { passwd: unknown }).passwd, {
    users: [{ name: 'root', sshAuthorizedKeys: [login.publicKey] }],
  });
  writeFileSync(place('own'), '#!/bin/sh\necho hello\n');
  const seed = await placeSeed({ format: 'nocloud', file: place('own') }, login, place('a, b'));
  const image = readFileSync(seed.disks[0]?.path ?? '').toString('latin1');
  assert.ok(image.includes('#!/bin/sh\necho hello\n') && image.includes('public-keys') && image.includes('cidata'));
  const other = await placeSeed({ format: 'ignition', file: place('own') }, login, place('a, b'));
  const [, word = ''] = other.extraArguments;
  assert.match(word, /^name=opt\/com\.coreos\/config,file=.*a,, b\//);
  assert.equal(readFileSync(word.replace(/.*file=/, '').replaceAll(',,', ','), 'utf8'), '#!/bin/sh\necho hello\n');
});

test('a disk that stands on another is another guest when that one changes', async () => {
  const base = place('base.img');
  writeFileSync(base, Buffer.alloc(512));
  writeFileSync(place('overlay.qcow2'), await overlayOn(base));
  const guest = { ...guestOf('{kind: disk, image: a, seed: none}'), image: place('overlay.qcow2') };
  const digest = async () =>
    (await diskParts({ ...guest, firmware: place('overlay.qcow2') }, {} as never, options())).identity.digest;
  const first = await digest();
  assert.equal(await digest(), first);
  writeFileSync(base, Buffer.alloc(512, 1));
  assert.notEqual(await digest(), first);
});

test('firmware is found beside QEMU, installed or in its build tree', async () => {
  const put = (path: string): string => {
    mkdirSync(join(place(path), '..'), { recursive: true });
    writeFileSync(place(path), '');
    return place(path);
  };
  const qemu = { leadingArguments: [], program: put('brew/bin/qemu-system-aarch64') };
  const find = async (leadingArguments: readonly string[] = []) =>
    findFirmware(await dataFolders({ ...qemu, leadingArguments } as never), 'arm64');
  assert.equal(await find(), null);
  const built = put('brew/bin/pc-bios/edk2-aarch64-code.fd');
  assert.equal(await find(), built);
  assert.equal(await findFirmware(await dataFolders(qemu as never), 'x86_64'), null);
  const installed = put('brew/share/qemu/edk2-aarch64-code.fd');
  assert.equal(await find(), installed);
  // A PC's code starts with the variables beside it; a whole build, and any for arm64, by itself.
  const code = put('ovmf/OVMF_CODE_4M.fd');
  assert.deepEqual(await firmwareArguments(code, 'x86_64'), ['-bios', code]);
  const variables = put('ovmf/OVMF_VARS_4M.fd');
  assert.deepEqual(
    (await firmwareArguments(code, 'x86_64')).filter((word) => word !== '-drive'),
    [code, variables].map((file, unit) => `if=pflash,unit=${unit},format=raw,snapshot=on,file=${file}`),
  );
  assert.deepEqual(await firmwareArguments(code, 'arm64'), ['-bios', code]);
  const told = put('data/QEMU_EFI.fd');
  assert.equal(await find(['-L', place('data')]), told);
});

test('firmware boots the first disk and no network; the user cannot tell the kernel anything', () => {
  const machine = { accel: 'tcg', cpus: 2, memoryMiB: 512, gpu: 'none', append: '', qemuArguments: ['-x'] } as const;
  const parts = {
    ...{ identity: { name: 'disk-arm64', digest: 'd', packages: {} }, kernel: null, initrd: null, append: '' },
    disks: [
      { path: '/i.iso', format: 'raw', cdrom: true },
      { path: '/s', format: 'raw' },
    ] as const,
    extraArguments: ['-bios', '/f.fd'],
    ssh: { user: 'root', privateKeyPath: '', hostKey: null },
  };
  const emulator = { leadingArguments: [] } as never;
  const input = { parts, architecture: 'arm64', profile: 'timing', emulator, accelerator: 'tcg' } as const;
  const wiring = { sshPort: 1, closedPort: 2, network: 'restricted', glDisplay: 'cocoa', renderNode: null } as const;
  const line = qemuArguments(planParts({ ...input, machine }), wiring).join(' ');
  assert.match(
    line,
    /file=\/i\.iso,format=raw,media=cdrom,readonly=on -device virtio-scsi-pci -device scsi-cd,drive=disk0,bootindex=0 /,
  );
  assert.match(line, /file=\/s,format=raw,snapshot=on -device virtio-blk-pci,drive=disk1 .* -bios \/f\.fd -x$/);
  assert.doesNotMatch(line, /-kernel|-append|-initrd/);
  assert.throws(
    () => planParts({ ...input, machine: { ...machine, append: 'debug' } }),
    /append: the kernel is inside the image/,
  );
});

test('a study of a disk says which of its levels cannot be', () => {
  const side = { ...exampleSide, guest: guestOf('{kind: disk, image: a}') };
  const levels = [
    { append: 'debug' },
    { files: { kernel: '/k' } },
    { initramfs: 'zstd' },
    { machine: { cpus: 4 } },
  ] as const;
  const factors = levels.map((change, index) => ({
    name: `f${index}`,
    levels: [
      { name: 'a', change: {} },
      { name: 'b', change },
    ],
  }));
  const { arms } = designArms({ side, environment: {}, initramfs: null }, factors, 'one-at-a-time');
  assert.deepEqual(
    arms.map(({ unreachable }) => unreachable.slice(0, 30)),
    ['', ...Array.from({ length: 3 }, () => 'the kernel is inside the image'), ''],
  );
});
