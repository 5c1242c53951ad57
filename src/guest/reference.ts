// The reference guest as something to boot: the kit's files, the scenario's machine and the profile's kernel parameters in one plan.
import type { GuestFiles } from '../kit/guest-entry.ts';
import type { Emulator, QemuLaunchPlan } from '../model/launch-plan.ts';
import type { Accelerator, Architecture, MachineSpec, Profile, ReferenceGuest } from '../model/scenario.ts';

export interface ReferencePlanInput {
  readonly guest: ReferenceGuest;
  readonly files: GuestFiles;
  readonly machine: MachineSpec;
  readonly profile: Profile;
  readonly emulator: Emulator;
  readonly accelerator: Accelerator;
}

export function planReference(input: ReferencePlanInput): QemuLaunchPlan {
  const { guest, files, machine, profile, emulator, accelerator } = input;
  // The user's own parameters come last: where a parameter may be given once, the kernel takes the last one.
  const append = [files.baseAppend, profileParameters(profile, guest.architecture), machine.append.trim()];
  return {
    kind: 'qemu',
    emulator,
    architecture: guest.architecture,
    accelerator,
    cpus: machine.cpus,
    memoryMiB: machine.memoryMiB,
    gpu: machine.gpu,
    kernel: files.kernel,
    initrd: files.initrd,
    append: append.filter(Boolean).join(' '),
    disks: [{ path: files.disk, format: 'raw' }],
    extraArguments: machine.qemuArguments,
    ssh: files.ssh,
    guest: files.identity,
  };
}

/** What the kernel is told for a profile: timing keeps the console quiet, attribution makes it say everything from the first instruction on. */
export function profileParameters(profile: Profile, architecture: Architecture): string {
  if (profile === 'timing') return 'quiet';
  const early = architecture === 'arm64' ? 'earlycon=pl011,0x9000000' : 'earlycon=uart8250,io,0x3f8';
  // Initcalls are told at the debug level, which only a log level above 7 lets through to the console.
  return `loglevel=8 initcall_debug printk.time=1 ${early}`;
}
