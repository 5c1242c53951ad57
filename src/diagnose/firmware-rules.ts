// Known causes before the kernel: firmware (EDK2, SeaBIOS, U-Boot) and boot loaders (GRUB, systemd-boot, syslinux).
import type { Evidence, Rule } from './rule.ts';

const nothingBootable: Evidence = {
  where: 'console',
  pattern:
    /No bootable (?:option|device)|Boot failed: not a bootable disk|Reboot and Select proper Boot device|[Mm]issing operating system|Operating System not found|No more bootdevs|UEFI Interactive Shell v\d|grub rescue>|error: no such (?:partition|device)|Bad Linux \w+ Image magic|Wrong Image Format for boot|No working controllers found/,
};
/** That one of several cannot be loaded is no fault: the firmware tries the next. */
const refusedDisk: Evidence = {
  where: 'console',
  pattern:
    /BdsDxe: failed to load Boot\w{4} (?!.*(?:PXE|HTTP)).{1,200}|Booting from (?:Hard Disk|DVD\/CD|Floppy)\.{3}|\*\* File not found \S+ \*\*|Failed to load '[^']{1,200}'/,
};
/** A boot loader that found itself, and no kernel; the font and modules that it misses as well are no fault. */
const noKernel: Evidence = {
  where: 'console',
  pattern:
    /^error: you need to load the kernel first|^Failed to execute .{1,120}: |^No loader found\.|Could not find kernel image: |No (?:DEFAULT or UI )?configuration (?:directive|file) found|^grub> ?$/,
};
const missingFile: Evidence = {
  where: 'console',
  pattern: /^error: file `[^']{1,200}' not found|^error: invalid magic number|^Error loading \\\S{1,200}: /,
};

export const firmwareRules: readonly Rule[] = [
  {
    id: 'firmware-exception',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern:
          /(?:Synchronous|SError|IRQ|FIQ) Exception at 0x|!!!! (?:X64|IA32|AArch64|RISCV64|LOONGARCH64)? ?Exception Type|"(?:Synchronous Abort|Error)" handler|^(?:data|prefetch) abort\b|ASSERT_EFI_ERROR|^ASSERT (?:\[|\S+\(\d+\))|### ERROR ### Please RESET the board|^PANIC at PC ?: |^ERROR: +BL\d+\w*: |sbi_trap_error: /i,
      },
    ],
    cause: 'The firmware, or a boot loader that it ran, crashed.',
    advice:
      'Try another version of the firmware (-bios, pflash) and less in the machine; the lines behind it name the module.',
    source:
      'EDK2 ArmPkg DefaultExceptionHandlerLib, UefiCpuPkg CpuExceptionHandlerLib; U-Boot arch/arm/lib/interrupts_64.c',
  },
  {
    id: 'nothing-bootable',
    severity: 'error',
    evidence: [{ all: [nothingBootable, refusedDisk] }, nothingBootable],
    cause:
      'The firmware found nothing bootable: no disk, no boot loader on it, or one for another architecture or firmware.',
    advice:
      'Check that the disk is attached and has an EFI system partition for this architecture, or boot the kernel directly (-kernel).',
    source: 'EDK2 BdsDxe; SeaBIOS boot.c; U-Boot bootstd; GRUB',
    unless: ['secure-boot-refused'],
  },
  {
    id: 'boot-loader-failed',
    severity: 'error',
    evidence: [{ all: [missingFile, noKernel] }, noKernel],
    cause:
      'The boot loader was started, but it has no kernel: its configuration is missing, or names a file that is not there.',
    advice:
      'Look at its configuration on the disk (grub.cfg, loader/entries, extlinux.conf), or boot the kernel directly (-kernel).',
    source: 'GRUB loader/i386/linux.c; systemd-boot; syslinux',
    unless: ['secure-boot-refused'],
  },
  {
    id: 'secure-boot-refused',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern:
          /BdsDxe: failed to (?:load|start) .{1,200}: (?:Access Denied|Security Violation)|Verification failed: \(0x1A\) Security Violation|bad shim signature|prohibited by secure boot policy/,
      },
    ],
    cause: 'Secure boot refuses the boot loader or the kernel: nobody whom the firmware trusts has signed it.',
    advice: 'Use a firmware without secure boot (and without enrolled keys), or sign what is booted.',
    source: 'EDK2 SecurityPkg; shim; GRUB',
  },
  {
    id: 'kernel-image-damaged',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern:
          /^(?:XZ|LZMA|LZ4|ZSTD|LZO|GZIP)-?\w* data is corrupt|^ ?-- System halted|^(?:invalid compressed format|crc error|uncompression error)|EFI stub: ERROR: Failed to (?:decompress|relocate|alloc)\w*.{0,80}/,
      },
    ],
    cause: 'The kernel could not unpack itself: its image is damaged or cut off, or the memory is too small for it.',
    advice: 'Compare the file with its origin (sha256sum), and give the guest more memory.',
    source: 'kernel arch/x86/boot/compressed/misc.c, lib/decompress_*.c, drivers/firmware/efi/libstub',
  },
  {
    id: 'boot-menu-waits',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern:
          /Hit any key to stop autoboot|Press (?:any key|ESC|\[?Esc\]?|F\d+|s).{0,60}(?:seconds?|to (?:stop|skip|enter|interrupt)).{0,60}startup\.nsh|hit \[enter\] to enter failsafe mode|highlighted entry will be executed automatically in \d+ ?s|Boot in \d+ ?s(?:ec)?\b|[Aa]utomatic boot in \d+ seconds?|Autoboot in \d+ seconds?|Press any key in \d+ seconds?/,
      },
    ],
    cause: 'A boot menu or the firmware waits for a key before it goes on.',
    advice:
      'Set its time-out to 0 (U-Boot bootdelay, GRUB_TIMEOUT, loader.conf timeout, extlinux TIMEOUT), or boot the kernel directly.',
    source: 'U-Boot common/autoboot.c; GRUB normal/menu.c; systemd-boot; syslinux; EDK2 Shell',
    cost: {
      of: 'evidence',
      still:
        /^\s*$|autoboot|automatic(?:ally)? |Boot in \d|Press |seconds|startup\.nsh|highlighted|^[ \d]+$|^[ |+*>-]/i,
    },
  },
];
