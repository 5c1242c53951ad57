// Known causes that the kernel, the initramfs or systemd's manager tell of.
import type { Evidence, Rule } from './rule.ts';

const seededLate: Evidence = {
  where: 'console',
  pattern: /\[ *(?:[5-9]|\d{2,})\.\d+\] random: crng init done/,
};
/** A device may be given as `virtio-rng-pci,...` or as JSON. */
const noEntropyDevice: Evidence = { where: 'command', lacks: /\bvirtio-rng\b/ };
const seededLateCause =
  "The guest's random generator was seeded late, seconds after the kernel started: what asks it earlier waits.";

export const kernelRules: readonly Rule[] = [
  {
    id: 'root-not-found',
    severity: 'error',
    evidence: [
      { where: 'console', pattern: /VFS: (?:Cannot open root device|Unable to mount root fs)/ },
      { where: 'console', pattern: /mount: mounting \S+ on \/(?:sysroot|newroot) failed/ },
      { where: 'console', pattern: /ALERT! +\S+ does not exist\. +Dropping to a shell/ },
    ],
    cause: 'The kernel or the initramfs did not find or could not mount the root file system.',
    advice: 'Check root=, rootfstype= and modules= on the kernel command line against the disk.',
    source: 'kernel init/do_mounts.c; mkinitfs initramfs-init',
  },
  {
    id: 'kernel-panic',
    severity: 'error',
    evidence: [{ where: 'console', pattern: /Kernel panic - not syncing/ }],
    cause: 'The guest kernel panicked.',
    advice: 'Read the lines before the panic; boot once with the attribution profile to see more of them.',
    source: 'kernel/panic.c',
    unless: ['root-not-found'],
  },
  {
    id: 'kernel-oops',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern: /Internal error: Oops|BUG: (?:unable to handle|kernel NULL)|Unable to handle kernel /,
      },
    ],
    cause: 'The guest kernel crashed in one of its own functions and went on.',
    advice: 'Read the call trace; compare with another kernel or another emulator.',
    source: 'kernel arch/arm64/mm/fault.c, arch/x86/mm/fault.c',
    unless: ['kernel-panic'],
  },
  {
    id: 'emergency-shell',
    severity: 'error',
    evidence: [
      { where: 'console', pattern: /initramfs emergency recovery shell/ },
      { where: 'console', pattern: /(?:You are in|Entering) emergency mode|Give root password for maintenance/ },
    ],
    cause: 'The guest gave up and opened an emergency shell.',
    advice: 'Read the lines before the shell; the last thing that failed is the cause.',
    source: 'mkinitfs initramfs-init; systemd emergency.service',
    unless: ['root-not-found'],
  },
  {
    id: 'rcu-stall',
    severity: 'warning',
    evidence: [{ where: 'console', pattern: /rcu: INFO: rcu_\w+ (?:self-)?detected (?:expedited )?stalls?/ }],
    cause: 'A virtual CPU did not run for seconds: the host was overloaded, or the accelerator lost a wake-up.',
    advice: 'Give the guest no more virtual CPUs than the host has free, and compare with one CPU.',
    source: 'kernel Documentation/RCU/stallwarn.rst',
  },
  {
    id: 'lockup',
    severity: 'warning',
    evidence: [{ where: 'console', pattern: /watchdog: BUG: (?:soft|hard) lockup|Watchdog detected hard LOCKUP/i }],
    cause: 'A virtual CPU was stuck inside the kernel for many seconds.',
    advice: 'Compare with another accelerator; look for a device that the emulator does not answer for.',
    source: 'kernel Documentation/admin-guide/lockup-watchdogs.rst',
  },
  {
    id: 'hung-task',
    severity: 'warning',
    evidence: [{ where: 'console', pattern: /INFO: task \S+ blocked for more than \d+ seconds/ }],
    cause: 'A process in the guest waited for minutes in the kernel, mostly for a device that does not answer.',
    advice: 'The named process and its call trace tell which device; check that device in the emulator.',
    source: 'kernel/hung_task.c',
  },
  {
    id: 'entropy-late-no-device',
    severity: 'warning',
    evidence: [{ all: [seededLate, noEntropyDevice] }],
    cause: seededLateCause,
    advice: 'Add a virtio-rng device (-device virtio-rng-pci).',
    source: 'kernel drivers/char/random.c',
  },
  {
    id: 'entropy-late',
    severity: 'warning',
    evidence: [seededLate],
    cause: seededLateCause,
    advice:
      'Build the virtio_rng driver into the kernel or load it early; where a launcher starts QEMU, see that it has the device.',
    source: 'kernel drivers/char/random.c, drivers/char/hw_random/virtio-rng.c',
    unless: ['entropy-late-no-device'],
  },
  {
    id: 'no-entropy-device',
    severity: 'note',
    evidence: [noEntropyDevice],
    cause: 'The guest has no entropy device; how soon its random numbers are ready is left to chance.',
    advice: 'Add -device virtio-rng-pci.',
    source: 'QEMU docs, virtio-rng; kernel drivers/char/random.c',
    unless: ['entropy-late-no-device'],
  },
  {
    id: 'out-of-memory',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern: /Out of memory: Kill(?:ed)? process|invoked oom-killer|System is deadlocked on memory/,
      },
    ],
    cause: 'The guest ran out of memory.',
    advice: 'Give the guest more memory.',
    source: 'kernel mm/oom_kill.c',
  },
  {
    id: 'rebooted',
    severity: 'error',
    evidence: [{ where: 'console', pattern: /Linux version \d\S* \(/, times: 2 }],
    cause: 'The guest started more than once: a second kernel banner came on the console.',
    advice: 'Look at the lines before the second banner; -no-reboot keeps the first failure in view.',
    source: 'kernel init/main.c',
  },
];
