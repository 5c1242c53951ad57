// A whole disk through UEFI firmware to a login: the reference guest's kernel and root, laid on one disk as a distribution's installer
// would, published packed at a URL. Its ramdisk takes the key from the seed as cloud-init does: the volume cidata, its user-data.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import test from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { loadConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { prepareSide } from '../../src/guest/prepare.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import { openAptWorld } from '../../src/kit/apt-world.ts';
import { writeCpio } from '../../src/kit/cpio.ts';
import { writeFat } from '../../src/kit/fat.ts';
import { newKey } from '../../src/kit/keys.ts';
import { ensureGuest } from '../../src/kit/kit.ts';
import { collectModules, type Module } from '../../src/kit/modules.ts';
import type { KitOptions } from '../../src/kit/options.ts';
import { makeMergedRoot, unpackPackages } from '../../src/kit/unpack.ts';
import { decompressXz } from '../../src/kit/xz.ts';
import { configFileName } from '../../src/model/file-names.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { rememberIn } from '../../src/store/memory.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';

test('a packed disk at a URL boots through UEFI firmware, takes the key from its seed, and lets us in', async () => {
  await using folder = await temporaryFolder('bootgauge-disk-');
  const cache = cacheFolder(process.env, homedir());
  const kit = { cache, progress: () => {}, signal: AbortSignal.timeout(540_000) };
  const packed = gzipSync(await makeDisk(join(folder.path, 'work'), kit), { level: 1 });
  const server = createServer((_request, response) => response.end(packed)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/guest.img.gz`;
  const checksum = createHash('sha512').update(packed).digest('hex');
  writeFileSync(
    join(folder.path, configFileName),
    `version: 1
scenarios:
  cloud:
    accel: tcg
    cpus: 2
    memory: 1 GiB
    deadlines: {total: 4 min}
    guest: {kind: disk, image: '${url}', checksum: '${checksum}'}
`,
  );
  const [scenario] = scenariosOf(loadConfig(folder.path), ['cloud']);
  assert.ok(scenario);
  const options = { kit, remembered: rememberIn(join(cache, 'trials.json')) };
  const plan = await prepareSide(scenario.head, scenario.profile, options);
  const unpacked = plan.kind === 'qemu' ? dirname(plan.disks[0]?.path ?? '') : '';
  assert.ok(unpacked.startsWith(join(cache, 'disks')));
  await using _made = { [Symbol.asyncDispose]: () => rm(unpacked, { recursive: true }) };
  server.closeAllConnections();
  server.close();
  const boot = await bootOnce({
    ...{ plan, scenario, markers: markerProfileOf(scenario), number: 1, signal: kit.signal },
    ...{ slot: { side: 'head', round: 1, warmup: false } as const, onPhase: () => {} },
  });
  const said = Buffer.from(boot.console.bytes).toString();
  assert.deepEqual(boot.outcome, { kind: 'ready' }, said.slice(-3000));
  const passed = boot.probes.filter(({ outcome }) => outcome === 'ok').map(({ probe }) => probe);
  assert.ok(passed.includes('login'), JSON.stringify(boot.probes));
  // Firmware started it, not QEMU.
  assert.ok(!boot.command.includes('-kernel'));
  assert.match(said, /BdsDxe: starting Boot/);
});

const mebibyte = 1024 * 1024;

async function makeDisk(work: string, kit: KitOptions): Promise<Buffer> {
  const guest = await ensureGuest({ kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' }, kit);
  const world = await openAptWorld('arm64', kit);
  const resolved = await world.resolve(['linux-image-arm64', 'systemd-boot-efi']);
  const wanted = resolved.filter(({ name }) => /^(?:linux-image-\d.*|systemd-boot-efi)$/.test(name));
  await makeMergedRoot(work);
  const debs = await world.download(wanted);
  for (const [index, { name }] of wanted.entries()) {
    const include = name.startsWith('linux') ? ['./usr/lib/modules/*'] : ['./usr/lib/systemd/boot/efi/*'];
    await unpackPackages(debs.slice(index, index + 1), work, { exclude: [], include, signal: kit.signal });
  }
  const release = wanted.find(({ name }) => name.startsWith('linux'))?.name.replace('linux-image-', '') as string;
  const early = await collectModules(
    join(work, 'usr/lib/modules', release),
    ['vfat', 'nls_cp437', 'nls_ascii'],
    (path) => decompressXz(path, join(work, 'module.deb'), kit.signal),
  );
  const initrd = readFileSync(join(dirname(guest.kernel), 'initrd'));
  const options = `${guest.append} quiet`;
  const entry = `title guest\nlinux /kernel\ninitrd /initrd\noptions ${options}\n`;
  const esp = writeFat('ESP', [
    {
      path: 'EFI/BOOT/BOOTAA64.EFI',
      content: readFileSync(join(work, 'usr/lib/systemd/boot/efi/systemd-bootaa64.efi')),
    },
    { path: 'loader/loader.conf', content: Buffer.from('timeout 0\n') },
    { path: 'loader/entries/guest.conf', content: Buffer.from(entry) },
    { path: 'kernel', content: readFileSync(guest.kernel) },
    { path: 'initrd', content: Buffer.concat([initrd, ramdiskOver(initrd, early)]) },
  ]);
  return partitioned([
    [0xef, esp],
    [0x83, readFileSync(guest.disks[0].path)],
  ]);
}

/** What is laid over the reference guest's ramdisk: its root is the second partition, and the key that may log in is the seed's. */
function ramdiskOver(initrd: Buffer, modules: readonly Pick<Module, 'path' | 'content'>[]): Buffer {
  const directory = (path: string) => ({ path, kind: 'folder' as const, mode: 0o755 });
  const [own = ''] =
    /#!\/bin\/busybox sh\n[^\0]*?exec \$b switch_root .*\n/.exec(gunzipSync(initrd).toString('latin1')) ?? [];
  const readSeed = `
for module in ${modules.map(({ path }) => basename(path)).join(' ')}; do $b insmod "/lib/modules/$module"; done
$b mkdir /seed
$b mount -t vfat -o ro "$($b findfs LABEL=cidata)" /seed
$b mkdir -p /newroot/root/.ssh
$b sed -n 's/.*"\\(ssh-ed25519 [^"]*\\)".*/\\1/p' /seed/user-data > /newroot/root/.ssh/authorized_keys
$b chmod 700 /newroot/root/.ssh
`;
  const init = own
    .replace('-o rw /dev/vda ', '-o rw /dev/vda2 ')
    .replace('$b umount /proc\n', (line) => `${readSeed}${line}`);
  assert.ok(init.includes('/dev/vda2') && init.includes('findfs'), own);
  return Buffer.from(
    writeCpio([
      ...['keys', 'keys/etc', 'keys/etc/dropbear'].map(directory),
      { path: 'init', kind: 'file', mode: 0o755, content: init },
      {
        ...{ path: 'keys/etc/dropbear/dropbear_ed25519_host_key', kind: 'file' as const, mode: 0o600 },
        content: newKey('somebody').dropbear,
      },
      ...modules.map(({ path, content }) => ({
        ...{ path: `lib/modules/${basename(path)}`, kind: 'file' as const, mode: 0o644, content },
      })),
    ]),
  );
}

/** An MBR with these partitions, a mebibyte before each. */
function partitioned(partitions: readonly (readonly [type: number, content: Buffer])[]): Buffer {
  const table = Buffer.alloc(mebibyte);
  table.writeUInt16LE(0xaa55, 510);
  const parts = [table];
  let at = mebibyte;
  for (const [index, [type, content]] of partitions.entries()) {
    const padded = Buffer.concat([content, Buffer.alloc(mebibyte - (content.length % mebibyte))]);
    const entry = 446 + 16 * index;
    table[entry + 4] = type;
    table.writeUInt32LE(at / 512, entry + 8);
    table.writeUInt32LE(padded.length / 512, entry + 12);
    parts.push(padded);
    at += padded.length;
  }
  return Buffer.concat(parts);
}
