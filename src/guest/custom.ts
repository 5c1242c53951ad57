// A user's own kernel, ramdisk and disk, in any mix with the parts of a guest that Bootgauge makes.
import { open } from 'node:fs/promises';
import { assetDigest } from '../host/assets.ts';
import { ensureKeys } from '../kit/keys.ts';
import type { KitOptions } from '../kit/options.ts';
import type { GuestAccess } from '../model/guests/access.ts';
import type { CustomGuest } from '../model/guests/custom.ts';
import type { Disk, GuestParts, SshAccess } from '../model/launch-plan.ts';
import { hashValue } from '../store/digest.ts';

/** The parts of a custom guest. `rest` are those of the guest that it takes the others from; its files were looked at before. */
export async function customParts(
  guest: CustomGuest,
  rest: GuestParts | null,
  options: KitOptions,
): Promise<GuestParts> {
  const files = [guest.kernel, guest.initrd, guest.disk];
  const digests = await Promise.all(files.map(async (file) => (file === null ? '' : await assetDigest(file))));
  const disks = guest.disk === null ? (rest?.disks ?? []) : [await describeDisk(guest.disk)];
  const append = guest.append ?? rest?.append ?? '';
  const kernel = guest.kernel ?? rest?.kernel ?? '';
  const digest = hashValue([...digests, append, rest?.identity.digest ?? '']);
  return {
    identity: {
      name: rest === null ? `custom-${guest.architecture}` : `custom-${rest.identity.name}`,
      digest,
      packages: guest.disk === null ? (rest?.identity.packages ?? {}) : {},
    },
    kernel,
    initrd: guest.initrd ?? rest?.initrd ?? null,
    ...(guest.initrd === null && rest?.initrdDigest !== undefined ? { initrdDigest: rest.initrdDigest } : {}),
    disks,
    append,
    ssh: guest.access === null ? (rest?.ssh ?? noKey('root')) : await accessTo(guest.access, options),
  };
}

/** How to log in to a guest that somebody else made: its host key is not known. */
export async function accessTo({ user, key }: GuestAccess, options: KitOptions): Promise<SshAccess> {
  if (key === null) return noKey(user);
  if (key === 'cache') return { user, privateKeyPath: (await ensureKeys(options)).privateKeyPath, hostKey: null };
  return { user, privateKeyPath: key, hostKey: null };
}

const noKey = (user: string): SshAccess => ({ user, privateKeyPath: '', hostKey: null });

/** Raw or qcow2, by its first bytes. */
async function describeDisk(path: string): Promise<Disk> {
  await using file = await open(path, 'r');
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return { path, format: buffer.equals(Buffer.from('QFI\xfb', 'latin1')) ? 'qcow2' : 'raw' };
}
