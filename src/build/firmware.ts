// What an emulator's devices load when they start, and what it looks for beside itself: ROMs of network cards and screens, keymaps, UEFI.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Slot } from './worktree.ts';

/** UEFI of the target's machines lies packed in the tree: targets of ninja that unpack it. None where the build does not know them. */
export async function firmwareTargets(slot: Slot, target: string): Promise<readonly string[]> {
  const names = target.endsWith('aarch64')
    ? ['edk2-aarch64-code.fd', 'edk2-arm-vars.fd']
    : ['edk2-x86_64-code.fd', 'edk2-i386-vars.fd'];
  const rules = await readFile(join(slot.buildFolder, 'build.ninja'), 'utf8').catch(() => '');
  return names.map((name) => `pc-bios/${name}`).filter((path) => rules.includes(`build ${path}:`));
}

/** Where it is looked for, below a folder that `-L` names -> file of the work tree. Blobs of other machines are many times larger. */
export async function firmwareOf({ workTree, buildFolder }: Slot): Promise<ReadonlyMap<string, string>> {
  const kept = new Map<string, string>();
  const keep = async (folder: string, below: string, wanted: RegExp, most: number): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const file = join(folder, entry.name);
      if (!entry.isFile() || !wanted.test(entry.name) || (await stat(file)).size > most) continue;
      kept.set(join(below, basename(file)), file);
    }
  };
  for (const bios of [join(workTree, 'pc-bios'), join(buildFolder, 'pc-bios')]) {
    await keep(bios, '', /\.(?:bin|rom)$/, mebibyte);
    await keep(join(bios, 'keymaps'), 'keymaps', /^(?!meson\.build$)[\w-]+$/, mebibyte);
  }
  await keep(join(buildFolder, 'pc-bios'), '', /^edk2-.*\.fd$/, 128 * mebibyte);
  return kept;
}

const mebibyte = 1024 * 1024;
