// Everything that is shown of a run. Exporters turn it into text and compute nothing.
import { z } from 'zod';
import { sideBlameSchema } from './blame.ts';
import { outcomeSchema } from './boot.ts';
import { comparisonSchema, summarySchema, verdictSchema, warningSchema } from './comparison.ts';
import { hostStatesSchema, sidesConditionsSchema } from './conditions.ts';
import { movedSchema } from './inventory.ts';
import { onUndecidedSchema, scenarioSchema, sideSchema } from './scenario.ts';
import type { Stored } from './stored.ts';
import { timelineSchema } from './timeline.ts';
import { vulkanReportSchema } from './vulkan.ts';

const findingSchema = z.object({
  id: z.string(),
  severity: z.enum(['note', 'warning', 'error']),
  cause: z.string(),
  advice: z.string(),
  evidence: z.array(z.string()),
  /** Numbers of the boots that show it. */
  boots: z.array(z.number()),
  /** What it costs one boot, where that can be measured; the median over the boots, over head's where both sides have it. */
  costMs: z.number().exactOptional(),
  /** The same over base's boots, where both sides have it. */
  baseCostMs: z.number().exactOptional(),
  /** Which side has it, where both were booted: head alone is new, base alone is gone. Not there where no boot of the other came up. */
  sides: z.enum([...sideSchema.options, 'both']).exactOptional(),
});
export type Finding = Stored<typeof findingSchema>;

const phaseRowSchema = z.object({
  name: z.string(),
  base: summarySchema.nullable(),
  head: summarySchema.nullable(),
  /** Head's median minus base's, in ms; null without a base. */
  differenceMs: z.number().nullable(),
});
export type PhaseRow = Stored<typeof phaseRowSchema>;

const bootRowSchema = z.object({
  number: z.number(),
  side: sideSchema,
  round: z.number(),
  warmup: z.boolean(),
  outcome: outcomeSchema,
  outcomeText: z.string(),
  values: z.record(z.string(), z.number().nullable()),
  /** What the console said last, of a boot that did not get ready; safe to show, the newest line last. */
  lastLines: z.array(z.string()).exactOptional(),
  /** How far a boot came that never showed its SSH banner: its phases in order; the last one did not end. */
  reached: z.array(z.object({ name: z.string(), ms: z.number() })).exactOptional(),
  /** What was seen of the first boot of its side that hung, before QEMU was ended; safe to show. */
  autopsy: z.array(z.string()).exactOptional(),
});
export type BootRow = Stored<typeof bootRowSchema>;

/** The boot nearest to the median time-to-ssh of a side, drawn as the waterfall. */
const typicalBootSchema = z.object({ side: sideSchema, number: z.number(), timeline: timelineSchema });
export type TypicalBoot = Stored<typeof typicalBootSchema>;

/** Where a change of time-to-ssh lies: the phases that carry it, largest first. Chosen by analysis, only named by exporters. */
const changeLocationSchema = z.object({
  /** Head's median time-to-ssh minus base's. */
  differenceMs: z.number(),
  phases: z.array(z.object({ name: z.string(), differenceMs: z.number() })),
});
export type ChangeLocation = Stored<typeof changeLocationSchema>;

const scenarioReportSchema = z.object({
  scenario: scenarioSchema,
  conditions: sidesConditionsSchema,
  hostState: hostStatesSchema,
  verdict: verdictSchema,
  summaries: z.object({ head: z.array(summarySchema), base: z.array(summarySchema) }),
  comparisons: z.array(comparisonSchema),
  phases: z.array(phaseRowSchema),
  services: z.array(phaseRowSchema),
  /** null when nothing changed, or when the phases do not tell. */
  where: changeLocationSchema.nullable(),
  boots: z.array(bootRowSchema),
  typical: z.array(typicalBootSchema),
  findings: z.array(findingSchema),
  /** null where nothing was asked about Vulkan. */
  vulkan: vulkanReportSchema.nullable().exactOptional(),
  /** What stands under the boots and is not what it was; absent where the verdict is not bad, and where nothing has moved. */
  moved: movedSchema.exactOptional(),
  /** Head first; a side without a complete boot is not there. */
  blame: z.array(sideBlameSchema).exactOptional(),
  warnings: z.array(warningSchema),
  /** `lastCommit` is the newest session's, or empty. */
  baseline: z.object({ path: z.string(), sessions: z.number(), lastCommit: z.string() }),
});
export type ScenarioReport = Stored<typeof scenarioReportSchema>;

export const reportSchemaVersion = 1;

/** `report.json`. */
export const reportSchema = z.object({
  schema: z.literal(reportSchemaVersion),
  run: z.string(),
  startedAt: z.string(),
  tool: z.string(),
  commit: z.string(),
  /** The words of the command line that made the run, where it is known. */
  command: z.array(z.string()).exactOptional(),
  /** False when the run was interrupted: it is shown as far as it came, and is no baseline. */
  finished: z.boolean(),
  onUndecided: onUndecidedSchema,
  verdict: verdictSchema,
  scenarios: z.array(scenarioReportSchema),
});
export type Report = Stored<typeof reportSchema>;
