// Trying one commit: built, booted in turn with good, answered. Only what the commit itself is at fault for skips it; what good, bad
// or the machine is at fault for is thrown, so that it is not remembered and the same command tries the commit again.
import { SourceFault } from '../build/faults.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { AcceleratorFault } from '../qemu/accelerator.ts';
import { answerOf, lookForStep, type NoStep, nearestAnswer, type Step, stepOf } from './answer.ts';
import type { Journal, Tried } from './journal.ts';
import type { Pair, PairedRun } from './pair.ts';

export interface Trial {
  readonly journal: Journal;
  readonly step: Step;
  subjectOf(commit: string): Promise<string>;
  /** Answers the content: equal ones need no boot. */
  build(commit: string): Promise<string>;
  /** Boots good and a commit in turn, `more` times as often as usual. */
  measure(commit: string, more: number): Promise<PairedRun>;
}

/** What bad costs compared with good: without it there is nothing to look for. The ends are as the user named them. */
export async function findStep(
  { good, bad, metric }: { readonly good: string; readonly bad: string; readonly metric: string | undefined },
  measure: (pair: Required<Pick<Pair, 'more' | 'look'>>) => Promise<PairedRun>,
): Promise<Step> {
  let step: Step | NoStep = { because: '', open: true };
  for (const more of [1, 2]) {
    // The report's own rule ends a run at any metric, number or phase that is slower, or beyond its ceiling.
    const { report } = await measure({ more, look: (soFar) => lookForStep(soFar, metric) });
    step = stepOf(report, metric);
    if ('metric' in step) return step;
    if (report.verdict.rule === 'base-never-booted') throw measurementError(`${good} does not boot: ${step.because}`);
    if (!step.open) break;
  }
  const hint = 'take more boots (--boots, --max-boots), or name other commits';
  throw usageError(`${bad} is not slower than ${good}: ${step.because}`, hint);
}

export async function tryCommit(commit: string, trial: Trial): Promise<Tried> {
  const { journal, build } = trial;
  const tried = { commit, subject: await trial.subjectOf(commit), digest: '', run: '', uncertain: false };
  // Before the commit: what keeps these from being built would be booked on it.
  const good = await endContent('good', journal.good, trial);
  const bad = await endContent('bad', journal.bad, trial);
  let digest: string;
  try {
    digest = await build(commit);
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error;
    return { ...tried, answer: 'skip', because: `does not build: ${error.message.split('\n')[0]}` };
  }
  const built = { ...tried, digest };
  if (digest === good) return { ...built, answer: 'good', because: 'builds the same bytes as good' };
  if (digest === bad) return { ...built, answer: 'bad', because: 'builds the same bytes as bad' };
  const known = journal.tried.find((one) => one.digest === digest);
  if (known !== undefined) {
    const because = `builds the same bytes as ${known.commit.slice(0, 10)}`;
    return { ...built, answer: known.answer, because, uncertain: known.uncertain };
  }
  try {
    return { ...built, ...(await booted(commit, trial)) };
  } catch (error) {
    if (!(error instanceof AcceleratorFault) || error.content !== digest) throw error;
    return { ...built, answer: 'skip', because: `does not boot: ${error.message}` };
  }
}

/** Good and bad were built and booted before anything else. */
async function endContent(name: 'good' | 'bad', commit: string, { build }: Trial): Promise<string> {
  try {
    return await build(commit);
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error;
    const [what, ...rest] = error.message.split('\n');
    const message = [`${name} ${commit.slice(0, 10)}, which was built before, cannot be built now: ${what}`, ...rest];
    throw measurementError(message.join('\n'), error.hint, error);
  }
}

async function booted(
  commit: string,
  { step, measure }: Trial,
): Promise<Pick<Tried, 'answer' | 'because' | 'run' | 'uncertain'>> {
  let { report, folder: run } = await measure(commit, 1);
  let answered = answerOf(report, step);
  if (answered.answer === 'undecided') {
    ({ report, folder: run } = await measure(commit, 2));
    answered = nearestAnswer(report, step);
  }
  const { answer, because, uncertain = false } = answered;
  if (answer === 'undecided' || answer === 'unmeasured') {
    throw measurementError(
      `${commit.slice(0, 10)} cannot be judged: ${because}`,
      'run the same command to try it again',
    );
  }
  return { answer, because, run, uncertain };
}
