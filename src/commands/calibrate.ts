// bootgauge calibrate: what the decision rule can see on this machine, by resampling a run in which nothing changed.

import { type Command, Option } from 'commander';
import { judgeInputs } from '../analyze.ts';
import type { CommandContext } from '../cli/context.ts';
import { wholeNumber } from '../cli/option-values.ts';
import { terminalStyle } from '../cli/terminal-style.ts';
import { writePicture } from '../cli/write-picture.ts';
import { calibrationText, powerCurve } from '../report/calibration.ts';
import { randomFrom } from '../stats/random.ts';
import { findRun, readRun } from '../store/run-folder.ts';
import { calibrate } from '../trend/calibrate.ts';

interface CalibrateOptions {
  readonly reports: number;
  readonly seed: number;
  readonly svg?: string;
  readonly json?: boolean;
}

export function defineCalibrate(command: Command, context: CommandContext): void {
  command
    .argument('[run]', 'folder or id of a run in which nothing changed; default: the newest one')
    .description(
      'Resamples a recorded run in which nothing changed (the same binary on both sides, or one side only), slows one side\n' +
        'down by a known amount, and applies the real stop rule and verdict. Shows the rate of false alarms, the smallest\n' +
        'slowdown that is found 95 % of the time with n pairs, and which settings to use. The run needs at least 10 rounds.',
    )
    .addOption(
      new Option('--reports <n>', 'simulated reports for the rate of false alarms')
        .argParser(wholeNumber(1, 9_999_999))
        .default(2000),
    )
    .addOption(new Option('--seed <n>', 'seed of the random numbers').argParser(wholeNumber(1, 9_999_999)).default(1))
    .option('--svg <file>', 'write the power curve as a picture')
    .option('--json', 'print the figures as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  bootgauge run --boots 20 --max-boots 20 && bootgauge calibrate --svg power.svg',
    )
    .action((name: string | undefined, options: CalibrateOptions) => calibrateRun(name, options, context));
}

async function calibrateRun(
  name: string | undefined,
  options: CalibrateOptions,
  context: CommandContext,
): Promise<void> {
  const run = await readRun(await findRun(context.folder, name));
  context.progress({ kind: 'note', text: 'Resampling the run: this takes a minute or two.' });
  const calibrations = judgeInputs(run).map((input) =>
    calibrate(input, { random: randomFrom(options.seed), reports: options.reports, pairs: triedPairs }),
  );
  if (options.json === true) context.out(`${JSON.stringify(calibrations, null, 2)}\n`);
  else context.out(calibrations.map((entry) => calibrationText(entry, terminalStyle(context))).join('\n'));
  const [first] = calibrations;
  if (options.svg === undefined || first === undefined) return;
  await writePicture(options.svg, powerCurve(first), context);
}

const triedPairs = [6, 9, 12, 18, 24, 36, 48];
