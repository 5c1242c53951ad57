// What stands under a run: what a guest says of its software, and the parts of host and guest by version and digest.
import { z } from 'zod';
import type { Stored } from './stored.ts';

const listedSchema = z.record(z.string(), z.string());

/** What the guest of one boot said of itself when all of the boot was on record. Foreign text, bounded where it was read. */
export const inventorySchema = z.object({
  /** Name, release and build of the running kernel; empty where it was not told. */
  kernel: z.string(),
  /** Package -> version; null where nobody told all of them. */
  packages: listedSchema.nullable(),
  /** What of the Venus protocol guest and host agreed on, by version, and what they did not agree on; absent where nothing was said. */
  venus: z.object({ agreed: listedSchema, mismatch: z.string() }).exactOptional(),
  /** Why something is not told; empty where all is. */
  missing: z.string(),
});
export type Inventory = Stored<typeof inventorySchema>;

/** Kinds of parts, those first that explain most. */
export const partKinds = ['Venus protocol', 'host', 'host package', 'guest', 'guest package'] as const;
const partKindSchema = z.enum(partKinds);
export type PartKind = z.output<typeof partKindSchema>;

/** Of each kind name -> version and digest; a kind that is not there was not recorded. */
export const partsSchema = z.partialRecord(partKindSchema, listedSchema);
export type Parts = Stored<typeof partsSchema>;

/** A part that is not what it was; null: it was not there, or is no longer. */
const movedPartSchema = z.object({
  kind: partKindSchema,
  name: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
export type MovedPart = Stored<typeof movedPartSchema>;

export const movedSchema = z.object({
  /** What head's parts are compared with: `base`, or the run of a baseline's newest session. */
  since: z.string(),
  parts: z.array(movedPartSchema),
});
export type Moved = Stored<typeof movedSchema>;
