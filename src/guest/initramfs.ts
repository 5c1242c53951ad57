// An initial ramdisk compressed in another way: the first archive anew, what follows it (keys) as it is.
import { gunzipSync, zstdCompressSync } from 'node:zlib';
import { usageError } from '../model/errors.ts';

export type InitramfsCompression = 'gzip' | 'zstd' | 'none';

/** The kernel takes archives one after the other, each compressed or not, with zeroes between them. Throws for one that is not gzip. */
export function recompressInitramfs(initrd: Buffer, compression: InitramfsCompression): Buffer {
  if (initrd[0] !== 0x1f || initrd[1] !== 0x8b) {
    throw usageError('the initial ramdisk is not compressed with gzip, so it cannot be compressed anew');
  }
  if (compression === 'gzip') return initrd;
  // The type of zlib's `info` answer is missing from @types/node.
  const unpacked = gunzipSync(initrd, { info: true }) as unknown as {
    readonly buffer: Buffer;
    readonly engine: { readonly bytesWritten: number };
  };
  const packed = compression === 'none' ? unpacked.buffer : zstdCompressSync(unpacked.buffer);
  return Buffer.concat([
    packed,
    Buffer.alloc(-packed.length & 511),
    withoutLeadingZeroes(initrd, unpacked.engine.bytesWritten),
  ]);
}

function withoutLeadingZeroes(initrd: Buffer, from: number): Buffer {
  let start = from;
  while (start < initrd.length && initrd[start] === 0) start += 1;
  return initrd.subarray(start);
}
