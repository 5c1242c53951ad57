// What a study has beside its run: its plan, which arms were ended, and which blocks an interruption has torn.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { usageError } from '../model/errors.ts';
import type { EndedArm, StudyPlan } from '../model/study.ts';
import { writeFileAtomically } from './atomic.ts';

export interface StoredStudy {
  readonly plan: StudyPlan;
  readonly ended: readonly EndedArm[];
  /** Blocks that an interruption has cut: their boots are kept, and not compared. Absent: none. */
  readonly torn?: readonly number[];
  /** The last block that was found whole: what can be booted later says nothing about it. Absent: none. */
  readonly lastWhole?: number;
}

const fileName = 'study.json';

const schema = z.object({
  schema: z.literal(1),
  plan: z.looseObject({
    name: z.string(),
    design: z.enum(['one-at-a-time', 'full']),
    factors: z.array(z.object({ name: z.string(), levels: z.array(z.string()).min(1) })),
    arms: z
      .array(z.looseObject({ id: z.string(), levels: z.record(z.string(), z.string()), unreachable: z.string() }))
      .min(1),
    sampling: z.object({
      warmup: z.number(),
      blocks: z.number(),
      maxBlocks: z.number(),
      timeBudgetMs: z.number(),
    }),
    digest: z.string(),
  }),
  ended: z.array(
    z.object({
      arm: z.string(),
      block: z.number(),
      why: z.enum(['unreachable', 'same plan', 'never came up', 'stopped coming up', 'settled', 'slower']),
      because: z.string(),
    }),
  ),
  torn: z.array(z.number().int().positive()).optional(),
  lastWhole: z.number().int().nonnegative().optional(),
});

export async function writeStudy(folder: string, study: StoredStudy): Promise<void> {
  await writeFileAtomically(join(folder, fileName), `${JSON.stringify({ schema: 1, ...study }, null, 1)}\n`);
}

/** null: the run in this folder is no study. A damaged file is a usage error. */
export async function readStudy(folder: string): Promise<StoredStudy | null> {
  const path = join(folder, fileName);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageError(
      `${path} cannot be read: ${(error as Error).message}`,
      'Run the study again with --restart.',
      error,
    );
  }
  const found = (value as { schema?: unknown } | null)?.schema;
  if (typeof found === 'number' && found !== 1) {
    throw usageError(
      `${path} was written by another version of Bootgauge (schema ${found}, this one reads 1)`,
      found > 1
        ? 'Update Bootgauge to read it, or run the study again with --restart.'
        : 'Run the study again with --restart.',
    );
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw usageError(`${path} cannot be read: ${z.prettifyError(parsed.error)}`, 'Run the study again with --restart.');
  return parsed.data as unknown as StoredStudy;
}
