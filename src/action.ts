// The door for GitHub: `uses: <owner>/bootgauge@v1`. Inputs in; log, outputs, summary, annotations, artifact, comment and an
// exit code out. A verdict is never lost to anything that happens after it.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CommandContext } from './cli/context.ts';
import type { GateRequest, GateResult } from './gate/gate.ts';
import type { CommentPlace } from './github/comment.ts';
import type { ActionEvent } from './github/event.ts';
import type { Section } from './github/fit.ts';
import type { ActionInputs } from './github/inputs.ts';
import { BootgaugeError, type ExitCode } from './model/errors.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
process.stdout.write(`bootgauge ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}\n`);

const interrupts = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const satisfies Record<string, ExitCode>;
const abort = new AbortController();
for (const name of Object.keys(interrupts) as (keyof typeof interrupts)[]) {
  process.on(name, () => {
    if (abort.signal.aborted) return;
    process.stdout.write(`${name}: putting everything away; finished boots are kept.\n`);
    abort.abort(new BootgaugeError(`interrupted by ${name}`, { exitCode: interrupts[name] }));
  });
}
process.on('uncaughtException', (error) => void fault(error));

try {
  // The token stays in this process: what is started from here on finds none in its environment.
  const environment = { ...process.env };
  for (const name of Object.keys(process.env)) if (isSecret(name)) delete process.env[name];
  process.exitCode = await runAction(environment);
} catch (error) {
  await fault(error);
}

function isSecret(name: string): boolean {
  return name.startsWith('INPUT_') || /^ACTIONS_(RUNTIME|RESULTS|ID_TOKEN|CACHE)_|^GITHUB_TOKEN$/.test(name);
}

async function runAction(environment: NodeJS.ProcessEnv): Promise<ExitCode> {
  const [{ readActionInputs }, { readEvent }, { createOutput }, { harmlessLog }] = await Promise.all([
    import('./github/inputs.ts'),
    import('./github/event.ts'),
    import('./cli/output.ts'),
    import('./github/runner-files.ts'),
  ]);
  const output = createOutput(process.stdout, process.stdout, environment);
  const log = (text: string): void => output.out(harmlessLog(text));
  let job: Job | null = null;
  try {
    const inputs = readActionInputs(environment);
    const event = readEvent(environment);
    const context = {
      ...output,
      out: log,
      err: log,
      environment,
      folder: resolve(environment.GITHUB_WORKSPACE || process.cwd(), inputs.workingDirectory),
      signal: abort.signal,
      terminal: { isTerminal: false, columns: 120, colour: false },
      version,
      finish: () => {},
    };
    job = { inputs, event, context };
    return await measureAndPublish(job);
  } catch (error) {
    if (abort.signal.aborted) return (abort.signal.reason as BootgaugeError).exitCode;
    if (!(error instanceof BootgaugeError)) throw error;
    const [{ describeError }, { annotationCommand }] = await Promise.all([
      import('./cli/error-text.ts'),
      import('./github/annotations.ts'),
    ]);
    log(describeError(error, { colour: false }, 'with causes'));
    process.stdout.write(annotationCommand({ level: 'error', title: 'Bootgauge', text: error.message }));
    if (job !== null) await publishFailure(job, error);
    return error.exitCode;
  } finally {
    output.close();
  }
}

interface Job {
  readonly inputs: ActionInputs;
  readonly event: ActionEvent;
  readonly context: CommandContext;
}

async function measureAndPublish(job: Job): Promise<ExitCode> {
  const { inputs, context } = job;
  const { exitCodeOf } = await import('./verdict/exit-code.ts');
  const temporary = context.environment.RUNNER_TEMP || context.folder;
  const output = join(temporary, `bootgauge-${context.environment.GITHUB_RUN_ID || 'run'}-${process.pid}`);
  const result = inputs.merge ? await merge(job, output) : await measure(job, output);
  const code = exitCodeOf(result.report.verdict, result.onUndecided);
  const { terminalReport } = await import('./report/terminal.ts');
  const { terminalStyle } = await import('./cli/terminal-style.ts');
  context.out(terminalReport(result.report, { ...terminalStyle(context), files: [result.folder] }));
  await publish(job, result, code);
  return failsOn(inputs.failOn, result, code) ? code : 0;
}

