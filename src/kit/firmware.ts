// UEFI firmware of the kit's distribution, for machines that have none: one file of one package.
import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, isThere } from '../host/files.ts';
import { asTask } from '../host/task.ts';
import { usageError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { workFolder } from '../store/atomic.ts';
import { prepareCacheFolder } from '../store/cache-folder.ts';
import { acquireLock } from '../store/lock.ts';
import { makeFolder } from '../store/make-folder.ts';
import { openAptWorld } from './apt-world.ts';
import { hostNames } from './emulator-recipe.ts';
import type { KitOptions } from './options.ts';
import { makeMergedRoot, unpackPackages } from './unpack.ts';

const sources: Readonly<Record<Architecture, { readonly package: string; readonly file: string }>> = {
  arm64: { package: 'qemu-efi-aarch64', file: 'usr/share/qemu-efi-aarch64/QEMU_EFI.fd' },
  x86_64: { package: 'ovmf', file: 'usr/share/ovmf/OVMF.fd' },
};

/** The path of the firmware in the cache; loaded when it is not there. Throws a usageError where there is no apt to load it with. */
export async function ensureFirmware(architecture: Architecture, options: KitOptions): Promise<string> {
  const room = join(options.cache, 'firmware');
  const place = join(room, `${architecture}.fd`);
  if (await isThere(place)) return place;
  const host = hostNames(process.platform, process.arch);
  if (host === null || options.offline || findProgram({ environment: process.env }, 'apt-get') === null) {
    throw usageError(
      `no UEFI firmware for ${architecture} guests was found on this machine`,
      'install it (brew install qemu; Debian: qemu-efi-aarch64, ovmf; Fedora: edk2-aarch64, edk2-ovmf), or name the file with guest.firmware',
    );
  }
  await prepareCacheFolder(options.cache);
  await makeFolder(room);
  await using _lock = await acquireLock(`${place}.lock`, { ...options, what: 'the firmware' });
  if (await isThere(place)) return place;
  const { package: name, file } = sources[architecture];
  const world = await openAptWorld(host.debian, options);
  const debs = await world.download((await world.resolve([name])).filter((found) => found.name === name));
  await using work = await workFolder(join(options.cache, 'work'));
  await asTask(options, `unpacking ${name}`, async () => {
    await makeMergedRoot(work.path);
    await unpackPackages(debs, work.path, { exclude: [], include: [`./${file}`], signal: options.signal });
    await copyFile(join(work.path, file), `${place}.part`);
    await rename(`${place}.part`, place);
    return file;
  });
  return place;
}
