// study.yml -> a study: which scenario, which factors with which levels, how many boots. One schema, mistakes as in bootgauge.yml.
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { defined } from '../model/defined.ts';
import { identifier, identifierHelp, line, memory, positiveDuration } from '../model/fields.ts';
import { reference } from '../model/guests/reference.ts';
import { acceleratorChoiceSchema, gpuSchema } from '../model/scenario.ts';
import {
  type FactorWithChanges,
  initramfsCompressionSchema,
  type LevelChange,
  type StudyDesign,
  type StudySampling,
  studyDesignSchema,
} from '../model/study.ts';
import { metricDefinitions } from '../probe/probes.ts';
import { unusableNames } from './check.ts';
import { suggestion } from './nearest.ts';
import { qemuChoice } from './qemu.ts';
import { readText } from './read-text.ts';
import { type Described, shapeMistakes } from './shape.ts';
import { type Mistake, parseSource } from './source.ts';

export interface StudyFile {
  readonly name: string;
  /** Scenario of bootgauge.yml that the study varies. */
  readonly scenario: string | null;
  readonly design: StudyDesign;
  /** Laid over the scenario before any level. */
  readonly common: LevelChange;
  /** Measured besides those of the scenario. */
  readonly metrics: readonly string[];
  readonly factors: readonly FactorWithChanges[];
  readonly sampling: StudySampling;
  /** sha256 of what the file says, hex. */
  readonly digest: string;
}

const named = z.string().regex(identifier, identifierHelp);
const cpus = z.int().min(1).max(512);
const { pages, sshd } = reference.schema.shape;
const kernel = line('a kernel that QEMU can load, a file relative to this one');
const initrd = line('an initial ramdisk, a file relative to this one');
const memorySize = memory('memory of the guest');

const changeSchema = z.strictObject({
  accel: acceleratorChoiceSchema.optional(),
  cpus: cpus.optional(),
  memory: memorySize.optional(),
  gpu: gpuSchema.optional(),
  append: line('added to the kernel command line; a word with a dash before it is taken away').optional(),
  'qemu-arguments': z.array(line('one argument of QEMU')).max(100).optional(),
  qemu: line('kit, path, or a file relative to this one').optional(),
  ref: line('a commit, branch or tag of the QEMU that is built').optional(),
  patches: z.array(line('a patch or a glob, relative to this file')).max(200).optional(),
  pages: pages.optional(),
  sshd: sshd.optional(),
  kernel: kernel.optional(),
  initrd: initrd.optional(),
  initramfs: initramfsCompressionSchema.optional(),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of a variable'), line('its value'))
    .optional(),
});
type RawChange = z.output<typeof changeSchema>;

/** Factors that take a plain list of values, each of which is a level. */
const listed = {
  accel: acceleratorChoiceSchema,
  cpus,
  memory: memorySize,
  gpu: gpuSchema,
  pages,
  sshd,
  kernel,
  initrd,
  initramfs: initramfsCompressionSchema,
  append: line('text'),
  qemu: line('file'),
  ref: line('revision'),
};
type Listed = keyof typeof listed;

/** What costs time of its own, and is measured only where it is asked for. */
const metricsToName = metricDefinitions.flatMap(({ name, onlyWhenNamed }) => (onlyWhenNamed ? [name] : []));

const studySchema = z.strictObject({
  version: z.literal(1),
  name: named,
  scenario: z.string().optional(),
  design: studyDesignSchema.optional(),
  common: changeSchema.optional(),
  metrics: z.array(z.enum(metricsToName)).optional(),
  factors: z.record(
    named,
    z.union([
      z.array(z.union([z.string(), z.number()])).min(2, 'needs at least two levels'),
      z.record(named, changeSchema),
    ]),
  ),
  sampling: z
    .strictObject({
      warmup: z.int().min(0).max(10).optional(),
      blocks: z.int().min(2).max(1000).optional(),
      'max-blocks': z.int().min(2).max(1000).optional(),
      'time-budget': positiveDuration('no new block but the first is begun after this time').optional(),
    })
    .optional(),
});

const described: Described = {
  schema: () => z.toJSONSchema(studySchema, { io: 'input', target: 'draft-7' }),
  sections: [
    ['at the top of the file', []],
    ['in common', ['common']],
    ['in factors.NAME.LEVEL', ['factors', 'NAME', 'LEVEL']],
    ['in sampling', ['sampling']],
  ],
};

export function loadStudy(folder: string, file: string): StudyFile {
  const path = resolve(folder, file);
  const text = readText(path, file, '`bootgauge study --preset seed` needs no file');
  return parseStudy(text, { name: file, folder: dirname(path) });
}

