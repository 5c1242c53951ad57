// What must be said of a launcher: what cannot be measured through it, what its boots share, and what they have shown.
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { Boot } from '../model/boot.ts';
import type { Warning } from '../model/comparison.ts';
import type { LauncherGuest } from '../model/guests/launcher.ts';
import type { LauncherLaunchPlan, LaunchPlan } from '../model/launch-plan.ts';
import type { AcceleratorChoice, Profile } from '../model/scenario.ts';
import { parseOrNull } from '../model/stored.ts';

interface NotedPlan {
  readonly accel: AcceleratorChoice;
  readonly profile: Profile;
  readonly plan: LauncherLaunchPlan;
  readonly awaitsSsh: boolean;
}

/** What is known before anything is booted. */
export function notesOf(guest: LauncherGuest, { accel, profile, plan, awaitsSsh }: NotedPlan): readonly Warning[] {
  const unmeasured =
    guest.binary === null || guest.rewrite === 'none'
      ? ['the start of QEMU cannot be told from the start of the guest']
      : ['the time of the launcher itself counts to the start of QEMU, that of what stands at binary does not'];
  if (guest.qmp === null && (guest.binary === null || guest.rewrite === 'none'))
    unmeasured.push('no QMP: crashes and resets are known from the console only');
  if (awaitsSsh && guest.access.key === null)
    unmeasured.push('no key: the SSH banner is timed, but no login and no probe');
  const notes: [boolean, string, string][] = [
    [true, 'launcher', `a launcher of your own starts the guest: ${unmeasured.join('; ')}`],
    [
      accel === 'auto' && plan.accelerator !== acceleratorAsked(plan),
      'launcher-accelerator',
      `the launcher chooses the accelerator; ${plan.accelerator} is assumed`,
    ],
    [
      process.platform === 'darwin' &&
        guest.binary === null &&
        Object.keys(guest.environment).some((name) => name.startsWith('DYLD_')),
      'launcher-dyld',
      'macOS takes DYLD variables away when a system shell starts; name the place of QEMU with binary, and they are set there',
    ],
    [
      profile === 'attribution' && plan.explain === '',
      'launcher-profile',
      "a launcher's kernel command line cannot be changed without binary: boots with the profile attribution are ordinary ones, and show of the kernel only what the launcher makes it print",
    ],
  ];
  return notes.filter(([applies]) => applies).map(([, code, text]) => ({ code, text }));
}

const acceleratorAsked = ({ rewrite }: LauncherLaunchPlan) => (rewrite === 'none' ? undefined : rewrite.accel);

/** Absolute paths in the launcher's own text, which a clone of its tree does not hold: all boots share what lies there. */
export async function sharedPaths(plan: LauncherLaunchPlan): Promise<readonly Warning[]> {
  const text = await textOf(plan);
  const found = new Set(text?.match(/(?<![\w./$}~)\]-]|[\w})\]]["'])\/(?:[\w.@+-]+\/)*[\w.@+-]+/g) ?? []);
  const paths = [...found].filter((path) => !systemPath.test(path) && path !== plan.tree && mayBeWritten(path));
  const [own, other] = [true, false].map((inside) =>
    paths.filter((path) => path.startsWith(`${plan.tree}/`) === inside),
  ) as [string[], string[]];
  const script = basename(plan.command[0] ?? '');
  const notes: Warning[] = [];
  if (other.length > 0) {
    const text = `${script} names ${listed(other)} by absolute paths: all boots share what lies there`;
    notes.push({ code: 'launcher-shared', text });
  }
  if (own.length > 0) {
    const text = `${script} names ${listed(own)} of its own tree by absolute paths: what it writes there itself goes to the originals, and is not thrown away`;
    notes.push({ code: 'launcher-own-path', text });
  }
  return notes;
}

/** Something that is there and no program, or that could be made there. */
function mayBeWritten(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return dirname(path) !== '/' && existsSync(dirname(path));
  return !found.isFile() || (found.mode & 0o111) === 0;
}

/** Programs, devices and settings of the system; Homebrew's own folder, too. */
export const systemPath = /^\/(?:bin|sbin|usr|dev|etc|proc|sys|lib|lib64|System|opt\/homebrew|private\/etc)(?:\/|$)/;

const listed = (paths: readonly string[]): string =>
  paths.length > 6 ? `${paths.slice(0, 6).join(', ')} and ${paths.length - 6} more` : paths.join(', ');

