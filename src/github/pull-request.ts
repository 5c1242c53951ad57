// Which pull request a finished run belongs to, as GitHub itself says; the artifact of that run is not asked.
import { z } from 'zod';
import { type FinishedRun, type PullRequest, pullRequestOf, pullRequestSchema } from './event.ts';
import { type Rest, type RestAnswer, RestError } from './rest.ts';

export type Resolved =
  | { readonly kind: 'found'; readonly pullRequest: PullRequest }
  /** No comment is to be posted, and why. */
  | { readonly kind: 'none'; readonly because: string }
  /** GitHub did not say; the warning to show. */
  | { readonly kind: 'refused'; readonly refused: string };

/**
 * By the run's head repository, branch and commit; for a run that a maintainer dispatched, by the number and commit in
 * its title. The pull request must be open and must still stand at that commit: newer commits have runs of their own.
 */
export async function pullRequestOfRun(
  rest: Rest,
  where: { readonly owner: string; readonly repository: string },
  run: FinishedRun,
): Promise<Resolved> {
  const path = `/repos/${where.owner}/${where.repository}/pulls`;
  if (run.event === 'workflow_dispatch') {
    const titled = dispatchedTitle.exec(run.title)?.groups;
    if (titled === undefined) return none('the dispatched run has no title of the form `... #12 at <commit>`');
    const answer = await asked(rest, `${path}/${titled.number}`);
    if ('refused' in answer) return answer;
    const pull = pullRequestSchema.safeParse(answer.body).data;
    return checked(pull, titled.sha ?? '');
  }
  const owner = run.headRepository.split('/')[0] ?? '';
  if (owner === '' || run.headBranch === '') return none('the head repository is gone');
  const query = `state=open&per_page=100&head=${encodeURIComponent(`${owner}:${run.headBranch}`)}`;
  const answer = await asked(rest, `${path}?${query}`);
  if ('refused' in answer) return answer;
  const pulls = z.array(pullRequestSchema).safeParse(answer.body).data ?? [];
  const same = pulls.filter((pull) => pull.head.repo?.full_name === run.headRepository);
  const pull = same.find((candidate) => candidate.head.sha === run.headSha) ?? same[0];
  return checked(pull, run.headSha);
}

async function asked(rest: Rest, path: string): Promise<RestAnswer | Extract<Resolved, { kind: 'refused' }>> {
  try {
    return await rest.again('GET', path);
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
  if (pull === undefined) return none('no open pull request has this head');
  if (pull.state !== 'open') return none(`pull request #${pull.number} is not open any more`);
  if (pull.head.sha !== sha) return none(`pull request #${pull.number} has moved on to another commit`);
  return { kind: 'found', pullRequest: pullRequestOf(pull) };
}

const none = (because: string): Resolved => ({ kind: 'none', because });
