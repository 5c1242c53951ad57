// site.json of a trend site: what a repository keeps of its measurements, in the order of time. The pages show it; other programs may read it.
import { z } from 'zod';
import { verdictSchema } from './comparison.ts';
import { unitSchema } from './metric.ts';
import { betterSchema } from './scenario.ts';
import type { Stored } from './stored.ts';

/** Median, both ends of its 95 % interval, boots, failed boots; null where a figure cannot be told, or the metric is missing. */
const siteValueSchema = z
  .tuple([z.number().nullable(), z.number().nullable(), z.number().nullable(), z.number(), z.number()])
  .nullable();
export type SiteValue = Stored<typeof siteValueSchema>;

const sitePointSchema = z.object({
  run: z.string(),
  recordedAt: z.string(),
  commit: z.string(),
  /** What the run was judged to be; `accepted` where it is a session of the baseline. */
  word: z.enum(['accepted', ...verdictSchema.shape.word.options]),
  /** Why it was accepted though it was slower; empty when it was not. */
  intended: z.string(),
  /** Who added the session to the baseline, as git knows it; empty where it does not. */
  acceptedBy: z.string(),
  /** Versions, drivers and the like: `QEMU`, `Vulkan`, `system`. */
  stands: z.record(z.string(), z.string()),
  /** Path of the run's own page within the site; empty where the run was not kept. */
  page: z.string(),
});
export type SitePoint = Stored<typeof sitePointSchema>;

const siteChangeSchema = z.object({
  /** Index of the first point of the new level, and of the last session before it. */
  from: z.number(),
  last: z.number(),
  before: z.number(),
  after: z.number(),
  /** Commits between the two, newest first, as git tells them; `count` may be more than are listed. null where git does not know. */
  commits: z.object({ count: z.number(), newest: z.array(z.string()) }).nullable(),
});
export type SiteChange = Stored<typeof siteChangeSchema>;

const siteMetricSchema = z.object({
  name: z.string(),
  unit: unitSchema,
  better: betterSchema,
  /** One for each point. */
  values: z.array(siteValueSchema),
  changes: z.array(siteChangeSchema),
});
export type SiteMetric = Stored<typeof siteMetricSchema>;

const siteHistorySchema = z.object({
  machine: z.string(),
  scenario: z.string(),
  /** Its page within the site. */
  page: z.string(),
  points: z.array(sitePointSchema),
  /** Sessions before this point were taken under other conditions: no level reaches back to them. */
  comparableFrom: z.number(),
  /** The main one first. */
  metrics: z.array(siteMetricSchema),
});
export type SiteHistory = Stored<typeof siteHistorySchema>;

export const siteSchema = z.object({
  schema: z.literal(1),
  title: z.string(),
  histories: z.array(siteHistorySchema),
});
export type Site = Stored<typeof siteSchema>;
