// A study: one scenario booted in several variants (arms), to find which factor makes it faster or slower, and by how much.
import { z } from 'zod';
import type { Interval } from './comparison.ts';
import type { ReferenceGuest } from './guests/reference.ts';
import type { Unit } from './metric.ts';
import { type SideSpec, sideSpecSchema } from './scenario.ts';
import type { Stored } from './stored.ts';

export const studyDesignSchema = z.enum(['one-at-a-time', 'full']);
export type StudyDesign = z.output<typeof studyDesignSchema>;

export const initramfsCompressionSchema = z.enum(['gzip', 'zstd', 'none']);
export type InitramfsCompression = z.output<typeof initramfsCompressionSchema>;

/** What one boot configuration of a study is. */
const armSettingSchema = z.object({
  side: sideSpecSchema,
  /** Set for the process that is started. */
  environment: z.record(z.string(), z.string()),
  /** How the initial ramdisk is compressed; null: as it is. */
  initramfs: initramfsCompressionSchema.nullable(),
});
export type ArmSetting = Stored<typeof armSettingSchema>;

/** What a level changes; keys that are absent stay as they are. */
export interface LevelChange {
  readonly machine?: Partial<SideSpec['machine']>;
  readonly qemu?: SideSpec['qemu'];
  readonly guest?: Partial<Pick<ReferenceGuest, 'pages' | 'sshd'>>;
  /** Absolute paths of files that take the place of the guest's own. */
  readonly files?: { readonly kernel?: string; readonly initrd?: string };
  /** Added behind what the arm already appends. */
  readonly append?: string;
  /** Added behind what the arm already gives to QEMU. */
  readonly qemuArguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly initramfs?: InitramfsCompression;
  /** Of a QEMU that is built from source: its own revision, its own patches after the common ones (absolute paths or globs). */
  readonly build?: { readonly ref?: string; readonly patches?: readonly string[] };
}

export interface FactorWithChanges {
  readonly name: string;
  /** The first one is the default. */
  readonly levels: readonly { readonly name: string; readonly change: LevelChange }[];
}

const studyArmSchema = z.object({
  /** Unique, fit for a scenario's id: `default`, `cpus=1`, `cpus=1,console=loud`. */
  id: z.string(),
  /** Factor -> level; the default level where the arm does not differ. */
  levels: z.record(z.string(), z.string()),
  setting: armSettingSchema,
  /** Why it cannot be booted as the study says; empty when nothing is known against it. */
  unreachable: z.string(),
});
export type StudyArm = Stored<typeof studyArmSchema>;

const studyFactorSchema = z.object({
  name: z.string(),
  /** The first one is the default. */
  levels: z.array(z.string()).min(1),
});
export type StudyFactor = Stored<typeof studyFactorSchema>;

const studySamplingSchema = z.object({
  /** Boots of each arm that are not counted. */
  warmup: z.number(),
  /** In each block every arm that is still looked at boots once, in random order. */
  blocks: z.number(),
  maxBlocks: z.number(),
  timeBudgetMs: z.number(),
});
export type StudySampling = Stored<typeof studySamplingSchema>;

const studyPlanSchema = z.object({
  name: z.string(),
  design: studyDesignSchema,
  factors: z.array(studyFactorSchema),
  /** The first one is the default. */
  arms: z.array(studyArmSchema).min(1),
  sampling: studySamplingSchema,
  /** Equal for equal studies: an unfinished one with the same digest can be resumed. */
  digest: z.string(),
});
export type StudyPlan = Stored<typeof studyPlanSchema>;

/** An arm that is no longer booted. */
const endedArmSchema = z.object({
  arm: z.string(),
  /** After so many whole blocks. */
  block: z.number(),
  why: z.enum(['unreachable', 'same plan', 'never came up', 'stopped coming up', 'settled', 'slower']),
  because: z.string(),
});
export type EndedArm = Stored<typeof endedArmSchema>;

