// The shape of a run on disk, checked when it is read: a run may have been truncated, edited by hand or come from outside.
import { z } from 'zod';
import type { Boot } from '../model/boot.ts';
import type { RecordedRun } from '../model/run.ts';
import { baselineSessionSchema } from './baseline-schema.ts';

const side = z.enum(['base', 'head']);
const profile = z.enum(['timing', 'attribution']);
const architecture = z.enum(['arm64', 'x86_64']);
const accelerator = z.enum(['hvf', 'kvm', 'tcg']);
const nanoseconds = z.number().int().nonnegative();
const text = z.string();

const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('panicked'), line: text }),
  z.object({ kind: z.literal('rebooted'), line: text }),
  z.object({ kind: z.literal('hung'), phase: text, deadlineMs: z.number() }),
  z.object({ kind: z.literal('exited'), code: z.number().nullable(), signal: text.nullable() }),
  z.object({ kind: z.literal('failed'), probe: text, detail: text }),
]);

const vulkan = z.object({
  required: text.nullable(),
  outcome: z.enum(['ok', 'wrong-driver', 'no-device', 'missing', 'timeout', 'failed']),
  detail: text,
  icd: text,
  instanceVersion: text,
  devices: z.array(
    z.object({
      index: z.number(),
      apiVersion: text,
      driverVersion: text,
      deviceType: text,
      deviceName: text,
      driverID: text,
      driverName: text,
      driverInfo: text,
      conformanceVersion: text,
    }),
  ),
  stderr: text,
  dispatch: z
    .object({
      outcome: z.enum(['ok', 'wrong-driver', 'wrong-result', 'missing', 'timeout', 'failed']),
      detail: text,
      output: text,
      stderr: text,
    })
    .nullable(),
  profile: text.nullable(),
});

/** A boot without its console bytes, which lie in a file of their own. `reads` is [offset, ns, offset, ns, ...]. */
export const bootSchema = z.object({
  schema: z.literal(1),
  number: z.number().int().positive(),
  scenario: text,
  side,
  profile,
  round: z.number().int().nonnegative(),
  warmup: z.boolean(),
  startedAt: text,
  command: z.array(text),
  console: z.object({ bytes: nanoseconds, droppedBytes: nanoseconds, reads: z.array(nanoseconds) }),
  stderr: text,
  events: z.array(z.object({ atNs: nanoseconds, name: text, detail: text })),
  probes: z.array(z.object({ atNs: nanoseconds, probe: text, outcome: text, detail: text, startedNs: nanoseconds })),
  usage: z.array(z.object({ atNs: nanoseconds, cpuNs: nanoseconds, rssBytes: nanoseconds })),
  vulkan: vulkan.optional(),
  outcome,
});
export type StoredBoot = z.infer<typeof bootSchema>;

const guest = z.looseObject({ kind: text });
const sideSpec = z.object({
  guest,
  machine: z.object({
    accel: z.enum(['auto', 'hvf', 'kvm', 'tcg']),
    cpus: z.number().int().positive(),
    memoryMiB: z.number().positive(),
    gpu: z.enum(['none', 'plain', 'venus']),
    append: text,
    qemuArguments: z.array(text),
  }),
  qemu: z.looseObject({ from: z.enum(['kit', 'path', 'file', 'build']) }),
});

const metricRule = z.object({
  gate: z.boolean(),
  tolerate: z.number(),
  limit: z.number(),
  floor: z.number(),
  max: z.number().nullable(),
});

const scenario = z.object({
  id: text,
  description: text,
  profile,
  markers: text,
  customMarkers: z
    .object({
      services: z.enum(['openrc', 'systemd', 'none']),
      markers: z.array(z.object({ name: text, pattern: text, kind: z.enum(['starts', 'ends', 'mark']) })),
    })
    .optional(),
  head: sideSpec,
  base: sideSpec.nullable(),
  probes: z.array(
    z.object({ name: text, run: text, expect: text.nullable(), timeoutMs: z.number(), metric: text.nullable() }),
  ),
  deadlines: z.object({ totalMs: z.number(), phasesMs: z.record(text, z.number()) }),
  metrics: z.record(text, metricRule),
  sampling: z.object({
    warmup: z.number().int(),
    boots: z.number().int(),
    maxBoots: z.number().int(),
    timeBudgetMs: z.number(),
    quietWaitMs: z.number().optional(),
  }),
});

const hostFacts = z.object({
  os: z.enum(['linux', 'macos']),
  osMajor: text,
  osVersion: text,
  chip: text,
  architecture,
  cpus: z.number(),
  memoryMiB: z.number(),
  runner: text,
  cores: text.optional(),
  sdk: text.optional(),
});

const hostState = z.looseObject({
  loadAverage: z.number(),
  freeMemoryMiB: z.number(),
  freeDiskMiB: z.number(),
  power: text,
  busy: z.array(text),
});

const buildFacts = z.object({
  commit: text,
  subject: text,
  ref: text,
  uncommitted: z.object({ digest: text, diff: text }).nullable(),
  patches: z.array(
    z.object({ name: text, digest: text, subject: text, state: z.enum(['applied', 'already-applied', 'empty']) }),
  ),
  tree: text,
  configure: z.array(text),
  compiler: text,
  dependencies: z.record(text, text),
  key: text,
});

const conditions = z.object({
  host: hostFacts,
  accelerator,
  emulator: z.object({
    origin: text,
    version: text,
    digest: text,
    build: buildFacts.optional(),
    runtime: z.record(text, text).optional(),
  }),
  guest: z.object({ name: text, digest: text, packages: z.record(text, text) }),
});

const warning = z.object({ code: text, text });

const series = z.object({
  metric: text,
  unit: z.enum(['ms', 'MiB']),
  side,
  resolution: z.number().nonnegative(),
  samples: z.array(
    z.object({ boot: z.number().int(), round: z.number().int(), value: z.number().nonnegative().nullable() }),
  ),
});
const earlierRun = z.object({
  run: text,
  digests: z.object({ head: text, base: text }),
  head: z.array(series),
  base: z.array(series),
});

export const runSchema = z.object({
  schema: z.literal(1),
  id: text,
  startedAt: text,
  tool: text,
  finished: z.boolean(),
  onUndecided: z.enum(['pass', 'fail']),
  commit: text,
  command: z.array(text).optional(),
  scenarios: z.array(
    z.object({
      scenario,
      conditions: z.object({ head: conditions, base: conditions.nullable() }),
      hostState: z.object({ before: hostState, after: hostState.nullable() }),
      baseline: z.array(baselineSessionSchema),
      earlier: z.array(earlierRun).optional(),
      baselinePath: text,
      warnings: z.array(warning),
    }),
  ),
});
export type StoredRun = z.infer<typeof runSchema>;

/** What run.json holds of a run: all but the boots, each of which has files of its own. */
export function toStoredRun(run: RecordedRun): unknown {
  return { ...run, scenarios: run.scenarios.map(({ boots: _boots, ...rest }) => rest) };
}

/** What boots/NNNN.json holds of a boot: all but the console's bytes. */
export function toStoredBoot(boot: Boot): StoredBoot {
  const reads = boot.console.reads.flatMap((read) => [read.offset, read.atNs]);
  const { bytes, droppedBytes } = boot.console;
  return structuredClone({ ...boot, console: { bytes: bytes.length, droppedBytes, reads } }) as StoredBoot;
}
