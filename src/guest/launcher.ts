// A user's own launcher as something to boot, and the originals that its boots get copies of.
import { basename, isAbsolute, join } from 'node:path';
import { assetDigest } from '../host/assets.ts';
import { backingFilesOf } from '../host/backing-files.ts';
import { treeAround } from '../host/clone-tree.ts';
import type { KitOptions } from '../kit/options.ts';
import type { Warning } from '../model/comparison.ts';
import { usageError } from '../model/errors.ts';
import type { Asset, LauncherGuest } from '../model/guests/launcher.ts';
import type { Rewrite } from '../model/guests/rewrite.ts';
import type { Emulator, LauncherLaunchPlan } from '../model/launch-plan.ts';
import type { Accelerator, AcceleratorChoice, Profile } from '../model/scenario.ts';
import { hashText, hashValue } from '../store/digest.ts';
import { accessTo } from './custom.ts';
import { notesOf, sharedPaths } from './launcher-notes.ts';
import { explainingParameters } from './parts.ts';

export interface LauncherPlanInput {
  readonly guest: LauncherGuest;
  readonly accel: AcceleratorChoice;
  readonly profile?: Profile;
  /** The QEMU that is put in place; null: the launcher brings its own. */
  readonly emulator: Emulator | null;
  readonly kit: KitOptions;
  /** SSH is a part of what makes the guest ready; true if not given. */
  readonly awaitsSsh?: boolean;
}

/** Throws a usageError when its program is not there; its other files were looked at before. */
export async function planLauncher(input: LauncherPlanInput): Promise<LauncherLaunchPlan> {
  const { guest, accel, profile = 'timing', emulator, kit, awaitsSsh = true } = input;
  const { command, environment, binary, rewrite = {} } = guest;
  const place = await treeAround(guest.folder);
  const backing = await backingFilesOf(
    place.tree,
    guest.assets.map(({ from }) => from),
  );
  const canExplain = profile === 'attribution' && binary !== null && rewrite !== 'none';
  const plan: LauncherLaunchPlan = {
    kind: 'launcher',
    command,
    ...place,
    environment,
    port: guest.port,
    console: guest.console,
    qmp: guest.qmp,
    assets: guest.assets,
    backing,
    binary,
    emulator: emulator ?? (await ownEmulator(guest)),
    rewrite,
    explain: canExplain ? `-quiet ${explainingParameters(guest.architecture)}` : '',
    architecture: guest.architecture,
    accelerator: (rewrite !== 'none' && rewrite.accel) || (accel === 'auto' ? usualAccelerator() : accel),
    ssh: await accessTo(guest.access, kit),
    guest: {
      name: `launcher-${basename(command[0] as string)}`,
      digest: await identityOf(guest, backing),
      packages: {},
    },
    notes: [],
  };
  return { ...plan, notes: [...notesOf(guest, { accel, profile, plan, awaitsSsh }), ...(await sharedPaths(plan))] };
}

/** Where files lie is no part of what is measured, nor is the script itself: it may be what was changed. */
async function identityOf(guest: LauncherGuest, backing: readonly string[]): Promise<string> {
  const { command, environment, binary, rewrite = {} } = guest;
  const words = [basename(command[0] as string), ...command.slice(1)];
  const assets = guest.assets.map(async ({ from, to }) => [to, await assetDigest(from)] as const);
  const more = [
    ...(Object.keys(rewrite).length === 0 ? [] : [await changedBy(rewrite)]),
    ...(await Promise.all(backing.map((path) => assetDigest(path).catch(() => '')))),
  ];
  return hashValue([words, environment, (await Promise.all(assets)).toSorted(), binary, ...more]);
}

async function changedBy(rewrite: Rewrite): Promise<unknown> {
  if (rewrite === 'none') return rewrite;
  const files = [rewrite.kernel, rewrite.initrd].map((path) => (path === undefined ? '' : assetDigest(path)));
  return { ...rewrite, kernel: await files[0], initrd: await files[1] };
}

/** What the boots of a plan are made of and must not change, by the name to tell them by. */
export const originalsOf = ({ assets, backing }: LauncherLaunchPlan): readonly Asset[] => [
  ...assets,
  ...backing.map((path) => ({ from: path, to: basename(path) })),
];

/** Warns of originals that no longer have the content they had when the plan was made. */
export async function changedAssets(assets: readonly Asset[], before: ReadonlyMap<string, string>): Promise<Warning[]> {
  const now = await assetDigests(assets);
  return assets
    .filter(({ from }) => now.get(from) !== before.get(from))
    .map(({ to }) => ({ code: 'asset-changed', text: `the original of ${to} was changed during the run` }));
}

export async function assetDigests(assets: readonly Asset[]): Promise<ReadonlyMap<string, string>> {
  return new Map(
    await Promise.all(assets.map(async ({ from }) => [from, await assetDigest(from).catch(() => '')] as const)),
  );
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
          throw usageError(`there is no launcher ${program}`, 'correct guest.command in bootgauge.yml', cause);
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
