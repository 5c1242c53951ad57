// The options by which any command that boots says what to boot: which file, which scenarios, and what differs this once.

import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Config, loadConfig } from '../config/config.ts';
import { qemuChoice } from '../config/qemu.ts';
import { type Overrides, scenariosOf } from '../config/scenarios.ts';
import { defined } from '../model/defined.ts';
import { usageError } from '../model/errors.ts';
import { type BareKind, bareKinds } from '../model/guests/guests.ts';
import type { Scenario } from '../model/scenario.ts';
import { parseDuration } from '../model/units.ts';
import type { CommandContext } from './context.ts';
import { memorySize, quantity, wholeNumber } from './option-values.ts';

/** What commander hands to the action of a command with these options. */
export interface ScenarioOptions {
  readonly config?: string;
  readonly guest?: BareKind;
  readonly accel?: NonNullable<Overrides['accel']>;
  readonly cpus?: number;
  readonly memory?: number;
  readonly gpu?: NonNullable<Overrides['gpu']>;
  readonly append?: string;
  /** true: the option stood there without a value. */
  readonly qemu?: string | true;
  readonly profile?: NonNullable<Overrides['profile']>;
  readonly markers?: string;
  readonly offline?: true;
  /** false: `--no-lock`. */
  readonly lock: boolean;
  readonly warmup?: number;
  readonly boots?: number;
  readonly maxBoots?: number;
  readonly timeBudget?: number;
  readonly timeout?: number;
  readonly base?: string;
  readonly head?: string;
  readonly basePatch?: readonly string[];
  readonly headPatch?: readonly string[];
}

/** Two sides from source, for the commands that compare. */
export function addBuildOptions(command: Command): Command {
  return command
    .optionsGroup('Build QEMU from source (qemu: in the configuration says how) and compare two sides:')
    .option('--base <ref>', 'commit, branch or tag of the base side; "main..." is the merge base with main')
    .option('--head <ref>', 'the same for the head side; default: the work tree, with uncommitted changes')
    .option('--base-patch <file>', 'patch for the base side, relative to the current folder; may be repeated', several)
    .option('--head-patch <file>', 'patch for the head side, relative to the current folder; may be repeated', several);
}

function several(file: string, before: readonly string[] = []): readonly string[] {
  return [...before, file];
}

/** Adds the `[scenario...]` argument's companions. The command itself declares the argument. */
export function addScenarioOptions(command: Command): Command {
  return command
    .option(
      '-c, --config <file>',
      'configuration file; default: bootgauge.yml here or above, up to the top of the repository',
    )
    .optionsGroup('What to boot (overrides the configuration):')
    .addOption(new Option('--guest <kind>', 'kind of guest').choices(bareKinds))
    .addOption(new Option('--accel <name>', 'accelerator').choices(['auto', 'hvf', 'kvm', 'tcg']))
    .option('--cpus <n>', 'processors of the guest', wholeNumber(1, 512))
    .option('--memory <size>', 'memory of the guest, such as "1 GiB" or 512MiB', memorySize)
    .addOption(new Option('--gpu <kind>', 'graphics device').choices(['none', 'plain', 'venus']))
    .option('--append <text>', 'text to add to the kernel command line')
    .option('--qemu [file]', 'your own QEMU; without a file, the one on PATH')
    .addOption(
      new Option('--profile <name>', 'quiet console (timing) or verbose console (attribution)').choices([
        'timing',
        'attribution',
      ]),
    )
    .option('--markers <name>', 'marker profile that finds the phases on the console')
    .option('--offline', 'download nothing; what the cache lacks is an error')
    .option('--no-lock', 'do not wait for other measurements on this machine, and let others begin')
    .optionsGroup('How many boots:')
    .option('--warmup <n>', 'warm-up boots per side, which are not counted', wholeNumber(0, 100))
    .option('-n, --boots <n>', 'fewest measured boots per side', wholeNumber(1, 10_000))
    .option('--max-boots <n>', 'most measured boots per side', wholeNumber(1, 10_000))
    .option('--time-budget <time>', 'start no new boot after this time, such as "4 min"', quantity(parseDuration))
    .option('--timeout <time>', 'longest time for a single boot, such as 120s', quantity(parseDuration));
}

/** The scenarios that the arguments and options of a command ask for, and the configuration they come from. `more` wins. */
export async function scenariosFor(
  names: readonly string[],
  options: ScenarioOptions,
  context: Pick<CommandContext, 'folder'>,
  more: Overrides = {},
): Promise<{ readonly config: Config; readonly scenarios: readonly Scenario[] }> {
  const config = loadConfig(context.folder, options.config);
  const overrides = { ...overridesOf(options, context), ...more };
  return { config, scenarios: scenariosOf(config, names, overrides) };
}

function overridesOf(options: ScenarioOptions, context: Pick<CommandContext, 'folder'>): Overrides {
  if (options.qemu === '') throw usageError('--qemu is empty', 'give a file, or --qemu alone for the one on PATH');
  return defined({
    guest: options.guest,
    accel: options.accel,
    cpus: options.cpus,
    memoryMiB: options.memory,
    gpu: options.gpu,
    append: options.append,
    qemu:
      options.qemu === undefined
        ? undefined
        : qemuChoice(options.qemu === true ? 'path' : options.qemu, context.folder),
    profile: options.profile,
    markers: options.markers,
    warmup: options.warmup,
    boots: options.boots,
    maxBoots: options.maxBoots,
    timeBudgetMs: options.timeBudget,
    totalDeadlineMs: options.timeout,
    ...sideBuilds(options, context),
  });
}

/** Paths of the command line are relative to where it was given. */
function sideBuilds(
  options: ScenarioOptions,
  { folder }: Pick<CommandContext, 'folder'>,
): Pick<Overrides, 'base' | 'head'> {
  const paths = (files: readonly string[] | undefined) => files?.map((file) => resolve(folder, file));
  const { base, head, basePatch, headPatch } = options;
  const pairs = [base, head, basePatch, headPatch].some((given) => given !== undefined);
  if (!pairs) return {};
  const patched = basePatch !== undefined || headPatch !== undefined;
  return {
    head: { ref: head, patches: paths(headPatch) },
    ...(base === undefined && !patched ? {} : { base: { ref: base, patches: paths(basePatch) } }),
  };
}
