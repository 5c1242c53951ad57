// bootgauge baseline: accepts a recorded run as a session to compare with, and lists what there is.
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { wholeNumber } from '../cli/option-values.ts';
import { loadConfig } from '../config/config.ts';
import { acceptAsBaseline } from '../measure/sessions.ts';
import type { BaselineSession } from '../model/baseline.ts';
import { usageError } from '../model/errors.ts';
import { formatCount } from '../model/units.ts';
import { baselineFiles, readBaseline } from '../store/baseline-file.ts';
import { findRun, readRun } from '../store/run-folder.ts';
import { movedSinceAnchor } from '../trend/levels.ts';

interface AcceptOptions {
  readonly intended?: string;
  readonly force?: string;
  readonly config?: string;
  readonly keep?: number;
}

export function defineBaseline(command: Command, context: CommandContext): void {
  command.description(
    'Baselines are earlier runs to compare with. They are files of the repository, baselines/<machine>/<scenario>.jsonl, with one\n' +
      'line for each session. Commit them.',
  );
  command
    .command('accept')
    .argument('[run]', 'folder or id of a run; default: the newest one')
    .summary('add a run to the baselines of its machine')
    .description(
      'Adds the head boots of a run as a session to baselines/<machine>/<scenario>.jsonl and keeps the newest sessions.\n' +
        'A run that is slower or failed is refused, unless --intended says why it is accepted. So is one whose boots are a poor\n' +
        'reference (some failed, were stamped late, are far slower than the others or spread more widely than base): --force.',
    )
    .option('-c, --config <file>', 'configuration whose folder holds baselines/')
    .option('--intended <reason>', 'accept a slower run, for this reason')
    .option('--force <reason>', 'accept a run whose boots are suspect, for this reason')
    .option('--keep <n>', 'sessions to keep (default: 20)', wholeNumber(1, 999_999))
    .action((name: string | undefined, options: AcceptOptions) => accept(name, options, context));
  command
    .command('list')
    .summary('list the baselines of this repository')
    .description(
      'Shows every file of baselines/ by machine and scenario: how many sessions it holds, and the newest one.',
    )
    .option('-c, --config <file>', 'configuration whose folder holds baselines/')
    .option('--json', 'print the list as JSON')
    .action((options: ListOptions) => list(options, context));
}

async function accept(name: string | undefined, options: AcceptOptions, context: CommandContext): Promise<void> {
  const intended = reasonOf('--intended', options.intended);
  const forced = reasonOf('--force', options.force);
  const folder = baselinesFolder(options, context);
  const run = await readRun(await findRun(context.folder, name));
  for await (const { path, sessions, metric } of acceptAsBaseline(run, {
    folder,
    intended,
    forced,
    keep: options.keep,
  })) {
    const moved = movedText(sessions, metric);
    context.out(`${relative(context.folder, path) || path}: ${formatCount(sessions.length, 'session')}${moved}\n`);
  }
}

function reasonOf(option: string, given: string | undefined): string {
  const reason = given?.trim() ?? '';
  if (given === undefined || reason !== '') return reason;
  throw usageError(`${option} is empty`, 'say in a few words why the run is accepted; the baseline keeps them');
}

/** Steps that are each too small to be refused are told as a whole. */
function movedText(sessions: readonly BaselineSession[], metric: string): string {
  const moved = movedSinceAnchor(sessions, metric);
  if (moved === null) return '';
  const percent = (100 * (moved - 1)).toFixed(1);
  return `; ${metric} has moved by ${moved < 1 ? '' : '+'}${percent} % since this level began (its first 5 sessions against the last 3)`;
}

interface ListOptions extends Pick<AcceptOptions, 'config'> {
  readonly json?: true;
}

async function list(options: ListOptions, context: CommandContext): Promise<void> {
  const folder = baselinesFolder(options, context);
  const found = await Promise.all(
    baselineFiles(folder).map(async (file) => {
      const sessions = await readBaseline(join(folder, file));
      const newest = sessions.at(-1);
      return { file, sessions: sessions.length, recordedAt: newest?.recordedAt ?? null, run: newest?.run ?? null };
    }),
  );
  if (options.json) {
    context.out(`${JSON.stringify(found, null, 2)}\n`);
    return;
  }
  if (found.length === 0) context.out('no baselines yet: `bootgauge baseline accept` makes one from the newest run\n');
  for (const { file, sessions, recordedAt, run } of found) {
    const count = formatCount(sessions, 'session');
    context.out(`${file}  ${count}, newest ${recordedAt ?? 'none'} (run ${run ?? 'none'})\n`);
  }
}

const baselinesFolder = (options: Pick<AcceptOptions, 'config'>, context: CommandContext): string =>
  loadConfig(context.folder, options.config).folder;
