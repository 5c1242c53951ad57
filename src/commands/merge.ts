// bootgauge merge: several recorded runs, one judgement. The shards of a matrix, or the same measurement taken again.
import { relative } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { addFormatOption, printReport } from '../cli/format-option.ts';
import { measurementError, usageError } from '../model/errors.ts';
import type { Report } from '../model/report.ts';

export function registerMerge(program: Command, context: CommandContext): void {
  const command = program
    .command('merge')
    .argument('<run...>', 'folders or ids of the runs')
    .summary('judge several recorded runs as one')
    .description(
      'Puts the boots of several runs into a new run and judges it. Boots of one scenario are joined, pair by pair, when\n' +
        'they were taken on the same kind of machine with the same emulators and guests; other scenarios stand beside each other.',
    );
  addFormatOption(command).action(async (names: string[], options: { readonly format: string }) => {
    const { findRun, rootOfRuns } = await import('../store/run-folder.ts');
    const folders = await Promise.all(names.map((name) => findRun(context.folder, name)));
    const { files, report } = await mergeRunFolders(folders, await rootOfRuns(context.folder), new Date());
    const shown = files.map((file) => relative(context.folder, file));
    await printReport(report, { format: options.format, files: shown, context });
    const { exitCodeOf } = await import('../verdict/exit-code.ts');
    context.finish(exitCodeOf(report.verdict, report.onUndecided));
  });
}

export interface MergedRun {
  readonly folder: string;
  readonly files: readonly string[];
  readonly report: Report;
}

/** Writes the merged run and its reports below `root`. */
export async function mergeRunFolders(folders: readonly string[], root: string, now: Date): Promise<MergedRun> {
  const [store, { mergeRuns }, { analyzeInFull }, { writeReports }] = await Promise.all([
    import('../store/run-folder.ts'),
    import('../runs/merge.ts'),
    import('../analyze.ts'),
    import('../cli/write-reports.ts'),
  ]);
  const runs = await Promise.all(folders.map((folder) => store.readRun(folder)));
  const run = { ...mergeRuns(runs), id: store.newRunId(now) };
  const folder = await store.createRunFolder(root, run.id);
  for (const boot of run.scenarios.flatMap(({ boots }) => boots)) await store.writeBoot(folder, boot);
  await store.writeRun(folder, run);
  const analysis = analyzeInFull(run);
  return { folder, files: await writeReports(folder, analysis), report: analysis.report };
}

/** The run folders in a folder of unpacked artifacts: it holds one each, at its top or anywhere below. */
export async function shardFolders(folder: string): Promise<string[]> {
  const { readdir } = await import('node:fs/promises');
  const { dirname, join } = await import('node:path');
  const names = await readdir(folder, { recursive: true }).catch((cause) => {
    throw usageError(`the folder of the shards cannot be read: ${(cause as Error).message}`, '', cause);
  });
  const found = names.filter((name) => /(^|[\\/])run\.json$/.test(name)).sort();
  if (found.length > 0) return found.map((name) => dirname(join(folder, name)));
  throw measurementError(
    `there is no run in ${folder}`,
    'Download the artifacts of all shards there, each into a folder.',
  );
}
