// bootgauge soak: boots until it is known how often a boot fails.
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { addFormatOption, concludeWith, type FormatOptions } from '../cli/format-option.ts';
import { lockFor } from '../cli/machine.ts';
import { quantity } from '../cli/option-values.ts';
import { addBuildOptions, addScenarioOptions, type ScenarioOptions, scenariosFor } from '../cli/scenario-options.ts';
import { soaked } from '../config/soak.ts';
import { runScenarios } from '../measure/measure.ts';
import { usageError } from '../model/errors.ts';
import { type Load, loadSchema } from '../model/scenario.ts';
import { parseDuration } from '../model/units.ts';
import { acquireProjectLock } from '../store/project-lock.ts';

interface SoakOptions extends ScenarioOptions, FormatOptions {
  readonly for?: number;
  readonly load: Load;
  readonly restart?: true;
}

export function defineSoak(command: Command, context: CommandContext): void {
  command
    .argument('[scenario]', 'a scenario from bootgauge.yml; default: the only one')
    .description(
      'Boots a scenario again and again and says how often a boot fails, with a bound that holds whenever you stop. With two\n' +
        'sides (base: and head:, or --base) both boot in turn, until it is sure which one fails more often. Exits with 1 when a\n' +
        'boot failed; with two sides, when head surely fails more often than base. Every boot is kept, with the console and,\n' +
        'where one hung, an autopsy. To go on with a soak that was interrupted, run the same command again.',
    )
    .option(
      '--for <time>',
      'boot for this long, such as "2h"; with --boots, whichever ends first',
      quantity(parseDuration),
    )
    .addOption(
      new Option('--load <kind>', 'keep the guest busy for 10 s after each boot')
        .choices(loadSchema.options)
        .default('none'),
    )
    .option('--restart', 'begin anew although there is an unfinished soak')
    .addHelpText(
      'after',
      `
Examples:
  bootgauge soak --boots 400                    400 boots without a failure: under 0.75 % fail, at 95 %
  bootgauge soak venus --for 2h --load gpu      two hours, each boot asked for Vulkan for ten seconds
  bootgauge soak --base main... --for 8h        in a checkout of QEMU: does this branch fail more often than main?`,
    );
  addScenarioOptions(command);
  for (const option of command.options) {
    if (option.long === '--boots') option.description = 'boots of each side, at most';
    if (foreign.includes(option.long ?? '')) option.hideHelp();
  }
  addBuildOptions(command);
  command.optionsGroup('Report:');
  addFormatOption(command).action((name: string | undefined, options: SoakOptions) => soak(name, options, context));
}

/** They say how many boots a comparison of times needs. */
const foreign: readonly string[] = ['--warmup', '--max-boots', '--time-budget'];

async function soak(name: string | undefined, options: SoakOptions, context: CommandContext): Promise<void> {
  if (options.for === undefined && options.boots === undefined)
    throw usageError('a soak needs an end', 'say how long, with --for 2h, or how many boots, with --boots 400');
  if ([options.warmup, options.maxBoots, options.timeBudget].some((given) => given !== undefined))
    throw usageError(`a soak has no ${foreign.join(', ')}`, 'say how long with --for, or how many boots with --boots');
  const { config, scenarios } = await scenariosFor(name === undefined ? [] : [name], options, context);
  const [scenario, ...others] = scenarios;
  if (scenario === undefined || others.length > 0)
    throw usageError(
      'a soak boots one scenario',
      `name it: bootgauge soak ${scenarios.map(({ id }) => id).join(' or ')}`,
    );
  const length = { boots: options.boots ?? null, timeMs: options.for ?? null };
  await using _machine = await lockFor(options, context);
  await using _soak = await acquireProjectLock(config.folder, join(config.folder, '.bootgauge', 'soak.lock'), {
    ...{ progress: context.progress, signal: context.signal, what: 'a soak of this project' },
    hint: 'make it writable: the soak is recorded there',
  });
  const { files, report } = await runScenarios({
    ...{ config, scenarios: [soaked(scenario, length, options.load)], onUndecided: 'pass', context },
    offline: options.offline ?? false,
    resume: !options.restart,
  });
  concludeWith(report, options, context, files);
}
