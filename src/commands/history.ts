// bootgauge history: the accepted sessions of a scenario over time, and where their level changed.

import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { terminalStyle } from '../cli/terminal-style.ts';
import { writePicture } from '../cli/write-picture.ts';
import { loadConfig } from '../config/config.ts';
import { usageError } from '../model/errors.ts';
import type { History } from '../model/trend.ts';
import { historySvg } from '../report/trend-svg.ts';
import { historyText } from '../report/trend-text.ts';
import { baselineFiles, readBaseline } from '../store/baseline-file.ts';
import { historyOf, mainMetric } from '../trend/levels.ts';

interface HistoryOptions {
  readonly config?: string;
  readonly metric?: string;
  readonly machine?: string;
  readonly svg?: string;
  readonly json?: true;
}

export function defineHistory(command: Command, context: CommandContext): void {
  command
    .argument('[scenario...]', 'scenarios; default: all that have a baseline')
    .description(
      'Reads baselines/<machine>/<scenario>.jsonl and finds the sessions where the level changed, which shows a slow creep that\n' +
        'no single run does. Change points are found by PELT (Killick, Fearnhead and Eckley 2012) on the medians.',
    )
    .option('-c, --config <file>', 'configuration whose folder holds baselines/')
    .option('-m, --metric <name>', 'metric to follow; default: what makes the guest ready, mostly time-to-ssh')
    .option('--machine <name>', 'only this machine: a folder of baselines/')
    .option('--svg <file>', 'also write a picture')
    .option('--json', 'print the sessions and changes as JSON')
    .action((names: string[], options: HistoryOptions) => showHistory(names, options, context));
}

async function showHistory(names: readonly string[], options: HistoryOptions, context: CommandContext): Promise<void> {
  const { folder } = loadConfig(context.folder, options.config);
  const histories = await readHistories(folder, names, options);
  context.out(
    options.json ? `${JSON.stringify(histories, null, 2)}\n` : historyText(histories, terminalStyle(context)),
  );
  if (options.svg === undefined) return;
  await writePicture(options.svg, historySvg(histories), context);
}

async function readHistories(folder: string, names: readonly string[], options: HistoryOptions): Promise<History[]> {
  const chosen = baselineFiles(folder).filter((file) => {
    const machine = basename(dirname(file));
    const scenario = basename(file, '.jsonl');
    return (options.machine ?? machine) === machine && (names.length === 0 || names.includes(scenario));
  });
  if (chosen.length === 0) {
    throw usageError(
      `no baseline of ${names.length === 0 ? 'any scenario' : names.join(', ')} in ${join(folder, 'baselines')}`,
      '`bootgauge baseline accept` makes one from the newest run',
    );
  }
  const histories: History[] = [];
  for (const file of chosen) {
    const sessions = await readBaseline(join(folder, file));
    histories.push(historyOf({ file, metric: options.metric ?? mainMetric(sessions), sessions }));
  }
  return histories;
}
