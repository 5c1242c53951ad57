// A label accepts a slowdown only where somebody who may write here has seen this very run, as GitHub itself says.
import assert from 'node:assert/strict';
import test from 'node:test';
import { acceptedSlowdown } from '../../src/github/acceptance.ts';
import { restClient } from '../../src/github/rest.ts';
import type { Report } from '../../src/model/report.ts';
import { type GitHubServer, type LabelEvent, openGitHub } from './github-server.ts';

const label = 'bootgauge-accept';
const set: LabelEvent = {
  ...{ issue: 7, event: 'labeled', label },
  ...{ actor: { login: 'maintainer', type: 'User' }, at: '2026-11-30T12:30:00Z' },
};
const run = { created_at: '2026-11-30T12:00:00Z', run_started_at: '2026-11-30T13:00:00Z' };

async function world(changes: { labels?: readonly LabelEvent[]; run?: typeof run } = {}): Promise<GitHubServer> {
  const github = await openGitHub();
  github.labels.push(...(changes.labels ?? [set]));
  Object.assign(github.permissions, { maintainer: 'write', owner: 'admin', triager: 'read' });
  github.runs['42'] = changes.run ?? run;
  return github;
}

const ask = (
  github: GitHubServer,
  changes: Partial<Parameters<typeof acceptedSlowdown>[1]> = {},
  word = 'slower',
  others: readonly string[] = [],
) => {
  const [signal, sleep] = [new AbortController().signal, async () => {}];
  const scenarios = [word, ...others].map((each, index) => ({
    scenario: { id: `s${index}` },
    verdict: { word: each },
  }));
  return acceptedSlowdown({ verdict: { word }, scenarios, onUndecided: 'fail' } as unknown as Report, {
    rest: () => restClient({ apiUrl: github.url, token: 'secret', signal, sleep }),
    ...{ label, run: '42', number: 7, event: { owner: 'someone', repository: 'qemu' } },
    ...changes,
  });
};

test('a label that somebody with write access has set after the run began accepts it once it is run again, with who and when', async () => {
  await using github = await world();
  assert.deepEqual(await ask(github), {
    passes: true,
    text: 'Accepted by maintainer, who set the label "bootgauge-accept" at 2026-11-30 12:30 UTC.',
  });
  assert.deepEqual(github.breaches, []);
});

for (const [what, changes, pattern] of [
  [
    'somebody who may only triage',
    { labels: [{ ...set, actor: { login: 'triager', type: 'User' } }] },
    /triager, who set it, may not write here/,
  ],
  ['a stranger', { labels: [{ ...set, actor: { login: 'stranger', type: 'User' } }] }, /may not write here/],
  ["a workflow's bot", { labels: [{ ...set, actor: { login: 'github-actions[bot]', type: 'Bot' } }] }, /by a program/],
  ['a user who is gone', { labels: [{ ...set, actor: null }] }, /who is gone/],
  [
    'a maintainer, and then by a stranger once more',
    { labels: [set, { ...set, actor: { login: 'stranger', type: 'User' } }] },
    /may not write here/,
  ],
] as const) {
  test(`a label that was set by ${what} accepts nothing, and that is told`, async () => {
    await using github = await world({ labels: changes.labels as readonly LabelEvent[] });
    const { passes, text } = await ask(github);
    assert.equal(passes, false);
    assert.match(text, /^The label "bootgauge-accept" does not count: /);
    assert.match(text, pattern);
  });
}

test('a label that was set for an earlier commit does not reach the run of a later one', async () => {
  await using github = await world({
    run: { created_at: '2026-11-30T12:45:00Z', run_started_at: '2026-11-30T13:00:00Z' },
  });
  assert.match((await ask(github)).text, /older than this run/);
});

test('a label that came while the first run was still going may have been meant for another commit: it is run again first', async () => {
  await using github = await world({ run: { ...run, run_started_at: run.created_at } });
  const { passes, text } = await ask(github);
  assert.equal(passes, false);
  assert.match(text, /run the job again/);
});

test('a label that was taken off accepts nothing, whatever pages lie before it and however it is spelled', async () => {
  const talk = Array.from({ length: 230 }, (_, index): LabelEvent => ({ ...set, label: `other ${index}` }));
  await using github = await world({
    labels: [set, ...talk, { ...set, event: 'unlabeled', label: 'Bootgauge-Accept' }],
  });
  assert.deepEqual(await ask(github), { passes: false, text: '' });
});

test('a label of another pull request, of another name or none at all accepts nothing', async () => {
  await using github = await world({
    labels: [
      { ...set, issue: 8 },
      { ...set, label: 'bug' },
    ],
  });
  assert.deepEqual(await ask(github), { passes: false, text: '' });
});

test('nothing but a slowdown is accepted, and nothing is asked where it cannot be', async () => {
  await using github = await world();
  for (const word of ['failed', 'incomparable', 'undecided', 'same'])
    assert.equal((await ask(github, {}, word)).passes, false);
  assert.equal((await ask(github, { label: '' })).passes, false);
  assert.equal((await ask(github, { number: null })).passes, false);
  assert.equal(github.requests.length, 0);
});

test('what fails beside the slowdown is not accepted with it', async () => {
  await using github = await world();
  assert.equal((await ask(github, {}, 'slower', ['same', 'recorded'])).passes, true);
  const undecided = await ask(github, {}, 'slower', ['undecided']);
  assert.equal(undecided.passes, false);
  assert.match(undecided.text, /does not count: another scenario is undecided/);
  const lacking = await ask(github, { failOn: 'nothing-compared' }, 'slower', ['recorded']);
  assert.equal(lacking.passes, false);
  assert.match(lacking.text, /does not count: another scenario had nothing to be compared with/);
});

test('where GitHub refuses or does not answer nothing is accepted, and the reason is told', async () => {
  await using github = await world();
  github.fail('GET', { status: 403, body: '{"message":"Resource not accessible by integration"}' });
  const { passes, text } = await ask(github);
  assert.equal(passes, false);
  assert.match(text, /Resource not accessible.*`pull-requests: read` and `actions: read`/);
  github.fail('GET', ...Array.from({ length: 4 }, () => ({ status: 502 })));
  assert.match((await ask(github)).text, /502.*given up after 4 tries/);
  github.fail('GET', { status: 200, body: '[{"event":"unlabeled"}]' });
  assert.match((await ask(github)).text, /in words that are not known/);
});
