// What a step shows of its run: annotations, artifact, job summary, comment, outputs. The verdict stands by then: whatever goes wrong
// here is a warning.
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
import type { BootgaugeError, ExitCode } from '../model/errors.ts';
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
  readonly secrets: Variables;
}

export async function publish(job: Job, result: GateResult, code: ExitCode): Promise<void> {
  const { report } = result;
  publishAnnotations(report);
  if (job.inputs.mode !== 'record') for (const warning of nothingCompared(report)) writeAnnotation(warning);
  await attempt('gate.json was not written', () => storeGate(result));
  const artifact = await attempt('The artifact was not uploaded', () => upload(job, result.folder));
  const sections = sectionsOf(job, result, artifact?.url ?? '');
  await attempt('The job summary was not written', () => publishSummary(sections, ganttSections(report)));
  const changed = isNews(report, code === 0) || result.gateChanges.length > 0;
  const commentUrl = await postComment(job, sections, changed);
  await attempt('The outputs were not set', async () =>
    setOutputs(
      outputsOf({
        report,
        folder: result.folder,
        artifactId: artifact?.id ?? '',
        artifactUrl: artifact?.url ?? '',
        commentUrl,
        vulkanDriver: report.scenarios.map(({ vulkan }) => vulkan?.head.identity.driverID).find(Boolean) ?? '',
      }),
    ),
  );
}

/** A run that did not come to a verdict must not leave the comment of an earlier one standing. */
export async function publishFailure(job: Job, error: BootgaugeError): Promise<void> {
  const { pullRequest, sha, runUrl } = job.event;
  const told = { message: withoutPlaces(job, error.message), hint: withoutPlaces(job, error.hint) };
  const sections = failureSections(told, { headSha: pullRequest?.headSha ?? sha, runUrl });
  await addSummary(fitSections(sections, summaryLimit, ''));
  await postComment(job, sections, true);
}

/** Paths within the project as it knows them: those of the runner name its user. */
export function withoutPlaces({ context }: Job, text: string): string {
  const { GITHUB_WORKSPACE, RUNNER_TEMP, HOME } = context.environment;
  return [context.folder, GITHUB_WORKSPACE, RUNNER_TEMP, HOME]
    .filter((place) => place !== undefined && place.length > 3)
    .reduce<string>((left, place) => left.replaceAll(`${place}/`, ''), text);
}

async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    warn(`${what}: ${(error as Error).message}`);
    return null;
  }
}

const warn = (text: string): void => writeAnnotation({ level: 'warning', title: 'Bootgauge', text });

/** For the job that posts the comment: it has no checkout to ask. */
function storeGate({ folder, baseSha, gateChanges, notes }: GateResult): Promise<void> {
  const text = `${JSON.stringify({ baseSha, gateChanges, notes }, null, 2)}\n`;
  return writeFileAtomically(join(folder, storedGateName), text);
}

async function upload({ inputs, event, secrets }: Job, folder: string): Promise<UploadedArtifact | null> {
  if (!canUpload(secrets)) return null;
  const { artifactName: name, retentionDays } = inputs;
  return uploadFolder({ name, folder, retentionDays, secrets }, event.runUrl);
}

function sectionsOf({ event }: Job, result: GateResult, artifactUrl: string): readonly Section[] {
  const frame = {
    repositoryUrl: `${event.serverUrl}/${event.owner}/${event.repository}`,
    headSha: event.pullRequest?.headSha ?? event.sha,
    baseSha: result.baseSha,
    runUrl: event.runUrl,
    artifactUrl,
    gateChanges: result.gateChanges,
    notes: result.notes,
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
