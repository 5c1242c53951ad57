// One session of a study at a time, and the one to go on with: looked for among the runs of a place. What cannot be read is passed
// over: it must not stop a new study.
import { join } from 'node:path';
import { BootgaugeError } from '../model/errors.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { RecordedRun } from '../model/run.ts';
import type { StoredStudy } from '../model/study.ts';
import type { LockOptions } from './lock.ts';
import { acquireProjectLock } from './project-lock.ts';
import { readRun, runsNewestFirst } from './run-folder.ts';
import { readStudy } from './study-folder.ts';

export interface UnfinishedStudy {
  readonly folder: string;
  readonly stored: StoredStudy;
  readonly run: RecordedRun;
}

/**
 * Waits until no other process is about the study with this digest, says for whom, and keeps others waiting until disposal: two
 * that go on with one study would write over each other's boots.
 */
export async function holdStudy(
  root: string,
  digest: string,
  options: Pick<LockOptions, 'progress' | 'signal'>,
): Promise<AsyncDisposable> {
  const folder = join(root, '.bootgauge', 'studies', `${digest.slice(0, 16)}.lock`);
  const hint = 'make it writable: the study is recorded there';
  return acquireProjectLock(root, folder, { ...options, what: 'this very study', hint });
}

/** The newest readable study with this digest, if it was not finished. */
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
      progress({ kind: 'note', text: `passed over: ${error.message}` });
    }
  }
  return null;
}