async function measure(job: Job, output: string): Promise<GateResult> {
  const { inputs, event, context } = job;
  const [{ measureGate }, { lockMachine }] = await Promise.all([
    import('./gate/gate.ts'),
    import('./host/machine-lock.ts'),
  ]);
  await using _machine = await lockMachine(context);
  const headSha = event.pullRequest?.headSha ?? '';
  const commits = commitsOf(job);
  const shared = inputs.shareBuilds ? await sharedBuilds(job, commits.trust) : null;
  // Awaited here: the machine is free again only when the measurement has ended.
  return await measureGate({ ...inputs, ...commits, shared, folder: context.folder, output, headSha }, context);
}

async function sharedBuilds({ context }: Job, trust: GateRequest['trust']): Promise<GateRequest['shared']> {
  const { buildCache, canShare } = await import('./github/shared-builds.ts');
  if (canShare(context.environment)) return buildCache({ environment: context.environment, trust });
  context.out('`share-builds`: this step is told of no cache, so that every side is built here.\n');
  return null;
}

/** The limits are those that the shards were recorded with; the strictest word on undecided holds. */
async function merge({ inputs, context }: Job, output: string): Promise<GateResult> {
  const [{ mergeRunFolders, shardFolders }, { readStoredGate }] = await Promise.all([
    import('./measure/merge.ts'),
    import('./github/stored-report.ts'),
  ]);
  const folders = await shardFolders(resolve(context.folder, inputs.shards));
  const merged = await mergeRunFolders(folders, output, new Date());
  const [gate] = folders.map(readStoredGate);
  return {
    ...merged,
    onUndecided: inputs.onUndecided ?? merged.report.onUndecided,
    baseSha: gate?.baseSha ?? '',
    gateChanges: gate?.gateChanges ?? [],
    notes: gate?.notes ?? [],
  };
}

/**
 * Whose limits hold and what head is compared with. A pull request, and a commit that was dispatched against a base, are held to
 * that base; a push to a branch of one's own brings its own limits and is compared with the commit before.
 */
function commitsOf({ inputs, event }: Job): Pick<GateRequest, 'gateRef' | 'compareRef' | 'trust'> {
  // Before the first commit of a branch there is a row of zeros.
  const base = inputs.baseRef.replace(/^0+$/, '') || event.pullRequest?.baseSha || '';
  if (event.name === 'push') return { gateRef: '', compareRef: base || event.before, trust: 'own' };
  return { gateRef: base, compareRef: base, trust: base === '' ? 'own' : 'pull-request' };
}

function failsOn(wanted: ActionInputs['failOn'], { report }: GateResult, code: ExitCode): boolean {
  if (wanted === 'regression' || code === 3) return true;
  return wanted === 'failure' && report.verdict.word === 'failed';
}

/** The verdict stands: whatever goes wrong from here on is a warning. */
async function publish({ inputs, event, context }: Job, result: GateResult, code: ExitCode): Promise<void> {
  const { environment } = context;
  const { report } = result;
  const { annotationCommand } = await import('./github/annotations.ts');
  const warn = (text: string): void =>
    void process.stdout.write(annotationCommand({ level: 'warning', title: 'Bootgauge', text }));
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      warn(`${what}: ${(error as Error).message}`);
      return null;
    }
  };
  const github = await import('./github/publish.ts');
  github.publishAnnotations(report, (line) => process.stdout.write(line));
  await attempt('gate.json was not written', () => storeGate(result));
  const artifact = await attempt('The artifact was not uploaded', () =>
    upload({ inputs, event, context }, result.folder),
  );
  const sections = await sectionsOf({ inputs, event, context }, result, artifact?.url ?? '');
  const { ganttSections } = await import('./report/gantt.ts');
  await attempt('The job summary was not written', async () =>
    github.publishSummary(environment, { report, sections, pictures: ganttSections(report) }),
  );
  const changed = github.isNews(report, code === 0) || result.gateChanges.length > 0;
  const url = await postComment({ inputs, event, context }, sections, changed);
  const [{ outputsOf }, { setOutputs }] = await Promise.all([
    import('./github/outputs.ts'),
    import('./github/runner-files.ts'),
  ]);
  await attempt('The outputs were not set', async () =>
    setOutputs(
      environment,
      outputsOf({
        report,
        folder: result.folder,
        artifactId: artifact?.id ?? '',
        artifactUrl: artifact?.url ?? '',
        commentUrl: url,
        vulkanDriver: report.scenarios.map(({ vulkan }) => vulkan?.head.identity.driverID).find(Boolean) ?? '',
      }),
    ),
  );
}

