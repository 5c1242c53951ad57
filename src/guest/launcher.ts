// A user's own launcher as something to boot, what cannot be known of it beforehand, and what its boots have shown.
import { readFile } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { assetDigest } from '../host/assets.ts';
import type { KitOptions } from '../kit/options.ts';
import type { Boot } from '../model/boot.ts';
import type { Warning } from '../model/comparison.ts';
import { usageError } from '../model/errors.ts';
import type { Asset, LauncherGuest } from '../model/guests/launcher.ts';
import type { Emulator, LauncherLaunchPlan, LaunchPlan } from '../model/launch-plan.ts';
import type { Accelerator, AcceleratorChoice, Profile } from '../model/scenario.ts';
import { hashText, hashValue } from '../store/digest.ts';
import { accessTo } from './custom.ts';

export interface LauncherPlanInput {
  readonly guest: LauncherGuest;
  readonly accel: AcceleratorChoice;
  readonly profile?: Profile;
  /** The QEMU that is put in place; null: the launcher brings its own. */
  readonly emulator: Emulator | null;
  readonly kit: KitOptions;
}

/** Throws a usageError when its program is not there; its other files were looked at before. */
export async function planLauncher({
  guest,
  accel,
  profile,
  emulator,
  kit,
}: LauncherPlanInput): Promise<LauncherLaunchPlan> {
  const assets = await Promise.all(guest.assets.map(async ({ from, to }) => [to, await assetDigest(from)] as const));
  const accelerator = accel === 'auto' ? usualAccelerator() : accel;
  const ssh = await accessTo(guest.access, kit);
  // Where files lie is no part of what is measured, nor is the script itself: it may be what was changed.
  const { command, environment, binary } = guest;
  const words = [basename(command[0] as string), ...command.slice(1)];
  const digest = hashValue([words, environment, assets.toSorted(), binary]);
  return {
    kind: 'launcher',
    command,
    folder: guest.folder,
    environment,
    port: guest.port,
    console: guest.console,
    qmp: guest.qmp,
    assets: guest.assets,
    binary,
    emulator: emulator ?? (await ownEmulator(guest)),
    architecture: guest.architecture,
    accelerator,
    ssh,
    guest: { name: `launcher-${basename(words[0] as string)}`, digest, packages: {} },
    notes: [...notesOf(guest, accel, accelerator), ...profileNotes(profile)],
  };
}

/** What the boots themselves showed: warnings for the report, each once. */
export function launcherWarnings(plan: LaunchPlan, boots: readonly Boot[]): readonly Warning[] {
  if (plan.kind !== 'launcher') return [];
  const seen = (name: string): string[] => [
    ...new Set(
      boots.flatMap(({ events }) => events.filter((event) => event.name === name).map(({ detail }) => detail)),
    ),
  ];
  const open = seen('reachable-from-outside').map((detail) => ({
    code: 'launcher-open-port',
    text: `the launcher's ${detail} listens on all interfaces: anybody on the network can reach the guest; forward from 127.0.0.1`,
  }));
  const other = seen('accelerator')
    .filter((accelerator) => accelerator !== plan.accelerator)
    .map((accelerator) => ({
      code: 'launcher-accelerator',
      text: `the launcher's QEMU ran with ${accelerator}, not ${plan.accelerator}; say accel: ${accelerator}, or baselines mix`,
    }));
  return [...plan.notes, ...open, ...other];
}

/** The same plan with a note on variables that the launcher's own text does not name. What it starts may still read them. */
export async function withUnmentioned(
  plan: LauncherLaunchPlan,
  variables: readonly string[],
): Promise<LauncherLaunchPlan> {
  const [word = ''] = plan.command;
  const text = await readFile(isAbsolute(word) ? word : join(plan.folder, word), 'utf8').catch(() => null);
  // HVF's own variables are read by QEMU; of a program that is no text nothing is known.
  const names = variables.filter((name) => !name.startsWith('HVF_') && text?.includes(name) === false);
  if (names.length === 0 || text === null || text.includes('\0')) return plan;
  const said = `${basename(word)} does not mention ${names.join(', ')}: unless something that it starts reads it, these boots are those of the default`;
  return { ...plan, notes: [...plan.notes, { code: 'launcher-variable', text: said }] };
}

/** Warns of originals that no longer have the content they had when the plan was made. */
export async function changedAssets(assets: readonly Asset[], before: ReadonlyMap<string, string>): Promise<Warning[]> {
  const now = await assetDigests(assets);
  return assets
    .filter(({ from }) => now.get(from) !== before.get(from))
    .map(({ to }) => ({ code: 'asset-changed', text: `the original of ${to} was changed while the run lasted` }));
}

export async function assetDigests(assets: readonly Asset[]): Promise<ReadonlyMap<string, string>> {
  return new Map(
    await Promise.all(assets.map(async ({ from }) => [from, await assetDigest(from).catch(() => '')] as const)),
  );
}

function notesOf(guest: LauncherGuest, accel: AcceleratorChoice, accelerator: Accelerator): Warning[] {
  const unmeasured = ['the start of QEMU is not told apart from the start of the guest'];
  if (guest.qmp === null) unmeasured.push('no QMP: crashes and resets are known from the console only');
  if (guest.access.key === null) unmeasured.push('no key: the SSH banner is timed, but no login and no probe');
  const notes = [{ code: 'launcher', text: `a launcher of your own starts the guest: ${unmeasured.join('; ')}` }];
  if (accel === 'auto') {
    notes.push({
      code: 'launcher-accelerator',
      text: `the launcher chooses the accelerator; ${accelerator} is assumed`,
    });
  }
  if (
    process.platform === 'darwin' &&
    guest.binary === null &&
    Object.keys({ ...guest.environment }).some((name) => name.startsWith('DYLD_'))
  ) {
    notes.push({
      code: 'launcher-dyld',
      text: 'macOS takes DYLD variables away when a system shell starts; name the place of QEMU with binary, and they are set there',
    });
  }
  return notes;
}

function profileNotes(profile: Profile | undefined): Warning[] {
  if (profile !== 'attribution') return [];
  const text =
    "a launcher's kernel command line cannot be changed: its boots to explain are ordinary ones, and tell of the kernel only what the launcher has it say";
  return [{ code: 'launcher-profile', text }];
}

const usualAccelerator = (): Accelerator => (process.platform === 'darwin' ? 'hvf' : 'tcg');

/** The launcher stands for the QEMU that nobody sees. */
async function ownEmulator({ command, folder }: LauncherGuest): Promise<Emulator> {
  const word = command[0] as string;
  const program = isAbsolute(word) ? word : word.includes('/') ? join(folder, word) : null;
  const digest =
    program === null
      ? hashText(word)
      : await assetDigest(program).catch((cause) => {
          throw usageError(`there is no launcher ${program}`, 'mend guest.command in bootgauge.yml', cause);
        });
  return {
    origin: 'launcher',
    program: program ?? word,
    leadingArguments: [],
    environment: {},
    version: `started by ${basename(word)}`,
    digest,
  };
}
