// The door of the comment action: posts a stored report and does nothing else. What it reads was made by a job that ran
// foreign code: the report is checked against its schema, and where the comment goes is asked of GitHub alone.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommentPlace } from './github/comment.ts';
import type { ActionEvent } from './github/event.ts';
import type { CommentInputs } from './github/inputs.ts';
import type { Rest } from './github/rest.ts';
import { BootgaugeError, type ExitCode } from './model/errors.ts';
import type { StoredGate } from './model/gate.ts';
import type { Report } from './model/report.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
process.stdout.write(`bootgauge ${version}, comment\n`);

const abort = new AbortController();
const stop = (exitCode: ExitCode) => () => abort.abort(new BootgaugeError('interrupted', { exitCode }));
process.once('SIGINT', stop(130));
process.once('SIGTERM', stop(143));

const environment = { ...process.env };
try {
  process.exitCode = await postStored();
} catch (error) {
  const [{ describeError, describeFault }, { annotationCommand }] = await Promise.all([
    import('./cli/error-text.ts'),
    import('./github/annotations.ts'),
  ]);
  const known = error instanceof BootgaugeError ? error : null;
  process.exitCode = known?.exitCode ?? 3;
  process.stdout.write(known ? describeError(known, { colour: false }, 'short') : describeFault(error, version));
  if (known) process.stdout.write(annotationCommand({ level: 'error', title: 'Bootgauge', text: known.message }));
}

/** 0 also when GitHub refuses: this job decides nothing, and a warning says which permission is missing. */
async function postStored(): Promise<ExitCode> {
  const [inputsRoom, eventRoom, stored, publish, files] = await Promise.all([
    import('./github/inputs.ts'),
    import('./github/event.ts'),
    import('./github/stored-report.ts'),
    import('./github/publish.ts'),
    import('./github/runner-files.ts'),
  ]);
  const inputs = inputsRoom.readCommentInputs(environment);
  const event = eventRoom.readEvent(environment);
  const folder = resolve(environment.GITHUB_WORKSPACE || process.cwd(), inputs.path);
  const report = stored.readStoredReport(folder);
  const gate = stored.readStoredGate(folder);
  const target = await placeOf(event, () => publish.restFor({ event, token: inputs.token, signal: abort.signal }));
  if ('refused' in target) {
    files.setOutputs(environment, { outcome: 'failed', 'comment-url': '' });
    return warned(target.refused);
  }
  if ('because' in target) {
    files.setOutputs(environment, { outcome: 'none', 'comment-url': '' });
    return warned(`No comment was posted: ${target.because}.`);
  }
  const sections = await sectionsOf({ report, gate, inputs, event, target });
  const code = (await import('./verdict/exit-code.ts')).exitCodeOf(report.verdict, report.onUndecided);
  const { outcome, warning } = await publish.publishComment(
    { sections },
    {
      event,
      place: target.place,
      key: inputs.artifactName,
      author: inputs.commentAuthor,
      mode: inputs.comment,
      token: inputs.token,
      changed: publish.isNews(report, code === 0) || gate.gateChanges.length > 0,
      signal: abort.signal,
    },
  );
  const url = outcome !== null && 'url' in outcome ? outcome.url : '';
  files.setOutputs(environment, { outcome: outcome?.kind ?? 'failed', 'comment-url': url });
  if (warning !== '') return warned(warning);
  process.stdout.write(files.harmlessLog(`comment ${outcome?.kind}: ${url}\n`));
  return 0;
}

interface Target {
  readonly place: CommentPlace;
  readonly headSha: string;
  readonly baseSha: string;
}

/** The event's own pull request, else the one of the run that ended, else the pushed commit. */
async function placeOf(
  event: ActionEvent,
  rest: () => Rest,
): Promise<Target | { readonly because: string } | { readonly refused: string }> {
  const { owner, repository, finishedRun } = event;
  if (event.name === 'push' && event.sha !== '') {
    return { place: { owner, repository, on: { kind: 'commit', sha: event.sha } }, headSha: event.sha, baseSha: '' };
  }
  let pull = event.pullRequest;
  if (pull === null && finishedRun !== null) {
    const { pullRequestOfRun } = await import('./github/pull-request.ts');
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
  readonly inputs: CommentInputs;
  readonly event: ActionEvent;
  readonly target: Target;
}

async function sectionsOf({ report, gate, inputs, event, target }: Stored) {
  const [{ framed }, { markdownSections }, { escapeMarkdown, markdownCode }] = await Promise.all([
    import('./github/frame.ts'),
    import('./report/markdown.ts'),
    import('./report/escape.ts'),
  ]);
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
  return framed(markdownSections(report), frame, { prose: escapeMarkdown, code: markdownCode });
}

async function warned(text: string): Promise<ExitCode> {
  const { annotationCommand } = await import('./github/annotations.ts');
  process.stdout.write(annotationCommand({ level: 'warning', title: 'Bootgauge', text }));
  return 0;
}
