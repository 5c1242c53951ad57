// What the runner tells of the event: repository, commits, pull request. Names in it are a stranger's text; commits and
// numbers are checked here, names are only ever shown.

import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { usageError } from '../model/errors.ts';
import type { Variables } from '../model/variables.ts';

export interface PullRequest {
  readonly number: number;
  readonly headSha: string;
  readonly baseSha: string;
}

/** The run whose end started a `workflow_run`. */
export interface FinishedRun {
  readonly id: number;
  readonly event: string;
  readonly title: string;
  readonly headRepository: string;
  readonly headBranch: string;
  readonly headSha: string;
}

export interface ActionEvent {
  /** `pull_request`, `push`, `workflow_dispatch`, ... */
  readonly name: string;
  /** What happened to it, as `opened`; empty where the event has no kinds. */
  readonly action: string;
  readonly owner: string;
  readonly repository: string;
  readonly apiUrl: string;
  readonly serverUrl: string;
  /** Number of this workflow run. */
  readonly run: string;
  /** Its page. */
  readonly runUrl: string;
  /** Path of its workflow file from the top of the repository; empty where the runner does not say. */
  readonly workflow: string;
  /** Commit that the event is about. */
  readonly sha: string;
  readonly pullRequest: PullRequest | null;
  /** A push's commit before it; empty for a new branch and for other events. */
  readonly before: string;
  /** Name of the repository's main branch; empty where the event does not say. */
  readonly defaultBranch: string;
  /** The pushed branch is gone. */
  readonly deleted: boolean;
  /** Commits of a merge queue. */
  readonly mergeGroup: { readonly headSha: string; readonly baseSha: string } | null;
  readonly finishedRun: FinishedRun | null;
}

const sha = z.string().regex(/^[0-9a-f]{40,64}$/);
const repositoryName = z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/);
const end = z.object({
  sha,
  ref: z.string().max(1000),
  /** null when the fork was deleted. */
  repo: z.object({ full_name: repositoryName }).nullable(),
});
export const pullRequestSchema = z.object({
  number: z.int().positive(),
  state: z.string(),
  head: end,
  base: end,
});
const payloadSchema = z.object({
  action: z.string().max(100).optional(),
  deleted: z.boolean().optional(),
  repository: z.object({ default_branch: z.string().max(1000).optional() }).optional(),
  merge_group: z.object({ head_sha: sha, base_sha: sha }).optional(),
  pull_request: pullRequestSchema.optional(),
  before: z.string().optional(),
  workflow_run: z
    .object({
      id: z.int().positive(),
      event: z.string(),
      display_title: z.string().nullish(),
      head_branch: z.string().max(1000).nullable(),
      head_sha: sha,
      head_repository: z.object({ full_name: repositoryName }).nullable(),
    })
    .optional(),
});

/** Reads GITHUB_* and the event's payload. A usage error when it is not a runner's environment. */
export function readEvent(environment: Variables): ActionEvent {
  const [owner = '', repository = ''] = (environment.GITHUB_REPOSITORY ?? '').split('/');
  if (!repositoryName.safeParse(`${owner}/${repository}`).success) {
    throw usageError('GITHUB_REPOSITORY is not set', 'this program is the action: on a terminal use `bootgauge run`');
  }
  const payload = readPayload(environment.GITHUB_EVENT_PATH ?? '');
  const serverUrl = webAddress(environment.GITHUB_SERVER_URL, 'https://github.com');
  const { pull_request: pull, workflow_run: finished, merge_group: group } = payload;
  const run = (environment.GITHUB_RUN_ID ?? '').replace(/\D/g, '');
  return {
    name: environment.GITHUB_EVENT_NAME ?? '',
    action: payload.action ?? '',
    owner,
    repository,
    apiUrl: webAddress(environment.GITHUB_API_URL, 'https://api.github.com'),
    serverUrl,
    run,
    runUrl: `${serverUrl}/${owner}/${repository}/actions/runs/${run}`,
    workflow: workflowFile(environment.GITHUB_WORKFLOW_REF ?? '', `${owner}/${repository}`),
    sha: sha.safeParse(environment.GITHUB_SHA).data ?? '',
    pullRequest: pull ? pullRequestOf(pull) : null,
    before: sha.safeParse(payload.before).data?.replace(/^0+$/, '') ?? '',
    deleted: payload.deleted === true,
    defaultBranch: payload.repository?.default_branch ?? '',
    mergeGroup: group ? { headSha: group.head_sha, baseSha: group.base_sha } : null,
    finishedRun: finished
      ? {
          id: finished.id,
          event: finished.event,
          title: finished.display_title ?? '',
          headRepository: finished.head_repository?.full_name ?? '',
          headBranch: finished.head_branch ?? '',
          headSha: finished.head_sha,
        }
      : null,
  };
}

export function pullRequestOf(pull: z.infer<typeof pullRequestSchema>): PullRequest {
  return {
    number: pull.number,
    headSha: pull.head.sha,
    baseSha: pull.base.sha,
  };
}

/** `owner/repository/.github/workflows/bench.yml@refs/heads/main`; a file of another repository decides nothing here. */
function workflowFile(reference: string, here: string): string {
  const [, repository = '', path = ''] = /^([^/]+\/[^/]+)\/(\.github\/workflows\/[^@/]+)@/.exec(reference) ?? [];
  return repository.toLowerCase() === here.toLowerCase() ? path : '';
}

const largestPayload = 32 * 1024 * 1024;

function readPayload(path: string): z.infer<typeof payloadSchema> {
  if (path === '') return {};
  try {
    if (statSync(path).size > largestPayload) throw new Error('it is larger than 32 MiB');
    return payloadSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw usageError(`the event in GITHUB_EVENT_PATH cannot be used: ${why}`, '', cause);
  }
}

function webAddress(text: string | undefined, otherwise: string): string {
  return text && /^https?:\/\/[^\s?#]+$/.test(text) ? text.replace(/\/+$/, '') : otherwise;
}
