// What a bisection says at its end.
import { relative } from 'node:path';
import type { BisectResult } from '../build/bisect.ts';
import type { Source } from '../build/source.ts';
import { BootgaugeError } from '../model/errors.ts';
import type { ScenarioReport } from '../model/report.ts';
import { percent } from './bisect-answer.ts';
import type { Journal } from './bisect-journal.ts';
import type { CommandContext } from './context.ts';

export interface ToldBisection {
  readonly source: Source;
  readonly journal: Journal;
  readonly result: BisectResult;
  readonly context: CommandContext;
  /** Boots two commits in turn. */
  readonly measure: (
    base: string,
    head: string,
  ) => Promise<{ readonly report: ScenarioReport; readonly folder: string }>;
}

export const words = { good: 'fast', bad: 'slow', skip: 'passed over' } as const;

/** The report: the commit, what it costs against its parent, where, and how it was found. */
export async function tellBisection(bisection: ToldBisection): Promise<void> {
  const { context, source, journal, result } = bisection;
  const { git } = await import('../build/git.ts');
  const ask = (...asked: string[]): Promise<string> => git(source.folder, asked, { signal: context.signal });
  const skipped = journal.tried.filter(({ answer }) => answer === 'skip');
  const history = [
    '',
    `Looked at ${journal.tried.length} commits${skipped.length > 0 ? `, ${skipped.length} of them passed over` : ''}:`,
    ...journal.tried.map(
      ({ commit, subject, answer, because }) =>
        `  ${commit.slice(0, 10)} ${words[answer].padEnd(11)} ${subject}\n             ${because}`,
    ),
    '',
  ];
  if (result.kind === 'among') {
    const lines = await Promise.all(result.commits.map((commit) => ask('log', '-1', '--format=  %h %s', commit)));
    context.out(`It is one of these, of which some could not be judged:\n${[...lines, ...history].join('\n')}\n`);
    context.finish(3);
    return;
  }
  const { commit } = result;
  const about = await ask('log', '-1', '--format=%h %s%n  %an, %as', commit);
  context.out(`${[`First slower commit: ${about}`, ...(await costOf(bisection, commit)), ...history].join('\n')}\n`);
}

async function costOf(bisection: ToldBisection, commit: string): Promise<string[]> {
  const { context, journal } = bisection;
  const { SourceFault } = await import('../build/source-fault.ts');
  const metric = journal.step?.metric ?? '';
  const { git } = await import('../build/git.ts');
  const parent = await git(bisection.source.folder, ['rev-parse', `${commit}^`], { signal: context.signal });
  try {
    const { report, folder } = await bisection.measure(parent, commit);
    const comparison = report.comparisons.find((one) => one.metric === metric);
    if (comparison?.ratio == null)
      return [`  its parent ${parent.slice(0, 10)} cannot be measured: ${report.verdict.because}`];
    const { ratio, interval } = comparison;
    const range = interval === null ? '' : ` [${percent(interval.low)}, ${percent(interval.high)}]`;
    const where =
      report.where?.phases.map(({ name, differenceMs }) => `${name} ${signed(differenceMs)}`).join(', ') ?? '';
    return [
      `  ${metric} ${percent(ratio)}${range} against its parent ${parent.slice(0, 10)}`,
      ...(where === '' ? [] : [`  where: ${where}`]),
      `  run: ${relative(context.folder, folder) || folder}`,
    ];
  } catch (error) {
    if (context.signal.aborted || !(error instanceof BootgaugeError)) throw error;
    // The answer stands, whatever keeps its cost from being measured.
    if (!(error instanceof SourceFault))
      return [`  what it costs against its parent was not measured: ${error.message}`];
    return [`  its parent ${parent.slice(0, 10)} does not build, so what it costs alone is not known`];
  }
}

const signed = (milliseconds: number): string => `${milliseconds < 0 ? '' : '+'}${Math.round(milliseconds)} ms`;
