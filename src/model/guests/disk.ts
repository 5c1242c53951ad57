// A whole disk or ISO that boots by itself: firmware starts it, and its own boot loader finds the kernel.
import { z } from 'zod';
import { usageError } from '../errors.ts';
import { filePath } from '../fields.ts';
import type { Stored } from '../stored.ts';
import { accessFiles, accessKeys, accessSchema, settleAccess } from './access.ts';
import { architectureKey, architectureSchema, fileOrNull, type GuestKind, missingKey } from './guest-kind.ts';

const seedSchema = z.object({
  format: z.enum(['nocloud', 'ignition']),
  /** Absolute path of the user's own user-data or Ignition file; null: one that only lets the key in. */
  file: z.string().nullable(),
});
/** What the image is told on its first boot, which each boot is. */
export type Seed = Stored<typeof seedSchema>;

const schema = z.object({
  kind: z.literal('disk'),
  architecture: architectureSchema,
  /** Absolute path, or a URL. */
  image: z.string(),
  /** sha256 or sha512 of the image as it is given, compressed or not, in hex; null: not checked. */
  checksum: z.string().nullable(),
  /** Absolute path of UEFI firmware; null: found on this machine. */
  firmware: z.string().nullable(),
  seed: seedSchema.nullable(),
  access: accessSchema,
});
export type DiskGuest = Stored<typeof schema>;

export const isUrl = (image: string): boolean => /^https?:\/\//i.test(image);

const keys = z.strictObject({
  kind: z.literal('disk').meta({ description: 'a whole disk or ISO, booted as it is through UEFI firmware' }),
  arch: architectureKey,
  image: filePath('the image, a file or a URL: qcow2, raw, vmdk or iso, also in .gz, .xz or .zst; never written to')
    .regex(
      /^(?![a-z][a-z0-9+.-]*:\/\/)|^https?:\/\/[^\s\p{Cc}/@]+\/[^\s\p{Cc}]*$/iu,
      'expected a file, or a URL that begins with http:// or https:// and holds no password',
    )
    .optional(),
  checksum: z
    .string({ error: 'expected a sha256 or sha512 in hex, in quotes' })
    .regex(/^(?:[0-9a-f]{64}|[0-9a-f]{128})$/i, 'expected a sha256 (64 hex digits) or a sha512 (128)')
    .optional()
    .meta({ description: 'sha256 or sha512 of the image as it is published; needed for a URL' }),
  firmware: filePath('UEFI firmware (edk2, OVMF) to boot it with; default: the one found on this machine').optional(),
  seed: z
    .union([
      z.enum(['nocloud', 'ignition', 'none']),
      z
        .strictObject({
          nocloud: filePath('your own cloud-init user-data').optional(),
          ignition: filePath('your own Ignition configuration').optional(),
        })
        .refine((own) => Object.keys(own).length === 1, 'expected one of nocloud and ignition'),
    ])
    .optional()
    .meta({
      description:
        'how the image is told to let us in: nocloud (cloud-init; the default), ignition, or none; or a mapping of nocloud or ignition to your own file',
    }),
  ssh: accessKeys.optional(),
});
type Written = z.output<typeof keys>;

export const disk = {
  kind: 'disk',
  schema,
  keys,
  bare: false,
  settle(written, before, place) {
    const path = (one: string | undefined): string | undefined =>
      one === undefined ? undefined : place.resolve(place.folder, one);
    const given = written.image;
    const image = given !== undefined && isUrl(given) ? given : (path(given) ?? before?.image);
    if (image === undefined) throw missingKey('disk', 'image', 'such as image: debian-13-genericcloud-arm64.qcow2');
    const checksum = written.checksum?.toLowerCase() ?? (given === undefined ? before?.checksum : null) ?? null;
    if (isUrl(image) && checksum === null) {
      throw missingKey('disk', 'checksum', 'the sha256 or sha512 that is published beside what the URL gives');
    }
    const seed = written.seed === undefined && before !== null ? before.seed : seedOf(written.seed, path);
    const guest: DiskGuest = {
      kind: 'disk',
      architecture: written.arch ?? place.architecture,
      image,
      checksum,
      firmware: path(written.firmware) ?? before?.firmware ?? null,
      seed,
      access: settleAccess(
        written.ssh ?? {},
        before?.access ?? { user: 'root', key: placesKey(seed) ? 'cache' : null },
        place,
      ),
    };
    return guest;
  },
  files: (guest, each) => ({
    ...guest,
    image: isUrl(guest.image) ? guest.image : each(guest.image, { key: 'image', is: 'file', held: 'base' }),
    firmware: fileOrNull(guest.firmware, each, { key: 'firmware', is: 'file', held: 'base' }),
    seed: guest.seed && {
      ...guest.seed,
      file: fileOrNull(guest.seed.file, each, { key: `seed.${guest.seed.format}`, is: 'file', held: 'base' }),
    },
    access: accessFiles(guest.access, each),
  }),
  boots: null,
} as const satisfies GuestKind<DiskGuest, Written, null>;

/** NoCloud's meta-data names the key beside the user's own file; Ignition has one file, which is the user's then. */
const placesKey = (seed: Seed | null): boolean => seed?.format === 'nocloud' || seed?.file === null;

function seedOf(written: Written['seed'], path: (one: string | undefined) => string | undefined): Seed | null {
  if (written === 'none') return null;
  if (written === undefined || typeof written === 'string') return { format: written ?? 'nocloud', file: null };
  const format = written.nocloud === undefined ? 'ignition' : 'nocloud';
  return { format, file: path(written[format]) ?? null };
}

/** Why what would be told to the kernel, or given in its place, cannot be. */
export const kernelInImage = 'the kernel is inside the image, and its boot loader says what it is told';

/** Throws a usageError where words for the kernel are asked for. */
export function refuseAppend(append: string): void {
  if (append !== '')
    throw usageError(`append: ${kernelInImage}`, 'take append away, or boot the kernel with kind: custom');
}
