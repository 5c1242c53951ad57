// The guest's initial ramdisk: loads the drivers of the root disk, brings in the cache's keys, switches to the disk.
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type CpioEntry, padded, writeCpio } from './cpio.ts';
import type { Module } from './modules.ts';

/** The ramdisk without keys, compressed and padded so that an archive with keys may follow. */
export function writeInitramfs(busybox: Buffer, modules: readonly Module[]): Buffer<ArrayBuffer> {
  const folders = ['bin', 'dev', 'proc', 'sys', 'newroot', 'lib', 'lib/modules'];
  const entries: CpioEntry[] = [
    ...folders.map((path) => ({ path, kind: 'folder' as const, mode: 0o755 })),
    { path: 'init', kind: 'file', mode: 0o755, content: initScript(modules.map(({ path }) => basename(path))) },
    { path: 'bin/busybox', kind: 'file', mode: 0o755, content: busybox },
    { path: 'bin/sh', kind: 'link', mode: 0o777, content: 'busybox' },
    ...modules.map(({ path, content }) => ({
      path: `lib/modules/${basename(path)}`,
      kind: 'file' as const,
      mode: 0o644,
      content,
    })),
  ];
  return padded(gzipSync(writeCpio(entries), { level: 9 }), 512);
}

/** Worded like Alpine's: the same markers read it, and `quiet` hides its lines as it hides the kernel's. */
export function initScript(modules: readonly string[]): string {
  return `#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs dev /dev
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
read -r commandline < /proc/cmdline
case " $commandline " in
	*" quiet "*) say() { :; } ;;
	*) say() { printf '%s' "$*" > /dev/console; } ;;
esac
say 'Bootgauge Init
 * Loading boot drivers: '
for module in ${modules.join(' ')}; do
	$b insmod "/lib/modules/$module"
done
say 'ok.
 * Mounting root: '
tries=0
while [ ! -e /dev/vda ] && [ $tries -lt 500 ]; do
	$b usleep 10000
	tries=$((tries + 1))
done
if ! $b mount -t ext4 -o rw /dev/vda /newroot; then
	echo 'failed.
Launching initramfs emergency recovery shell.' > /dev/console
	exec $b sh < /dev/console > /dev/console 2>&1
fi
say 'ok.
'
[ ! -d /keys ] || $b cp -a /keys/. /newroot/
$b umount /proc
$b umount /sys
$b mount -o move /dev /newroot/dev
exec $b switch_root /newroot /sbin/init
`;
}
