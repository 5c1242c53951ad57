// bootgauge blame: where the time of a recorded run went, what in it, and whether it computed or waited.

import type { Command } from 'commander';
import { analyze } from '../analyze.ts';
import type { CommandContext } from '../cli/context.ts';
import { wholeNumber } from '../cli/option-values.ts';
import { terminalStyle } from '../cli/terminal-style.ts';
import { blameText } from '../report/blame-text.ts';
import { stoppedBoots } from '../report/stopped-boots.ts';
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
      'Shows, for each scenario and side, how long each phase took, what took that long, how much of it was silent, whether\n' +
        'QEMU was computing or waiting, and the critical chain of steps that had to follow one another. The parts add up to\n' +
        'the phase, and the phases to time-to-ssh. Of a boot that never came up it shows until where it came, how long it\n' +
        'stood there and what is known of why. Kernel initcalls are only seen on a verbose console: bootgauge run\n' +
        '--explain 3 adds three such boots after the timed ones, as a separate scenario.',
    )
    .option('--top <n>', 'parts to list', wholeNumber(1, 9999), 15)
    .option('--perspective', 'also show published boot times of comparable systems, with their sources')
    .option('--json', 'print the figures as JSON')
    .action(async (name: string | undefined, options: BlameOptions) => {
      const report = analyze(await readRun(await findRun(context.folder, name)));
      if (options.json) {
        const figures = report.scenarios.map((entry) => ({
          ...{ scenario: entry.scenario.id, sides: entry.blame ?? [] },
          stopped: [...stoppedBoots(entry, 'head'), ...stoppedBoots(entry, 'base')],
        }));
        context.out(`${JSON.stringify({ run: report.run, scenarios: figures }, null, 2)}\n`);
        return;
      }
      const perspective = options.perspective ? 'shown' : 'hidden';
      context.out(blameText(report, { ...terminalStyle(context), most: options.top, perspective }));
    });
}
