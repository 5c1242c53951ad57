// The table of events, row by row: what is measured against what, what must be checked out, and where a comment belongs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ruleFor } from '../../src/action/events.ts';
import type { ActionEvent } from '../../src/github/event.ts';
import { refused } from '../helpers.ts';

const [head, base, before, run] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40)) as [
  string,
  string,
  string,
  string,
];
const pull = { number: 7, headSha: head, baseSha: base };
const onPull = { owner: 'someone', repository: 'qemu', on: { kind: 'pull-request' as const, number: 7 } };
const finished = { id: 9, event: 'push', title: '', headRepository: 'someone/qemu', headBranch: 'main', headSha: run };

const eventOf = (name: string, more: Partial<ActionEvent> = {}): ActionEvent => ({
  name,
  action: '',
  owner: 'someone',
  repository: 'qemu',
  apiUrl: '',
  serverUrl: '',
  run: '',
  runUrl: '',
  workflow: '',
  sha: head,
  pullRequest: null,
  before: '',
  defaultBranch: 'main',
  deleted: false,
  mergeGroup: null,
  finishedRun: null,
  ...more,
});

const rows: readonly (readonly [string, ActionEvent, string, object])[] = [
  ...['pull_request', 'pull_request_target', 'pull_request_review', 'pull_request_review_comment'].flatMap((name) =>
    ['opened', 'synchronize', 'reopened', 'labeled', 'ready_for_review'].map(
      (action) =>
        [
          `${name} (${action}) is held to the pull request's base, at its head`,
          eventOf(name, { action, pullRequest: pull }),
          '',
          { gateRef: base, compareRef: base, trust: 'pull-request', at: head, comment: onPull },
        ] as const,
    ),
  ),
  [
    'merge_group is held to the base of its queue',
    eventOf('merge_group', { action: 'checks_requested', mergeGroup: { headSha: head, baseSha: base } }),
    '',
    { gateRef: base, compareRef: base, trust: 'pull-request', at: head, comment: null },
  ],
  [
    'push brings its own limits and is compared with the commit before',
    eventOf('push', { before }),
    '',
    {
      gateRef: '',
      compareRef: before,
      trust: 'own',
      at: head,
      comment: { ...onPull, on: { kind: 'commit', sha: head } },
    },
  ],
  ...['schedule', 'workflow_dispatch', 'repository_dispatch'].flatMap(
    (name) =>
      [
        [
          `${name} brings its own limits`,
          eventOf(name),
          '',
          { gateRef: '', compareRef: '', trust: 'own', at: null, comment: null },
        ],
        [
          `${name} against a base is held to it`,
          eventOf(name),
          'main',
          { gateRef: 'main', compareRef: 'main', trust: 'pull-request', at: null, comment: null },
        ],
      ] as const,
  ),
  [
    'release is measured at its tag',
    eventOf('release', { action: 'published' }),
    '',
    { gateRef: '', compareRef: '', trust: 'own', at: head, comment: null },
  ],
  [
    'workflow_run of a push is measured at the commit of that run',
    eventOf('workflow_run', { action: 'completed', finishedRun: finished }),
    '',
    { gateRef: '', compareRef: '', trust: 'own', at: run, comment: null },
  ],
  [
    "workflow_run of a fork's pull request is held to a base that the workflow names",
    eventOf('workflow_run', { finishedRun: { ...finished, event: 'pull_request', headRepository: 'stranger/qemu' } }),
    'main',
    { gateRef: 'main', compareRef: 'main', trust: 'pull-request', at: run, comment: null },
  ],
  [
    'an unknown event is held to a base that the workflow names',
    eventOf('check_suite'),
    'main',
    { gateRef: 'main', compareRef: 'main', trust: 'pull-request', at: null, comment: null },
  ],
];

for (const [what, event, named, { at, ...expected }] of rows as readonly [
  string,
  ActionEvent,
  string,
  { at: string },
][]) {
  test(what, () => {
    const { checkedOut, headSha: _, ...rule } = ruleFor(event, named);
    assert.deepEqual(rule, expected);
    assert.equal(checkedOut?.commit ?? null, at);
  });
}

for (const [what, event, pattern] of [
  ['a closed pull request', eventOf('pull_request', { action: 'closed', pullRequest: pull }), /#7 is closed/],
  ['a pull request that nobody names', eventOf('pull_request_target'), /names no pull request/],
  ['a merge queue without commits', eventOf('merge_group'), /names no commits/],
  ['a deleted branch', eventOf('push', { deleted: true }), /was deleted/],
  ['a comment', eventOf('issue_comment', { action: 'created' }), /anybody may comment/],
  ['a run that nobody names', eventOf('workflow_run'), /names no run/],
  [
    'the run of a pull request without a base',
    eventOf('workflow_run', { finishedRun: { ...finished, event: 'pull_request_target' } }),
    /was of a pull request/,
  ],
  [
    "the run of a fork's push without a base",
    eventOf('workflow_run', { finishedRun: { ...finished, headRepository: 'stranger/qemu' } }),
    /was of a pull request/,
  ],
  [
    'an event that is not known',
    eventOf('check_run', { action: 'created' }),
    /check_run \(created\) cannot be measured/,
  ],
  ['an event that is called like a part of every object', eventOf('constructor'), /cannot be measured/],
  ['no event', eventOf(''), /without a name cannot be measured/],
] as const) {
  test(`${what} is refused, with the reason`, () => {
    assert.throws(() => ruleFor(event, ''), refused(pattern));
  });
}
