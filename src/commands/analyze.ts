// bootgauge analyze: judges a recorded run again and writes its reports again, byte for byte.
import { relative } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { terminalStyle } from './terminal-style.ts';

export function registerAnalyze(program: Command, context: CommandContext): void {
  program
    .command('analyze')
    .argument('[run]', 'folder or id of a run; default: the newest one in .bootgauge/runs')
    .summary('judge a recorded run again, without booting anything')
    .description(
      'Reads the facts of a recorded run, judges them and writes report.json, report.md and report.svg again. The same\n' +
        'facts give the same reports byte for byte. Needs no QEMU; the run may come from another machine.',
    )
    .action(async (name: string | undefined) => {
      const [{ findRun, readRun }, { analyze }, { writeReports }, { terminalReport }, { exitCodeOf }] =
        await Promise.all([
          import('../store/run-folder.ts'),
          import('../analyze.ts'),
          import('./write-reports.ts'),
          import('../report/terminal.ts'),
          import('../verdict/exit-code.ts'),
        ]);
      const folder = await findRun(context.folder, name);
      const run = await readRun(folder);
      const report = analyze(run);
      const files = await writeReports(folder, report);
      const shown = files.map((file) => relative(context.folder, file));
      context.out(terminalReport(report, { ...terminalStyle(context), files: shown }));
      context.finish(exitCodeOf(report.verdict, run.onUndecided));
    });
}
