// The reference guest as something to boot: the kit's files, the scenario's machine and the profile's kernel parameters in one plan.
import type { GuestFiles } from '../kit/guest-entry.ts';
import type { Emulator, QemuLaunchPlan } from '../model/launch-plan.ts';
import type { Accelerator, MachineSpec, Profile, ReferenceGuest } from '../model/scenario.ts';
import { type GuestParts, planParts } from './parts.ts';

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
  const { architecture } = guest;
  return planParts({ parts: referenceParts(files), architecture, machine, profile, emulator, accelerator });
}

export function referenceParts(files: GuestFiles): GuestParts {
  const { identity, kernel, initrd, disk, baseAppend, ssh } = files;
  return { identity, kernel, initrd, disks: [{ path: disk, format: 'raw' }], append: baseAppend, ssh };
}
