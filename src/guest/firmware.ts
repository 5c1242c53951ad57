// UEFI firmware for a guest, as QEMU, Homebrew and the distributions lay it down.
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isThere } from '../host/files.ts';
import { ensureFirmware } from '../kit/firmware.ts';
import type { KitOptions } from '../kit/options.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { Emulator } from '../model/launch-plan.ts';
import { optionValue } from '../qemu/arguments.ts';

/** Their builds without Secure Boot: it would refuse boot loaders that nobody has signed. */
const names: Readonly<Record<Architecture, readonly string[]>> = {
  arm64: ['edk2-aarch64-code.fd', 'QEMU_EFI.fd', 'AAVMF_CODE.no-secboot.fd', 'AAVMF_CODE.fd'],
  x86_64: ['edk2-x86_64-code.fd', 'OVMF.fd', 'OVMF_CODE_4M.fd', 'OVMF_CODE.4m.fd', 'OVMF_CODE.fd'],
};

/** Of Homebrew, QEMU's own `make install`, Debian, Fedora and Arch. */
const folders: readonly string[] = [
  ...['/opt/homebrew/share/qemu', '/usr/local/share/qemu', '/usr/share/qemu'],
  ...['/usr/share/qemu-efi-aarch64', '/usr/share/AAVMF', '/usr/share/ovmf', '/usr/share/OVMF'],
  ...['aarch64', 'ovmf', 'x64'].map((name) => `/usr/share/edk2/${name}`),
];

/** The firmware beside this QEMU, else the machine's, else Debian's, which is loaded into the cache. */
export async function firmwareFor(
  emulator: Emulator,
  architecture: Architecture,
  options: KitOptions,
): Promise<string> {
  const found = await findFirmware([...(await dataFolders(emulator)), ...folders], architecture);
  return found ?? ensureFirmware(architecture, options);
}

/**
 * How QEMU is given it. Builds for PCs mostly come in two files, and start with both only; what they write to their variables lasts for
 * one boot.
 */
export async function firmwareArguments(path: string, architecture: Architecture): Promise<string[]> {
  const variables = join(dirname(path), basename(path).replace('CODE', 'VARS').replace('x86_64-code', 'i386-vars'));
  if (architecture === 'arm64' || variables === path || !(await isThere(variables))) return ['-bios', path];
  const flash = [path, variables].map((file, unit) => [
    '-drive',
    `if=pflash,unit=${unit},format=raw,snapshot=on,file=${optionValue(file)}`,
  ]);
  return flash.flat();
}

export async function findFirmware(places: readonly string[], architecture: Architecture): Promise<string | null> {
  for (const folder of places) {
    for (const name of names[architecture]) if (await isThere(join(folder, name))) return join(folder, name);
  }
  return null;
}

/** Where this QEMU looks for its own files: as it is told, as it was installed, and in its build tree. */
export async function dataFolders({ program, leadingArguments }: Emulator): Promise<string[]> {
  const told = leadingArguments.filter((_, index) => leadingArguments[index - 1] === '-L');
  const folder = dirname(await realpath(program).catch(() => program));
  return [...told, join(folder, '../share/qemu'), join(folder, 'pc-bios')];
}
