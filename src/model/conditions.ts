// The machine, emulator and guest that samples were taken under. Allow-listed facts only: no host name, user name or serial number.
import { z } from 'zod';
import { buildFactsSchema } from './build.ts';
import { architectureSchema } from './guests/guest-kind.ts';
import { bootedGuest } from './guests/guests.ts';
import { readinessText } from './readiness.ts';
import { acceleratorSchema, type Scenario, type SideSpec } from './scenario.ts';
import type { Stored } from './stored.ts';

const hostFactsSchema = z.object({
  os: z.enum(['linux', 'macos']),
  /** For example `Debian GNU/Linux 12` or `macOS 15`. */
  osMajor: z.string(),
  /** Full version or build, for people; may differ between comparable sessions with a warning. */
  osVersion: z.string(),
  /** Marketing name of the processor, whitespace folded. */
  chip: z.string(),
  architecture: architectureSchema,
  cpus: z.number(),
  memoryMiB: z.number(),
  /** GitHub's runner name when there is one, else empty. */
  runner: z.string(),
  /** Cores by kind where they differ, for example `8 Performance + 4 Efficiency`. */
  cores: z.string().exactOptional(),
  /** For example `macOS SDK 15.5`. */
  sdk: z.string().exactOptional(),
});
export type HostFacts = Stored<typeof hostFactsSchema>;

/** What may change while a run lasts. Taken at its begin and end. */
const hostStateSchema = z.object({
  loadAverage: z.number(),
  freeMemoryMiB: z.number(),
  freeDiskMiB: z.number(),
  /** For example `governor performance`, `on battery, low power mode`; empty when unknown. */
  power: z.string(),
  /** Processes that used more than a tenth of a CPU, by program name, largest first. */
  busy: z.array(z.string()),
  /** How often the processors were throttled since the machine started; not there where nobody counts. */
  throttleCount: z.number().exactOptional(),
  /**
   * Time of all processors together since the machine was started, and what of it a hypervisor gave to other machines although this
   * one wanted to work; not there where nobody counts.
   */
  processorMs: z.object({ total: z.number(), stolen: z.number() }).exactOptional(),
  /** How long the machine has been up; not there where nobody says. */
  uptimeMinutes: z.number().exactOptional(),
});
export type HostState = Stored<typeof hostStateSchema>;

/** Identity of a guest: equal on every machine that assembled the same recipe from the same packages. */
const guestIdentitySchema = z.object({
  /** For people, for example `reference-arm64-dropbear`. */
  name: z.string(),
  /** sha256 of recipe and package versions, hex. */
  digest: z.string(),
  /** Package name -> version, as far as known. */
  packages: z.record(z.string(), z.string()),
  /** What is booted, as far as it is known beforehand: `kernel`, `initramfs` -> sha256. Absent in runs of earlier commits. */
  files: z.record(z.string(), z.string()).exactOptional(),
});
export type GuestIdentity = Stored<typeof guestIdentitySchema>;

const conditionsSchema = z.object({
  host: hostFactsSchema,
  accelerator: acceleratorSchema,
  emulator: z.object({
    origin: z.string(),
    version: z.string(),
    digest: z.string(),
    build: buildFactsSchema.exactOptional(),
    /**
     * What the emulator runs on and can differ between machines: name -> sha256 of libraries and drivers, and variables by
     * value. Absent when there is nothing to tell.
     */
    runtime: z.record(z.string(), z.string()).exactOptional(),
    /** Where the files of `runtime` lie: name -> path, which often tells a version. */
    places: z.record(z.string(), z.string()).exactOptional(),
    /** Versions that drivers tell of themselves, for people: name in `runtime` -> version. */
    versions: z.record(z.string(), z.string()).exactOptional(),
    /** Packages that it was assembled from, with their versions. */
    packages: z.record(z.string(), z.string()).exactOptional(),
  }),
  guest: guestIdentitySchema,
});
export type Conditions = Stored<typeof conditionsSchema>;

