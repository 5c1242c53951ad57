// The reference guest in one plan: the kit's files, a machine and a profile's kernel parameters, without a configuration.
import { planParts } from '../../src/guest/parts.ts';
import type { GuestFiles } from '../../src/kit/guest-entry.ts';
import type { ReferenceGuest } from '../../src/model/guests/reference.ts';
import type { Emulator, QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { Accelerator, MachineSpec, Profile } from '../../src/model/scenario.ts';

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
  return planParts({ parts: files, architecture, machine, profile, emulator, accelerator });
}
