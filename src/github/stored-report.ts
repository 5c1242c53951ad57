// A report.json that somebody else's job made: read with a size limit and checked against its schema, since it is hostile.
import { lstatSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { usageError } from '../model/errors.ts';
import { type Report, reportSchemaVersion } from '../model/report.ts';
import type { Frame } from './frame.ts';

export const largestReport = 8 * 1024 * 1024;

/** Reads `report.json` in a folder. A usage error says what is wrong with it. */
export function readStoredReport(folder: string): Report {
  return readChecked(join(folder, 'report.json'), reportSchema) as unknown as Report;
}

/** What the measuring job knew besides the report; lies beside it as `gate.json`. */
export type StoredGate = Pick<Frame, 'baseSha' | 'gateChanges' | 'notes'>;

/** Reads `gate.json`; without the file nothing is known. */
export function readStoredGate(folder: string): StoredGate {
  const path = join(folder, storedGateName);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return { baseSha: '', gateChanges: [], notes: [] };
  return readChecked(path, gateSchema);
}

export const storedGateName = 'gate.json';

function readChecked<T>(path: string, schema: z.ZodType<T>): T {
  try {
    const stats = lstatSync(path);
    if (!stats.isFile()) throw new Error('it is no regular file');
    if (stats.size > largestReport) throw new Error(`it is larger than ${largestReport / (1024 * 1024)} MiB`);
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? `\n${z.prettifyError(cause).slice(0, 2000)}` : (cause as Error).message;
    throw usageError(
      `${basename(path)} cannot be used: ${why}`,
      'It must come from the artifact of a run of the same version.',
    );
  }
}

const text = z.string().max(20_000);
const name = z.string().max(300);
const number = z.number();
const maybe = number.nullable();
const unit = z.enum(['ms', 'MiB']);
const side = z.enum(['base', 'head']);
const list = <T extends z.ZodType>(item: T, most: number) => z.array(item).max(most);
const interval = z.object({ low: number, high: number }).nullable();
const warning = z.object({ code: name, text });
const word = z.enum(['incomparable', 'failed', 'slower', 'undecided', 'faster', 'same']);

const summary = z.object({
  metric: name,
  unit,
  count: number,
  failures: number,
  median: maybe,
  interval,
  noise: maybe,
  resolution: number,
});

const comparison = z.object({
  metric: name,
  unit,
  gate: z.boolean(),
  mode: z.enum(['paired', 'stored']),
  base: summary,
  head: summary,
  ratio: maybe,
  interval,
  limit: number,
  floor: number,
  detectable: maybe.optional(),
  word,
  because: text,
  wouldDecide: text,
  warnings: list(warning, 100),
});

const verdict = z.object({
  word: z.enum([...word.options, 'recorded']),
  rule: name,
  because: text,
  wouldDecide: text,
});

const build = z.object({
  commit: name,
  subject: text,
  ref: name,
  uncommitted: z.object({ digest: name, diff: z.string().max(100_000) }).nullable(),
  patches: list(
    z.object({
      name,
      digest: name,
      subject: text,
      state: z.enum(['applied', 'already-applied', 'empty']),
    }),
    1000,
  ),
  tree: name,
  configure: list(text, 1000),
  compiler: text,
  dependencies: z.record(name, name),
  key: name,
});

const conditions = z.object({
  host: z.object({
    os: z.enum(['linux', 'macos']),
    osMajor: name,
    osVersion: name,
    chip: name,
    architecture: z.enum(['arm64', 'x86_64']),
    cpus: number,
    memoryMiB: number,
    runner: name,
    cores: name.optional(),
    sdk: name.optional(),
  }),
  accelerator: z.enum(['hvf', 'kvm', 'tcg']),
  emulator: z.object({
    origin: name,
    version: name,
    digest: name,
    build: build.optional(),
    runtime: z.record(name, text).optional(),
  }),
  guest: z.object({ name, digest: name, packages: z.record(name, name) }),
});

const hostState = z.object({
  loadAverage: number,
  freeMemoryMiB: number,
  freeDiskMiB: number,
  power: name,
  busy: list(name, 200),
  throttleCount: number.optional(),
  uptimeMinutes: number.optional(),
});

const sideSpec = z.looseObject({
  guest: z.looseObject({ kind: name }),
  machine: z.looseObject({
    accel: name,
    cpus: number,
    memoryMiB: number,
    gpu: name,
    append: text,
    qemuArguments: list(text, 500),
  }),
  qemu: z.looseObject({ from: name }),
});

const scenario = z.looseObject({
  id: z.string().regex(/^[\w.-]{1,100}$/),
  description: text,
  profile: z.enum(['timing', 'attribution']),
  markers: name,
  head: sideSpec,
  base: sideSpec.nullable(),
  sampling: z.looseObject({ warmup: number, boots: number, maxBoots: number, timeBudgetMs: number }),
  deadlines: z.object({ totalMs: number, phasesMs: z.record(name, number) }),
});

const phaseRow = z.object({ name, base: summary.nullable(), head: summary.nullable(), differenceMs: maybe });

const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('panicked'), line: text }),
  z.object({ kind: z.literal('hung'), phase: name, deadlineMs: number }),
  z.object({ kind: z.literal('exited'), code: maybe, signal: name.nullable() }),
  z.object({ kind: z.literal('failed'), probe: name, detail: text }),
]);