/** null: it is no text, or not there. */
async function textOf({ command: [word = ''], folder }: LauncherLaunchPlan): Promise<string | null> {
  const text = await readFile(isAbsolute(word) ? word : join(folder, word), 'utf8').catch(() => null);
  return text?.includes('\0') ? null : text;
}

/** The same plan with a note on variables that the launcher's own text does not name. What it starts may still read them. */
export async function withUnmentioned(
  plan: LauncherLaunchPlan,
  variables: readonly string[],
): Promise<LauncherLaunchPlan> {
  const text = await textOf(plan);
  // HVF's own variables are read by QEMU; of a program that is no text nothing is known.
  const names = variables.filter((name) => !name.startsWith('HVF_') && text?.includes(name) === false);
  if (names.length === 0) return plan;
  const note = `${basename(plan.command[0] ?? '')} does not mention ${names.join(', ')}: unless something that it starts reads them, these boots are no different from the default's`;
  return { ...plan, notes: [...plan.notes, { code: 'launcher-variable', text: note }] };
}

/** Warnings for the report, each once: what is known anyway, and what the boots themselves showed. */
export function launcherWarnings(plan: LaunchPlan, boots: readonly Boot[]): readonly Warning[] {
  if (plan.kind !== 'launcher') return plan.notes ?? [];
  const shown = (name: string, code: string, text: (detail: string) => string): Warning[] =>
    [
      ...new Set(
        boots.flatMap(({ events }) => events.filter((event) => event.name === name)).map(({ detail }) => detail),
      ),
    ]
      .slice(0, 5)
      .map((detail) => ({ code, text: text(detail) }));
  return [
    ...plan.notes,
    ...treeWarnings(plan, boots),
    ...shown('rewritten', 'launcher-rewritten', (detail) => `what the launcher gives to QEMU was changed: ${detail}`),
    ...startsWarnings(boots),
    ...shown(
      'original-changed',
      'original-changed',
      (path) =>
        `${path} was written to through a link while the launcher ran: only APFS, Btrfs and XFS keep originals apart`,
    ),
    ...shown(
      'reachable-from-outside',
      'launcher-open-port',
      (detail) =>
        `the launcher's ${detail} listens on all interfaces: anybody on the network can reach the guest; forward from 127.0.0.1`,
    ),
    ...shown(
      'accelerator',
      'launcher-accelerator',
      (detail) =>
        `the launcher's QEMU ran with ${detail}, not ${plan.accelerator}; set accel: ${detail}, or baselines of the two are mixed`,
    ).filter(({ text }) => !text.includes(`ran with ${plan.accelerator},`)),
  ];
}

const costSchema = z.object({ files: z.number(), copiedBytes: z.number(), milliseconds: z.number() });

function treeWarnings({ tree }: LauncherLaunchPlan, boots: readonly Boot[]): readonly Warning[] {
  const costs = boots
    .flatMap(({ events }) => events.filter(({ name }) => name === 'tree-cloned'))
    .flatMap(({ detail }) => parseOrNull(detail, costSchema) ?? []);
  if (costs.length === 0) return [];
  const most = (key: keyof (typeof costs)[number]): number => Math.max(...costs.map((cost) => cost[key]));
  const megabytes = Math.ceil(most('copiedBytes') / 1e6);
  const text = `each boot ran in a clone of ${tree} that was thrown away (${most('files')} files, ${megabytes} MB of them copied), made before its time began, in less than ${roundSeconds(most('milliseconds'))} s`;
  return [{ code: 'launcher-tree', text }];
}

/** The next of 0.1, 0.2, 0.5, 1, 2, 5 and so on: boots that are alike are told alike. */
function roundSeconds(milliseconds: number): number {
  const steps = [-1, 0, 1, 2, 3].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
  return Number((steps.find((seconds) => seconds * 1000 > milliseconds) ?? 5000).toFixed(1));
}

function startsWarnings(boots: readonly Boot[]): readonly Warning[] {
  const most = Math.max(0, ...boots.map(({ events }) => events.filter(({ name }) => name === 'qemu-started').length));
  if (most < 2) return [];
  const text = `the launcher started QEMU ${most} times in one boot: each start was changed alike, and the last one is asked`;
  return [{ code: 'launcher-starts', text }];
}
