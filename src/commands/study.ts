// bootgauge study: boots one scenario in several variants and says what each change does.
import { join, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { headCommit } from '../build/git.ts';
import type { CommandContext } from '../cli/context.ts';
import { lockFor } from '../cli/machine.ts';
import { addScenarioOptions } from '../cli/scenario-options.ts';
import { planText, presets, type StudyPlanOptions, studyPlan } from '../cli/study-plan.ts';
import { terminalStyle } from '../cli/terminal-style.ts';
import { studyPresets } from '../config/study-presets.ts';
import { preparationFor } from '../measure/preparation.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { recordStudy } from '../recording/record-study.ts';
import { studyText } from '../report/study-text.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { findRun, readRun } from '../store/run-folder.ts';
import { readStudy } from '../store/study-folder.ts';
import { analyzeStudy } from '../study/analyze-study.ts';

interface StudyOptions extends StudyPlanOptions {
  readonly print?: true;
  readonly plan?: true;
  readonly report?: string;
  readonly restart?: true;
  readonly exhaustive?: true;
  readonly json?: true;
}

export function defineStudy(command: Command, context: CommandContext): void {
  command
    .argument('[file]', 'a study.yml')
    .description(
      'Boots a scenario in several variants (arms): each level of each factor by itself compared with the default, or every\n' +
        'combination (design: full). Each block boots every variant once, in random order; a variant ends early when its effect\n' +
        'is clear or it is certainly slower. The time budget is checked between blocks. To continue an interrupted study, run\n' +
        'the same command again.',
    )
    .addOption(new Option('--preset <name>', 'a study that comes with Bootgauge').choices(presets))
    .option('--print', "print the preset's text, to save and change")
    .option('--plan', 'only print the variants, and which of them cannot be booted')
    .option('--report <run>', 'only print the report of a recorded study again')
    .option('--restart', 'start again even if there is an unfinished study of the same factors')
    .option('--exhaustive', 'end no variant early')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Examples:
  bootgauge study --preset seed            the usual suspects, one at a time
  bootgauge study --preset cpus --print > study.yml
  bootgauge study study.yml --time-budget 10min`,
    );
  addScenarioOptions(command);
  command.action((file: string | undefined, options: StudyOptions) => study(file, options, context));
}

async function study(file: string | undefined, options: StudyOptions, context: CommandContext): Promise<void> {
  if (options.report !== undefined) return printReport(options.report, options, context);
  if (options.print) {
    if (options.preset === undefined) throw usageError('--print needs a preset', 'name one: --preset cpus --print');
    return context.out(studyPresets[options.preset] ?? '');
  }
  const { plan, scenario, config } = await studyPlan(file, options, context);
  if (options.plan) return context.out(planText(plan));
  const sides = plan.arms.map(({ setting }) => setting.side);
  await using _machine = await lockFor(options, context);
  const { folder } = await recordStudy({
    root: config.folder,
    plan,
    scenario,
    prepare: await preparationFor({ config, context, offline: options.offline ?? false, sides }),
    commit: await headCommit(config.folder, context),
    tool: context.version,
    command: context.words,
    endings: options.exhaustive ? 'never' : 'early',
    resume: options.restart ? 'no' : 'if-there-is-one',
    progress: context.progress,
    signal: context.signal,
    now: () => new Date(),
  });
  await printReport(folder, options, context);
}

async function printReport(name: string, options: StudyOptions, context: CommandContext): Promise<void> {
  const folder = await findRun(context.folder, name);
  const stored = await readStudy(folder);
  if (stored === null) throw usageError(`the run in ${folder} is not a study`, 'use `bootgauge analyze` for it');
  const report = analyzeStudy({ ...stored, run: await readRun(folder) });
  const json = `${JSON.stringify(report, null, 2)}\n`;
  const path = join(folder, 'study-report.json');
  const shown = relative(context.folder, path);
  const failure = await writeFileAtomically(path, json).then(
    () => null,
    (cause: Error) => cause,
  );
  // The report is what was asked for: it is printed although its file cannot be written.
  if (options.json) context.out(json);
  else context.out(`${studyText(report, terminalStyle(context))}${failure === null ? `\n${shown}\n` : ''}`);
  if (failure !== null) {
    const again = `bootgauge study --report ${relative(context.folder, folder)}`;
    const hint = `the boots are kept: free some disk space, or make the folder writable, and run \`${again}\``;
    throw measurementError(`cannot write ${path}: ${failure.message}`, hint, failure);
  }
}
