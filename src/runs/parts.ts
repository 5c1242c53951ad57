// What stands under a side of a run, part by part, and which of it is not what it was.
import type { Boot } from '../model/boot.ts';
import type { Verdict } from '../model/comparison.ts';
import type { Conditions } from '../model/conditions.ts';
import {
  type Inventory,
  type Moved,
  type MovedPart,
  type PartKind,
  type Parts,
  partKinds,
} from '../model/inventory.ts';
import type { RecordedRun, RecordedScenario } from '../model/run.ts';
import type { Side } from '../model/scenario.ts';

/** Of one side; null: the run has no such side. */
export function partsOf({ conditions, boots }: RecordedScenario, side: Side): Parts | null {
  const own = conditions[side];
  if (own === null) return null;
  const booted = boots.filter((boot) => boot.side === side);
  // The one that tells most, where one boot was cut short.
  const asked = booted.filter((boot) => boot.inventory !== undefined);
  const { inventory } = asked.find((boot) => boot.inventory?.packages !== null) ?? asked[0] ?? {};
  const { packages, origin } = own.emulator;
  const protocol = inventory && protocolParts(inventory);
  const assembled = packages ?? (origin === 'kit' ? undefined : {});
  const installed = guestPackages(own, inventory);
  return {
    ...(protocol && { 'Venus protocol': protocol }),
    host: hostParts(own),
    ...(assembled && { 'host package': assembled }),
    guest: guestParts(own, booted, inventory),
    ...(installed && { 'guest package': installed }),
  };
}

/** null: the guest said nothing at all, so that nothing can be missing. */
function protocolParts({ venus, kernel }: Inventory): Readonly<Record<string, string>> | null {
  if (venus === undefined && kernel === '') return null;
  const { agreed = {}, mismatch = '' } = venus ?? {};
  return { ...(mismatch === '' ? {} : { 'mismatch of host and guest': mismatch }), ...agreed };
}

/** An empty text is nothing known. */
const known = (parts: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(parts).flatMap(([name, text]) => (text ? [[name, text] as const] : [])));

const short = (digest: string): string => digest.slice(0, 12);

function hostParts({ host, accelerator, emulator }: Conditions): Record<string, string> {
  const { version, digest, build, runtime = {}, places = {}, versions = {} } = emulator;
  const loaded = Object.entries(runtime).map(([name, value]) => {
    if (!/^[0-9a-f]{64}$/.test(value)) return [name, value] as const;
    const said = versions[name] ?? places[name]?.match(/\d+(?:\.\d+)+/g)?.at(-1);
    return [name, said === undefined ? short(value) : `${said} (${short(value)})`] as const;
  });
  return known({
    system: `${host.osMajor}, ${host.osVersion}`,
    processor: host.chip,
    SDK: host.sdk,
    accelerator,
    QEMU: `${version} (${short(digest)})`,
    ...Object.fromEntries(
      Object.entries(build?.dependencies ?? {}).map(([name, it]) => [`${name}, built in`, it.slice(0, 40)]),
    ),
    ...Object.fromEntries(loaded),
  });
}

/** Name of the digest of all of a guest. */
const whole = 'guest';

function guestParts(
  { guest }: Conditions,
  boots: readonly Boot[],
  inventory: Inventory | undefined,
): Record<string, string> {
  const mesa = boots.find(({ vulkan }) => vulkan?.devices[0] !== undefined)?.vulkan?.devices[0]?.driverInfo;
  const { kernel = '', initramfs = '' } = guest.files ?? {};
  return known({
    kernel: inventory?.kernel,
    'kernel file': short(kernel),
    initramfs: short(initramfs),
    Mesa: mesa,
    [whole]: `${guest.name} (${short(guest.digest)})`,
  });
}

/** What the guest says counts more than what it was made from. */
function guestPackages({ guest }: Conditions, inventory: Inventory | undefined): Record<string, string> | null {
  const asked = inventory?.packages ?? null;
  return asked === null && Object.keys(guest.packages).length === 0 ? null : { ...guest.packages, ...asked };
}