const span = { startNs: number, endNs: number };
const timeline = z.looseObject({
  phases: list(z.object({ name, durationNs: number, spans: list(z.object(span), 1000) }), 200),
  endNs: number,
  complete: z.boolean(),
  services: list(z.object({ ...span, name, outcome: z.enum(['ok', 'failed', 'unfinished']) }), 2000),
  marks: list(z.object({ name, atNs: number }), 2000),
});

const identity = z.object({
  driverID: name,
  driverName: name,
  deviceName: name,
  apiVersion: name,
  driverInfo: name,
  offers: z
    .object({
      extensions: list(name, 2000),
      features: list(name, 2000),
      limits: z.record(name, z.union([number, name])),
    })
    .nullable(),
});
const vulkanSide = z.object({ boots: number, ready: number, identity, icd: text, trouble: text });
const vulkan = z.object({
  head: vulkanSide,
  base: z
    .discriminatedUnion('from', [
      z.object({ from: z.literal('side'), side: vulkanSide }),
      z.object({ from: z.literal('baseline'), identity }),
    ])
    .nullable(),
  lost: text,
  changes: list(
    z.object({ kind: z.enum(['extension', 'feature', 'limit']), name, base: text, head: text, lost: z.boolean() }),
    5000,
  ),
});

const scenarioReport = z.object({
  scenario,
  conditions: z.object({ head: conditions, base: conditions.nullable() }),
  hostState: z.object({ before: hostState, after: hostState.nullable() }),
  verdict,
  summaries: z.object({ head: list(summary, 500), base: list(summary, 500) }),
  comparisons: list(comparison, 500),
  phases: list(phaseRow, 500),
  services: list(phaseRow, 2000),
  where: z.object({ differenceMs: number, phases: list(z.object({ name, differenceMs: number }), 500) }).nullable(),
  boots: list(
    z.object({
      number,
      side,
      round: number,
      warmup: z.boolean(),
      outcome,
      outcomeText: text,
      values: z.record(name, maybe),
    }),
    20_000,
  ),
  typical: list(z.object({ side, number, timeline }), 4),
  findings: list(
    z.object({
      id: name,
      severity: z.enum(['note', 'warning', 'error']),
      cause: text,
      advice: text,
      evidence: list(text, 100),
      boots: list(number, 20_000),
      costMs: number.optional(),
      baseCostMs: number.optional(),
      sides: z.enum(['base', 'head', 'both']).optional(),
    }),
    500,
  ),
  vulkan: vulkan.nullish(),
  warnings: list(warning, 500),
  baseline: z.object({ path: name, sessions: number, lastCommit: name }),
});

const commit = z.string().regex(/^([0-9a-f]{40,64})?$/);

const gateSchema = z.object({
  baseSha: commit,
  gateChanges: list(z.object({ path: text, lines: list(text, 40) }), 40),
  notes: list(text, 40),
});

const reportSchema = z.object({
  schema: z.literal(reportSchemaVersion),
  run: z.string().regex(/^[\w.-]{1,100}$/),
  startedAt: name,
  tool: name,
  commit: z.string().regex(/^[0-9a-f]{0,64}$/),
  finished: z.boolean(),
  onUndecided: z.enum(['pass', 'fail']),
  verdict,
  scenarios: list(scenarioReport, 200),
});
