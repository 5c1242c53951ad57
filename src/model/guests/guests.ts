// The kinds of guests: whoever adds one adds a file beside this and a line here. Everything else asks this table.
import { z } from 'zod';
import type { Stored } from '../stored.ts';
import { alpine } from './alpine.ts';
import { custom } from './custom.ts';
import { disk } from './disk.ts';
import type { EachFile, FileUse, Place } from './guest-kind.ts';
import { launcher } from './launcher.ts';
import { reference } from './reference.ts';

const guestKinds = {
  reference,
  alpine,
  custom,
  disk,
  launcher,
};

type Kinds = typeof guestKinds;
type SpecOf<Kind extends keyof Kinds> = Stored<Kinds[Kind]['schema']>;
type WrittenOf<Kind extends keyof Kinds> = z.output<Kinds[Kind]['keys']>;

/** One member per kind of guest. */
export type GuestSpec = { [Kind in keyof Kinds]: SpecOf<Kind> }[keyof Kinds];
/** The kinds that the guest room boots itself: it does not compile without knowing how. */
export type BootedGuest = {
  [Kind in keyof Kinds]: Kinds[Kind]['boots'] extends null ? SpecOf<Kind> : never;
}[keyof Kinds];

type WrittenMapping = { [Kind in keyof Kinds]: WrittenOf<Kind> }[keyof Kinds];
export type WrittenGuest = z.output<typeof guestKeys>;

const all = Object.values(guestKinds);
type AtLeastOne<T> = [T, ...T[]];

export type BareKind = { [Kind in keyof Kinds]: Kinds[Kind]['bare'] extends true ? Kind : never }[keyof Kinds];

/** Kinds whose name alone says everything. */
export const bareKinds = all.filter(({ bare }) => bare).map(({ kind }) => kind) as AtLeastOne<BareKind>;

export const guestSpecSchema = z.discriminatedUnion(
  'kind',
  all.map(({ schema }) => schema) as AtLeastOne<Kinds[keyof Kinds]['schema']>,
);

/** What stands under `guest` in bootgauge.yml. */
export const guestKeys = z
  .union(
    [
      z.enum(bareKinds),
      z.discriminatedUnion('kind', all.map(({ keys }) => keys) as AtLeastOne<Kinds[keyof Kinds]['keys']>),
    ],
    { error: ({ input }) => notAGuest(input) },
  )
  .meta({ description: 'what is booted: the name of a kind, or a mapping with its kind and details' });

/** `guest: custom` names a kind that needs more than its name. */
function notAGuest(written: unknown): string {
  const kind = all.find((one) => one.kind === written);
  if (kind === undefined) {
    return `expected ${bareKinds.join(' or ')}, or a mapping with a kind: ${all.map((one) => one.kind).join(', ')}`;
  }
  const keys = Object.keys(kind.keys.shape).filter((key) => key !== 'kind');
  return `expected a mapping {kind: ${kind.kind}, ...} with some of the keys ${keys.join(', ')}`;
}

/** The part of a kind that takes its own guests only; which those are is known by their `kind`. */
interface Untyped {
  settle(written: WrittenMapping, before: GuestSpec | null, place: Place): GuestSpec;
  files(guest: GuestSpec, each: EachFile): GuestSpec;
  readonly boots: ((guest: GuestSpec) => GuestSpec) | null;
}
const kindOf = (kind: keyof Kinds): Untyped => guestKinds[kind] as Untyped;

/**
 * What is written of a guest, laid over what was said before: details not given stay as they are, as long as the kind does. Throws a
 * usageError for what is contradictory or missing.
 */
export function settleGuest(written: WrittenGuest, before: GuestSpec, place: Omit<Place, 'architecture'>): GuestSpec {
  const details = typeof written === 'string' ? { kind: written } : written;
  const same = before.kind === details.kind ? before : null;
  return kindOf(details.kind).settle(details, same, { ...place, architecture: before.architecture });
}

export interface NamedFile extends FileUse {
  readonly path: string;
}

/** Every file of this machine that the guest names. */
export function guestFiles(guest: GuestSpec): readonly NamedFile[] {
  const found: NamedFile[] = [];
  withGuestFiles(guest, (path, use) => {
    found.push({ ...use, path });
    return path;
  });
  return found;
}

/** The same guest with other files. */
export const withGuestFiles = (guest: GuestSpec, each: EachFile): GuestSpec => kindOf(guest.kind).files(guest, each);

/** What is booted for this guest. */
export function bootedGuest(guest: GuestSpec): BootedGuest {
  const { boots } = kindOf(guest.kind);
  return boots === null ? (guest as BootedGuest) : bootedGuest(boots(guest));
}
