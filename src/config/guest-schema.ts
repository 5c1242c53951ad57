// The part of bootgauge.yml's schema that says what is booted: one mapping per kind of guest.
import { z } from 'zod';
import { filePath, line, size } from './fields.ts';

const architecture = z
  .enum(['arm64', 'x86_64'])
  .optional()
  .meta({ description: 'processor of the guest; default arm64' });

const referenceGuest = z.strictObject({
  kind: z.literal('reference').meta({ description: 'the guest that Bootgauge assembles from distribution packages' }),
  arch: architecture,
  sshd: z.enum(['dropbear', 'openssh']).optional().meta({ description: 'SSH server in the guest; default dropbear' }),
  pages: z
    .enum(['4k', '16k'])
    .optional()
    .meta({ description: 'page size of its kernel, 16k for arm64 only; default 4k' }),
});

const alpineGuest = z.strictObject({
  kind: z.literal('alpine').meta({ description: 'Alpine Linux, installed once by booting its network installer' }),
  arch: architecture,
  release: z
    .string({ error: 'expected a release in quotes, such as "3.22", "3.22.1" or edge' })
    .regex(/^(?:3\.\d{1,2}(?:\.\d{1,2})?|edge)$/, 'expected a release such as "3.22", "3.22.1" or edge')
    .optional()
    .meta({ description: 'which Alpine: "3.22" is the newest of it, "3.22.1" that one, edge the rolling one' }),
  flavor: z.enum(['virt', 'lts']).optional().meta({ description: 'which of its kernels; default virt' }),
  mirror: z
    .string()
    .regex(/^https?:\/\/[^\s\p{Cc}[\]'"\\]+$/u, 'expected a URL that begins with http:// or https://')
    .optional()
    .meta({ description: 'URL of an Alpine mirror: the folder that holds v3.22 and edge' }),
  keyring: filePath('keyring that signs its releases, checked with gpg; without it checksums only').optional(),
  packages: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9+._=~<>-]*$/, 'expected a package name as apk takes it'))
    .max(500)
    .optional()
    .meta({ description: 'installed besides what a boot, SSH and Vulkan need' }),
  script: filePath('shell script that runs in the new system at the end of the installation').optional(),
  disk: size('size of its disk; default 2 GiB').optional(),
});

const ssh = z
  .strictObject({
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_.-]{0,31}$/, 'expected a user name')
      .optional()
      .meta({ description: 'user to log in as; default root' }),
    key: filePath(
      'private key that the guest knows, a file relative to this one; cache: the key that `bootgauge guest authorize` puts in. Without it only the banner is timed',
    ).optional(),
  })
  .meta({ description: 'how to log in' });

const customGuest = z.strictObject({
  kind: z.literal('custom').meta({ description: 'your own kernel, ramdisk or disk, in any mix' }),
  arch: architecture,
  kernel: filePath('kernel that QEMU can load').optional(),
  initrd: filePath('initial ramdisk').optional(),
  disk: filePath('root disk, raw or qcow2; never written to').optional(),
  append: line('the kernel command line, without quiet and loglevel').optional(),
  rest: z
    .union([z.enum(['reference']), z.discriminatedUnion('kind', [referenceGuest, alpineGuest])])
    .optional()
    .meta({ description: 'the guest that all parts not given here come from' }),
  ssh: ssh.optional(),
});

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name of an environment variable');
const port = z.int().min(1).max(65_535);

const launcherGuest = z.strictObject({
  kind: z.literal('launcher').meta({ description: 'your own command that starts the guest' }),
  arch: architecture,
  command: z
    .array(line('one word'))
    .min(1, 'needs at least the program')
    .max(200)
    .optional()
    .meta({ description: 'the command, one list item a word; {port} becomes a free port. No shell reads it' }),
  folder: filePath('where it is started, relative to this file; default: where this file lies').optional(),
  environment: z
    .record(variable, line('its value; {port} becomes a free port'))
    .optional()
    .meta({ description: 'variables of the command' }),
  port: port
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
  binary: filePath('place below folder where the command expects the QEMU that is measured').optional(),
  ssh: ssh.optional(),
});

export const guestSchema = z
  .union([
    z.enum(['reference']),
    z.discriminatedUnion('kind', [referenceGuest, alpineGuest, customGuest, launcherGuest]),
  ])
  .meta({ description: 'what is booted: the name of a kind, or a mapping with its kind and details' });

export type RawGuest = z.output<typeof guestSchema>;
export type RawGuestMapping = Exclude<RawGuest, string>;
