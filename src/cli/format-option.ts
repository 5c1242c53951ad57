// --format: a report in the form that another tool reads. One entry per exporter, loaded when it is asked for.
import { type Command, Option } from 'commander';
import type { Report } from '../model/report.ts';
import type { CommandContext } from './context.ts';
import { terminalStyle } from './terminal-style.ts';

type Exporter = (report: Report) => string;

const formats: Readonly<Record<string, () => Promise<Exporter>>> = {
  json: async () => (await import('../report/json.ts')).jsonReport,
  markdown: async () => (await import('../report/markdown.ts')).markdownReport,
  junit: async () => (await import('../report/junit.ts')).junitReport,
  benchstat: async () => (await import('../report/benchstat.ts')).benchstatReport,
  hyperfine: async () => (await import('../report/hyperfine.ts')).hyperfineReport,
  bencher: async () => (await import('../report/bencher.ts')).bencherReport,
  'benchmark-action': async () => (await import('../report/benchmark-action.ts')).benchmarkActionReport,
};

export function addFormatOption(command: Command): Command {
  const option = new Option('-f, --format <name>', 'what to print: text for people, or what another tool reads');
  return command.addOption(option.choices(['text', ...Object.keys(formats)]).default('text'));
}

/** Prints a report in the asked form; `files` are listed under the text for people. */
export async function printReport(
  report: Report,
  shown: { readonly format: string; readonly files: readonly string[]; readonly context: CommandContext },
): Promise<void> {
  const { format, files, context } = shown;
  const load = formats[format];
  if (load !== undefined) return context.out((await load())(report));
  const { terminalReport } = await import('../report/terminal.ts');
  context.out(terminalReport(report, { ...terminalStyle(context), files }));
}
