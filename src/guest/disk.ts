// A whole disk as it is, with firmware to boot it and a seed that lets us in.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backingFilesOf } from '../host/backing-files.ts';
import { ensureKeys } from '../kit/keys.ts';
import type { KitOptions } from '../kit/options.ts';
import { usageError } from '../model/errors.ts';
import type { DiskGuest } from '../model/guests/disk.ts';
import type { Emulator, GuestParts } from '../model/launch-plan.ts';
import { hashFile, hashValue } from '../store/digest.ts';
import { accessTo } from './custom.ts';
import { firmwareArguments, firmwareFor } from './firmware.ts';
import { ensureImage } from './image.ts';
import { placeSeed } from './seed.ts';

/** The parts of a disk guest: no kernel, since the firmware finds it. */
export async function diskParts(guest: DiskGuest, emulator: Emulator, options: KitOptions): Promise<GuestParts> {
  const { architecture, seed, access } = guest;
  const firmware = guest.firmware ?? (await firmwareFor(emulator, architecture, options));
  const image = await ensureImage(guest, options);
  const login = { user: access.user, publicKey: await publicKeyOf(guest, options) };
  const placed = seed === null ? null : await placeSeed(seed, login, join(options.cache, 'disks', 'seeds'));
  // Not the key: it is another one on each machine, and boots the same.
  const ownSeed = seed?.file == null ? '' : await hashFile(seed.file);
  const below = await backingFilesOf(image.path);
  const backing = below.map((path) => hashFile(path).catch(() => 'missing'));
  const contents = [await hashFile(image.path), await hashFile(firmware), ...(await Promise.all(backing))];
  return {
    identity: {
      name: `disk-${architecture}`,
      digest: hashValue([...contents, seed?.format ?? 'none', ownSeed, access.user]),
      packages: {},
    },
    kernel: null,
    initrd: null,
    disks: [image, ...(placed?.disks ?? [])],
    append: '',
    extraArguments: [...(await firmwareArguments(firmware, architecture)), ...(placed?.extraArguments ?? [])],
    ssh: await accessTo(access, options),
  };
}

/** The key that the seed lets in; empty: none. */
async function publicKeyOf({ access: { key }, seed }: DiskGuest, options: KitOptions): Promise<string> {
  if (key === null || seed === null) return '';
  const path = `${key === 'cache' ? (await ensureKeys(options)).privateKeyPath : key}.pub`;
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    // Whoever writes the seed may have put the key into it.
    if (seed.file !== null) return '';
    throw usageError(
      `guest.ssh.key: there is no ${path}, and the image must be told which key to let in`,
      `make it: ssh-keygen -y -f ${key} > ${path}; or leave ssh.key out for a key of Bootgauge's own`,
      cause,
    );
  }
}
