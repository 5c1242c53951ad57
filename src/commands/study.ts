// bootgauge study: boots one scenario in several variants and says what each change does.

import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { headCommit } from '../build/head-commit.ts';
import type { CommandContext } from '../cli/context.ts';
import { addScenarioOptions, type ScenarioOptions, scenariosFor } from '../cli/scenario-options.ts';
import { terminalStyle } from '../cli/terminal-style.ts';
import { loadConfig } from '../config/config.ts';
import { scenarioIds } from '../config/scenarios.ts';
import { loadStudy, parseStudy } from '../config/study-file.ts';
import { studyPresets } from '../config/study-presets.ts';
import { sideBuilder } from '../measure/side-builder.ts';
import { measurementError, usageError } from '../model/errors.ts';
import type { StudyPlan } from '../model/study.ts';
import { recordStudy } from '../recording/record-study.ts';
import { studyText } from '../report/study-text.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { cacheFolder } from '../store/cache-folder.ts';
import { rememberIn } from '../store/memory.ts';
import { findRun, readRun } from '../store/run-folder.ts';
import { readStudy } from '../store/study-folder.ts';
import { analyzeStudy } from '../study/analyze-study.ts';
import { commonSetting, designArms } from '../study/design.ts';

interface StudyOptions extends ScenarioOptions {
  readonly preset?: string;
  readonly print?: true;
  readonly plan?: true;
  readonly report?: string;
  readonly restart?: true;
  readonly exhaustive?: true;
  readonly json?: true;
}

const presets = ['seed', 'cpus', 'console', 'initramfs', 'accel', 'kernel', 'wfi'];

export function defineStudy(command: Command, context: CommandContext): void {
  command
    .argument('[file]', 'a study.yml')
    .description(
      'Boots a scenario in several variants: every level of every factor alone against the default, or every combination\n' +
        '(design: full). Each block boots every variant once in random order; variants whose effect is settled, or that are\n' +
        'surely slower, end early. The time budget is asked between blocks. An interrupted study goes on where it was with the\n' +
        'same command.',
    )
    .addOption(new Option('--preset <name>', 'a study that comes with Bootgauge').choices(presets))
    .option('--print', "print the preset's text, to be changed and kept as a file")
    .option('--plan', 'print the arms and what is known against them, and boot nothing')
    .option('--report <run>', 'print the report of a recorded study again, and boot nothing')
    .option('--restart', 'begin anew even if there is an unfinished study of the same factors')
    .option('--exhaustive', 'end no arm early')
    .option('--json', 'the report as JSON')
    .addHelpText(
      'after',
      `
Examples:
  bootgauge study --preset seed            the usual suspects, one at a time
  bootgauge study --preset cpus --print > study.yml
  bootgauge study study.yml --time-budget 10min`,
    );
  addScenarioOptions(command);
  command.action(async (file: string | undefined, options: StudyOptions) => {
    if (options.report !== undefined) return printReport(options.report, options, context);
    if (options.print) {
      if (options.preset === undefined) throw usageError('--print takes --preset NAME');
      return context.out(studyPresets[options.preset] ?? '');
    }
    const { plan, scenario, root, kit, buildCacheBytes } = await planOf(file, options, context);
    if (options.plan) return context.out(planText(plan));
    const cache = cacheFolder(context.environment, homedir());
    const offline = options.offline ?? false;
    const builder = sideBuilder({ cache, context, mostBytes: buildCacheBytes, offline });
    await builder.check(plan.arms.map(({ setting }) => setting.side));
    const { folder } = await recordStudy({
      root,
      plan,
      scenario,
      prepare: {
        kit: {
          ...{ cache, ...kit, offline },
          ...{ progress: context.progress, signal: context.signal },
        },
        remembered: rememberIn(join(cache, 'trials.json')),
        build: builder.build,
      },
      commit: await headCommit(root),
      tool: context.version,
      command: context.words,
      endings: options.exhaustive ? 'never' : 'early',
      resume: options.restart ? 'no' : 'if-there-is-one',
      progress: context.progress,
      signal: context.signal,
      now: () => new Date(),
    });
    await printReport(folder, options, context);
  });
}

async function planOf(file: string | undefined, options: StudyOptions, context: CommandContext) {
  if ((file === undefined) === (options.preset === undefined))
    throw usageError('name either a study.yml or a --preset', `Presets: ${presets.join(', ')}`);
  const study =
    file === undefined
      ? parseStudy(studyPresets[options.preset ?? ''] ?? '', {
          name: `preset ${options.preset}`,
          folder: context.folder,
        })
      : loadStudy(context.folder, file);
  const known = scenarioIds(loadConfig(context.folder, options.config));
  const { config, scenarios } = await scenariosFor([study.scenario ?? known[0] ?? 'default'], options, context);
  const [scenario] = scenarios;
  if (scenario === undefined) throw usageError('the study has no scenario');
  if (scenario.profile !== 'timing') {
    throw usageError(
      `the profile ${scenario.profile} decides nothing: its talkative kernel would be a part of every figure`,
      'A study takes the profile timing; bootgauge run --explain tells where the time goes.',
    );
  }
  const neutral = { side: scenario.head, environment: {}, initramfs: null };
  const { setting, left } = commonSetting(neutral, study.common);
  if (left.length > 0) {
    const text = `${left.join(', ')} of what the study has in common is left aside: the launcher decides that itself`;
    context.progress({ kind: 'note', text });
  }
  const { factors, arms } = designArms(setting, study.factors, study.design);
  const sampling = {
    warmup: options.warmup ?? study.sampling.warmup,
    blocks: options.boots ?? study.sampling.blocks,
    maxBlocks: options.maxBoots ?? Math.max(options.boots ?? 0, study.sampling.maxBlocks),
    timeBudgetMs: options.timeBudget ?? study.sampling.timeBudgetMs,
  };
  // All that is measured: an unfinished study of another scenario, or with other options, is another study.
  const { sampling: _, ...measured } = scenario;
  const digest = createHash('sha256')
    .update(JSON.stringify([study.digest, arms, measured]))
    .digest('hex');
  const plan: StudyPlan = { name: study.name, design: study.design, factors, arms, sampling, digest };
  const kit = { mirror: config.kit.mirror ?? undefined, keyring: config.kit.keyring ?? undefined };
  const { folder: root, buildCacheBytes } = config;
  return { plan, scenario: { ...scenario, base: null }, root, kit, buildCacheBytes };
}

function planText({ name, design, arms, sampling }: StudyPlan): string {
  const boots = arms.filter(({ unreachable }) => unreachable === '').length;
  return [
    `study ${name}, ${design}: ${arms.length} arms, ${sampling.blocks} to ${sampling.maxBlocks} blocks of at most ${boots} boots`,
    ...arms.map(({ id, unreachable }) => `  ${id}${unreachable === '' ? '' : `  not reachable: ${unreachable}`}`),
    '',
  ].join('\n');
}

async function printReport(name: string, options: StudyOptions, context: CommandContext): Promise<void> {
  const folder = await findRun(context.folder, name);
  const stored = await readStudy(folder);
  if (stored === null) throw usageError(`the run in ${folder} is no study`, 'bootgauge analyze shows it.');
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
