// What a bisection prints at its end: the commit, what it costs compared with its parent, and every commit that was tested.

import { relative } from 'node:path';
import { SourceFault } from '../build/faults.ts';
import { git, tryGit } from '../build/git.ts';
import type { Source } from '../build/source.ts';
import type { CommandContext } from '../cli/context.ts';
import { BootgaugeError } from '../model/errors.ts';
import { formatCount } from '../model/units.ts';
import { percent } from './answer.ts';
import type { BisectResult } from './git-bisect.ts';
import type { Journal } from './journal.ts';
import type { Bisected, PairedRun } from './pair.ts';

export interface FinishedBisection {
  readonly source: Source;
  readonly of: Bisected;
  readonly journal: Journal;
  readonly result: BisectResult;
  readonly context: CommandContext;
  /** Boots two commits in turn. */
  readonly measure: (base: string, head: string) => Promise<PairedRun>;
}

export const answerWords = { good: 'fast', bad: 'slow', skip: 'skipped' } as const;

/** Throws what keeps the cost from being measured only when it is a fault of ours or an interruption: the answer stands. */
export async function printBisection(bisection: FinishedBisection): Promise<void> {
  const { context, source, of, journal, result } = bisection;
  const whose = of === null ? '' : ` of ${of}`;
  const print = (lines: readonly string[]): void => context.out(lines.map((line) => `${line}\n`).join(''));
  const about = (commit: string, format: string): Promise<string> =>
    git(source.folder, ['log', '-1', `--format=${format}`, commit], { signal: context.signal });
  if (result.kind === 'among') {
    const lines = await Promise.all(result.commits.map((commit) => about(commit, '  %h %s')));
    print([
      `The first slower commit${whose} is one of these; some of them could not be tested:`,
      ...lines,
      ...lookedAt(journal),
    ]);
    return;
  }
  // At once: what follows may take long, be interrupted or fail.
  print([`First slower commit${whose}: ${await about(result.commit, '%h %s%n  %an, %as')}`]);
  try {
    print(await costOf(bisection, result.commit));
  } finally {
    print(lookedAt(journal));
  }
}

/** Every commit that was tested, and how sure that is. */
export function lookedAt({ tried }: Pick<Journal, 'tried'>): string[] {
  const skipped = tried.filter(({ answer }) => answer === 'skip').length;
  const guesses = tried.filter(({ uncertain }) => uncertain).length;
  const doubt =
    guesses === 0
      ? []
      : [
          `  not certain: ${guesses} marked with ? stayed undecided even with more boots, and counted for the side`,
          '  that they were nearer to; there may be more than one slower commit',
        ];
  return [
    ...doubt,
    '',
    `Tested ${formatCount(tried.length, 'commit')}${skipped > 0 ? `, ${skipped} of them skipped` : ''}:`,
    ...tried.flatMap(({ commit, subject, answer, because, uncertain }) => [
      `  ${commit.slice(0, 10)} ${`${answerWords[answer]}${uncertain ? '?' : ''}`.padEnd(8)} ${subject}`,
      `             ${because}`,
    ]),
    '',
  ];
}

/** Never fails for what keeps the cost from being measured: the answer stands. */
async function costOf({ source, context, journal, measure }: FinishedBisection, commit: string): Promise<string[]> {
  const { signal } = context;
  const metric = journal.step?.metric ?? '';
  let parent = '';
  try {
    const answer = await tryGit(source.folder, ['rev-parse', '--verify', '--quiet', `${commit}^`], { signal });
    if (answer.code !== 0) return ['  it has no parent to compare with'];
    parent = answer.stdout.trim().slice(0, 10);
    const { report, folder } = await measure(answer.stdout.trim(), commit);
    const comparison = report.comparisons.find((one) => one.metric === metric);
    if (comparison?.ratio == null) return [`  its parent ${parent} cannot be measured: ${report.verdict.because}`];
    const { ratio, interval } = comparison;
    const range = interval === null ? '' : ` [${percent(interval.low)}, ${percent(interval.high)}]`;
    const where =
      report.where?.phases.map(({ name, differenceMs }) => `${name} ${signed(differenceMs)}`).join(', ') ?? '';
    return [
      `  ${metric} ${percent(ratio)}${range} compared with its parent ${parent}`,
      ...(where === '' ? [] : [`  where: ${where}`]),
      `  run: ${relative(context.folder, folder) || folder}`,
    ];
  } catch (error) {
    if (signal.aborted || !(error instanceof BootgaugeError)) throw error;
    if (!(error instanceof SourceFault))
      return [`  its cost compared with its parent was not measured: ${error.message}`];
    return [`  its parent ${parent} does not build, so its own cost is not known`];
  }
}

const signed = (milliseconds: number): string => `${milliseconds < 0 ? '' : '+'}${Math.round(milliseconds)} ms`;
