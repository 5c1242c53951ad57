// What a step shows of its run: annotations, artifact, job summary, comment, outputs. The verdict stands by then: whatever goes wrong
// here is a warning.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from '../cli/context.ts';
import type { GateResult } from '../gate/gate.ts';
import { nothingCompared } from '../github/annotations.ts';
import { canUpload, type UploadedArtifact, uploadFolder } from '../github/artifact.ts';
import type { ActionEvent } from '../github/event.ts';
import { fitSections, summaryLimit } from '../github/fit.ts';
import { failureSections, framed } from '../github/frame.ts';
import type { ActionInputs } from '../github/inputs.ts';
import { outputsOf } from '../github/outputs.ts';
import { isNews, publishAnnotations, publishComment, publishSummary } from '../github/publish.ts';
import { addSummary, setOutputs, writeAnnotation } from '../github/runner.ts';
import { storedGateName } from '../github/stored-report.ts';
import { shardFolders } from '../measure/merge.ts';
import type { BootgaugeError, ExitCode } from '../model/errors.ts';
import { formatCount } from '../model/units.ts';
import type { Variables } from '../model/variables.ts';
import { ganttSections } from '../report/gantt.ts';
import type { Section } from '../report/markdown.ts';
import { reportView } from '../report/view.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import type { EventRule } from './events.ts';

/** A step of a workflow, from its inputs on. */
export interface Job {
  readonly inputs: ActionInputs;
  readonly event: ActionEvent;
  readonly rule: EventRule;
  /** Its environment holds no secret. */
  readonly context: CommandContext;
  /** Receives the run. */
  readonly output: string;
  readonly secrets: Variables;
}

export interface Judged extends GateResult {
  readonly code: ExitCode;
  /** What a label has to say of it; empty: nothing. */
  readonly accepted: string;
}

export async function publish(job: Job, result: Judged): Promise<void> {
  const { report, code } = result;
  publishAnnotations(report);
  if (job.inputs.mode !== 'record') for (const warning of nothingCompared(report)) writeAnnotation(warning);
  await attempt(job, 'gate.json was not written', () => storeGate(result));
  const artifact = await attempt(job, 'The artifact was not uploaded', () =>
    upload(job, result.folder, job.context.signal),
  );
  const sections = sectionsOf(job, result, artifact?.url ?? '');
  await attempt(job, 'The job summary was not written', () => publishSummary(sections, ganttSections(report)));
  const changed = isNews(report, code === 0) || result.gateChanges.length > 0;
  const commentUrl = await postComment(job, sections, changed);
  await attempt(job, 'The outputs were not set', async () =>
    setOutputs(
      outputsOf({
        report,
        folder: result.folder,
        artifactId: artifact?.id ?? '',
        artifactUrl: artifact?.url ?? '',
        commentUrl,
      }),
    ),
  );
}

/** A run that did not come to a verdict must not leave the comment of an earlier one standing. */
export async function publishFailure(job: Job, error: Pick<BootgaugeError, 'message' | 'hint'>): Promise<void> {
  const { pullRequest, sha, runUrl } = job.event;
  const told = { message: withoutPlaces(job, error.message), hint: withoutPlaces(job, error.hint) };
  const sections = failureSections(told, { headSha: pullRequest?.headSha ?? sha, runUrl });
  await addSummary(fitSections(sections, summaryLimit, ''));
  await postComment(job, sections, true);
  setOutputs({ problem: told.message });
}

/** Paths within the project as it knows them: those of the runner name its user. */
export function withoutPlaces({ context }: Job, text: string): string {
  const { GITHUB_WORKSPACE, RUNNER_TEMP, HOME } = context.environment;
  return [context.folder, GITHUB_WORKSPACE, RUNNER_TEMP, HOME]
    .filter((place) => place !== undefined && place.length > 3)
    .reduce<string>((left, place) => left.replaceAll(`${place}/`, ''), text);
}

async function attempt<T>(job: Job, what: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    warn(`${what}: ${withoutPlaces(job, (error as Error).message)}`);
    return null;
  }
}

const warn = (text: string): void => writeAnnotation({ level: 'warning', title: 'Bootgauge', text });

/** For the job that posts the comment: it has no checkout to ask. */
function storeGate({ folder, baseSha, gateChanges, notes }: GateResult): Promise<void> {
  const text = `${JSON.stringify({ baseSha, gateChanges, notes }, null, 2)}\n`;
  return writeFileAtomically(join(folder, storedGateName), text);
}

async function upload(
  { inputs, event, secrets }: Job,
  folder: string,
  signal: AbortSignal,
): Promise<UploadedArtifact | null> {
  if (!canUpload(secrets)) return null;
  const { artifactName: name, retentionDays } = inputs;
  return uploadFolder({ name, folder, retentionDays, secrets, signal }, event.runUrl);
}

/** What had been booted when the job was cancelled: uploaded while there is time, and told either way. */
export async function keepInterrupted(job: Job): Promise<void> {
  const [folder] = await shardFolders(job.output).catch(() => []);
  const names = folder === undefined ? [] : await readdir(join(folder, 'boots')).catch(() => []);
  const boots = names.filter((name) => name.endsWith('.json')).length;
  if (folder === undefined || boots === 0) return;
  const ended = formatCount(boots, 'boot');
  try {
    const artifact = await upload(job, folder, AbortSignal.timeout(mostUploadMs));
    if (artifact === null) throw new Error('this step may not upload');
    job.context.out(`${ended} had ended; they are in the artifact ${artifact.url}\n`);
  } catch (error) {
    job.context.out(`${ended} had ended; they are lost with this job: ${(error as Error).message}\n`);
  }
}

/** A runner waits 7.5 s before it kills, and the machine has to be put away before this begins. */
const mostUploadMs = 3000;

function sectionsOf({ event }: Job, result: Judged, artifactUrl: string): readonly Section[] {
  const frame = {
    repositoryUrl: `${event.serverUrl}/${event.owner}/${event.repository}`,
    headSha: event.pullRequest?.headSha ?? event.sha,
    baseSha: result.baseSha,
    runUrl: event.runUrl,
    artifactUrl,
    gateChanges: result.gateChanges,
    notes: result.notes,
    accepted: result.accepted,
  };
  return framed(reportView(result.report), frame);
}

/** Brings the comment up to date where there is a place for one; its page, or an empty string. */
async function postComment(
  { inputs, event, rule, context }: Job,
  sections: readonly Section[],
  changed: boolean,
): Promise<string> {
  const place = rule.comment;
  if (place === null || inputs.comment === 'never' || inputs.token === '') return '';
  const { outcome, warning } = await publishComment(sections, {
    event,
    place,
    inputs,
    changed,
    signal: context.signal,
  });
  if (warning !== '') warn(warning);
  if (outcome === null || !('url' in outcome)) return '';
  context.out(`comment ${outcome.kind}: ${outcome.url}\n`);
  return outcome.url;
}