/** Kinds that one of the two does not know. */
const unrecorded = (before: Parts, after: Parts): PartKind[] =>
  partKinds.filter((kind) => before[kind] === undefined || after[kind] === undefined);

/** Parts that are there or were, and are not the same; those that explain most first, then by name. What one side does not know has not moved. */
export function movedParts(before: Parts, after: Parts): MovedPart[] {
  const moved = partKinds.flatMap((kind) => {
    const [old, now] = [before[kind], after[kind]];
    return old === undefined || now === undefined ? [] : differing(kind, old, now);
  });
  // Only where nothing tells what in it has changed.
  const tells = moved.some(({ kind, name }) => kind === 'guest package' || (kind === 'guest' && name !== whole));
  return tells ? moved.filter(({ kind, name }) => kind !== 'guest' || name !== whole) : moved;
}

type Listed = Readonly<Record<string, string>>;

function differing(kind: PartKind, old: Listed, now: Listed): MovedPart[] {
  // Of what an emulator is assembled, one that is not cannot have lost anything.
  if (kind === 'host package' && [old, now].some((list) => Object.keys(list).length === 0)) return [];
  const names = [...new Set([...Object.keys(now), ...Object.keys(old)])];
  const at = (list: Listed, name: string): string | null => (Object.hasOwn(list, name) ? (list[name] as string) : null);
  return names
    .map((name) => ({ kind, name, before: at(old, name), after: at(now, name) }))
    .filter(({ before, after }) => !isSame(kind, before, after) && !isUnasked(kind, before, after));
}

/** Of equal bytes one run may know a version and the other not. No digest of ours stands in what a package manager says. */
function isSame(kind: PartKind, one: string | null, other: string | null): boolean {
  const digest = (text: string | null): string | undefined => /(?:^|\()([0-9a-f]{12})\)?$/.exec(text ?? '')?.[1];
  return one === other || (hasDigests(kind) && digest(one) !== undefined && digest(one) === digest(other));
}

const hasDigests = (kind: PartKind): boolean => kind === 'host' || kind === 'guest';

/** What a guest alone can tell, and one of the two was not asked or did not say. */
const isUnasked = (kind: PartKind, before: string | null, after: string | null): boolean =>
  kind === 'guest' && (before === null || after === null);

/**
 * What may explain a bad verdict: head against base where base came up, else against the newest session of its baseline that knows its
 * parts. Nothing where the verdict is not bad, nothing has moved, or nothing is known.
 */
export function movedUnder(recorded: RecordedScenario, { word }: Verdict): { readonly moved?: Moved } {
  if (!['failed', 'slower', 'incomparable'].includes(word)) return {};
  const head = partsOf(recorded, 'head');
  const green = greenOf(recorded);
  if (head === null || green === null) return {};
  const parts = movedParts(green.parts, head);
  return parts.length === 0 ? {} : { moved: { since: green.name, parts } };
}

function greenOf(recorded: RecordedScenario): { readonly name: string; readonly parts: Parts } | null {
  const cameUp = recorded.boots.some(({ side, outcome }) => side === 'base' && outcome.kind === 'ready');
  const base = cameUp ? partsOf(recorded, 'base') : null;
  if (base !== null) return { name: 'base', parts: base };
  const session = recorded.baseline.findLast(({ parts }) => parts !== undefined);
  return session?.parts === undefined ? null : { name: `run ${session.run}`, parts: session.parts };
}

export interface PartsDifference {
  readonly scenario: string;
  readonly moved: readonly MovedPart[];
  /** Kinds that one of the two did not record. */
  readonly unrecorded: readonly PartKind[];
}

/** Of the scenarios that both runs have, heads against heads; of one run, heads against bases. */
export function partsDifferences(before: RecordedRun, after: RecordedRun): PartsDifference[] {
  return after.scenarios.flatMap((recorded) => {
    const { id } = recorded.scenario;
    const other = before.scenarios.find(({ scenario }) => scenario.id === id);
    const old = other === undefined ? null : partsOf(other, before === after ? 'base' : 'head');
    const now = partsOf(recorded, 'head');
    if (old === null || now === null) return [];
    return [{ scenario: id, moved: movedParts(old, now), unrecorded: unrecorded(old, now) }];
  });
}
