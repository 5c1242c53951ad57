// The image of a whole disk: loaded, checked and unpacked once, and what it is, by its first bytes.
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { findProgram, isThere } from '../host/files.ts';
import { startProcess } from '../host/processes.ts';
import { asTask } from '../host/task.ts';
import type { KitOptions } from '../kit/options.ts';
import { BootgaugeError, measurementError, usageError } from '../model/errors.ts';
import { type DiskGuest, isUrl } from '../model/guests/disk.ts';
import type { Disk } from '../model/launch-plan.ts';
import { prepareCacheFolder } from '../store/cache-folder.ts';
import { type Checksum, digestOf, download } from '../store/download.ts';
import { acquireLock } from '../store/lock.ts';
import { makeFolder } from '../store/make-folder.ts';

/** The disk that QEMU boots. Throws a BootgaugeError for what cannot be loaded, is not what was asked for, or is no bootable image. */
export async function ensureImage(
  { image, checksum }: Pick<DiskGuest, 'image' | 'checksum'>,
  options: KitOptions,
): Promise<Disk> {
  if (!isUrl(image)) {
    if (checksum !== null) await requireDigest(image, checksumOf(checksum));
    if ((await compressionOf(image)) === null) return describeImage(image);
  }
  await prepareCacheFolder(options.cache);
  const wanted = checksumOf(checksum ?? (await digestOf(image, 'sha256')));
  const folder = join(options.cache, 'disks', wanted.value.slice(0, 32));
  await makeFolder(folder);
  await using _lock = await acquireLock(join(folder, 'lock'), { ...options, what: basename(image) });
  const unpacked = join(folder, 'image');
  if (await isThere(unpacked)) return await describeImage(unpacked);
  const source = isUrl(image) ? await loaded(image, wanted, { folder, options }) : image;
  if ((await compressionOf(source)) === null) return await describeImage(source);
  await unpack(source, unpacked, options);
  if (source !== image) await rm(source);
  return await describeImage(unpacked);
}

const checksumOf = (value: string): Checksum => ({ algorithm: value.length === 64 ? 'sha256' : 'sha512', value });

async function requireDigest(image: string, { algorithm, value }: Checksum): Promise<void> {
  const found = await digestOf(image, algorithm);
  if (found === value) return;
  throw usageError(
    `guest.image: ${image} is not what guest.checksum says: its ${algorithm} is ${found}`,
    'take the checksum of the file as it is published, before it is unpacked',
  );
}

async function loaded(
  url: string,
  checksum: Checksum,
  { folder, options }: { readonly folder: string; readonly options: KitOptions },
): Promise<string> {
  // A fixed name: one in the URL may be anything.
  const place = join(folder, 'download');
  if (options.offline && !(await isThere(place))) {
    throw usageError(`${url} is not in the cache, and --offline downloads nothing`, 'run once without --offline');
  }
  await download(url, place, checksum, options);
  return place;
}

/** By the first bytes: a name may say anything. */
const compressions = {
  gz: [0x1f, 0x8b],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  zst: [0x28, 0xb5, 0x2f, 0xfd],
} as const;
type Compression = keyof typeof compressions;

async function compressionOf(path: string): Promise<Compression | null> {
  const start = await startOf(path, 8);
  const names = Object.keys(compressions) as Compression[];
  return names.find((name) => compressions[name].every((byte, index) => start[index] === byte)) ?? null;
}

async function unpack(from: string, to: string, options: KitOptions): Promise<void> {
  const draft = `${to}.part`;
  await asTask(options, `unpacking ${basename(from)}`, async () => {
    try {
      await unpackTo(draft, from, options.signal);
    } catch (cause) {
      await rm(draft, { force: true });
      options.signal.throwIfAborted();
      if (cause instanceof BootgaugeError) throw cause;
      throw measurementError(
        `${from} cannot be unpacked: ${(cause as Error).message}`,
        'load it again, and check the free disk space',
        cause,
      );
    }
    await rename(draft, to);
    return `${((await stat(to)).size / 1e6).toFixed(0)} MB`;
  });
}

