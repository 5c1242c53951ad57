// How every command that judges ends: the report in the form that --format names, and the exit code of its verdict. Which forms there
// are, report/exporters.ts says.
import { relative } from 'node:path';
import { type Command, Option } from 'commander';
import type { Report } from '../model/report.ts';
import { exporters } from '../report/exporters.ts';
import { terminalReport } from '../report/terminal.ts';
import type { CommandContext } from './context.ts';
import { exitCodeOf } from './exit-code.ts';
import { terminalStyle } from './terminal-style.ts';

/** Those that need a report alone: a report of several runs has no boots of its own. */
const formats = exporters.filter(({ from }) => from === 'report');

export interface FormatOptions {
  readonly format: string;
  readonly json?: true;
}

export function addFormatOption(command: Command): Command {
  const option = new Option('-f, --format <name>', 'what to print: text for people, or what another tool reads');
  return command
    .addOption(option.choices(['text', ...formats.map(({ name }) => name)]).default('text'))
    .addOption(new Option('--json', 'the same as --format json').conflicts('format'));
}

/** Prints a report in the asked form, and ends the command as its verdict says. `files` were written; the text for people lists them. */
export function concludeWith(
  report: Report,
  { format, json }: FormatOptions,
  context: CommandContext,
  files: readonly string[] = [],
): void {
  const exporter = formats.find(({ name }) => name === (json ? 'json' : format));
  const shown = files.map((file) => relative(context.folder, file));
  context.out(
    exporter?.write({ report, boots: [], consoles: [] }) ??
      terminalReport(report, { ...terminalStyle(context), files: shown }),
  );
  context.finish(exitCodeOf(report.verdict, report.onUndecided));
}
