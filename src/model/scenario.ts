// What is to be measured: a scenario and the words it is made of. Plain data; nothing here starts anything.
import { z } from 'zod';
import { buildSpecSchema } from './build.ts';
import type { Stored } from './stored.ts';

export const sideSchema = z.enum(['base', 'head']);
export type Side = z.output<typeof sideSchema>;

export const architectureSchema = z.enum(['arm64', 'x86_64']);
export type Architecture = z.output<typeof architectureSchema>;

export const acceleratorSchema = z.enum(['hvf', 'kvm', 'tcg']);
export type Accelerator = z.output<typeof acceleratorSchema>;

export const acceleratorChoiceSchema = z.enum(['auto', ...acceleratorSchema.options]);
export type AcceleratorChoice = z.output<typeof acceleratorChoiceSchema>;

/** none: no GPU device; plain: virtio-gpu without acceleration; venus: virtio-gpu-gl with the Venus capset. */
export const gpuSchema = z.enum(['none', 'plain', 'venus']);
export type Gpu = z.output<typeof gpuSchema>;

/** timing: quiet console, the only profile that decides. attribution: verbose console, explains. Their numbers never mix. */
export const profileSchema = z.enum(['timing', 'attribution']);
export type Profile = z.output<typeof profileSchema>;

/** What a run is worth whose boots do not settle the question. */
export const onUndecidedSchema = z.enum(['pass', 'fail']);
export type OnUndecided = z.output<typeof onUndecidedSchema>;

/** The guest that Bootgauge assembles itself from distribution packages. */
export const referenceGuestSchema = z.object({
  kind: z.literal('reference'),
  architecture: architectureSchema,
  sshd: z.enum(['dropbear', 'openssh']),
  /** Page size of the guest kernel; 16k exists for arm64 only. */
  pages: z.enum(['4k', '16k']),
});
export type ReferenceGuest = Stored<typeof referenceGuestSchema>;

