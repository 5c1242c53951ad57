// Shows a report on GitHub: annotations, job summary, comment. None of it can lose a verdict: what fails is a warning.
import { setTimeout as delay } from 'node:timers/promises';
import type { Report } from '../model/report.ts';
import type { Section } from '../report/markdown.ts';
import { annotationsOf } from './annotations.ts';
import { bringUpToDate, type CommentOutcome, type CommentPlace, commentAdvice } from './comment.ts';
import type { ActionEvent } from './event.ts';
import { commentLimit, fitSections, summaryLimit } from './fit.ts';
import type { CommentInputs } from './inputs.ts';
import { type Rest, RestError, restClient } from './rest.ts';
import { addSummary, writeAnnotation } from './runner.ts';

export function publishAnnotations(report: Report): void {
  for (const annotation of annotationsOf(report)) writeAnnotation(annotation);
}

/** A comment has no room for pictures. That of the worst scenario comes right after the title. */
export async function publishSummary(sections: readonly Section[], pictures: readonly Section[]): Promise<void> {
  const [title, ...others] = sections;
  const [first, ...more] = pictures;
  const shown = [title, first, ...others, ...more].filter((section) => section !== undefined);
  await addSummary(fitSections(shown, summaryLimit, 'The artifact holds the whole report.'));
}

export interface CommentPost {
  readonly event: ActionEvent;
  readonly place: CommentPlace;
  readonly inputs: CommentInputs;
  /** Whether there is something to say: a quiet mode makes no new comment without it. */
  readonly changed: boolean;
  readonly signal: AbortSignal;
}

/** Posts the comment; gives what became of it, or the warning to show. */
export async function publishComment(
  sections: readonly Section[],
  { event, place, inputs, changed, signal }: CommentPost,
): Promise<{ readonly outcome: CommentOutcome | null; readonly warning: string }> {
  const body = fitSections(sections, commentLimit, "The job summary and the run's artifact hold the whole report.");
  const { artifactName: key, commentAuthor: author, comment: mode, token } = inputs;
  try {
    const rest = restFor({ event, token, signal });
    const outcome = await bringUpToDate(rest, { place, key, author, mode, changed, body });
    return { outcome, warning: '' };
  } catch (error) {
    if (signal.aborted) return { outcome: null, warning: 'The comment was not updated: the step was interrupted.' };
    const advice = error instanceof RestError ? ` ${commentAdvice(error, place)}` : '';
    const warning = `The comment was not updated: ${(error as Error).message}.${advice}`;
    return { outcome: null, warning };
  }
}

export function restFor({ event, token, signal }: { event: ActionEvent; token: string; signal: AbortSignal }): Rest {
  return restClient({ apiUrl: event.apiUrl, token, signal, sleep });
}

/** Whether a quiet comment is made: the job fails, something changed, or a boot of head or a known cause speaks of an error. */
export function isNews(report: Report, passed: boolean): boolean {
  if (!passed || !['same', 'recorded', 'undecided'].includes(report.verdict.word)) return true;
  return report.scenarios.some(
    ({ boots, findings }) =>
      boots.some((boot) => boot.side === 'head' && boot.outcome.kind !== 'ready') ||
      findings.some((finding) => finding.severity === 'error'),
  );
}

const sleep = (milliseconds: number, signal: AbortSignal): Promise<void> => delay(milliseconds, undefined, { signal });