/** For the job that posts the comment: it has no checkout to ask. */
async function storeGate({ folder, baseSha, gateChanges, notes }: GateResult): Promise<void> {
  const [{ storedGateName }, { writeFileAtomically }] = await Promise.all([
    import('./github/stored-report.ts'),
    import('./store/atomic.ts'),
  ]);
  await writeFileAtomically(
    join(folder, storedGateName),
    `${JSON.stringify({ baseSha, gateChanges, notes }, null, 2)}\n`,
  );
}

/** Brings the comment up to date where there is a place for one; its page, or an empty string. */
async function postComment(
  { inputs, event, context }: Job,
  sections: readonly Section[],
  changed: boolean,
): Promise<string> {
  const place = commentPlace(event);
  const { artifactName: key, commentAuthor: author, comment: mode, token } = inputs;
  if (place === null || mode === 'never' || token === '') return '';
  const [{ publishComment }, { annotationCommand }] = await Promise.all([
    import('./github/publish.ts'),
    import('./github/annotations.ts'),
  ]);
  const options = { event, place, key, author, mode, token, changed, signal: context.signal };
  const { outcome, warning } = await publishComment({ sections }, options);
  if (warning !== '') process.stdout.write(annotationCommand({ level: 'warning', title: 'Bootgauge', text: warning }));
  if (outcome === null || !('url' in outcome)) return '';
  context.out(`comment ${outcome.kind}: ${outcome.url}\n`);
  return outcome.url;
}

/** A run that did not come to a verdict must not leave the comment of an earlier one standing. */
async function publishFailure(job: Job, error: BootgaugeError): Promise<void> {
  const [{ failureSections }, { escapeMarkdown }, { addSummary }] = await Promise.all([
    import('./github/frame.ts'),
    import('./report/escape.ts'),
    import('./github/runner-files.ts'),
  ]);
  const { pullRequest, sha, runUrl } = job.event;
  // Paths of the runner name its user.
  const { GITHUB_WORKSPACE, RUNNER_TEMP, HOME } = job.context.environment;
  const places = [job.context.folder, GITHUB_WORKSPACE, RUNNER_TEMP, HOME].filter(
    (place) => place !== undefined && place.length > 3,
  );
  const shown = (text: string): string =>
    places.reduce<string>((left, place) => left.replaceAll(`${place}/`, ''), text);
  const told = { message: shown(error.message), hint: shown(error.hint) };
  const sections = failureSections(told, { headSha: pullRequest?.headSha ?? sha, runUrl }, escapeMarkdown);
  addSummary(job.context.environment, `${sections.map(({ text }) => text).join('\n\n')}\n`);
  await postComment(job, sections, true);
}

async function upload({ inputs, event, context }: Job, folder: string): Promise<{ id: string; url: string } | null> {
  const { canUpload, uploadFolder } = await import('./github/artifact.ts');
  if (!canUpload(context.environment)) return null;
  // The client reads these from the process; nothing is started any more that could read them too.
  for (const name of ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL']) process.env[name] = context.environment[name];
  return uploadFolder({ name: inputs.artifactName, folder, retentionDays: inputs.retentionDays }, event.runUrl);
}

async function sectionsOf({ event }: Job, result: GateResult, artifactUrl: string) {
  const [{ framed }, { markdownSections }, { escapeMarkdown, markdownCode }] = await Promise.all([
    import('./github/frame.ts'),
    import('./report/markdown.ts'),
    import('./report/escape.ts'),
  ]);
  const frame = {
    repositoryUrl: `${event.serverUrl}/${event.owner}/${event.repository}`,
    headSha: event.pullRequest?.headSha ?? event.sha,
    baseSha: result.baseSha,
    runUrl: event.runUrl,
    artifactUrl,
    gateChanges: result.gateChanges,
    notes: result.notes,
  };
  return framed(markdownSections(result.report), frame, { prose: escapeMarkdown, code: markdownCode });
}

/** Where this event's comment belongs; null where there is no place for one. */
function commentPlace(event: ActionEvent): CommentPlace | null {
  const { owner, repository, pullRequest } = event;
  if (pullRequest !== null) return { owner, repository, on: { kind: 'pull-request', number: pullRequest.number } };
  if (event.name === 'push' && event.sha !== '') return { owner, repository, on: { kind: 'commit', sha: event.sha } };
  return null;
}

async function fault(error: unknown): Promise<void> {
  process.exitCode = 3;
  const { describeFault } = await import('./cli/error-text.ts');
  process.stdout.write(describeFault(error, version));
  if (!abort.signal.aborted) abort.abort(new BootgaugeError('stopped by a fault', { exitCode: 3 }));
}
