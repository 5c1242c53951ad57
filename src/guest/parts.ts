// A guest as files that QEMU can boot directly, and the plan that boots them: with the scenario's machine and the profile's kernel parameters.

import { refuseAppend } from '../model/guests/disk.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { changedCommandLine } from '../model/kernel-words.ts';
import type { Emulator, GuestParts, QemuLaunchPlan } from '../model/launch-plan.ts';
import type { Accelerator, MachineSpec, Profile } from '../model/scenario.ts';

export interface PartsPlanInput {
  readonly parts: GuestParts;
  readonly architecture: Architecture;
  readonly machine: MachineSpec;
  readonly profile: Profile;
  readonly emulator: Emulator;
  readonly accelerator: Accelerator;
}

export function planParts(input: PartsPlanInput): QemuLaunchPlan {
  const { parts, architecture, machine, profile, emulator, accelerator } = input;
  if (parts.kernel === null) refuseAppend(machine.append);
  // The user's own parameters come last: where a parameter may be given once, the kernel takes the last one.
  const append = [parts.append, examinable, profileParameters(profile, architecture)];
  return {
    kind: 'qemu',
    emulator,
    architecture,
    accelerator,
    cpus: machine.cpus,
    memoryMiB: machine.memoryMiB,
    gpu: machine.gpu,
    kernel: parts.kernel,
    initrd: parts.initrd,
    ...(parts.initrdDigest === undefined ? {} : { initrdDigest: parts.initrdDigest }),
    append: parts.kernel === null ? '' : changedCommandLine(append.filter(Boolean).join(' '), machine.append),
    disks: parts.disks,
    extraArguments: [...(parts.extraArguments ?? []), ...machine.qemuArguments],
    ssh: parts.ssh,
    guest: parts.identity,
  };
}

/** Lets the kernel tell on its console what it waits for, when the boot hangs and is examined. It costs a boot nothing. */
const examinable = 'sysrq_always_enabled';

/** What the kernel is told for a profile: timing keeps the console quiet, attribution makes it say everything from the first instruction on. */
const profileParameters = (profile: Profile, architecture: Architecture): string =>
  profile === 'timing' ? 'quiet' : explainingParameters(architecture);

export function explainingParameters(architecture: Architecture): string {
  const early = architecture === 'arm64' ? 'earlycon=pl011,0x9000000' : 'earlycon=uart8250,io,0x3f8';
  // Initcalls are told at the debug level, which only a log level above 7 lets through to the console.
  return `loglevel=8 initcall_debug printk.time=1 ${early}`;
}