/** Alpine itself, installed once from a mirror by booting its network installer. */
export const alpineGuestSchema = z.object({
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
export type AlpineGuest = Stored<typeof alpineGuestSchema>;

/** How to log in to a guest that Bootgauge did not make. */
const guestAccessSchema = z.object({
  user: z.string(),
  /** Absolute path of the private key that is authorized; null: only the banner is timed. `cache`: the key of this cache. */
  key: z.string().nullable(),
});
export type GuestAccess = Stored<typeof guestAccessSchema>;

/** A user's own files. What is null comes from `rest`. */
export const customGuestSchema = z.object({
  kind: z.literal('custom'),
  architecture: architectureSchema,
  kernel: z.string().nullable(),
  initrd: z.string().nullable(),
  disk: z.string().nullable(),
  /** The whole kernel command line but what the profile adds; null: that of `rest`. */
  append: z.string().nullable(),
  rest: z.discriminatedUnion('kind', [referenceGuestSchema, alpineGuestSchema]).nullable(),
  /** null: that of `rest`. */
  access: guestAccessSchema.nullable(),
});
export type CustomGuest = Stored<typeof customGuestSchema>;

/** A file or folder that is put into the launcher's tree for each boot, as a clone. */
const assetSchema = z.object({
  /** Absolute path of the original, which is never changed. */
  from: z.string(),
  /** Path below the launcher's folder. */
  to: z.string(),
});
export type Asset = Stored<typeof assetSchema>;

/** A user's own command that starts the guest. It is run as it is. */
export const launcherGuestSchema = z.object({
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
  access: guestAccessSchema,
});
export type LauncherGuest = Stored<typeof launcherGuestSchema>;

/** One member per kind of guest. */
export const guestSpecSchema = z.discriminatedUnion('kind', [
  referenceGuestSchema,
  alpineGuestSchema,
  customGuestSchema,
  launcherGuestSchema,
]);
export type GuestSpec = Stored<typeof guestSpecSchema>;

/** Which QEMU runs the guest: the kit's own (default), the one that PATH finds, a given file, or one built from source. */
const qemuChoiceSchema = z.discriminatedUnion('from', [
  z.object({ from: z.literal('kit') }),
  z.object({ from: z.literal('path') }),
  z.object({ from: z.literal('file'), path: z.string() }),
  z.object({ from: z.literal('build'), build: buildSpecSchema }),
]);
export type QemuChoice = Stored<typeof qemuChoiceSchema>;

const machineSpecSchema = z.object({
  accel: acceleratorChoiceSchema,
  cpus: z.number().int().positive(),
  memoryMiB: z.number().positive(),
  gpu: gpuSchema,
  /** Added to the guest kernel's command line after what the guest and the profile need. */
  append: z.string(),
  /** Added to QEMU's command line, one argument each. */
  qemuArguments: z.array(z.string()),
});
export type MachineSpec = Stored<typeof machineSpecSchema>;

/** Everything that may differ between the two sides of one run. */
export const sideSpecSchema = z.object({ guest: guestSpecSchema, machine: machineSpecSchema, qemu: qemuChoiceSchema });
export type SideSpec = Stored<typeof sideSpecSchema>;

const probeSpecSchema = z.object({
  name: z.string(),
  /** A shell command that runs in the guest once login works. */
  run: z.string(),
  /** A regular expression that standard output must match; null: exit status 0 is enough. */
  expect: z.string().nullable(),
  timeoutMs: z.number(),
  /** Name of the metric that its first success is reported as, or null for a check without a metric. */
  metric: z.string().nullable(),
});
export type ProbeSpec = Stored<typeof probeSpecSchema>;

const deadlinesSchema = z.object({
  /** From the spawn to the end of the last probe. */
  totalMs: z.number(),
  /** Longest time a phase may last, by phase name. */
  phasesMs: z.record(z.string(), z.number()),
});
export type Deadlines = Stored<typeof deadlinesSchema>;

/** starts: the phase of the marker's name begins; ends: it ends; mark: a notable moment. */
export const markerKindSchema = z.enum(['starts', 'ends', 'mark']);

/** One marker of a profile that the configuration brings along. */
const customMarkerSchema = z.object({
  name: z.string(),
  /** Source of a regular expression without flags, looked for anywhere in a console line. */
  pattern: z.string(),
  kind: markerKindSchema,
});
export type CustomMarker = Stored<typeof customMarkerSchema>;

/** Whose service messages are read. */
export const serviceStyleSchema = z.enum(['openrc', 'systemd', 'none']);

const customMarkerProfileSchema = z.object({
  /** Whose service messages are read besides the markers. */
  services: serviceStyleSchema,
  /** In the order in which a boot passes them. */
  markers: z.array(customMarkerSchema),
});
export type CustomMarkerProfile = Stored<typeof customMarkerProfileSchema>;

/** How one metric is judged. Ratios are fractions: 0.05 is 5 %. Absolute values are in the metric's own unit. */
const metricRuleSchema = z.object({
  gate: z.boolean(),
  /** Slowdown that false alarms are bounded against. */
  tolerate: z.number(),
  /** Slowdown that is to be caught with 95 % power. */
  limit: z.number(),
  /** Smallest difference that counts, in the metric's unit. */
  floor: z.number(),
  /** Hard ceiling of head's median in the metric's unit; null: none. */
  max: z.number().nullable(),
});
export type MetricRule = Stored<typeof metricRuleSchema>;

const samplingSpecSchema = z.object({
  warmup: z.number().int(),
  /** Measured boots per side at least. */
  boots: z.number().int(),
  /** Measured boots per side at most. */
  maxBoots: z.number().int(),
  timeBudgetMs: z.number(),
  /** Longest wait for a cool and quiet machine; not there: 2 min on a Mac, none elsewhere. */
  quietWaitMs: z.number().exactOptional(),
});
export type SamplingSpec = Stored<typeof samplingSpecSchema>;

export const scenarioSchema = z.object({
  id: z.string(),
  description: z.string(),
  profile: profileSchema,
  /** Name of the marker profile that reads the console. */
  markers: z.string(),
  /** That profile when it is the configuration's own; absent for a built-in one. */
  customMarkers: customMarkerProfileSchema.exactOptional(),
  head: sideSpecSchema,
  /** null: head is judged against the stored baseline; otherwise both sides are booted interleaved. */
  base: sideSpecSchema.nullable(),
  probes: z.array(probeSpecSchema),
  deadlines: deadlinesSchema,
  metrics: z.record(z.string(), metricRuleSchema),
  sampling: samplingSpecSchema,
});
export type Scenario = Stored<typeof scenarioSchema>;
