// bootgauge analyze: judges a recorded run again and writes its reports again, byte for byte.
import type { Command } from 'commander';
import { analyzeInFull } from '../analyze.ts';
import type { CommandContext } from '../cli/context.ts';
import { addFormatOption, concludeWith, type FormatOptions } from '../cli/format-option.ts';
import { writeReports } from '../cli/write-reports.ts';
import { findRun, readRun } from '../store/run-folder.ts';

export function defineAnalyze(command: Command, context: CommandContext): void {
  command
    .argument('[run]', 'folder or id of a run; default: the newest one in .bootgauge/runs')
    .description(
      'Reads a recorded run, judges it and writes its reports again (report.json, .md, .svg, .html and trace.json). The same\n' +
        'run always gives the same reports, byte for byte. Needs no QEMU; the run may come from another machine.',
    );
  addFormatOption(command).action(async (name: string | undefined, options: FormatOptions) => {
    const folder = await findRun(context.folder, name);
    const analysis = analyzeInFull(await readRun(folder));
    concludeWith(analysis.report, options, context, await writeReports(folder, analysis));
  });
}
