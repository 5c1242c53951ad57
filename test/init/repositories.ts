// Eleven kinds of repository, as small as they can be and still be told apart.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type Content = Readonly<Record<string, string | Buffer>>;

const fork = join(import.meta.dirname, '../fixtures/launcher/scripts/run-fork.sh');
const qemu = {
  'meson.build': "project('qemu', ['c'], version: files('VERSION'))\n",
  configure: '#!/bin/sh\n',
  VERSION: '10.0.0\n',
};
const launcher = (line: string): string => `#!/bin/sh\nset -eu\n${line}\n`;
export const qcow2 = Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(0x9000)]);
const forwarding =
  'exec qemu-system-x86_64 -accel kvm -m 1G -kernel images/bzImage -initrd images/initrd.img -nographic';

export const repositories: Readonly<Record<string, Content>> = {
  'nothing at all': {},
  'a fork of QEMU with its launcher': { ...qemu, 'scripts/run-alpine.sh': 'fork' },
  'a checkout of QEMU': qemu,
  virglrenderer: { 'meson.build': "project(\n  'virglrenderer', 'c',\n)\n" },
  Mesa: { 'meson.build': "project(\n  'mesa',\n  ['c', 'cpp'],\n)\n" },
  'a kernel tree, built': { 'arch/arm64/Kconfig': 'config ARM64\n\tdef_bool y\n', 'build/Image': Buffer.alloc(64) },
  'a launcher with a fixed port': {
    'run.sh': launcher(`${forwarding} -nic user,hostfwd=tcp:127.0.0.1:10022-:22`),
    'images/bzImage': Buffer.alloc(64),
  },
  'a launcher with a port of the environment': {
    'vm/start': launcher(
      `SSH_PORT="\${SSH_PORT:-2022}"\n"$QEMU_DIR/build/qemu-system-aarch64" -M virt -cpu max -hda disk.qcow2 -nic "user,hostfwd=tcp::$SSH_PORT-:22"`,
    ),
  },
  'a launcher without SSH': { 'bin/boot.sh': launcher(forwarding) },
  'a cloud image': { 'images/debian-13-genericcloud-amd64.qcow2': qcow2 },
  'a kernel and a ramdisk': { 'images/vmlinuz-6.12': Buffer.alloc(64), 'images/initramfs-6.12.img': Buffer.alloc(64) },
};

/** Makes a git repository of this content. */
export async function makeRepository(folder: string, content: Content): Promise<void> {
  await mkdir(folder, { recursive: true });
  execFileSync('git', ['init', '-q', folder]);
  for (const [name, text] of Object.entries(content)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    if (text === 'fork') await copyFile(fork, join(folder, name));
    else {
      const isScript = typeof text === 'string' && text.startsWith('#!');
      await writeFile(join(folder, name), text, { mode: isScript ? 0o755 : 0o644 });
    }
  }
}
