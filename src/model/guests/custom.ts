// A user's own kernel, initial ramdisk or disk, in any mix; what is not given comes from another guest.
import { z } from 'zod';
import { usageError } from '../errors.ts';
import { filePath, line } from '../fields.ts';
import type { Stored } from '../stored.ts';
import { accessFiles, accessKeys, accessSchema, settleAccess } from './access.ts';
import { alpine } from './alpine.ts';
import {
  architectureKey,
  architectureSchema,
  type EachFile,
  fileOrNull,
  type GuestKind,
  missingKey,
  type Place,
} from './guest-kind.ts';
import { reference } from './reference.ts';

const schema = z.object({
  kind: z.literal('custom'),
  architecture: architectureSchema,
  kernel: z.string().nullable(),
  initrd: z.string().nullable(),
  disk: z.string().nullable(),
  /** The whole kernel command line but what the profile adds; null: that of `rest`. */
  append: z.string().nullable(),
  rest: z.discriminatedUnion('kind', [reference.schema, alpine.schema]).nullable(),
  /** null: that of `rest`. */
  access: accessSchema.nullable(),
});
/** What is null comes from `rest`. */
export type CustomGuest = Stored<typeof schema>;

const keys = z.strictObject({
  kind: z.literal('custom').meta({ description: 'your own kernel, ramdisk or disk, in any mix' }),
  arch: architectureKey,
  kernel: filePath('kernel that QEMU can load').optional(),
  initrd: filePath('initial ramdisk').optional(),
  disk: filePath('root disk, raw or qcow2; never written to').optional(),
  append: line('the kernel command line, without quiet and loglevel').optional(),
  rest: z
    .union([z.enum(['reference']), z.discriminatedUnion('kind', [reference.keys, alpine.keys])])
    .optional()
    .meta({ description: 'the guest that all parts not given here come from' }),
  ssh: accessKeys.optional(),
});
type Written = z.output<typeof keys>;

export const custom = {
  kind: 'custom',
  schema,
  keys,
  bare: false,
  settle(written, before, place) {
    const path = (one: string | undefined): string | undefined =>
      one === undefined ? undefined : place.resolve(place.folder, one);
    const rest = settleRest(written.rest, before?.rest ?? null, place);
    const access = before?.access ?? null;
    const guest: CustomGuest = {
      kind: 'custom',
      architecture: written.arch ?? rest?.architecture ?? place.architecture,
      kernel: path(written.kernel) ?? before?.kernel ?? null,
      initrd: path(written.initrd) ?? before?.initrd ?? null,
      disk: path(written.disk) ?? before?.disk ?? null,
      append: written.append ?? before?.append ?? null,
      rest,
      access: written.ssh === undefined ? access : settleAccess(written.ssh, access, place),
    };
    if (guest.kernel === null && rest === null) throw missingKey('custom', 'kernel', customHint);
    if (rest !== null && rest.architecture !== guest.architecture) {
      throw usageError(`a guest for ${guest.architecture} cannot take its rest from one for ${rest.architecture}`);
    }
    return guest;
  },
  files: (guest, each) => ({
    ...guest,
    kernel: fileOrNull(guest.kernel, each, { key: 'kernel', is: 'file', held: 'base' }),
    initrd: fileOrNull(guest.initrd, each, { key: 'initrd', is: 'file', held: 'base' }),
    disk: fileOrNull(guest.disk, each, { key: 'disk', is: 'file', held: 'base' }),
    rest: guest.rest === null ? null : restFiles(guest.rest, each),
    access: guest.access === null ? null : accessFiles(guest.access, each),
  }),
  boots: null,
} as const satisfies GuestKind<CustomGuest, Written, null>;

const customHint =
  'name one with kernel (besides: initrd, disk, append, ssh), or with rest the guest that it comes from: rest: reference. A disk that boots by itself is kind: disk';

type Rest = NonNullable<CustomGuest['rest']>;

function settleRest(written: Written['rest'], before: Rest | null, place: Place): Rest | null {
  if (written === undefined) return before;
  if (written === 'reference' || written.kind === 'reference') {
    const details = written === 'reference' ? ({ kind: 'reference' } as const) : written;
    return reference.settle(details, before?.kind === 'reference' ? before : null, place);
  }
  return alpine.settle(written, before?.kind === 'alpine' ? before : null, place);
}

function restFiles(rest: Rest, each: EachFile): Rest {
  const below: EachFile = (path, use) => each(path, { ...use, key: `rest.${use.key}` });
  return rest.kind === 'alpine' ? alpine.files(rest, below) : rest;
}
