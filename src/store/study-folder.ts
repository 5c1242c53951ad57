// study.json, which a study has beside its run: one process at a time records it, and an unfinished one is gone on with.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BootgaugeError } from '../model/errors.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { RecordedRun } from '../model/run.ts';
import { type StoredStudy, storedStudySchema } from '../model/study.ts';
import { writeFileAtomically } from './atomic.ts';
import type { LockOptions } from './lock.ts';
import { acquireProjectLock } from './project-lock.ts';
import { readRun, runsNewestFirst } from './run-folder.ts';
import { parseStored } from './stored-json.ts';

const fileName = 'study.json';

export async function writeStudy(folder: string, study: StoredStudy): Promise<void> {
  await writeFileAtomically(join(folder, fileName), `${JSON.stringify({ schema: 1, ...study }, null, 1)}\n`);
}

/** null: the run in this folder is no study. A damaged file is a usage error. */
export async function readStudy(folder: string): Promise<StoredStudy | null> {
  const path = join(folder, fileName);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  return parseStored(text, storedStudySchema, { name: path, repair: 'run the study again with --restart' });
}

export interface UnfinishedStudy {
  readonly folder: string;
  readonly stored: StoredStudy;
  readonly run: RecordedRun;
}

/**
 * Waits until no other process is about the study with this digest, says for whom, and keeps others waiting until disposal: two
 * that go on with one study would write over each other's boots.
 */
export async function lockStudy(
  root: string,
  digest: string,
  options: Pick<LockOptions, 'progress' | 'signal'>,
): Promise<AsyncDisposable> {
  const folder = join(root, '.bootgauge', 'studies', `${digest.slice(0, 16)}.lock`);
  const hint = 'make it writable: the study is recorded there';
  return acquireProjectLock(root, folder, { ...options, what: 'the recording of this study', hint });
}

/** The newest study with this digest that can be read, if it was not finished; a damaged one must not stop a new study. */
export async function unfinishedStudy(
  root: string,
  digest: string,
  progress: ProgressSink,
): Promise<UnfinishedStudy | null> {
  for await (const folder of runsNewestFirst(root)) {
    try {
      const stored = await readStudy(folder);
      if (stored?.plan.digest !== digest) continue;
      const run = await readRun(folder);
      return run.finished ? null : { folder, stored, run };
    } catch (error) {
      if (!(error instanceof BootgaugeError)) throw error;
      progress({ kind: 'note', text: `skipped an earlier study: ${error.message}` });
    }
  }
  return null;
}
