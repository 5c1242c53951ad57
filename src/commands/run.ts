// bootgauge run: boots the scenarios, judges them, writes the reports, and ends with the verdict's exit code.
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SharedBuilds } from '../build/options.ts';
import type { Config } from '../config/config.ts';
import type { Report } from '../model/report.ts';
import type { Scenario } from '../model/scenario.ts';
import type { RunRequest, StopRule } from '../record.ts';
import { withAttribution } from './attribution.ts';
import type { CommandContext } from './context.ts';
import { addFormatOption, printReport } from './format-option.ts';
import { headCommit } from './head-commit.ts';
import { addBuildOptions, addScenarioOptions, type ScenarioOptions, scenariosFor } from './scenario-options.ts';

interface RunOptions extends ScenarioOptions {
  readonly format: string;
  readonly onUndecided?: 'pass' | 'fail';
  readonly explain?: number;
}

export function registerRun(program: Command, context: CommandContext): void {
  const command = program
    .command('run')
    .argument('[scenario...]', 'scenarios of bootgauge.yml; default: all that are not only-when-named')
    .summary('boot, measure and judge')
    .description(
      'Boots every scenario several times, shows where the time goes, judges it and writes the reports to .bootgauge/runs.\n' +
        'A scenario with base: and head: boots both sides in turn and compares them; any other is compared with the\n' +
        'sessions in baselines/, if there are some for this machine. Needs no configuration: without one the reference\n' +
        'guest is booted with the reference QEMU, both assembled on first use.',
    )
    .addHelpText(
      'after',
      `
Examples:
  bootgauge run                         all scenarios, or the reference guest when there is no bootgauge.yml
  bootgauge run --gpu venus --boots 10  ten boots with Venus in place of the configured graphics device
  bootgauge run --qemu ./build/qemu-system-aarch64
  bootgauge run --qemu                  the QEMU that PATH finds
  bootgauge run --base main...          in a checkout of QEMU: builds the merge base with main and the tree as it
                                        stands, boots both in turn and compares them
  bootgauge run --head-patch wfi.patch  the same for the current commit with and without a patch`,
    );
  addScenarioOptions(command);
  addBuildOptions(command);
  command
    .option(
      '--explain <n>',
      'take n boots with a verbose console besides, for `bootgauge blame`; they judge nothing',
      few,
    )
    .optionsGroup('Verdict:');
  addFormatOption(command)
    .addOption(new Option('--on-undecided <what>', 'what an undecided verdict is').choices(['pass', 'fail']))
    .action(async (names: string[], options: RunOptions) => {
      const { config, scenarios } = await scenariosFor(names, options, context);
      const onUndecided = options.onUndecided ?? config.onUndecided;
      const asked = options.explain === undefined ? scenarios : withAttribution(scenarios, options.explain);
      const { files, report } = await runScenarios({
        config,
        scenarios: asked,
        onUndecided,
        context,
        offline: options.offline ?? false,
      });
      const shown = files.map((file) => relative(context.folder, file));
      await printReport(report, { format: options.format, files: shown, context });
      const { exitCodeOf } = await import('../verdict/exit-code.ts');
      context.finish(exitCodeOf(report.verdict, onUndecided));
    });
}

function few(text: string): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new InvalidArgumentError('Expected a whole number from 1 to 999.');
  return number;
}

export interface ScenarioRun {
  readonly config: Config;
  readonly scenarios: readonly Scenario[];
  readonly onUndecided: 'pass' | 'fail';
  readonly context: CommandContext;
  /** Holds `baselines` and receives `.bootgauge`; the configuration's folder if not given. */
  readonly root?: string;
  /** Where earlier runs of the same two sides are looked for; `root` if not given. */
  readonly earlierRoot?: string;
  /** Nothing may be loaded for the kit, for a guest or for a side that is built. */
  readonly offline?: boolean;
  /** Builds of other machines, and where new ones are given to them. */
  readonly shared?: SharedBuilds | null;
  /** When there are boots enough; the report's own rule if not given. */
  readonly stopRule?: StopRule;
}

/** Records and analyses scenarios and writes the reports; shared by every door that measures. */
export async function runScenarios(
  run: ScenarioRun,
): Promise<{ readonly folder: string; readonly files: readonly string[]; readonly report: Report }> {
  const { config, scenarios, onUndecided, context } = run;
  const [
    { record },
    { analyzeInFull, stopRule },
    { cacheFolder },
    { rememberIn },
    { writeReports },
    { forecastText },
    { sideBuilder },
  ] = await Promise.all([
    import('../record.ts'),
    import('../analyze.ts'),
    import('../store/cache-folder.ts'),
    import('../store/memory.ts'),
    import('./write-reports.ts'),
    import('./forecast.ts'),
    import('./build-side.ts'),
  ]);
  const cache = cacheFolder(context.environment, homedir());
  const root = run.root ?? config.folder;
  const earlier: RunRequest['earlier'] = async (scenario, conditions) =>
    (await import('./earlier-runs.ts')).earlierRuns(
      run.earlierRoot ?? root,
      { scenario, conditions },
      context.progress,
    );
  const offline = run.offline ?? false;
  const { buildCacheBytes: mostBytes } = config;
  const builder = sideBuilder({ cache, context, mostBytes, offline, shared: run.shared ?? null });
  await builder.check(scenarios.flatMap(({ base, head }) => (base === null ? [head] : [base, head])));
  const { folder, run: recorded } = await record({
    root,
    scenarios,
    prepare: {
      kit: {
        cache,
        mirror: config.kit.mirror ?? undefined,
        keyring: config.kit.keyring ?? undefined,
        progress: context.progress,
        signal: context.signal,
        offline,
      },
      remembered: rememberIn(join(cache, 'trials.json')),
      build: builder.build,
    },
    onUndecided,
    commit: await headCommit(config.folder),
    tool: context.version,
    command: context.words,
    stopRule: run.stopRule ?? stopRule,
    forecast: forecastText,
    // Who brings a rule of his own knows which boots it is for.
    ...(run.stopRule === undefined ? { earlier } : {}),
    progress: context.progress,
    signal: context.signal,
    now: () => new Date(),
  });
  const analysis = analyzeInFull(recorded);
  return { folder, files: await writeReports(folder, analysis), report: analysis.report };
}
