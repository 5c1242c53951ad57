// bootgauge diff: what stands under two recorded runs, or the two sides of one, and is not the same.
import type { Command } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { terminalStyle } from '../cli/terminal-style.ts';
import { usageError } from '../model/errors.ts';
import type { RecordedRun } from '../model/run.ts';
import { movedText } from '../report/moved.ts';
import { type PartsDifference, partsDifferences } from '../runs/parts.ts';
import { findRun, readRun } from '../store/run-folder.ts';

export function defineDiff(command: Command, context: CommandContext): void {
  command
    .argument('<before>', 'folder or id of a run')
    .argument('[after]', 'folder or id of a later run; default: head of the first run, after its base')
    .description(
      'Shows what stands under the head boots of two runs and is not the same: QEMU, firmware, graphics libraries and drivers,\n' +
        'the system, the kernel, the ramdisk and the packages of the guest, by version and digest; what guest and host agreed on\n' +
        'of the Venus protocol first. What a run did not record is told. Of a single run base and head are shown.',
    )
    .option('--json', 'print the differences as JSON')
    .action(async (before: string, after: string | undefined, options: { readonly json?: true }) => {
      const old = await read(before, context);
      const now = after === undefined ? old : await read(after, context);
      const differences = partsDifferences(old, now);
      if (differences.length === 0) throw nothingToCompare(old, now);
      const names = after === undefined ? ['base', 'head'] : [`run ${old.id}`, `run ${now.id}`];
      context.out(
        options.json === true
          ? `${JSON.stringify({ before: names[0], after: names[1], scenarios: differences }, null, 2)}\n`
          : textOf(differences, names as [string, string], context),
      );
    });
}

const read = async (name: string, { folder }: CommandContext): Promise<RecordedRun> =>
  readRun(await findRun(folder, name));

function textOf(
  differences: readonly PartsDifference[],
  [before, after]: readonly [string, string],
  context: CommandContext,
): string {
  const style = terminalStyle(context);
  return differences.map((difference) => movedText(difference, { before, after }, style)).join('\n');
}

function nothingToCompare(old: RecordedRun, now: RecordedRun): Error {
  const first = old.scenarios.map(({ scenario }) => scenario.id).join(', ');
  return old === now
    ? usageError(`run ${old.id} has no base`, 'name a second run to compare it with')
    : usageError(`runs ${old.id} and ${now.id} have no scenario in common`, `the first one has: ${first}`);
}
