// --format: a report in the form that another tool reads. Which there are, report/exporters.ts says.
import { type Command, Option } from 'commander';
import type { Report } from '../model/report.ts';
import { exporters } from '../report/exporters.ts';
import { terminalReport } from '../report/terminal.ts';
import type { CommandContext } from './context.ts';
import { terminalStyle } from './terminal-style.ts';

/** Those that need a report alone: a report of several runs has no boots of its own. */
const formats = exporters.filter(({ from }) => from === 'report');

export function addFormatOption(command: Command): Command {
  const option = new Option('-f, --format <name>', 'what to print: text for people, or what another tool reads');
  return command.addOption(option.choices(['text', ...formats.map(({ name }) => name)]).default('text'));
}

/** Prints a report in the asked form; `files` are listed under the text for people. */
export function printReport(
  report: Report,
  shown: { readonly format: string; readonly files: readonly string[]; readonly context: CommandContext },
): void {
  const { format, files, context } = shown;
  const exporter = formats.find(({ name }) => name === format);
  context.out(
    exporter?.write({ report, boots: [], consoles: [] }) ??
      terminalReport(report, { ...terminalStyle(context), files }),
  );
}
