// What the job that measures for a pull request knows besides its report: `gate.json`, which lies beside it.

import { z } from 'zod';
import type { Load } from './scenario.ts';
import type { Stored } from './stored.ts';

/** A file that decides the verdict, was changed by the pull request, and was read from the base commit instead, unless it `ran`. */
const gateChangeSchema = z.object({
  path: z.string(),
  /** Changed lines with `+` or `-` in front, at most a few; empty when only the fact counts. */
  lines: z.array(z.string()),
  /** GitHub takes it from the pull request all the same: the workflow file. */
  ran: z.literal(true).exactOptional(),
});
export type GateChange = Stored<typeof gateChangeSchema>;

export const storedGateSchema = z.object({
  /** Commit that head is compared with or held to; empty when there is none. */
  baseSha: z.string().regex(/^([0-9a-f]{40,64})?$/),
  gateChanges: z.array(gateChangeSchema),
  /** Sentences that every reader of the report must see. */
  notes: z.array(z.string()),
});
export type StoredGate = Stored<typeof storedGateSchema>;

/** What a step of a workflow asks to have measured: the inputs that decide the boots. Files are relative to the project's folder. */
export interface MeasurementInputs {
  readonly mode: 'auto' | 'paired' | 'baseline' | 'record' | 'soak';
  /** Of a soak. */
  readonly load: Load;
  /** Empty: found as the command line finds it. */
  readonly config: string;
  /** Ids; empty: all that are not only-when-named. */
  readonly scenarios: readonly string[];
  /** Files or `kit` or `path`; empty: as the configuration says. */
  readonly qemu: string;
  readonly baseQemu: string;
  /** Folder of QEMU's source; empty: QEMU is not built, or as the configuration says. */
  readonly qemuSource: string;
  /** Applied to head's source. */
  readonly patches: readonly string[];
  readonly boots: number | null;
  readonly maxBoots: number | null;
  readonly timeBudgetMs: number | null;
  readonly onUndecided: 'pass' | 'fail' | null;
}
