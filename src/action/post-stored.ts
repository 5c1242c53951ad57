// Posts a stored report as a comment. What it reads was made by a job that ran foreign code: the report is checked against its schema, and
// where the comment goes is asked of GitHub alone.
import { resolve } from 'node:path';
import { describeError } from '../cli/error-text.ts';
import { exitCodeOf } from '../cli/exit-code.ts';
import type { CommentPlace } from '../github/comment.ts';
import { type ActionEvent, readEvent } from '../github/event.ts';
import { framed } from '../github/frame.ts';
import { readCommentInputs, type StoredCommentInputs } from '../github/inputs.ts';
import { isNews, publishComment, restFor } from '../github/publish.ts';
import { pullRequestOfRun } from '../github/pull-request.ts';
import type { Rest } from '../github/rest.ts';
import { harmlessLog, maskSecret, setOutputs, writeAnnotation } from '../github/runner.ts';
import { readStoredGate, readStoredReport } from '../github/stored-report.ts';
import { BootgaugeError, type ExitCode } from '../model/errors.ts';
import type { StoredGate } from '../model/gate.ts';
import type { Report } from '../model/report.ts';
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

/** Ends well also when GitHub refuses: this job decides nothing, and a warning says which permission is missing. */
async function post(signal: AbortSignal): Promise<void> {
  const inputs = readCommentInputs();
  maskSecret(inputs.token);
  const event = readEvent(process.env);
  const folder = resolve(process.env.GITHUB_WORKSPACE || process.cwd(), inputs.path);
  const report = readStoredReport(folder);
  const gate = readStoredGate(folder);
  const target = await targetOf(event, () => restFor({ event, token: inputs.token, signal }));
  if ('refused' in target) return unposted('failed', target.refused);
  if ('because' in target) return unposted('none', `No comment was posted: ${target.because}.`);
  const passed = exitCodeOf(report.verdict, report.onUndecided) === 0;
  const changed = isNews(report, passed) || gate.gateChanges.length > 0;
  const sections = sectionsOf({ report, gate, inputs, event, target });
  const { outcome, warning } = await publishComment(sections, { event, place: target.place, inputs, changed, signal });
  if (warning !== '') return unposted(outcome?.kind ?? 'failed', warning);
  const url = outcome !== null && 'url' in outcome ? outcome.url : '';
  setOutputs({ outcome: outcome?.kind ?? 'failed', 'comment-url': url });
  process.stdout.write(harmlessLog(`comment ${outcome?.kind}: ${url}\n`));
}

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

function sectionsOf({ report, gate, inputs, event, target }: Stored) {
  const repositoryUrl = `${event.serverUrl}/${event.owner}/${event.repository}`;
  const finished = event.finishedRun === null ? event.runUrl : `${repositoryUrl}/actions/runs/${event.finishedRun.id}`;
  const frame = {
    ...gate,
    repositoryUrl,
    headSha: target.headSha,
    baseSha: gate.baseSha || target.baseSha,
    runUrl: finished,
    artifactUrl: inputs.artifactUrl,
  };
  return framed(reportView(report), frame);
}
