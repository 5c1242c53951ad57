// bootgauge blame: where the time of a recorded run went, what in it, and whether it computed or waited.

import type { Command } from 'commander';
import { analyze } from '../analyze.ts';
import type { CommandContext } from '../cli/context.ts';
import { wholeNumber } from '../cli/option-values.ts';
import { terminalStyle } from '../cli/terminal-style.ts';
import { blameText } from '../report/blame-text.ts';
import { findRun, readRun } from '../store/run-folder.ts';

interface BlameOptions {
  readonly top: number;
  readonly perspective?: true;
  readonly json?: true;
}

export function defineBlame(command: Command, context: CommandContext): void {
  command
    .argument('[run]', 'folder or id of a run; default: the newest one in .bootgauge/runs')
    .description(
      'Shows, per scenario and side, how long each phase took, what in it took that long, how much of it passed in silence\n' +
        'and whether QEMU computed or waited meanwhile, and the chain of things that had to end one after the other. The\n' +
        'parts add up to the phase, the phases to time-to-ssh. Kernel initcalls are told by boots with a verbose console:\n' +
        'bootgauge run --explain 3 takes three of them after the timed boots, as a scenario of their own.',
    )
    .option('--top <n>', 'parts to list', wholeNumber(1, 9999), 15)
    .option('--perspective', 'also show published boot times of comparable systems, with their sources')
    .option('--json', 'the figures as JSON')
    .action(async (name: string | undefined, options: BlameOptions) => {
      const report = analyze(await readRun(await findRun(context.folder, name)));
      if (options.json) {
        const figures = report.scenarios.map(({ scenario, blame }) => ({ scenario: scenario.id, sides: blame ?? [] }));
        context.out(`${JSON.stringify({ run: report.run, scenarios: figures }, null, 2)}\n`);
        return;
      }
      const perspective = options.perspective ? 'shown' : 'hidden';
      context.out(blameText(report, { ...terminalStyle(context), most: options.top, perspective }));
    });
}
