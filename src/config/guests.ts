// What bootgauge.yml says of a guest, laid over what was said before: details not given stay as they are, as long as the kind does.
import { resolve } from 'node:path';
import { usageError } from '../model/errors.ts';
import type {
  AlpineGuest,
  CustomGuest,
  GuestAccess,
  GuestSpec,
  LauncherGuest,
  ReferenceGuest,
} from '../model/scenario.ts';
import { defaultGuest } from './defaults.ts';
import type { RawGuest, RawGuestMapping } from './guest-schema.ts';

/** `folder` is where relative paths start. Throws a usageError for what is contradictory or missing. */
export function withGuest(before: GuestSpec, raw: RawGuest, folder: string): GuestSpec {
  const details: RawGuestMapping = typeof raw === 'string' ? { kind: raw } : raw;
  switch (details.kind) {
    case 'reference':
      return withReference(
        before.kind === 'reference' ? before : { ...defaultGuest, ...architectureOf(before) },
        details,
      );
    case 'alpine':
      return withAlpine(before.kind === 'alpine' ? before : null, details, folder);
    case 'custom':
      return withCustom(before.kind === 'custom' ? before : null, details, folder);
    case 'launcher':
      return withLauncher(before.kind === 'launcher' ? before : null, details, folder);
  }
}

type Raw<Kind extends RawGuestMapping['kind']> = Extract<RawGuestMapping, { kind: Kind }>;

const architectureOf = ({ architecture }: GuestSpec): Pick<GuestSpec, 'architecture'> => ({ architecture });

function withReference(guest: ReferenceGuest, raw: Raw<'reference'>): ReferenceGuest {
  const architecture = raw.arch ?? guest.architecture;
  const pages = raw.pages ?? guest.pages;
  // The file's own contradictions were found with their lines; this one came with the command line.
  if (pages === '16k' && architecture !== 'arm64') throw usageError('a kernel with 16k pages exists for arm64 only');
  return { kind: 'reference', architecture, sshd: raw.sshd ?? guest.sshd, pages };
}

function withAlpine(guest: AlpineGuest | null, raw: Raw<'alpine'>, folder: string): AlpineGuest {
  const release = raw.release ?? guest?.release;
  if (release === undefined) throw missing('alpine', 'release', 'such as release: "3.22"');
  return {
    kind: 'alpine',
    architecture: raw.arch ?? guest?.architecture ?? defaultGuest.architecture,
    release,
    flavor: raw.flavor ?? guest?.flavor ?? 'virt',
    mirror: (raw.mirror ?? guest?.mirror ?? '').replace(/\/+$/, ''),
    keyring: path(raw.keyring, folder) ?? guest?.keyring ?? null,
    packages: raw.packages ?? guest?.packages ?? [],
    script: path(raw.script, folder) ?? guest?.script ?? null,
    diskMiB: raw.disk ?? guest?.diskMiB ?? 2048,
  };
}

function withCustom(guest: CustomGuest | null, raw: Raw<'custom'>, folder: string): CustomGuest {
  const rest = restOf(guest?.rest ?? null, raw.rest, folder);
  const custom: CustomGuest = {
    kind: 'custom',
    architecture: raw.arch ?? rest?.architecture ?? guest?.architecture ?? defaultGuest.architecture,
    kernel: path(raw.kernel, folder) ?? guest?.kernel ?? null,
    initrd: path(raw.initrd, folder) ?? guest?.initrd ?? null,
    disk: path(raw.disk, folder) ?? guest?.disk ?? null,
    append: raw.append ?? guest?.append ?? null,
    rest,
    access: raw.ssh === undefined ? (guest?.access ?? null) : withAccess(guest?.access ?? null, raw.ssh, folder),
  };
  if (custom.kernel === null && rest === null)
    throw missing('custom', 'kernel', 'or rest, the guest that it comes from');
  if (rest !== null && rest.architecture !== custom.architecture) {
    throw usageError(`a guest for ${custom.architecture} cannot take its rest from one for ${rest.architecture}`);
  }
  return custom;
}

function restOf(before: CustomGuest['rest'], raw: Raw<'custom'>['rest'], folder: string): CustomGuest['rest'] {
  if (raw === undefined) return before;
  return withGuest(before ?? defaultGuest, raw, folder) as ReferenceGuest | AlpineGuest;
}

function withLauncher(guest: LauncherGuest | null, raw: Raw<'launcher'>, folder: string): LauncherGuest {
  const command = raw.command ?? guest?.command;
  if (command === undefined) throw missing('launcher', 'command', 'such as command: [scripts/run-alpine.sh, run]');
  const { console: output } = raw;
  const place = path(raw.folder, folder) ?? guest?.folder ?? folder;
  const added = Object.entries(raw.assets ?? {}).map(([to, from]) => ({ from: resolve(folder, from), to }));
  const kept = (guest?.assets ?? []).filter(({ to }) => raw.assets?.[to] === undefined);
  const launcher: LauncherGuest = {
    kind: 'launcher',
    architecture: raw.arch ?? guest?.architecture ?? defaultGuest.architecture,
    command,
    folder: place,
    environment: { ...guest?.environment, ...raw.environment },
    port: raw.port ?? guest?.port ?? null,
    console:
      output === undefined
        ? (guest?.console ?? { from: 'stdout' })
        : output === 'stdout'
          ? { from: 'stdout' }
          : { from: 'socket', path: resolve(place, output.socket) },
    qmp: path(raw.qmp, place) ?? guest?.qmp ?? null,
    assets: [...kept, ...added],
    binary: raw.binary ?? guest?.binary ?? null,
    access: raw.ssh === undefined && guest ? guest.access : withAccess(guest?.access ?? null, raw.ssh ?? {}, folder),
  };
  const takesPort = [...command, ...Object.values(launcher.environment)].some((word) => word.includes('{port}'));
  if (launcher.port === null && !takesPort) {
    throw missing('launcher', 'port', 'the fixed port that reaches SSH, or {port} in its command or environment');
  }
  if (launcher.port !== null && takesPort) {
    throw usageError('guest of kind launcher: port and {port} exclude each other', 'keep {port}, and leave port out');
  }
  return launcher;
}

function withAccess(before: GuestAccess | null, raw: NonNullable<Raw<'custom'>['ssh']>, folder: string): GuestAccess {
  const key = raw.key === undefined ? (before?.key ?? null) : raw.key === 'cache' ? 'cache' : resolve(folder, raw.key);
  return { user: raw.user ?? before?.user ?? 'root', key };
}

const path = (written: string | undefined, folder: string): string | undefined =>
  written === undefined ? undefined : resolve(folder, written);

const missing = (kind: string, key: string, hint: string) =>
  usageError(`guest of kind ${kind}: the key '${key}' is missing`, hint);
