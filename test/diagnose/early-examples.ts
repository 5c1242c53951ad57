// Facts for each rule on what comes before the services: firmware, kernel deaths, initramfs, the managers that wait.
import type { Facts } from './facts.ts';

const lines = (...said: readonly string[]): readonly Facts[] => said.map((console) => ({ console }));

export const earlyExamples: Readonly<Record<string, readonly Facts[]>> = {
  'firmware-exception': lines(
    'Synchronous Exception at 0x0000000077BABAFC',
    '!!!! X64 Exception Type - 0D(#GP - General Protection)  CPU Apic ID - 00000000 !!!!',
    '"Synchronous Abort" handler, esr 0x96000010, far 0x0',
    'ASSERT [DxeCore] /x/MdePkg/Library/BaseLib/LinkedList.c(76): List != ((void *) 0)',
  ),
  'nothing-bootable': lines(
    'BdsDxe: No bootable option or device was found.',
    'No bootable device.',
    'Boot failed: not a bootable disk',
    'grub rescue> ',
    'UEFI Interactive Shell v2.2',
  ),
  'boot-loader-failed': lines(
    "error: file `/vmlinuz' not found.\nerror: you need to load the kernel first.",
    'Failed to execute Linux (\\EFI\\Linux\\x.efi): Not Found',
    'grub> ',
  ),
  'secure-boot-refused': lines(
    'BdsDxe: failed to load Boot0001 "UEFI" from PciRoot(0x0): Access Denied\nBdsDxe: No bootable option or device was found.',
    'error: bad shim signature.\nerror: you need to load the kernel first.',
  ),
  'kernel-image-damaged': lines(
    'XZ-compressed data is corrupt\n\n -- System halted',
    'EFI stub: ERROR: Failed to relocate kernel',
  ),
  'cpu-too-old': lines('Fatal glibc error: CPU does not support x86-64-v2'),
  'init-crashed': lines(
    '[    2.4][    T1] systemd[1]: segfault at 18 ip 00007f3a sp 00007ffd error 4 in libc.so.6[7f3a+1]',
  ),
  'initramfs-unreadable': lines(
    '[    0.6] Initramfs unpacking failed: no cpio magic\n[    1.5] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
  ),
  'switch-root-failed': lines(
    "systemctl[207]: Failed to switch root: Specified switch root path '/sysroot' does not seem to be an OS tree.",
  ),
  'systemd-froze': lines('[!!!!!!] Failed to mount API filesystems.', '[    3.2] systemd[1]: Freezing execution.'),
  'network-wait-online': lines(
    'systemd-networkd-wait-online[400]: Timeout occurred while waiting for network connectivity.',
    '[FAILED] Failed to start NetworkManager-wait-online.service - Network Manager Wait Online.',
  ),
  'no-carrier': lines('dhcpcd-10.0.6 starting\neth0: waiting for carrier\ntimed out'),
  'boot-menu-waits': lines(
    'Hit any key to stop autoboot:  2',
    '   The highlighted entry will be executed automatically in 5s.',
    'Press ESC in 5 seconds to skip startup.nsh or any other key to continue.',
    'Boot in 5 s.',
    'Automatic boot in 10 seconds...',
  ),
  'init-not-started': lines(
    '[    1.2] Kernel panic - not syncing: No working init found.  Try passing init= option to kernel.',
    '[    1.2] Failed to execute /init (error -8)',
    '[    9.8] Warning: unable to open an initial console.',
  ),
  'kernel-oops': lines(
    '[    3.0] Internal error: Oops: 0000000096000004 [#1] SMP',
    '[    3.0] Internal error: synchronous external abort: 0000000096000010 [#1] PREEMPT SMP',
    '[    3.0] divide error: 0000 [#1] PREEMPT SMP NOPTI',
    '[    3.0] BUG: KASAN: slab-out-of-bounds in virtio_gpu_ioctl+0x1/0x2',
    '[    3.0] BUG: unable to handle page fault for address: ffffc90000000000',
    '[    3.0] BUG: unable to handle kernel paging request at ffffc90000000000',
    '[    3.0] kernel BUG at mm/slub.c:305!',
    '[    3.0] Oops [#1]',
  ),
  'kernel-warning': lines(
    '[    3.0] WARNING: CPU: 0 PID: 1 at kernel/irq/manage.c:1 x+0x1/0x2',
    '[    3.0] WARNING: kernel/irq/manage.c:1 at x+0x1/0x2, CPU#0: swapper/0/1',
    '[    3.0] UBSAN: array-index-out-of-bounds in drivers/gpu/drm/x.c:1:2',
  ),
  'memory-limit': lines('[  100.0] Memory cgroup out of memory: Killed process 300 (python) total-vm:900000kB'),
  'device-timeout': lines(
    '[ TIME ] Timed out waiting for device /dev/vdb1.',
    '[ TIME ] Timed out waiting for device dev-vdb1.device - /dev/vdb1.',
    '[   91.0] systemd[1]: dev-vdb1.device: Job dev-vdb1.device/start timed out.',
  ),
  'start-job-waits': lines(
    '[  *** ] A start job is running for Wait for Network to be Configured (1min 12s / no limit)',
    '[***   ] A start job is running for Raise network interfaces (21s / 5min 1s)',
  ),
  'unit-timeout': lines(
    '[ TIME ] Timed out starting cloud-init.service - Cloud-init.',
    '[   91.0] systemd[1]: foo.service: start operation timed out. Terminating.',
  ),
  'dependency-failed': lines('[DEPEND] Dependency failed for /data.'),
  'initramfs-failed': lines(
    'stage 2 init script (/mnt-root//nix/store/a-nixos-system-22.05/init) not found',
    'An error occurred in stage 1 of the boot process, which must mount the',
  ),
  'dracut-gave-up': lines(
    '[  130.3] dracut-initqueue[345]: Warning: dracut-initqueue: starting timeout scripts',
    'dracut: FATAL: No or empty root= argument',
    'dracut: Refusing to continue',
  ),
  'ignition-waits': lines(
    '[    9.1] ignition[600]: GET http://192.0.2.1/config.ign: attempt #7',
    '[   12.0] ignition[600]: failed to fetch config: unable to fetch resource in time',
  ),
  'emergency-shell': lines(
    'Launching initramfs emergency recovery shell. Type',
    'initramfs emergency recovery shell launched. Type',
    'You are in emergency mode. After logging in',
    'You are in rescue mode. After logging in',
    '(initramfs) ',
    'Cannot open access to console, the root account is locked.',
    'Generating "/run/initramfs/rdsosreport.txt"',
    'Press Enter for emergency shell or wait 5 minutes for reboot.',
  ),
  'fsck-failed': lines(
    '/dev/vda3: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.',
    'fsck.ext4 exited with status code 4',
    '[FAILED] Failed to start systemd-fsck-root.service - File System Check on Root Device.',
  ),
  'metadata-waits': [
    {
      console:
        "url_helper.py[WARNING]: Calling 'http://169.254.169.254/2009-04-04/meta-data/instance-id' failed [0/120s]: request error",
    },
    { console: 'cloud-setup: failed 1/30: up 17.71. request failed' },
    { console: "wget: can't connect to remote host (169.254.169.254): Network is unreachable" },
  ],
};
