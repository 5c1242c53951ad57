// The archive format that the kernel unpacks as its first file system: cpio's "newc"
// (Documentation/driver-api/early-userspace/buffer-format.rst). Everything belongs to root and has no date.

export interface CpioEntry {
  /** Relative path without a leading slash; folders before what lies in them. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Permission bits only. */
  readonly mode: number;
  /** A file's content or a link's target; nothing for a folder. */
  readonly content?: string | Uint8Array;
}

const kinds = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

/** A whole archive, padded to 512 bytes so that another one may follow it. */
export function writeCpio(entries: readonly CpioEntry[]): Buffer<ArrayBuffer> {
  const parts = entries.map((entry, position) =>
    record(position + 1, kinds[entry.kind] | entry.mode, entry.path, Buffer.from(entry.content ?? '')),
  );
  parts.push(record(0, 0, 'TRAILER!!!', Buffer.alloc(0)));
  return padded(Buffer.concat(parts), 512);
}

/** Zeroes up to the next multiple of `size`, which the kernel skips between two archives. */
export function padded(data: Buffer, size: number): Buffer<ArrayBuffer> {
  return Buffer.concat([data, Buffer.alloc((size - (data.length % size)) % size)]);
}

function record(inode: number, mode: number, name: string, content: Buffer): Buffer {
  const nameBytes = Buffer.from(`${name}\0`);
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, mode, 0, 0, mode >> 12 === 4 ? 2 : 1, 0, content.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = Buffer.from(
    `070701${fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0')).join('')}`,
  );
  return Buffer.concat([padded(Buffer.concat([header, nameBytes]), 4), padded(content, 4)]);
}
