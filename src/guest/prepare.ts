// One side of a scenario -> a LaunchPlan that can be booted: finds or assembles emulator and guest, settles the accelerator.

import { ensureEmulator, ensureGuest } from '../kit/kit.ts';
import type { KitOptions } from '../kit/options.ts';
import { usageError } from '../model/errors.ts';
import type { Emulator, LaunchPlan } from '../model/launch-plan.ts';
import type { Architecture, Profile, QemuChoice, SideSpec } from '../model/scenario.ts';
import { chooseAccelerator, type RememberedTrials } from '../qemu/accelerator.ts';
import { describeEmulator, emulatorName, findOnPath } from '../qemu/emulator.ts';
import { planReference } from './reference.ts';

export interface PrepareOptions {
  readonly kit: KitOptions;
  /** Remembers which accelerators proved to work. */
  readonly remembered: RememberedTrials;
}

export async function prepareSide(side: SideSpec, profile: Profile, options: PrepareOptions): Promise<LaunchPlan> {
  const { guest } = side;
  // One after the other: both show progress, and a cold assembly already keeps every core busy.
  const emulator = await findEmulator(side.qemu, guest.architecture, options);
  const files = await ensureGuest(guest, options.kit);
  const { accelerator } = await chooseAccelerator(side.machine.accel, emulator, guest.architecture, {
    remembered: options.remembered,
    signal: options.kit.signal,
  });
  return planReference({ guest, files, machine: side.machine, profile, emulator, accelerator });
}

async function findEmulator(
  choice: QemuChoice,
  architecture: Architecture,
  options: PrepareOptions,
): Promise<Emulator> {
  if (choice.from === 'kit') return ensureEmulator({ ...options.kit, architecture });
  if (choice.from === 'file') return describeEmulator(choice.path, 'file', { signal: options.kit.signal });
  const name = emulatorName(architecture);
  const found = findOnPath(name);
  if (found === null) {
    throw usageError(
      `there is no ${name} on PATH`,
      'Name the file with --qemu FILE, or leave --qemu out for the reference QEMU.',
    );
  }
  return describeEmulator(found, 'path', { signal: options.kit.signal });
}
