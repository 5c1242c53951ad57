// A user's own command that starts the guest. It is run as it is; what it hands to QEMU can be changed on the way.
import { z } from 'zod';
import { usageError } from '../errors.ts';
import { filePath, line } from '../fields.ts';
import type { Stored } from '../stored.ts';
import { accessFiles, accessKeys, accessSchema, settleAccess } from './access.ts';
import { architectureKey, architectureSchema, type GuestKind, missingKey } from './guest-kind.ts';
import { rewriteFiles, rewriteKeys, rewriteSchema, settleRewrite } from './rewrite.ts';

const assetSchema = z.object({
  /** Absolute path of the original, which is never changed. */
  from: z.string(),
  /** Path below the launcher's folder; what is there is replaced in the clone. */
  to: z.string(),
});
/** A file or folder that is put into the launcher's tree for each boot, as a clone. */
export type Asset = Stored<typeof assetSchema>;

const schema = z.object({
  kind: z.literal('launcher'),
  architecture: architectureSchema,
  /** The words of the command; a relative program is looked for in `folder`. `{port}` stands for a port that Bootgauge chooses. */
  command: z.array(z.string()),
  /** Absolute path of the folder that it is started in. */
  folder: z.string(),
  /** On top of the allow-listed environment; `{port}` as in the command. */
  environment: z.record(z.string(), z.string()),
  /** TCP port of the host that reaches the guest's SSH server; null: the chosen one. */
  port: z.number().nullable(),
  console: z.discriminatedUnion('from', [
    z.object({ from: z.literal('stdout') }),
    z.object({ from: z.literal('socket'), path: z.string() }),
  ]),
  /** Unix socket on which its QEMU offers QMP; null: none. */
  qmp: z.string().nullable(),
  assets: z.array(assetSchema),
  /** Where, below `folder`, the command expects the QEMU that is measured; null: it brings its own. */
  binary: z.string().nullable(),
  /** What is changed in the arguments that the command gives to the QEMU at `binary`; absent: only what measuring needs. */
  rewrite: rewriteSchema.exactOptional(),
  access: accessSchema,
});
export type LauncherGuest = Stored<typeof schema>;

const keys = z.strictObject({
  kind: z.literal('launcher').meta({ description: 'your own command that starts the guest' }),
  arch: architectureKey,
  command: z
    .array(line('one word'))
    .min(1, 'needs at least the program')
    .max(200)
    .optional()
    .meta({ description: 'the command, one list item a word; {port} becomes a free port. No shell reads it' }),
  folder: filePath('where it is started, relative to this file; default: where this file lies').optional(),
  environment: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name of an environment variable'),
      line('its value; {port} becomes a free port'),
    )
    .optional()
    .meta({ description: 'variables of the command' }),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .meta({ description: "the fixed port of the host that the command forwards to the guest's SSH server" }),
  console: z
    .union([
      z.enum(['stdout']),
      z.strictObject({ socket: filePath('Unix socket on which the command offers the serial console') }),
    ])
    .optional()
    .meta({ description: 'where the serial console appears; default stdout' }),
  qmp: filePath('Unix socket on which the command offers QMP, if it does').optional(),
  assets: z
    .record(filePath('place below folder'), filePath('the original, relative to this file'))
    .optional()
    .meta({ description: 'files and folders put into place for each boot as clones: place below folder -> original' }),
  binary: filePath(
    'place below folder where the command expects the QEMU that is measured; in the clone that is booted it takes the place of what is there',
  ).optional(),
  rewrite: rewriteKeys.optional(),
  ssh: accessKeys.optional(),
});
type Written = z.output<typeof keys>;

export const launcher = {
  kind: 'launcher',
  schema,
  keys,
  bare: false,
  settle(written, before, place) {
    const command = written.command ?? before?.command;
    if (command === undefined) throw missingKey('launcher', 'command', 'such as command: [scripts/run-alpine.sh, run]');
    const path = (one: string | undefined, from: string): string | undefined =>
      one === undefined ? undefined : place.resolve(from, one);
    const folder = path(written.folder, place.folder) ?? before?.folder ?? place.folder;
    const output = written.console;
    const socket = typeof output === 'object' ? path(output.socket, folder) : undefined;
    const added = Object.entries(written.assets ?? {}).map(([to, from]) => ({
      from: place.resolve(place.folder, from),
      to,
    }));
    const kept = (before?.assets ?? []).filter(({ to }) => written.assets?.[to] === undefined);
    const rewrite = settleRewrite(written.rewrite, before?.rewrite, place);
    const guest: LauncherGuest = {
      kind: 'launcher',
      architecture: written.arch ?? place.architecture,
      command,
      folder,
      environment: { ...before?.environment, ...written.environment },
      port: written.port ?? before?.port ?? null,
      console:
        socket !== undefined
          ? { from: 'socket', path: socket }
          : output === 'stdout'
            ? { from: 'stdout' }
            : (before?.console ?? { from: 'stdout' }),
      qmp: path(written.qmp, folder) ?? before?.qmp ?? null,
      assets: [...kept, ...added],
      binary: written.binary ?? before?.binary ?? null,
      ...(rewrite === undefined ? {} : { rewrite }),
      access:
        written.ssh === undefined && before
          ? before.access
          : settleAccess(written.ssh ?? {}, before?.access ?? null, place),
    };
    refusePorts(guest);
    if (rewrite !== undefined && guest.binary === null) {
      throw missingKey('launcher', 'binary', 'rewrite changes the arguments of the QEMU that stands there');
    }
    return guest;
  },
  files: (guest, each) => ({
    ...guest,
    folder: each(guest.folder, { key: 'folder', is: 'folder', held: 'head' }),
    // A launcher finds its way from where it lies, so what is the base's must lie there too. What it calls by itself is not known.
    command: guest.command.map((word) =>
      each(word, { key: 'command', is: 'word', held: 'in-place', from: guest.folder }),
    ),
    assets: guest.assets.map(({ from, to }) => ({
      to,
      from: each(from, { key: `assets.${to}`, is: 'either', held: 'in-place' }),
    })),
    ...(guest.rewrite === undefined ? {} : { rewrite: rewriteFiles(guest.rewrite, each) }),
    access: accessFiles(guest.access, each),
  }),
  boots: null,
} as const satisfies GuestKind<LauncherGuest, Written, null>;

/** Whether the command is given the port that Bootgauge chooses. */
export const takesPort = ({ command, environment }: LauncherGuest): boolean =>
  [...command, ...Object.values(environment)].some((word) => word.includes('{port}'));

/** Throws a usageError where nothing says how the guest's SSH server is reached. */
export function requireSshPort(guest: LauncherGuest): void {
  if (guest.port === null && !takesPort(guest)) {
    const fixed = 'the fixed port that reaches SSH, or {port} in its command or environment';
    throw missingKey('launcher', 'port', `${fixed}; or say under ready what makes a guest without SSH ready`);
  }
}

function refusePorts(guest: LauncherGuest): void {
  if (guest.port !== null && takesPort(guest)) {
    throw usageError('guest of kind launcher: port and {port} exclude each other', 'keep {port}, and leave port out');
  }
}
