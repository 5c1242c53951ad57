// bootgauge run: boots the scenarios, judges them, writes the reports, and ends with the verdict's exit code.
import { type Command, Option } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { addFormatOption, concludeWith, type FormatOptions } from '../cli/format-option.ts';
import { lockFor } from '../cli/machine.ts';
import { wholeNumber } from '../cli/option-values.ts';
import { addBuildOptions, addScenarioOptions, type ScenarioOptions, scenariosFor } from '../cli/scenario-options.ts';
import { withAttribution } from '../config/attribution.ts';
import { withCounting } from '../config/counting.ts';
import { runScenarios } from '../measure/measure.ts';

interface RunOptions extends ScenarioOptions, FormatOptions {
  readonly onUndecided?: 'pass' | 'fail';
  readonly explain?: number;
  readonly count?: number;
}

export function defineRun(command: Command, context: CommandContext): void {
  command
    .argument('[scenario...]', 'scenarios from bootgauge.yml; default: all but those marked only-when-named')
    .description(
      'Boots every scenario several times, shows where the time goes, gives a verdict and writes the reports to\n' +
        '.bootgauge/runs. A scenario with base: and head: boots both sides in turn and compares them; any other is compared\n' +
        'with the sessions in baselines/, if there are any for this machine. Without a configuration it boots the reference\n' +
        'guest with the reference QEMU; both are assembled on first use.',
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
  command.option(
    '--explain <n>',
    'add n boots with a verbose console for `bootgauge blame`; they do not count for the verdict',
    wholeNumber(1, 999),
  );
  command.option(
    '--count <n>',
    'add n boots a side that count how many instructions the guest runs, on one CPU under TCG; no verdict comes of them',
    wholeNumber(1, 999),
  );
  addBuildOptions(command);
  command.optionsGroup('Verdict:');
  addFormatOption(command)
    .addOption(
      new Option('--on-undecided <what>', 'whether an undecided verdict passes or fails').choices(['pass', 'fail']),
    )
    .action(async (names: string[], options: RunOptions) => {
      const { config, scenarios } = await scenariosFor(names, options, context);
      // Both look at the timed scenarios alone, and come after them.
      const counted = options.count === undefined ? scenarios : withCounting(scenarios, options.count);
      const all = options.explain === undefined ? counted : withAttribution(counted, options.explain);
      await using _machine = await lockFor(options, context);
      const { files, report } = await runScenarios({
        config,
        scenarios: all,
        onUndecided: options.onUndecided ?? config.onUndecided,
        context,
        offline: options.offline ?? false,
      });
      concludeWith(report, options, context, files);
    });
}
