// bootgauge compare: judges the head boots of one recorded run against those of another.
import type { Command } from 'commander';
import { analyze } from '../analyze.ts';
import type { CommandContext } from '../cli/context.ts';
import { addFormatOption, concludeWith, type FormatOptions } from '../cli/format-option.ts';
import { comparedWith } from '../measure/sessions.ts';
import { findRun, readRun } from '../store/run-folder.ts';

export function defineCompare(command: Command, context: CommandContext): void {
  command
    .argument('<base>', 'folder or id of the run to compare with')
    .argument('<head>', 'folder or id of the run to judge')
    .description(
      'Compares the head boots of the second run with the head boots of the first, scenario by scenario. They were recorded\n' +
        'in different sessions, and sessions differ by themselves, so only a large difference can be detected. For a small\n' +
        'one boot both sides in turn (base: and head: in bootgauge.yml).',
    );
  addFormatOption(command).action(async (base: string, head: string, options: FormatOptions) => {
    const baseRun = await readRun(await findRun(context.folder, base));
    const headRun = await readRun(await findRun(context.folder, head));
    concludeWith(analyze(comparedWith(baseRun, headRun)), options, context);
  });
}
