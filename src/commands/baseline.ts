// bootgauge baseline: accepts a recorded run as a session to compare with, and lists what there is.

import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { analyze, seriesOf, vulkanIdentityOf } from '../analyze.ts';
import type { CommandContext } from '../cli/context.ts';
import { loadConfig } from '../config/config.ts';
import { usageError } from '../model/errors.ts';
import type { RecordedRun, RecordedScenario } from '../model/run.ts';
import { addSession, readBaseline } from '../store/baseline-file.ts';
import { findRun, readRun } from '../store/run-folder.ts';
import { sessionOf } from '../trend/session.ts';

interface AcceptOptions {
  readonly intended?: string;
  readonly config?: string;
  readonly keep?: number;
}

export function defineBaseline(command: Command, context: CommandContext): void {
  command.description(
    'Baselines are files of the repository, baselines/<machine>/<scenario>.jsonl, one line a session. Commit them.',
  );
  command
    .command('accept')
    .argument('[run]', 'folder or id of a run; default: the newest one')
    .summary('add a run to the baselines of its machine')
    .description(
      'Adds the head boots of a run as a session to baselines/<machine>/<scenario>.jsonl and keeps the newest of them.\n' +
        'A run that was judged slower or failed is refused, unless --intended says why the change is wanted.',
    )
    .option('-c, --config <file>', 'configuration whose folder holds baselines/')
    .option('--intended <reason>', 'accept a regression, for this reason')
    .option('--keep <n>', 'sessions to keep (default: 20)', sessionCount)
    .action((name: string | undefined, options: AcceptOptions) => accept(name, options, context));
  command
    .command('list')
    .summary('list the baselines of this repository')
    .description(
      'Shows every file of baselines/ by machine and scenario: how many sessions it holds, and the newest one.',
    )
    .option('-c, --config <file>', 'configuration whose folder holds baselines/')
    .action((options: AcceptOptions) => list(options, context));
}

async function accept(name: string | undefined, options: AcceptOptions, context: CommandContext): Promise<void> {
  const intended = options.intended?.trim() ?? '';
  if (options.intended !== undefined && intended === '') {
    throw usageError(
      '--intended is empty',
      'Say in a few words why the slowdown is wanted: it is kept in the baseline.',
    );
  }
  const folder = await baselinesFolder(options, context);
  const run = await readRun(await findRun(context.folder, name));
  if (run.scenarios.some(({ baselinePath }) => baselinePath === '')) {
    throw usageError(`run ${run.id} is a study and no baseline`, 'Name the run that is meant.');
  }
  if (!run.finished) {
    throw usageError(`run ${run.id} was interrupted and is no baseline`, 'Record it again with `bootgauge run`.');
  }
  const report = analyze(run);
  for (const [index, { verdict }] of report.scenarios.entries()) {
    const id = run.scenarios[index]?.scenario.id;
    if (verdict.word === 'incomparable' || intended !== '') continue;
    if (verdict.word === 'slower' || verdict.word === 'failed') {
      throw usageError(
        `run ${run.id} is not accepted: ${id} is ${verdict.word} (${verdict.because})`,
        'If the change is wanted: bootgauge baseline accept --intended "why"',
      );
    }
  }
  // Everything is checked before the first file is written.
  const timing = run.scenarios.filter(({ scenario }) => scenario.profile === 'timing');
  if (timing.length === 0) {
    throw usageError(
      `run ${run.id} is no baseline: a verbose console makes the boot itself slower`,
      'Record one with `bootgauge run`, without --profile attribution.',
    );
  }
  for (const recorded of timing) checkUsable(run, recorded);
  for (const recorded of timing) await addTo({ folder, run, recorded, intended, keep: options.keep, context });
}

function sessionCount(text: string): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new InvalidArgumentError('Expected a whole number from 1 on.');
  return number;
}

function checkUsable(run: RecordedRun, { scenario, boots }: RecordedScenario): void {
  const measured = boots.filter((boot) => boot.side === 'head' && !boot.warmup);
  if (measured.some((boot) => boot.outcome.kind === 'ready')) return;
  throw usageError(
    `run ${run.id} is not accepted: no measured boot of ${scenario.id} became ready`,
    'Mend the boot first: `bootgauge analyze` shows how each one ended.',
  );
}

interface Addition {
  readonly folder: string;
  readonly run: RecordedRun;
  readonly recorded: RecordedScenario;
  readonly intended: string;
  readonly keep: number | undefined;
  readonly context: CommandContext;
}

async function addTo({ folder, run, recorded, intended, keep, context }: Addition): Promise<void> {
  const path = join(folder, recorded.baselinePath);
  const session = sessionOf({
    run,
    scenario: recorded.scenario,
    conditions: recorded.conditions.head,
    series: seriesOf(recorded).head,
    vulkan: vulkanIdentityOf(recorded),
    intended,
  });
  const sessions = await addSession(path, session, keep);
  const count = sessions.length === 1 ? '1 session' : `${sessions.length} sessions`;
  context.out(`${relative(context.folder, path) || path}: ${count}\n`);
}

async function list(options: AcceptOptions, context: CommandContext): Promise<void> {
  const folder = await baselinesFolder(options, context);
  const files = globSync('baselines/*/*.jsonl', { cwd: folder }).sort();
  if (files.length === 0) context.out('no baselines yet: `bootgauge baseline accept` makes one from the newest run\n');
  for (const file of files) {
    const sessions = await readBaseline(join(folder, file));
    const newest = sessions.at(-1);
    const count = sessions.length === 1 ? '1 session' : `${sessions.length} sessions`;
    context.out(`${file}  ${count}, newest ${newest?.recordedAt ?? 'none'} (run ${newest?.run ?? 'none'})\n`);
  }
}

async function baselinesFolder(options: AcceptOptions, context: CommandContext): Promise<string> {
  return loadConfig(context.folder, options.config).folder;
}
