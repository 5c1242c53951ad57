// A maintainer's own checkout of a fork, as it lies there after months of work: a launcher that nobody changed for us, the guest's files
// where that looks for them, and an overlay on a disk elsewhere.
import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from '../../src/host/processes.ts';
import { writeCpio } from '../../src/kit/cpio.ts';
import { ensureGuest } from '../../src/kit/kit.ts';
import type { ReferenceGuest } from '../../src/model/guests/reference.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { hashFile } from '../../src/store/digest.ts';
import { overlayOn } from '../fixtures/qcow2.ts';

export interface ForkCheckout extends TemporaryFolder {
  readonly cache: string;
  /** Absolute paths of the guest's files outside of the checkout. */
  readonly kernel: string;
  readonly initrd: string;
  /** What every file in it and the disk that its overlay stands on hold; names below `.bootgauge` are left out. */
  content(): Promise<Readonly<Record<string, string>>>;
}

const script = join(import.meta.dirname, '../fixtures/launcher/scripts/run-fork.sh');
const guest: ReferenceGuest = { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' };

/** `own`: which kernel the checkout has; the 16k one is what the launcher finds by itself. */
export async function forkCheckout(own: ReferenceGuest['pages'], signal: AbortSignal): Promise<ForkCheckout> {
  await using resources = new AsyncDisposableStack();
  const cache = cacheFolder(process.env, homedir());
  const kit = { cache, progress: () => {}, signal };
  const files = await ensureGuest(guest, kit);
  const booted = own === '4k' ? files : await ensureGuest({ ...guest, pages: own }, kit);
  const folder = resources.use(await temporaryFolder('bootgauge-fork-'));
  const place = (name: string): string => join(folder.path, name);
  for (const name of ['scripts', 'build', 'alpine-installed', 'pc-bios', 'share']) await mkdir(place(name));
  spawnSync('git', ['init', '-q', folder.path]);
  await copyFile(script, place('scripts/run-alpine.sh'));
  await copyFile(booted.kernel, place(own === '4k' ? 'alpine-installed/vmlinuz-virt' : 'scripts/alpine-virt-16k.img'));
  const initramfs = [await readFile(booted.initrd), ...(own === '4k' ? [] : [await modulesOf(booted.disks[0].path)])];
  await writeFile(place('alpine-installed/initramfs-virt'), Buffer.concat(initramfs));
  await writeFile(place('pc-bios/edk2-arm-vars.fd'), Buffer.alloc(1024 * 1024));
  await writeFile(place('build/qemu-system-aarch64'), '#!/bin/sh\necho this is the QEMU of yesterday\nexit 1\n');
  await chmod(place('build/qemu-system-aarch64'), 0o755);
  await writeFile(place('boots.log'), 'yesterday\n');
  await writeFile(place('alpine-overlay.qcow2'), await overlayOn(files.disks[0].path));
  const owned = resources.move();
  return {
    path: folder.path,
    cache,
    kernel: files.kernel,
    initrd: files.initrd,
    async content() {
      const entries = await readdir(folder.path, { recursive: true, withFileTypes: true });
      const names = entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder.path, join(entry.parentPath, entry.name)))
        .filter((name) => !/^\.bootgauge\//.test(name))
        .sort();
      const digests = names.map(async (name) => [name, await hashFile(place(name))] as const);
      return Object.fromEntries([...(await Promise.all(digests)), ['the disk', await hashFile(files.disks[0].path)]]);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The modules of a kernel, as an archive whose content its ramdisk puts into the guest: the checkout's disk has those of another kernel. */
async function modulesOf(disk: string): Promise<Buffer> {
  await using folder = await temporaryFolder('bootgauge-modules-');
  const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const { stderr } = spawnSync('debugfs', ['-R', `rdump /usr/lib/modules ${folder.path}`, disk], {
    env: environment,
    encoding: 'utf8',
  });
  const entries = await readdir(folder.path, { recursive: true, withFileTypes: true });
  if (entries.length === 0) throw new Error(`debugfs found no modules: ${stderr}`);
  const found = entries.map(async (entry) => {
    const from = join(entry.parentPath, entry.name);
    const path = `keys/usr/lib/${relative(folder.path, from)}`;
    return entry.isDirectory()
      ? ({ path, kind: 'folder', mode: 0o755 } as const)
      : ({ path, kind: 'file', mode: 0o644, content: await readFile(from) } as const);
  });
  const parents = ['keys', 'keys/usr', 'keys/usr/lib'].map((path) => ({ path, kind: 'folder', mode: 0o755 }) as const);
  const inner = (await Promise.all(found)).toSorted((one, other) => (one.path < other.path ? -1 : 1));
  return Buffer.from(writeCpio([...parents, ...inner]));
}
