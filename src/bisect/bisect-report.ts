// What a bisection says at its end.

import { relative } from 'node:path';
import { git, tryGit } from '../build/git.ts';
import type { Source } from '../build/source.ts';
import { SourceFault } from '../build/source-fault.ts';
import type { CommandContext } from '../cli/context.ts';
import { BootgaugeError } from '../model/errors.ts';
import { percent } from './answer.ts';
import type { BisectResult } from './git-bisect.ts';
import type { Journal } from './journal.ts';
import type { PairedRun } from './pair.ts';

export interface ToldBisection {
  readonly source: Source;
  readonly journal: Journal;
  readonly result: BisectResult;
  readonly context: CommandContext;
  /** Boots two commits in turn. */
  readonly measure: (base: string, head: string) => Promise<PairedRun>;
}

export const words = { good: 'fast', bad: 'slow', skip: 'passed over' } as const;

/** The report: the commit, what it costs against its parent, where, and how it was found. */
export async function tellBisection(bisection: ToldBisection): Promise<void> {
  const { context, source, journal, result } = bisection;
  const tell = (lines: readonly string[]): void => context.out(lines.map((line) => `${line}\n`).join(''));
  const about = (commit: string, format: string): Promise<string> =>
    git(source.folder, ['log', '-1', `--format=${format}`, commit], { signal: context.signal });
  if (result.kind === 'among') {
    const lines = await Promise.all(result.commits.map((commit) => about(commit, '  %h %s')));
    tell(['It is one of these, of which some could not be judged:', ...lines, ...historyOf(journal)]);
    context.finish(3);
    return;
  }
  // At once: what follows may take long, be interrupted or fail.
  tell([`First slower commit: ${await about(result.commit, '%h %s%n  %an, %as')}`]);
  try {
    tell(await costOf(bisection, result.commit));
  } finally {
    tell(historyOf(journal));
  }
}

/** Every commit that was looked at, and how sure that is. */
export function historyOf({ tried }: Pick<Journal, 'tried'>): string[] {
  const skipped = tried.filter(({ answer }) => answer === 'skip').length;
  const guesses = tried.filter(({ uncertain }) => uncertain).length;
  const doubt =
    guesses === 0
      ? []
      : [
          `  not sure: of ${guesses} marked with ? more boots did not tell on which side of the slowdown`,
          '  they lie, and they were counted to the nearer half; there may be more than one slower commit',
        ];
  return [
    ...doubt,
    '',
    `Looked at ${tried.length} commits${skipped > 0 ? `, ${skipped} of them passed over` : ''}:`,
    ...tried.flatMap(({ commit, subject, answer, because, uncertain }) => [
      `  ${commit.slice(0, 10)} ${`${words[answer]}${uncertain ? '?' : ''}`.padEnd(11)} ${subject}`,
      `             ${because}`,
    ]),
    '',
  ];
}

/** Never fails for what keeps the cost from being measured: the answer stands. */
async function costOf({ source, context, journal, measure }: ToldBisection, commit: string): Promise<string[]> {
  const { signal } = context;
  const metric = journal.step?.metric ?? '';
  let parent = '';
  try {
    const answer = await tryGit(source.folder, ['rev-parse', '--verify', '--quiet', `${commit}^`], { signal });
    if (answer.code !== 0) return ['  it has no parent to be compared with'];
    parent = answer.stdout.trim().slice(0, 10);
    const { report, folder } = await measure(answer.stdout.trim(), commit);
    const comparison = report.comparisons.find((one) => one.metric === metric);
    if (comparison?.ratio == null) return [`  its parent ${parent} cannot be measured: ${report.verdict.because}`];
    const { ratio, interval } = comparison;
    const range = interval === null ? '' : ` [${percent(interval.low)}, ${percent(interval.high)}]`;
    const where =
      report.where?.phases.map(({ name, differenceMs }) => `${name} ${signed(differenceMs)}`).join(', ') ?? '';
    return [
      `  ${metric} ${percent(ratio)}${range} against its parent ${parent}`,
      ...(where === '' ? [] : [`  where: ${where}`]),
      `  run: ${relative(context.folder, folder) || folder}`,
    ];
  } catch (error) {
    if (signal.aborted || !(error instanceof BootgaugeError)) throw error;
    if (!(error instanceof SourceFault))
      return [`  what it costs against its parent was not measured: ${error.message}`];
    return [`  its parent ${parent} does not build, so what it costs alone is not known`];
  }
}

const signed = (milliseconds: number): string => `${milliseconds < 0 ? '' : '+'}${Math.round(milliseconds)} ms`;