/** `study.json`: what a study has beside its run. */
export const storedStudySchema = z.object({
  schema: z.literal(1),
  plan: studyPlanSchema,
  ended: z.array(endedArmSchema),
  /** Blocks that an interruption has cut: their boots are kept, and not compared. Absent: none. */
  torn: z.array(z.number().int().positive()).exactOptional(),
  /** The last block that was found whole: what can be booted later says nothing about it. Absent: none. */
  lastWhole: z.number().int().nonnegative().exactOptional(),
});
export type StoredStudy = Omit<Stored<typeof storedStudySchema>, 'schema'>;

/** What changing one factor's level does to one metric, against the factor's default level. */
export interface Effect {
  readonly metric: string;
  readonly unit: Unit;
  /** Blocks in which both were booted. */
  readonly blocks: number;
  /** Geometric mean of level / default, of all pairs of arms that differ in the level alone; null when nothing could be compared. */
  readonly ratio: number | null;
  /** 95 % interval of the ratio; of an arm that ended early the wider one by which it ended. */
  readonly interval: Interval | null;
  /** Mean difference in the metric's unit. */
  readonly difference: number | null;
  readonly differenceInterval: Interval | null;
}

/** nothing: a change of 5 % or more is excluded; unclear: it is not, and neither is none. unknown: nothing could be compared. */
export type EffectWord = 'faster' | 'slower' | 'nothing' | 'unclear' | 'unknown';

export interface LevelEffect {
  readonly factor: string;
  readonly level: string;
  readonly insteadOf: string;
  readonly word: EffectWord;
  /** Of time-to-ssh. */
  readonly main: Effect;
  readonly metrics: readonly Effect[];
  /** Phases with a difference that is certain, largest first. */
  readonly phases: readonly Effect[];
  /** Boots of this level's arms that did not come up, and all of them. */
  readonly failed: number;
  readonly boots: number;
  /** A larger share of its boots did not come up than of those with the default level: it is no choice, however fast. */
  readonly lessReliable: boolean;
  /** Why there is no effect, or why it rests on fewer blocks; empty otherwise. */
  readonly note: string;
}

/** Two factors whose effects do not simply multiply. */
export interface Interaction {
  readonly factors: readonly [string, string];
  readonly levels: readonly [string, string];
  /** Of both together, beyond the product of each alone. */
  readonly ratio: number;
  readonly interval: Interval;
}

export interface ArmSummary {
  readonly id: string;
  readonly levels: Readonly<Record<string, string>>;
  readonly boots: number;
  readonly failed: number;
  /** Of time-to-ssh in ms; null when no boot came up. */
  readonly medianMs: number | null;
  readonly ended: EndedArm | null;
}

export interface Recommendation {
  readonly levels: Readonly<Record<string, string>>;
  /** Expected ratio of time-to-ssh against the default. */
  readonly ratio: number;
  /** Whether exactly this combination was booted. */
  readonly tried: 'booted' | 'not booted together';
}

export interface StudyReport {
  readonly schema: 1;
  readonly name: string;
  readonly run: string;
  readonly design: StudyDesign;
  readonly finished: boolean;
  readonly blocks: number;
  readonly arms: readonly ArmSummary[];
  /** Fastest first; what does nothing comes before what is slower, and what fails more often than the default behind both. */
  readonly ranking: readonly LevelEffect[];
  readonly interactions: readonly Interaction[];
  /** null when nothing that comes up as often as the default is surely faster by 1 % at least, over all that was tried at once. */
  readonly recommendation: Recommendation | null;
  readonly warnings: readonly string[];
}

/** Variables that nobody reads under this accelerator; '' when there is none, or when it is not chosen yet. */
export function unreadVariable(names: readonly string[], accel: SideSpec['machine']['accel']): string {
  const hvf = names.find((name) => name.startsWith('HVF_'));
  if (hvf === undefined || accel === 'auto' || accel === 'hvf') return '';
  return `${hvf} is read by the HVF accelerator alone, and this arm runs ${accel}`;
}