/** Throws a usage error that names every mistake with its line. */
export function parseStudy(
  text: string,
  { name, folder }: { readonly name: string; readonly folder: string },
): StudyFile {
  const source = parseSource(text, name);
  const value = source.value ?? {};
  const parsed = studySchema.safeParse(value);
  if (!parsed.success) throw source.errorOf(shapeMistakes(parsed.error.issues, value, described));
  const raw = parsed.data;
  const mistakes: Mistake[] = unusableNames(value, []);
  const factors = Object.entries(raw.factors).map(([factor, levels]) => ({
    name: factor,
    levels: Array.isArray(levels)
      ? listedLevels(factor, levels, folder, mistakes)
      : describedLevels(factor, levels, folder, mistakes),
  }));
  if (factors.length === 0) mistakes.push({ path: ['factors'], at: 'key', message: 'factors: there is none' });
  const { warmup = 1, blocks = 4, 'max-blocks': most = Math.max(8, blocks) } = raw.sampling ?? {};
  if (most < blocks) {
    const message = `max-blocks ${most} is less than blocks ${blocks}`;
    mistakes.push({ path: ['sampling', 'max-blocks'], at: 'value', message });
  }
  if (mistakes.length > 0) throw source.errorOf(mistakes);
  const file = {
    name: raw.name,
    scenario: raw.scenario ?? null,
    design: raw.design ?? ('one-at-a-time' as const),
    common: wordsOf(raw.common ?? {}, folder),
    metrics: raw.metrics ?? [],
    factors,
    sampling: { warmup, blocks, maxBlocks: most, timeBudgetMs: raw.sampling?.['time-budget'] ?? 25 * 60_000 },
  };
  // How long to look may change between two halves of one study; what is looked at may not.
  const { sampling: _, ...asked } = file;
  return { ...file, digest: createHash('sha256').update(JSON.stringify(asked)).digest('hex') };
}

type Levels = FactorWithChanges['levels'];

function listedLevels(
  factor: string,
  values: readonly (string | number)[],
  folder: string,
  mistakes: Mistake[],
): Levels {
  if (!Object.hasOwn(listed, factor)) {
    const known = Object.keys(listed);
    const message = `there is no factor '${factor}' that takes a list of values${suggestion(factor, known)}; write its levels by name: NAME: { append: ... }`;
    mistakes.push({ path: ['factors', factor], at: 'key', message });
    return [];
  }
  const seen = new Map<string, string | number>();
  return values.flatMap((value, index) => {
    const parsed = listed[factor as Listed].safeParse(value);
    if (!parsed.success) {
      mistakes.push(...shapeMistakes(parsed.error.issues, value, described, ['factors', factor, index]));
      return [];
    }
    const name = levelName(value);
    const other = seen.get(name);
    if (other !== undefined) {
      const message =
        other === value
          ? `${value} is named twice`
          : `the levels ${other} and ${value} would both be called ${name}; write them by name: NAME: { ${factor}: ... }`;
      mistakes.push({ path: ['factors', factor, index], at: 'value', message });
    }
    seen.set(name, value);
    return [{ name, change: wordsOf({ [factor]: parsed.data }, folder) }];
  });
}

function describedLevels(
  factor: string,
  levels: Readonly<Record<string, RawChange>>,
  folder: string,
  mistakes: Mistake[],
): Levels {
  if (Object.keys(levels).length < 2)
    mistakes.push({ path: ['factors', factor], at: 'key', message: `${factor} needs at least two levels` });
  return Object.entries(levels).map(([name, change]) => ({ name, change: wordsOf(change, folder) }));
}

/** `1 GiB` -> `1-gib`, part of an arm's name. Paths differ at their ends rather than at their beginnings. */
const levelName = (value: string | number): string =>
  String(value)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._]+/g, '-')
    .slice(-40)
    .replaceAll(/^[^a-z0-9]+|-$/g, '') || 'empty';

function wordsOf(raw: RawChange, folder: string): LevelChange {
  const { accel, cpus, memory: memoryMiB, gpu, append, qemu, pages, sshd, initramfs, environment } = raw;
  const qemuArguments = raw['qemu-arguments'];
  const machine = defined({ accel, cpus, memoryMiB, gpu });
  const guest = defined({ pages, sshd });
  const files = defined({ kernel: placed(raw.kernel, folder), initrd: placed(raw.initrd, folder) });
  const build = defined({ ref: raw.ref, patches: raw.patches?.map((path) => resolve(folder, path)) });
  return {
    ...(Object.keys(machine).length > 0 ? { machine } : {}),
    ...(Object.keys(guest).length > 0 ? { guest } : {}),
    ...(Object.keys(files).length > 0 ? { files } : {}),
    ...(Object.keys(build).length > 0 ? { build } : {}),
    ...(qemu === undefined ? {} : { qemu: qemuChoice(qemu, folder) }),
    ...defined({ append, qemuArguments, initramfs, environment }),
  };
}

const placed = (path: string | undefined, folder: string): string | undefined => path && resolve(folder, path);
