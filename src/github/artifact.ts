// Uploads a folder as the artifact of this job. The client is large and is loaded only here, when it is needed.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Variables } from '../model/variables.ts';
import { withVariables } from './secrets.ts';

export interface ArtifactRequest {
  readonly name: string;
  readonly folder: string;
  readonly retentionDays: number | null;
  /** What the runner told this step alone. */
  readonly secrets: Variables;
  /** The client cannot be stopped: after the signal it is left alone, and ends with the process. */
  readonly signal: AbortSignal;
}

export interface UploadedArtifact {
  readonly id: string;
  readonly url: string;
}

/** Whether this step may upload: only JavaScript actions are told where to. */
export const canUpload = ({ ACTIONS_RUNTIME_TOKEN, ACTIONS_RESULTS_URL }: Variables): boolean =>
  Boolean(ACTIONS_RUNTIME_TOKEN && ACTIONS_RESULTS_URL);

/**
 * Uploads everything in the folder. `place` is the page of the workflow run. Throws what the client throws: no space,
 * a name that is taken, no answer; and what says that it took too long or was interrupted.
 */
export async function uploadFolder(request: ArtifactRequest, place: string): Promise<UploadedArtifact> {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const files = readdirSync(request.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const days = request.retentionDays === null ? {} : { retentionDays: request.retentionDays };
  const { ACTIONS_RUNTIME_TOKEN, ACTIONS_RESULTS_URL } = request.secrets;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(longestUploadMs)]);
  const { id } = await withVariables({ ACTIONS_RUNTIME_TOKEN, ACTIONS_RESULTS_URL }, () =>
    Promise.race([
      new DefaultArtifactClient().uploadArtifact(request.name, files, request.folder, days),
      whenAborted(signal),
    ]),
  );
  if (id === undefined) throw new Error('the service gave the artifact no number');
  return { id: String(id), url: `${place}/artifacts/${id}` };
}

/** GitHub's client tries again and again by itself. */
const longestUploadMs = 10 * 60_000;

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new Error('the upload took too long, or the job was interrupted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}