async function unpackTo(draft: string, path: string, signal: AbortSignal): Promise<void> {
  const compression = await compressionOf(path);
  await using file = await open(draft, 'w');
  if (compression === 'xz') await unpackXz(path, file, signal);
  else await unpackHere(path, compression, file, signal);
  // Its name says from now on that it is whole.
  await file.sync();
}

async function unpackHere(
  path: string,
  compression: 'gz' | 'zst' | null,
  file: FileHandle,
  signal: AbortSignal,
): Promise<void> {
  const { size } = await stat(path);
  let written = 0;
  // Node's zstd ends with the first frame, and leaves out the others without a word; its gzip reads all members.
  for (let start = 0; start < size; ) {
    const stream = compression === 'gz' ? createGunzip() : createZstdDecompress();
    const sink = (content: AsyncIterable<Buffer>): Promise<number> => writeSparse(content, file, written);
    written = await pipeline(piecesOf(path, start, stream), stream, sink, { signal });
    if (stream.bytesWritten === 0) throw new Error('it was cut short meanwhile');
    start = compression === 'gz' ? size : start + stream.bytesWritten;
  }
}

/** A file from `start` on, as far as the stream takes it: what comes behind a frame's end would be lost. */
async function* piecesOf(
  path: string,
  start: number,
  stream: { readonly bytesWritten: number },
): AsyncGenerator<Buffer> {
  let given = 0;
  for await (const chunk of createReadStream(path, { start, highWaterMark: 1 << 20 })) {
    yield chunk as Buffer;
    given += (chunk as Buffer).length;
    if (stream.bytesWritten < given) return;
  }
}

/** Node has no decompressor for it. The program writes into the file itself, and leaves out what is zero. */
async function unpackXz(path: string, file: FileHandle, signal: AbortSignal): Promise<void> {
  const program = findProgram({ environment: process.env }, 'xz');
  if (program === null) {
    throw usageError(
      `${path} is packed with xz, and there is no xz on PATH`,
      'install it: apt install xz-utils, or brew install xz',
    );
  }
  await using started = await startProcess(program, ['-dc', path], { stdio: ['ignore', file.fd, 'ignore'], signal });
  const { code } = await started.exited;
  if (code !== 0) throw new Error(`xz failed with exit code ${code}`);
}

const zeros = Buffer.alloc(1 << 20);

/** Answers where it ends. What is zero is left out: images are mostly empty. */
async function writeSparse(content: AsyncIterable<Buffer>, file: FileHandle, start: number): Promise<number> {
  let position = start;
  for await (const chunk of content) {
    const isEmpty = chunk.length <= zeros.length && chunk.equals(zeros.subarray(0, chunk.length));
    // On a full disk a write may take a part only, and just the next one fails.
    for (let done = isEmpty ? chunk.length : 0; done < chunk.length; )
      done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
    position += chunk.length;
  }
  await file.truncate(position);
  return position;
}

const isoMark = 0x8001;

/** What QEMU is told of an image. Throws a usageError for what no firmware can boot. */
export async function describeImage(path: string): Promise<Disk> {
  const start = await startOf(path, isoMark + 5);
  const at = (offset: number, mark: string): boolean => start.toString('latin1', offset, offset + mark.length) === mark;
  if (at(0, 'QFI\xfb')) return { path, format: 'qcow2' };
  if (at(0, 'KDMV') || at(0, '# Disk Descriptor')) return { path, format: 'vmdk' };
  // A hybrid has a boot sector, too; its own boot loader looks for a CD.
  if (at(isoMark, 'CD001')) return { path, format: 'raw', cdrom: true };
  if (start[510] === 0x55 && start[511] === 0xaa) return { path, format: 'raw' };
  throw usageError(
    `guest.image: ${path} is no disk image that can boot: neither qcow2, vmdk nor iso, and no boot sector`,
    'a kernel or a bare root file system is booted with kind: custom',
  );
}

async function startOf(path: string, bytes: number): Promise<Buffer> {
  await using file = await open(path, 'r');
  const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
  return buffer;
}
