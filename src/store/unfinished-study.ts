// Looks among the runs of a place for a study that was interrupted. What cannot be read is passed over: it must not stop a new study.
import { BootgaugeError } from '../model/errors.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { RecordedRun } from '../model/run.ts';
import { readRun, runsNewestFirst } from './run-folder.ts';
import { readStudy, type StoredStudy } from './study-folder.ts';

export interface UnfinishedStudy {
  readonly folder: string;
  readonly stored: StoredStudy;
  readonly run: RecordedRun;
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
