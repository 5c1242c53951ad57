// Known causes inside the guest's user space: services, devices, storage.
import type { Rule } from './rule.ts';

export const guestRules: readonly Rule[] = [
  {
    id: 'swap-page-size',
    severity: 'warning',
    evidence: [
      { where: 'console', pattern: /Unable to find swap-space signature|swap format pagesize does not match/ },
      { where: 'console', pattern: /swapon: \S+:? (?:swapon failed: )?Invalid argument/ },
    ],
    cause: 'The swap area was made for another page size, so the guest runs without swap although the service says ok.',
    advice: 'Run mkswap again inside the guest, under the kernel that it boots with.',
    source: 'kernel mm/swapfile.c; util-linux swapon',
  },
  {
    id: 'sysctl-unknown-key',
    severity: 'warning',
    evidence: [
      { where: 'console', pattern: /sysctl: (?:error: )?'[^']+' is an unknown key/ },
      { where: 'console', pattern: /sysctl: cannot stat \/proc\/sys\/|sysctl: error setting key/ },
    ],
    cause: 'A file in /etc/sysctl.d sets a key that this kernel does not have.',
    advice: 'Remove the key, or load the module that brings it before the sysctl service runs.',
    source: 'busybox and procps sysctl',
  },
  {
    id: 'modules-missing',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        // One that is not there may have been left out of this kernel, or be built in; several of them are a pattern.
        pattern: /modprobe: (?:FATAL: M|m)odule (\S+) not found in (?:directory|modules\.dep)/i,
        different: 3,
      },
      { where: 'console', pattern: /modprobe: can't change directory to|depmod: WARNING: could not open/ },
      { where: 'console', pattern: /no modules? (?:found )?for (?:this )?kernel|modules directory .* is missing/i },
    ],
    cause:
      'The modules on the disk do not belong to the kernel that was booted, so cold plugging finds nothing to load.',
    advice: 'Install the module folder of exactly this kernel release (uname -r) in the guest.',
    source: 'busybox modprobe; OpenRC hwdrivers',
  },
  {
    id: 'mdev-slow',
    severity: 'warning',
    evidence: [{ where: 'phases', name: 'mdev', overMs: 10_000, overShare: 0.1 }],
    cause: 'The device scan of mdev takes long: it starts programs for every device it finds.',
    advice: 'Boot once with the attribution profile; fewer virtual devices and matching modules make the scan shorter.',
    source: 'busybox mdev; the analysis this project began with',
    cost: { of: 'phase', name: 'mdev' },
  },
  {
    id: 'hwdrivers-slow',
    severity: 'warning',
    evidence: [{ where: 'phases', name: 'hwdrivers', overMs: 10_000, overShare: 0.4 }],
    cause: 'Loading drivers for the hardware found takes long.',
    advice: 'Boot once with the attribution profile: the initcalls name the module that takes the time.',
    source: 'OpenRC hwdrivers',
    cost: { of: 'phase', name: 'hwdrivers' },
    unless: ['venus-render-server', 'capset-timeout'],
  },
  {
    id: 'host-keys-generated',
    severity: 'warning',
    evidence: [
      { where: 'console', pattern: /Generating .{0,60}host ?key/i },
      { where: 'console', pattern: /generating new host keys/i },
    ],
    cause: 'The guest makes its SSH host keys during this boot.',
    advice: 'Boot the image once and keep its keys, so that measured boots do not make them.',
    source: 'Alpine openssh sshd.initd',
    cost: { of: 'lines' },
  },
  {
    id: 'no-clock',
    severity: 'warning',
    evidence: [
      { where: 'console', pattern: /hwclock: can't open '?\/dev\/|Cannot access the Hardware Clock/ },
      { where: 'console', pattern: /WARNING: clock skew detected|Clock skew detected with/ },
    ],
    cause:
      'The guest has no real-time clock that works, so OpenRC takes its files for new and works out all dependencies again.',
    advice: 'Give the machine an RTC and load its driver, or use swclock in place of hwclock.',
    source: 'OpenRC librc-depend.c',
    cost: { of: 'service', name: 'openrc-cache' },
  },
  {
    id: 'file-system-recovered',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern:
          /was not (?:cleanly|properly) unmounted|: recovering journal$|start tree-log replay|(?:EXT4-fs|XFS|BTRFS)\S* .*: (?:recovery complete|[Ss]tarting recovery)/,
      },
    ],
    cause: 'The file system was not unmounted cleanly and is repaired in every boot.',
    advice: 'Boot the image once, shut it down in order, and keep that state as the image.',
    source: 'kernel fs/ext4; e2fsck',
  },
  {
    id: 'disk-errors',
    severity: 'error',
    evidence: [
      // Floppy and optical drives answer so when nothing is in them, the protected partitions of eMMC to every plain read.
      {
        where: 'console',
        pattern:
          /I\/O error, dev (?!(?:fd|sr)\d|mmcblk\d+(?:rpmb|boot\d))\w+, sector|Remounting filesystem read-only|EXT4-fs error/,
      },
    ],
    cause: 'The disk answers with errors.',
    advice: 'Check the disk image file (qemu-img check) and the free space on the host.',
    source: 'kernel block/blk-core.c, fs/ext4',
  },
  {
    id: 'service-failed',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern: /\* ERROR: (?!(?:sysctl|swap|hwdrivers|modules|networking|hwclock|fsck|dhcpcd)\b)\S+ failed to start/,
      },
      {
        where: 'console',
        pattern:
          /\[ *FAILED *\] Failed to (?:start|mount|listen on|activate) (?!.{0,80}(?:File System Check|wait-online|Wait Online|Wait for Network))/,
      },
      {
        where: 'console',
        pattern:
          /systemd\[1\]: Failed to (?:start|mount) (?!.{0,80}(?:File System Check|wait-online|Wait Online|Wait for Network))/,
      },
      {
        where: 'console',
        pattern:
          /^(?:\[\.{4}\] )?Starting [^:]{1,60}: ?(?:.{0,80} )?(?:FAIL|FAILED|\[ *FAILED *\]|\S{0,40}\[FAIL\b.{0,20})$|procd: Instance \S{1,80} s in a crash loop|^Activation script snippet '[^']{1,80}' failed|s6-rc: warning: unable to start service |runsv \S+: fatal: /,
      },
    ],
    cause: 'A service of the guest failed to start.',
    advice: 'Run the named service by hand in the guest and read what it says.',
    source: 'OpenRC; systemd; busybox init; procd; s6; runit; NixOS activation',
  },
  {
    id: 'packages-downloaded',
    severity: 'warning',
    evidence: [
      { where: 'console', pattern: /Installing packages to root filesystem/ },
      { where: 'console', pattern: /(?:fetch|wget:|Connecting to) \S*(?:APKINDEX|modloop|apkovl)/ },
    ],
    cause: 'The guest boots live: it downloads and installs packages in every boot.',
    advice: 'Measure an installed system, or accept that the network is part of the number.',
    source: 'mkinitfs initramfs-init',
    cost: { of: 'service', name: 'initramfs: Installing packages to root filesystem' },
  },
];