/** Of both sides of a run; null: there is no base. */
export const sidesConditionsSchema = z.object({ head: conditionsSchema, base: conditionsSchema.nullable() });
type SidesConditions = Stored<typeof sidesConditionsSchema>;

/** Before a run's first boot and after its last; null: it did not come that far. */
export const hostStatesSchema = z.object({ before: hostStateSchema, after: hostStateSchema.nullable() });

/** Fields that must be equal for two sessions to be compared; stable over reboots. */
export const comparableKeySchema = z.object({
  chip: z.string(),
  osMajor: z.string(),
  accelerator: acceleratorSchema,
  /** Digest of the guest. */
  guest: z.string(),
  /** Id of the scenario and all of it that changes what is measured. */
  scenario: z.string(),
  /** What the emulator runs on, in one line; absent when there is nothing to tell. */
  runtime: z.string().exactOptional(),
});
export type ComparableKey = Stored<typeof comparableKeySchema>;

export function comparableKey(conditions: Conditions, scenario: Scenario): ComparableKey {
  const { host, accelerator, guest } = conditions;
  const { chip, osMajor } = host;
  const runtime = describeRuntime(conditions);
  const key = { chip, osMajor, accelerator, guest: guest.digest, scenario: describeMeasured(scenario) };
  return runtime === '' ? key : { ...key, runtime };
}

function describeRuntime({ emulator }: Conditions): string {
  const known = Object.entries(emulator.runtime ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return known
    .map(([name, value]) => `${name} ${/^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value}`)
    .join(', ');
}

/** All of a scenario that changes what is measured, for people to read; limits and sampling do not. */
function describeMeasured({ id, profile, head, probes, ready }: Scenario): string {
  const { cpus, memoryMiB, gpu, append, qemuArguments } = head.machine;
  const parts = [`${cpus} CPUs`, `${memoryMiB} MiB`, `gpu ${gpu}`, `profile ${profile}`];
  if (append !== '') parts.push(`append ${append}`);
  if (qemuArguments.length > 0) parts.push(`QEMU arguments ${qemuArguments.join(' ')}`);
  if (ready !== undefined) parts.push(`ready ${ready.map(readinessText).join(', ')}`);
  for (const { name, run } of probes) parts.push(`probe ${name}: ${run}`);
  return `${id} (${parts.join(', ')})`;
}

/** True when both sides run the same bytes on the same things with the same settings: what differs between them is noise. */
export function sidesAreIdentical({ head, base }: Scenario, conditions: SidesConditions) {
  if (base === null || conditions.base === null) return false;
  const all = (side: SideSpec, { accelerator, emulator, guest }: Conditions): string =>
    JSON.stringify([
      side.machine,
      launcherFolder(side),
      accelerator,
      emulator.digest,
      // A driver that only QEMU's libraries load leaves no trace in QEMU itself.
      emulator.build?.dependencyKeys ?? [],
      guest.digest,
      Object.entries(emulator.runtime ?? {}).toSorted(),
    ]);
  return all(head, conditions.head) === all(base, conditions.base);
}

/** Its script and what that reads are no part of the guest's digest; empty for other guests. */
function launcherFolder({ guest }: SideSpec): string {
  const booted = bootedGuest(guest);
  return booted.kind === 'launcher' ? booted.folder : '';
}

/** Why boots of such sides are spared. */
export const sameBytes = 'base and head are the same bytes with the same settings';

/** Names of the fields in which two keys differ; empty when they may be compared. */
export function keyDifferences(one: ComparableKey, other: ComparableKey): (keyof ComparableKey)[] {
  const fields = new Set([...Object.keys(one), ...Object.keys(other)] as (keyof ComparableKey)[]);
  return [...fields].filter((field) => one[field] !== other[field]);
}

/** Those that may be compared with what has this key. */
export const comparableWith = <T extends { readonly key: ComparableKey }>(
  sessions: readonly T[],
  key: ComparableKey,
): T[] => sessions.filter((session) => keyDifferences(session.key, key).length === 0);
