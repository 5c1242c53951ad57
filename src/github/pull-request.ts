// Which pull request a finished run belongs to, as GitHub itself says; the artifact of that run is not asked.

import type { z } from 'zod';
import { plainLine } from '../model/plain-text.ts';
import { type FinishedRun, type PullRequest, pullRequestOf, pullRequestSchema } from './event.ts';
import { type Rest, type RestAnswer, RestError } from './rest.ts';

export type Resolved =
  | { readonly kind: 'found'; readonly pullRequest: PullRequest }
  /** No comment is to be posted, and why. */
  | { readonly kind: 'none'; readonly because: string }
  /** GitHub did not say; the warning to show. */
  | { readonly kind: 'refused'; readonly refused: string };

/**
 * By the number and commit in the title of a run that a maintainer dispatched on the main branch: there alone the workflow file is the
 * base's, while a pull request's own run may have uploaded anything. The pull request must be open and must still stand at that commit:
 * newer commits have runs of their own.
 */
export async function pullRequestOfRun(
  rest: Rest,
  where: { readonly owner: string; readonly repository: string; readonly defaultBranch: string },
  run: FinishedRun,
): Promise<Resolved> {
  const own = `${where.owner}/${where.repository}`;
  if (run.event !== 'workflow_dispatch') {
    return none(
      `a run of the event ${plainLine(run.event, 60)} is not believed: its workflow file may be a stranger's`,
    );
  }
  if (run.headRepository !== own || where.defaultBranch === '' || run.headBranch !== where.defaultBranch) {
    return none('the run was not dispatched on the main branch of this repository');
  }
  const titled = dispatchedTitle.exec(run.title)?.groups;
  if (titled === undefined) return none('the dispatched run has no title of the form `... #12 at <commit>`');
  const answer = await asked(rest, `/repos/${own}/pulls/${titled.number}`);
  if ('refused' in answer) return answer;
  return checked(pullRequestSchema.safeParse(answer.body).data, titled.sha ?? '');
}

async function asked(rest: Rest, path: string): Promise<RestAnswer | Extract<Resolved, { kind: 'refused' }>> {
  try {
    return await rest.get(path);
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    const advice = [401, 403, 404].includes(error.status) && !error.temporary;
    const next = advice ? 'The token needs `pull-requests: write`.' : 'Run this job again.';
    const refused = `No comment was posted, since the pull request cannot be found: ${error.message}. ${next}`;
    return { kind: 'refused', refused };
  }
}

const dispatchedTitle = /#(?<number>[1-9]\d{0,8}) at (?<sha>[0-9a-f]{40})$/;

function checked(pull: z.infer<typeof pullRequestSchema> | undefined, sha: string): Resolved {
  if (pull === undefined) return none('there is no pull request of this number');
  if (pull.state !== 'open') return none(`pull request #${pull.number} is not open any more`);
  if (pull.head.sha !== sha) return none(`pull request #${pull.number} has moved on to another commit`);
  return { kind: 'found', pullRequest: pullRequestOf(pull) };
}

const none = (because: string): Resolved => ({ kind: 'none', because });
