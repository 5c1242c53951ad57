// The one table of events: what each is measured against, whose rules hold, what must be checked out, and where a comment belongs. What
// is not in it is measured only against a base that the workflow names.
import type { GateCommits } from '../gate/gate.ts';
import type { CommentPlace } from '../github/comment.ts';
import type { ActionEvent } from '../github/event.ts';
import { type BootgaugeError, usageError } from '../model/errors.ts';

export interface EventRule extends GateCommits {
  /** null: there is no place for a comment. */
  readonly comment: CommentPlace | null;
}

/** Throws a usage error for an event that cannot be measured. `base` is what the workflow names, or empty. */
export function ruleFor(event: ActionEvent, base: string): EventRule {
  const row = Object.hasOwn(rows, event.name) ? rows[event.name] : undefined;
  return (row ?? unknown)(event, base);
}

type Row = (event: ActionEvent, base: string) => EventRule;

const pullRequest: Row = (event, base) => {
  const { pullRequest: pull, owner, repository } = event;
  if (pull === null) throw refusal(event, 'its payload names no pull request');
  if (event.action === 'closed') {
    throw refusal(event, `the pull request #${pull.number} is closed`, 'measure the push to its base branch instead');
  }
  const target = event.name === 'pull_request_target' ? targetHint : checkoutHint;
  return {
    ...against(base || pull.baseSha),
    headSha: pull.headSha,
    checkedOut: { commit: pull.headSha, hint: target },
    comment: { owner, repository, on: { kind: 'pull-request', number: pull.number } },
  };
};

const mergeGroup: Row = (event, base) => {
  const { mergeGroup: group } = event;
  if (group === null) throw refusal(event, 'its payload names no commits');
  return {
    ...against(base || group.baseSha),
    headSha: group.headSha,
    checkedOut: { commit: group.headSha, hint: 'give actions/checkout no `ref`' },
    comment: null,
  };
};

/** A branch of one's own brings its own limits; both sides are built and compared where there is a commit before. */
const push: Row = (event, base) => {
  const { owner, repository, sha, before } = event;
  if (event.deleted) throw refusal(event, 'the branch was deleted');
  return {
    gateRef: '',
    compareRef: base || before,
    headSha: '',
    trust: 'own',
    checkedOut: sha === '' ? null : { commit: sha, hint: 'give actions/checkout no `ref`' },
    comment: sha === '' ? null : { owner, repository, on: { kind: 'commit', sha } },
  };
};

/** Started by who may write here, for a commit that the workflow chooses. */
const chosen: Row = (_event, base) => ({ ...against(base), headSha: '', checkedOut: null, comment: null });

const release: Row = (event, base) => ({
  ...chosen(event, base),
  checkedOut: event.sha === '' ? null : { commit: event.sha, hint: 'give actions/checkout no `ref`' },
});

/** The run that ended may have been a stranger's, while the usual checkout here is the main branch. */
const workflowRun: Row = (event, base) => {
  const { finishedRun: run } = event;
  if (run === null) throw refusal(event, 'its payload names no run');
  const strange = run.headRepository !== `${event.owner}/${event.repository}` || run.event.startsWith('pull_request');
  if (strange && base === '') {
    throw refusal(
      event,
      'the run that ended was of a pull request',
      'name the base that it is held to with `base-ref`',
    );
  }
  return {
    ...against(base),
    headSha: strange ? run.headSha : '',
    checkedOut: {
      commit: run.headSha,
      hint: 'give actions/checkout `github.event.workflow_run.head_sha` as its `ref`, or measure in the first workflow',
    },
    comment: null,
  };
};

const unknown: Row = (event, base) => {
  if (base === '') {
    const hint = 'start a workflow_dispatch with the commit instead, or name what it is held to with `base-ref`';
    throw refusal(event, 'it does not say which commit is meant, nor what it is compared with', hint);
  }
  return chosen(event, base);
};

const rows: Readonly<Record<string, Row>> = {
  pull_request: pullRequest,
  pull_request_target: pullRequest,
  pull_request_review: pullRequest,
  pull_request_review_comment: pullRequest,
  merge_group: mergeGroup,
  push,
  schedule: chosen,
  workflow_dispatch: chosen,
  repository_dispatch: chosen,
  release,
  workflow_run: workflowRun,
  // Anybody may comment; the event names no commit, and what is checked out is the main branch.
  issue_comment: (event) => {
    const hint = 'let a maintainer start a workflow_dispatch with the commit, as fork-bench.yml does';
    throw refusal(event, 'anybody may comment, and it does not say which commit is meant', hint);
  },
};

/** Held to a base, with the trust of a pull request; without one, with the files as they lie there. */
const against = (base: string) => ({
  gateRef: base,
  compareRef: base,
  trust: base === '' ? ('own' as const) : ('pull-request' as const),
});

function refusal({ name, action }: ActionEvent, because: string, hint = ''): BootgaugeError {
  const what = action === '' ? name || 'without a name' : `${name} (${action})`;
  return usageError(`the event ${what} cannot be measured: ${because}`, hint);
}

const checkoutHint =
  'give actions/checkout `github.event.pull_request.head.sha` as its `ref`, or no `ref` for the merge with the base';
const targetHint =
  'pull_request_target checks out the base by itself: use pull_request, where the code of a pull request meets no secret';
