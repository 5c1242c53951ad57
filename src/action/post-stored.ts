// Posts a stored report as a comment. What it reads was made by a job that ran foreign code: the report is checked against its schema, and
// where the comment goes is asked of GitHub alone.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeError } from '../cli/error-text.ts';
import { exitCodeOf } from '../cli/exit-code.ts';
import { acceptedSlowdown } from '../github/acceptance.ts';
import type { CommentPlace } from '../github/comment.ts';
import { type ActionEvent, readEvent } from '../github/event.ts';
import { failureSections, framed } from '../github/frame.ts';
import { readCommentInputs, type StoredCommentInputs } from '../github/inputs.ts';
import { isNews, publishComment, restFor } from '../github/publish.ts';
import { pullRequestOfRun } from '../github/pull-request.ts';
import type { Rest } from '../github/rest.ts';
import { harmlessLog, maskSecret, setOutputs, writeAnnotation } from '../github/runner.ts';
import { readStoredGate, readStoredReport } from '../github/stored-report.ts';
import { BootgaugeError, type ExitCode } from '../model/errors.ts';
import type { StoredGate } from '../model/gate.ts';
import type { Report } from '../model/report.ts';
import type { Section } from '../report/markdown.ts';
import { reportView } from '../report/view.ts';

/** Mistakes become an annotation and an exit code; what is thrown is a fault of ours. */
export async function postStored(signal: AbortSignal): Promise<ExitCode> {
  try {
    await post(signal);
    return 0;
  } catch (error) {
    if (!(error instanceof BootgaugeError)) throw error;
    process.stdout.write(describeError(error, { colour: false }, 'short'));
    writeAnnotation({ level: 'error', title: 'Bootgauge', text: error.message });
    return error.exitCode;
  }
}

/** Ends well also when GitHub refuses: a warning says which permission is missing. */
async function post(signal: AbortSignal): Promise<void> {
  const inputs = readCommentInputs();
  maskSecret(inputs.token);
  const event = readEvent(process.env);
  const folder = resolve(process.env.GITHUB_WORKSPACE || process.cwd(), inputs.path);
  // A job that left no report says why it did not: that is told in the place of an earlier result.
  const isMissing = inputs.result !== null && !existsSync(join(folder, 'report.json'));
  const stored = isMissing ? null : { report: readStoredReport(folder), gate: readStoredGate(folder) };
  const target = await targetOf(event, () => restFor({ event, token: inputs.token, signal }));
  if ('refused' in target) return unposted('failed', target.refused);
  if ('because' in target) return unposted('none', `No comment was posted: ${target.because}.`);
  const told =
    stored === null
      ? nothingMeasured(inputs, event, target)
      : await measured({ ...stored, inputs, event, target, signal });
  if (told.note !== '') writeAnnotation({ level: 'notice', title: 'Bootgauge', text: told.note });
  setOutputs({ accepted: told.accepted });
  const { sections, changed } = told;
  const { outcome, warning } = await publishComment(sections, { event, place: target.place, inputs, changed, signal });
  if (warning !== '') return unposted(outcome?.kind ?? 'failed', warning);
  const url = outcome !== null && 'url' in outcome ? outcome.url : '';
  setOutputs({ outcome: outcome?.kind ?? 'failed', 'comment-url': url });
  process.stdout.write(harmlessLog(`comment ${outcome?.kind}: ${url}\n`));
}

interface Told {
  readonly sections: readonly Section[];
  readonly changed: boolean;
  /** `true` where a label accepts what was found, else empty. */
  readonly accepted: 'true' | '';
  /** What is to be said of that label. */
  readonly note: string;
}

async function measured(stored: Stored & { readonly signal: AbortSignal }): Promise<Told> {
  const { report, gate, inputs, event, target, signal } = stored;
  const { on } = target.place;
  const { passes, text } = await acceptedSlowdown(report, {
    rest: () => restFor({ event, token: inputs.token, signal }),
    label: inputs.acceptLabel,
    event,
    run: String(event.finishedRun?.id ?? event.run),
    number: on.kind === 'pull-request' ? on.number : null,
  });
  return {
    sections: sectionsOf(stored, text),
    changed: isNews(report, exitCodeOf(report.verdict, report.onUndecided) === 0) || gate.gateChanges.length > 0,
    accepted: passes ? 'true' : '',
    note: text,
  };
}

function nothingMeasured({ result, problem }: StoredCommentInputs, event: ActionEvent, target: Target): Told {
  const message = problem === '' ? endings[result ?? 'failure'] : problem;
  const error = { message, hint: 'results of earlier commits do not count for this one. The job log says more.' };
  const sections = failureSections(error, { headSha: target.headSha, runUrl: measuringRun(event) });
  // A newer commit cancels the job of an earlier one: that replaces a comment, and makes none.
  return { sections, changed: result !== 'cancelled', accepted: '', note: '' };
}

const endings: Readonly<Record<NonNullable<StoredCommentInputs['result']>, string>> = {
  success: 'The job that measures ended without a report: its artifact was not uploaded.',
  failure: 'The job that measures failed before it had a report.',
  cancelled: 'The job that measures was cancelled.',
  timed_out: 'The job that measures took longer than it may.',
  skipped: 'The job that measures was skipped.',
};

function unposted(outcome: string, warning: string): void {
  setOutputs({ outcome, 'comment-url': '' });
  writeAnnotation({ level: 'warning', title: 'Bootgauge', text: warning });
}

interface Target {
  readonly place: CommentPlace;
  readonly headSha: string;
  readonly baseSha: string;
}

/** The event's own pull request, else the one of the run that ended, else the pushed commit. */
async function targetOf(
  event: ActionEvent,
  rest: () => Rest,
): Promise<Target | { readonly because: string } | { readonly refused: string }> {
  const { owner, repository, finishedRun } = event;
  if (event.name === 'push' && event.sha !== '') {
    return { place: { owner, repository, on: { kind: 'commit', sha: event.sha } }, headSha: event.sha, baseSha: '' };
  }
  let pull = event.pullRequest;
  if (pull === null && finishedRun !== null) {
    const resolved = await pullRequestOfRun(rest(), event, finishedRun);
    if (resolved.kind !== 'found') return resolved;
    pull = resolved.pullRequest;
  }
  if (pull === null) return { because: `a ${event.name} event has no pull request` };
  return {
    place: { owner, repository, on: { kind: 'pull-request', number: pull.number } },
    headSha: pull.headSha,
    baseSha: pull.baseSha,
  };
}

interface Stored {
  readonly report: Report;
  readonly gate: StoredGate;
  readonly inputs: StoredCommentInputs;
  readonly event: ActionEvent;
  readonly target: Target;
}

const measuringRun = ({ finishedRun, serverUrl, owner, repository, runUrl }: ActionEvent): string =>
  finishedRun === null ? runUrl : `${serverUrl}/${owner}/${repository}/actions/runs/${finishedRun.id}`;

function sectionsOf({ report, gate, inputs, event, target }: Stored, accepted: string): readonly Section[] {
  const frame = {
    ...gate,
    repositoryUrl: `${event.serverUrl}/${event.owner}/${event.repository}`,
    headSha: target.headSha,
    baseSha: gate.baseSha || target.baseSha,
    runUrl: measuringRun(event),
    artifactUrl: inputs.artifactUrl,
    accepted,
  };
  return framed(reportView(report), frame);
}
