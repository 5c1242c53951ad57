// Several recorded runs -> one, with its reports: the shards of a matrix, or the same measurement taken again.
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { analyzeInFull } from '../analyze.ts';
import { writeReports } from '../cli/write-reports.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { mergeRuns } from '../runs/merge.ts';
import { createRunFolder, newRunId, readRun, writeBoot, writeRun } from '../store/run-folder.ts';
import type { ReportedRun } from './measure.ts';

/** Writes the merged run and its reports below `root`. */
export async function mergeRunFolders(folders: readonly string[], root: string, now: Date): Promise<ReportedRun> {
  const runs = await Promise.all(folders.map((folder) => readRun(folder)));
  const run = { ...mergeRuns(runs), id: newRunId(now) };
  const folder = await createRunFolder(root, run.id);
  for (const boot of run.scenarios.flatMap(({ boots }) => boots)) await writeBoot(folder, boot);
  await writeRun(folder, run);
  const analysis = analyzeInFull(run);
  return { folder, files: await writeReports(folder, analysis), report: analysis.report };
}

/** The run folders in a folder of unpacked artifacts: it holds one each, at its top or anywhere below. */
export async function shardFolders(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((cause) => {
    throw usageError(`the folder of the shards cannot be read: ${(cause as Error).message}`, '', cause);
  });
  const found = names.filter((name) => /(^|[\\/])run\.json$/.test(name)).sort();
  if (found.length > 0) return found.map((name) => dirname(join(folder, name)));
  throw measurementError(
    `there is no run in ${folder}`,
    'download the artifacts of all shards there, each into a folder',
  );
}
