// bootgauge merge: several recorded runs, one judgement. The shards of a matrix, or the same measurement taken again.
import type { Command } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { addFormatOption, concludeWith, type FormatOptions } from '../cli/format-option.ts';
import { mergeRunFolders } from '../measure/merge.ts';
import { findRun, rootOfRuns } from '../store/run-folder.ts';

export function defineMerge(command: Command, context: CommandContext): void {
  command
    .argument('<run...>', 'folders or ids of the runs')
    .description(
      'Joins the boots of several runs in a new run and judges it: the shards of a matrix, or a measurement that was repeated.\n' +
        'Boots of one scenario are joined, pair by pair, when machine, emulators and guests were the same; otherwise the\n' +
        'scenarios stay side by side.',
    );
  addFormatOption(command).action(async (names: string[], options: FormatOptions) => {
    const folders = await Promise.all(names.map((name) => findRun(context.folder, name)));
    const { files, report } = await mergeRunFolders(folders, await rootOfRuns(context.folder), new Date());
    concludeWith(report, options, context, files);
  });
}
