// What a bisection has learned so far, on disk after every commit, so that a killed one goes on where it was.
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { parseOrNull } from '../model/stored.ts';
import { writeFileAtomically } from '../store/atomic.ts';

const triedSchema = z.object({
  commit: z.string(),
  subject: z.string(),
  answer: z.enum(['good', 'bad', 'skip']),
  because: z.string(),
  /** sha256 of what it builds, libraries included, or empty when it does not build. */
  digest: z.string(),
  /** Folder of the run, or empty when nothing was booted. */
  run: z.string(),
  /** The answer is a guess: more boots left it open. */
  uncertain: z.boolean(),
});
export type Tried = z.infer<typeof triedSchema>;

const journalSchema = z.object({
  schema: z.literal(1),
  /** Digest of everything that must be equal for the answers to hold. */
  question: z.string(),
  good: z.string(),
  bad: z.string(),
  step: z.object({ metric: z.string(), ratio: z.number() }).nullable(),
  tried: z.array(triedSchema),
});
export type Journal = z.infer<typeof journalSchema>;

export const journalPath = (root: string, question: string): string =>
  join(root, '.bootgauge', 'bisect', `${question.slice(0, 16)}.json`);

/** Held while a bisection runs: two of one question would overwrite each other's answers. */
export const journalLock = (path: string): string => path.replace(/\.json$/, '.lock');

/** null: there is none, it is damaged, or it answers another question. */
export async function readJournal(path: string, question: string): Promise<Journal | null> {
  const journal = parseOrNull(await readFile(path, 'utf8').catch(() => ''), journalSchema);
  return journal?.question === question ? journal : null;
}

export async function writeJournal(path: string, journal: Journal): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(path, `${JSON.stringify(journal, null, 1)}\n`);
}
