// The machine, emulator and guest that samples were taken under. Allow-listed facts only: no host name, user name or serial number.
import type { BuildFacts } from './build.ts';
import type { GuestIdentity } from './launch-plan.ts';
import type { Accelerator, Architecture, Scenario, SideSpec } from './scenario.ts';

export interface HostFacts {
  readonly os: 'linux' | 'macos';
  /** For example `Debian GNU/Linux 12` or `macOS 15`. */
  readonly osMajor: string;
  /** Full version or build, for people; may differ between comparable sessions with a warning. */
  readonly osVersion: string;
  /** Marketing name of the processor, whitespace folded. */
  readonly chip: string;
  readonly architecture: Architecture;
  readonly cpus: number;
  readonly memoryMiB: number;
  /** GitHub's runner name when there is one, else empty. */
  readonly runner: string;
  /** Cores by kind where they differ, for example `8 Performance + 4 Efficiency`. */
  readonly cores?: string;
  /** For example `macOS SDK 15.5`. */
  readonly sdk?: string;
}

/** What may change while a run lasts. Taken at its begin and end. */
export interface HostState {
  readonly loadAverage: number;
  readonly freeMemoryMiB: number;
  readonly freeDiskMiB: number;
  /** For example `governor performance`, `on battery, low power mode`; empty when unknown. */
  readonly power: string;
  /** Processes that used more than a tenth of a CPU, by program name, largest first. */
  readonly busy: readonly string[];
  /** How often the processors were throttled since the machine started; not there where nobody counts. */
  readonly throttleCount?: number;
  /** How long the machine has been up; not there where nobody says. */
  readonly uptimeMinutes?: number;
}

export interface Conditions {
  readonly host: HostFacts;
  readonly accelerator: Accelerator;
  readonly emulator: {
    readonly origin: string;
    readonly version: string;
    readonly digest: string;
    readonly build?: BuildFacts;
    /**
     * What the emulator runs on and can differ between machines: name -> sha256 of libraries and drivers, and variables by
     * value. Absent when there is nothing to tell.
     */
    readonly runtime?: Readonly<Record<string, string>>;
  };
  readonly guest: GuestIdentity;
}

/** Fields that must be equal for two sessions to be compared; stable over reboots. */
export interface ComparableKey {
  readonly chip: string;
  readonly osMajor: string;
  readonly accelerator: Accelerator;
  /** Digest of the guest. */
  readonly guest: string;
  /** Id of the scenario and all of it that changes what is measured. */
  readonly scenario: string;
  /** What the emulator runs on, in one line; absent when there is nothing to tell. */
  readonly runtime?: string;
}

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
function describeMeasured({ id, profile, head, probes }: Scenario): string {
  const { cpus, memoryMiB, gpu, append, qemuArguments } = head.machine;
  const parts = [`${cpus} CPUs`, `${memoryMiB} MiB`, `gpu ${gpu}`, `profile ${profile}`];
  if (append !== '') parts.push(`append ${append}`);
  if (qemuArguments.length > 0) parts.push(`QEMU arguments ${qemuArguments.join(' ')}`);
  for (const { name, run } of probes) parts.push(`probe ${name}: ${run}`);
  return `${id} (${parts.join(', ')})`;
}

/** True when both sides run the same bytes on the same things with the same settings: what differs between them is noise. */
export function sidesAreIdentical({ head, base }: Scenario, conditions: { head: Conditions; base: Conditions | null }) {
  if (base === null || conditions.base === null) return false;
  const all = (side: SideSpec, { accelerator, emulator, guest }: Conditions): string =>
    JSON.stringify([
      side.machine,
      accelerator,
      emulator.digest,
      guest.digest,
      Object.entries(emulator.runtime ?? {}).toSorted(),
    ]);
  return all(head, conditions.head) === all(base, conditions.base);
}

/** Names of the fields in which two keys differ; empty when they may be compared. */
export function keyDifferences(one: ComparableKey, other: ComparableKey): (keyof ComparableKey)[] {
  const fields = new Set([...Object.keys(one), ...Object.keys(other)] as (keyof ComparableKey)[]);
  return [...fields].filter((field) => one[field] !== other[field]);
}
