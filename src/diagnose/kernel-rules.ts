// Known causes that the guest's kernel tells of: deaths and their first cause, stalls, entropy, memory.
import type { Evidence, Rule } from './rule.ts';

/** The head of a kernel line, with the caller that some kernels print. */
const seededLate: Evidence = {
  where: 'console',
  pattern: /\[ *(?:[5-9]|\d{2,})\.\d+\](?:\[ *[TC]\d+\])? random: (?:crng init done|nonblocking pool is initialized)/,
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
      { where: 'console', pattern: /ALERT! +\S+ does not exist\. +Dropping to a shell/ },
      { where: 'console', pattern: /VFS: (?:Cannot open root device|Unable to mount root fs)/ },
      { where: 'console', pattern: /mount: mounting \S+ on \/(?:sysroot|newroot|root|mnt-root|new_root)\S* failed/ },
      { where: 'console', pattern: /mount: \/(?:sysroot|newroot|root|mnt-root|new_root)\S*: .{1,200}/ },
      {
        where: 'console',
        pattern: /dracut\S*: (?:Warning|FATAL): (?:"?\/dev\/\S+ does not exist|.{0,40}[Rr]oot device)/,
      },
      {
        where: 'console',
        pattern: /ERROR: (?:device '\S+' not found|[Ff]ailed to mount (?:the )?(?:root|real root)|Unable to find root)/,
      },
      { where: 'console', pattern: /Gave up waiting for (?:root|suspend\/resume)(?: file system)? device/ },
    ],
    cause: 'The kernel or the initramfs did not find or could not mount the root file system.',
    advice: 'Check root=, rootfstype= and modules= on the kernel command line against the disk.',
    source: 'kernel init/do_mounts.c; mkinitfs, initramfs-tools, dracut, mkinitcpio',
    unless: ['initramfs-unreadable'],
  },
  {
    id: 'initramfs-unreadable',
    severity: 'error',
    evidence: [
      {
        all: [
          { where: 'console', pattern: /Initramfs unpacking failed: .{1,120}|rootfs image is not initramfs/ },
          {
            where: 'console',
            pattern: /VFS: (?:Cannot open root device|Unable to mount root fs)|No working init found/,
          },
        ],
      },
    ],
    cause: 'The kernel could not unpack the initramfs, so the programs that mount the root file system are not there.',
    advice:
      'Compare the file with its origin (sha256sum); see that this kernel knows its compression (CONFIG_RD_*) and the guest has the memory.',
    source: 'kernel init/initramfs.c',
  },
  {
    id: 'cpu-too-old',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern:
          /Fatal glibc error: CPU does not support.{0,80}|This kernel requires (?:an? |the following ).{0,80}(?:CPU|features)|traps: \S{1,20}\[1\] trap invalid opcode/,
      },
    ],
    cause: 'The system in the guest needs a newer CPU than the model that QEMU shows it.',
    advice: 'Give the machine a newer one: -cpu max with TCG, -cpu host with HVF or KVM.',
    source: 'glibc sysdeps/x86/dl-get-cpu-features.c; kernel arch/x86/boot/cpu.c',
  },
  {
    id: 'init-crashed',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern:
          /\b[\w.-]{1,15}\[1\]: (?:segfault at|unhandled (?:signal|exception)|bus error)|traps: \S{1,20}\[1\] general protection/,
      },
    ],
    cause: 'The first program of the guest (process 1) crashed, which ends the kernel, too.',
    advice: 'The line names the library where: compare another CPU model, accelerator or image.',
    source: 'kernel arch/x86/mm/fault.c, kernel/exit.c',
  },
  {
    id: 'init-not-started',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern:
          /No working init found|Requested init \S+ failed \(error -?\d+\)|Failed to execute \/\S+ \(error -?\d+\)|Starting init: \S+ exists but couldn't execute it|unable to open an initial console|can't execute '?\/?sbin\/init|switch_root: .{0,80}(?:can't|failed|not found|cannot)|^(?:\/\S{0,60}\/)?(?:init|systemd|busybox|sh): error while loading shared libraries: .{1,160}/,
      },
    ],
    cause: 'The kernel could not start the first program, or could not give it a console.',
    advice:
      'Look into the root file system: is there /sbin/init for this architecture (error -8 means another one), its libraries, and /dev/console?',
    source: 'kernel init/main.c',
  },
  {
    id: 'kernel-oops',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern:
          /Unable to handle kernel |BUG: (?:unable to handle|kernel NULL)|kernel BUG at |general protection fault|(?:invalid opcode|divide error|stack segment|double fault|alignment check|int3): \w{4} \[#\d|BUG: KASAN: |BUG: KFENCE: |BUG: KMSAN: |BUG: scheduling while atomic|Unhandled fault: |Bad mode in |SError Interrupt on CPU|Insufficient stack space to handle exception|Kernel stack is corrupted in/,
      },
      {
        where: 'console',
        pattern: /Internal error: .{1,80}\[#\d+\]|Internal error: Oops|\bOops(?: - [\w ]+)?:? .{0,40}\[#\d+\]/,
      },
      { where: 'console', pattern: /(?:\] |^)(?:pc : |RIP: 0010:|PC is at |epc : )[\w.]+\+?.{0,100}/ },
    ],
    cause: 'The guest kernel crashed in one of its own functions.',
    advice: 'Read the function and the call trace behind this line; compare with another kernel or another emulator.',
    source: 'kernel arch/*/mm/fault.c, arch/*/kernel/traps.c, lib/bug.c, mm/kasan',
  },
  {
    id: 'kernel-warning',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern:
          /\] WARNING: (?:CPU: \d+ PID: \d+ at |(?:\S+\/)?\S+\.[ch]:\d+ at |possible (?:circular|recursive) locking|suspicious RCU usage|inconsistent lock state)|UBSAN: [\w-]+ in |BUG: (?:sleeping function called from invalid context|Bad page state|KCSAN: )/,
      },
    ],
    cause: 'The guest kernel found something that should not be, and went on.',
    advice: 'The line names the file; what fails later in this boot may come from it.',
    source: 'kernel/panic.c (WARN), lib/ubsan.c',
    unless: ['kernel-oops'],
  },
  {
    id: 'kernel-panic',
    severity: 'error',
    evidence: [{ where: 'console', pattern: /Kernel panic - not syncing/ }],
    cause: 'The guest kernel panicked.',
    advice: 'Read the lines before the panic; boot once with the attribution profile to see more of them.',
    source: 'kernel/panic.c',
    unless: ['root-not-found', 'init-not-started', 'initramfs-unreadable'],
  },
  {
    id: 'rcu-stall',
    severity: 'warning',
    evidence: [
      { where: 'console', pattern: /INFO: rcu_?\w* (?:self-)?detected (?:expedited )?stalls?/ },
      {
        where: 'console',
        pattern: /rcu_?\w* (?:kthread|grace-period kthread) (?:starved for|timer wakeup didn't happen)/,
      },
    ],
    cause: 'A virtual CPU did not run for seconds: the host was overloaded, or the accelerator lost a wake-up.',
    advice: 'Give the guest no more virtual CPUs than the host has free, and compare with one CPU.',
    source: 'kernel Documentation/RCU/stallwarn.rst',
  },
  {
    id: 'lockup',
    severity: 'warning',
    evidence: [
      { where: 'console', pattern: /BUG: (?:soft|hard) lockup|[Ww]atchdog detected hard LOCKUP|BUG: workqueue lockup/ },
    ],
    cause: 'A virtual CPU was stuck inside the kernel for many seconds.',
    advice: 'Compare with another accelerator; look for a device that the emulator does not answer for.',
    source: 'kernel Documentation/admin-guide/lockup-watchdogs.rst',
  },
  {
    id: 'hung-task',
    severity: 'warning',
    evidence: [
      { where: 'console', pattern: /INFO: task .{1,40}:\d+ (?:is )?blocked (?:for more than \d+ seconds|on an? \w+)/ },
    ],
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
      // `invoked oom-killer` alone does not tell whether the machine or a group inside it ran out.
      {
        where: 'console',
        pattern:
          /(?<!cgroup )Out of memory(?: \(oom_kill_allocating_task\))?: Kill(?:ed)? process|System is deadlocked on memory|Out of memory and no killable processes/,
      },
    ],
    cause: 'The guest ran out of memory.',
    advice: 'Give the guest more memory.',
    source: 'kernel mm/oom_kill.c',
  },
  {
    id: 'memory-limit',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern:
          /Memory cgroup out of memory: Kill(?:ed)? process|systemd-oomd\S{0,12}: Killed \S{1,160} due to memory/,
      },
    ],
    cause: 'A service or container inside the guest reached its own memory limit, and a process of it was killed.',
    advice: 'Raise the limit of that unit in the guest (MemoryMax=); the memory of the machine is not what lacks.',
    source: 'kernel mm/memcontrol.c; systemd-oomd.service(8)',
  },
  {
    id: 'rebooted',
    severity: 'error',
    evidence: [{ where: 'console', restarts: 2 }],
    cause: 'The guest started more than once: a second kernel banner came on the console.',
    advice: 'Look at the lines before the second banner; -no-reboot keeps the first failure in view.',
    source: 'kernel init/main.c',
  },
];
