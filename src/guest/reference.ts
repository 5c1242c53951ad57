// The reference guest as something to boot: the kit's files.
import type { GuestFiles } from '../kit/guest-entry.ts';
import type { GuestParts } from './parts.ts';

export function referenceParts(files: GuestFiles): GuestParts {
  const { identity, kernel, initrd, disk, baseAppend, ssh } = files;
  return { identity, kernel, initrd, disks: [{ path: disk, format: 'raw' }], append: baseAppend, ssh };
}
