// One side of a scenario -> a LaunchPlan that can be booted: finds or assembles emulator and guest, settles the accelerator.

import { findProgram } from '../host/files.ts';
import { requireFiles } from '../host/require-files.ts';
import { asTask } from '../host/task.ts';
import { ensureEmulator, ensureGuest } from '../kit/kit.ts';
import type { KitOptions } from '../kit/options.ts';
import type { BuildSpec } from '../model/build.ts';
import type { Warning } from '../model/comparison.ts';
import { usageError } from '../model/errors.ts';
import { kernelInImage } from '../model/guests/disk.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { type BootedGuest, bootedGuest, guestFiles } from '../model/guests/guests.ts';
import type { LauncherGuest } from '../model/guests/launcher.ts';
import { type Emulator, emulatorName, type GuestParts, type LaunchPlan } from '../model/launch-plan.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Profile, QemuChoice, Side, SideSpec } from '../model/scenario.ts';
import { type ChosenAccelerator, chooseAccelerator, type RememberedTrials } from '../qemu/accelerator.ts';
import { describeEmulator } from '../qemu/emulator.ts';
import { requireGl } from '../qemu/gl-display.ts';
import { type AlpineMachine, ensureAlpine } from './alpine.ts';
import { requireVenus } from './alpine-vulkan.ts';
import { customParts } from './custom.ts';
import { diskParts } from './disk.ts';
import { planLauncher } from './launcher.ts';
import { planParts } from './parts.ts';
import { seenBy } from './rehearsal.ts';

export interface PrepareOptions {
  readonly kit: KitOptions;
  /** SSH is a part of what makes the guest ready; true if not given. */
  readonly awaitsSsh?: boolean;
  /** Remembers which accelerators proved to work. */
  readonly remembered: RememberedTrials;
  /** Makes an emulator from source; without it such a side is refused. */
  readonly build?: (request: {
    readonly spec: BuildSpec;
    readonly architecture: Architecture;
    readonly slot: Side;
  }) => Promise<Emulator>;
}

export async function prepareSide(
  side: SideSpec,
  profile: Profile,
  options: PrepareOptions,
  name: Side = 'head',
): Promise<LaunchPlan> {
  const { machine } = side;
  await requireFiles(guestFiles(side.guest), 'guest');
  const guest = bootedGuest(side.guest);
  requireVenus(machine.gpu, guest);
  // One after the other: both show progress, and a cold assembly already keeps every core busy.
  const emulator =
    guest.kind === 'launcher' && guest.binary === null
      ? null
      : await findEmulator(side.qemu, guest.architecture, options, name);
  if (guest.kind === 'launcher') {
    const { kit, awaitsSsh = true } = options;
    const plan = await planLauncher({ ...{ guest, accel: machine.accel, profile }, emulator, kit, awaitsSsh });
    return plan.binary === null ? plan : { ...plan, ...(await seenBy(plan, options.kit.signal)) };
  }
  if (emulator === null) throw new Error('only a launcher brings its own QEMU');
  const trials = { remembered: options.remembered, gpu: machine.gpu, signal: options.kit.signal };
  const choose = (): Promise<ChosenAccelerator> =>
    chooseAccelerator(machine.accel, emulator, guest.architecture, trials);
  if (machine.gpu === 'venus') await requireGl(emulator, guest.architecture, trials);
  const parts = await partsOf(guest, options, async () => ({ emulator, ...(await choose()) }));
  const { accelerator, granuleRefused, fellBack } = await choose();
  if (granuleRefused !== undefined) await tellRefusedGranule(granuleRefused, options.kit);
  const plan = planParts({
    parts,
    architecture: guest.architecture,
    machine,
    profile,
    emulator: granuleRefused === undefined ? emulator : withoutGranule(emulator),
    accelerator,
  });
  const notes = [
    ...(fellBack === undefined ? [] : [fellBackNote(fellBack)]),
    ...(parts.kernel === null && profile === 'attribution' ? [kernelInImageNote] : []),
  ];
  return notes.length === 0 ? plan : { ...plan, notes };
}

const kernelInImageNote: Warning = {
  code: 'kernel-in-image',
  text: `the kernel is told nothing more than usual, and what it takes is not told in detail: ${kernelInImage}`,
};

const fellBackNote = (why: string): Warning => ({
  code: 'fell-back-to-tcg',
  text: `accel: auto took TCG, since ${plainLine(why, 200)}`,
});

function withoutGranule({ hasIpaGranule: _, ...emulator }: Emulator): Emulator {
  return emulator;
}

const tellRefusedGranule = (why: string, kit: KitOptions): Promise<void> =>
  asTask(kit, 'ipa-granule-size', async () => `left out, since it is refused here: ${plainLine(why, 160)}`);

async function partsOf(
  guest: Exclude<BootedGuest, LauncherGuest>,
  options: PrepareOptions,
  machine: () => Promise<AlpineMachine>,
): Promise<GuestParts> {
  switch (guest.kind) {
    case 'reference':
      return ensureGuest(guest, options.kit);
    case 'alpine':
      return ensureAlpine(guest, options.kit, machine);
    case 'disk':
      return diskParts(guest, (await machine()).emulator, options.kit);
    case 'custom':
      return customParts(guest, guest.rest === null ? null : await partsOf(guest.rest, options, machine), options.kit);
  }
}

async function findEmulator(
  choice: QemuChoice,
  architecture: Architecture,
  options: PrepareOptions,
  slot: Side,
): Promise<Emulator> {
  if (choice.from === 'build') {
    if (options.build === undefined) throw usageError('QEMU cannot be built from source here', 'name a finished one');
    return options.build({ spec: choice.build, architecture, slot });
  }
  if (choice.from === 'kit') return ensureEmulator({ ...options.kit, architecture });
  if (choice.from === 'file') return describeEmulator(choice.path, 'file', { signal: options.kit.signal });
  const name = emulatorName(architecture);
  const found = findProgram({ environment: process.env }, name);
  if (found === null) {
    throw usageError(
      `there is no ${name} on PATH`,
      'name the file with --qemu FILE, or leave --qemu out for the reference QEMU',
    );
  }
  return describeEmulator(found, 'path', { signal: options.kit.signal });
}
