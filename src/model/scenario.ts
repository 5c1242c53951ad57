// What is to be measured: a scenario and the words it is made of. Plain data; nothing here starts anything.
import { z } from 'zod';
import { buildSpecSchema } from './build.ts';
import { guestSpecSchema } from './guests/guests.ts';
import { readinessSchema } from './readiness.ts';
import type { Stored } from './stored.ts';

export const sideSchema = z.enum(['base', 'head']);
export type Side = z.output<typeof sideSchema>;

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

/** Whether a crash of the emulator fails the run or is only told. */
export const crashesSchema = z.enum(['fail', 'tell']);

/** Whether a phase that surely grew makes the scenario slower, is only told, or is not judged. */
export const phasesSchema = z.enum(['gate', 'tell', 'off']);

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

/** Of a user's number: which way is the good one. Less of everything that Bootgauge measures itself is better. */
export const betterSchema = z.enum(['lower', 'higher']);
export type Better = z.output<typeof betterSchema>;

const probeSpecSchema = z.object({
  name: z.string(),
  /** A shell command that runs in the guest once login works. */
  run: z.string(),
  /** A regular expression that standard output must match; null: exit status 0 is enough. */
  expect: z.string().nullable(),
  timeoutMs: z.number(),
  /** Name of the metric that its first success is reported as, or null for a check without a metric. */
  metric: z.string().nullable(),
  /** The metric is a number in its output: what `pattern` finds, or its first group. */
  number: z.object({ pattern: z.string(), unit: z.string(), better: betterSchema }).exactOptional(),
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

/** What keeps a guest busy for ten seconds after it is ready, so that more than its boot can fail. */
export const loadSchema = z.enum(['none', 'cpu', 'gpu', 'io']);
export type Load = z.output<typeof loadSchema>;

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
  /** Hard floor of head's median, of a number of which more is better. */
  min: z.number().exactOptional(),
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
  /** off: the sides of a pair never boot at the same time; absent: they do where that is shown to disturb neither. */
  parallel: z.literal('off').exactOptional(),
});
export type SamplingSpec = Stored<typeof samplingSpecSchema>;

/** Of a scenario that says nothing else. */
export const defaultSampling: SamplingSpec = { warmup: 1, boots: 6, maxBoots: 24, timeBudgetMs: 600_000 };
/** Rounds after which a pair of sides may be judged at the earliest, where the spread of their boots is known. */
export const earliestLook = 3;

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
  /** What makes a boot ready, all of it, the main one first; absent: SSH. */
  ready: z.array(readinessSchema).exactOptional(),
  probes: z.array(probeSpecSchema),
  deadlines: deadlinesSchema,
  /** The guest draws pictures with Vulkan, where it has Venus. */
  draw: z.literal(true).exactOptional(),
  /** false: a boot that hangs is ended without a further look. */
  autopsy: z.literal(false).exactOptional(),
  /** Guests that are ready are asked how they respond, for this long at most; absent: they are not. */
  responsiveness: z.object({ withinMs: z.number() }).exactOptional(),
  metrics: z.record(z.string(), metricRuleSchema),
  /** What an emulator is worth that dies by a signal on head and never on base; absent: fail. */
  crashes: crashesSchema.exactOptional(),
  /** What a phase is worth that surely grew in a paired run; absent: gate. */
  phases: phasesSchema.exactOptional(),
  sampling: samplingSpecSchema,
  /** Booted only to learn how often a boot fails: no time is judged. */
  soak: z.object({ load: loadSchema }).exactOptional(),
  /** Booted only to count the guest's instructions: no time is judged. */
  count: z.literal(true).exactOptional(),
});
export type Scenario = Stored<typeof scenarioSchema>;

const attributionSuffix = '.attribution';
const longestId = 64;
const idWith = (id: string, suffix: string): string => `${id.slice(0, longestId - suffix.length)}${suffix}`;

/** Name of the scenario that `run --explain` boots beside another one, with a verbose console. */
export const attributionId = (id: string): string => idWith(id, attributionSuffix);

/** Name of the scenario that `run --count` boots beside another one, to count instructions. */
export const countId = (id: string): string => idWith(id, '.count');

/** That scenario among others of the same run, or undefined. One of that name with a quiet console explains nothing. */
export const attributionOf = <S extends Pick<Scenario, 'id' | 'profile'>>(
  { id, profile }: S,
  others: readonly S[],
): S | undefined =>
  profile === 'timing'
    ? others.find((other) => other.profile === 'attribution' && other.id === attributionId(id))
    : undefined;
