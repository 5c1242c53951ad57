// Alpine itself, installed once from a mirror by booting its network installer.
import { z } from 'zod';
import { filePath, size } from '../fields.ts';
import type { Stored } from '../stored.ts';
import { architectureKey, architectureSchema, fileOrNull, type GuestKind, missingKey } from './guest-kind.ts';

const schema = z.object({
  kind: z.literal('alpine'),
  architecture: architectureSchema,
  /** `3.22` (the newest of it), `3.22.1`, or `edge`. */
  release: z.string(),
  flavor: z.enum(['virt', 'lts']),
  /** URL of the folder that holds `v3.22` and `edge`; empty: only what is in the cache. */
  mirror: z.string(),
  /** Absolute path of the keyring that signs releases; null: checksums only. */
  keyring: z.string().nullable(),
  /** Installed besides what a boot, SSH and Vulkan need. */
  packages: z.array(z.string()),
  /** Absolute path of a shell script that runs in the new system at the end of the installation. */
  script: z.string().nullable(),
  diskMiB: z.number(),
});
export type AlpineGuest = Stored<typeof schema>;

const keys = z.strictObject({
  kind: z.literal('alpine').meta({ description: 'Alpine Linux, installed once by booting its network installer' }),
  arch: architectureKey,
  release: z
    .string({ error: 'expected a release in quotes, such as "3.22", "3.22.1" or edge' })
    .regex(/^(?:3\.\d{1,2}(?:\.\d{1,2})?|edge)$/, 'expected a release such as "3.22", "3.22.1" or edge')
    .optional()
    .meta({ description: 'which Alpine: "3.22" is the newest of it, "3.22.1" that one, edge the rolling one' }),
  flavor: schema.shape.flavor.optional().meta({ description: 'which of its kernels; default virt' }),
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

export const alpine = {
  kind: 'alpine',
  schema,
  keys,
  bare: false,
  settle(written, before, { folder, resolve, architecture }) {
    const release = written.release ?? before?.release;
    if (release === undefined) throw missingKey('alpine', 'release', 'such as release: "3.22"');
    const path = (one: string | undefined): string | undefined =>
      one === undefined ? undefined : resolve(folder, one);
    return {
      kind: 'alpine',
      architecture: written.arch ?? architecture,
      release,
      flavor: written.flavor ?? before?.flavor ?? 'virt',
      mirror: (written.mirror ?? before?.mirror ?? '').replace(/\/+$/, ''),
      keyring: path(written.keyring) ?? before?.keyring ?? null,
      packages: written.packages ?? before?.packages ?? [],
      script: path(written.script) ?? before?.script ?? null,
      diskMiB: written.disk ?? before?.diskMiB ?? 2048,
    };
  },
  files: (guest, each) => ({
    ...guest,
    keyring: fileOrNull(guest.keyring, each, { key: 'keyring', is: 'file', held: 'base' }),
    script: fileOrNull(guest.script, each, { key: 'script', is: 'file', held: 'base' }),
  }),
  boots: null,
} as const satisfies GuestKind<AlpineGuest, z.output<typeof keys>, null>;
