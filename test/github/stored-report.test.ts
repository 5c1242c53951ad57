// The comment action: posts what another job has stored, believes nothing of it, and lets GitHub say where it belongs.
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { mergeStoredGates, readStoredReport } from '../../src/github/stored-report.ts';
import type { Outcome } from '../../src/model/boot.ts';
import type { Report } from '../../src/model/report.ts';
import { jsonReport } from '../../src/report/json.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import * as examples from '../report/example-reports.ts';
import { pullRequest } from './github-server.ts';
import { pullRequestEvent } from './pull-requests.ts';
import { openRunner, type Runner, type RunnerEvent } from './runner.ts';

const reports = Object.entries(examples.exampleReports);
const sha = 'a1'.repeat(20);
const other = 'b2'.repeat(20);
const fork = { headRepository: 'stranger/qemu', headBranch: 'topic', headSha: sha, baseSha: other };

/** Stores a report where download-artifact would have put it; returns the folder. */
function stored(runner: Runner, text: string, gate?: object): string {
  const folder = join(runner.world.workspace, 'report');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'report.json'), text);
  if (gate !== undefined) writeFileSync(join(folder, 'gate.json'), JSON.stringify(gate));
  return folder;
}

function finishedRun(changes: object = {}): RunnerEvent {
  const run = {
    id: 99,
    event: 'workflow_dispatch',
    display_title: `Fork bench of #31 at ${sha}`,
    head_branch: 'main',
    head_sha: other,
    head_repository: { full_name: 'someone/qemu' },
  };
  return {
    name: 'workflow_run',
    payload: { workflow_run: { ...run, ...changes }, repository: { default_branch: 'main' } },
  };
}

for (const [name, report] of reports) {
  test(`a stored report reads as it was written: ${name}`, async () => {
    await using runner = await openRunner();
    const folder = stored(runner, jsonReport(report));
    const read = readStoredReport(folder);
    const written = JSON.parse(jsonReport(report)) as Report;
    assert.equal(markdownReport(read), markdownReport(written));
    assert.deepEqual(read, written);
  });
}

for (const outcome of [
  { kind: 'ready' },
  { kind: 'panicked', line: 'Kernel panic - not syncing' },
  { kind: 'hung', phase: 'mdev', deadlineMs: 1000 },
  { kind: 'exited', code: null, signal: 'SIGKILL' },
  { kind: 'rebooted', line: 'Linux version 6.12.38' },
  { kind: 'failed', probe: 'login', detail: 'refused' },
] satisfies Outcome[]) {
  test(`a report with a boot that is ${outcome.kind} gets its comment`, async () => {
    await using runner = await openRunner();
    runner.github.pulls.push(pullRequest({ ...fork, number: 31 }));
    const [scenario] = examples.exampleReports.slower.scenarios;
    const [first, ...others] = scenario?.boots ?? [];
    const boots = [{ ...first, outcome }, ...others];
    stored(runner, jsonReport({ ...examples.exampleReports.slower, scenarios: [{ ...scenario, boots }] } as Report));
    const step = await runner.step('comment', finishedRun(), { path: 'report' });
    assert.equal(step.outputs.outcome, 'created', step.log);
  });
}

test("a fork's run is commented on the pull request that GitHub names, and updated there", async () => {
  await using runner = await openRunner('a path with spaces');
  runner.github.pulls.push(pullRequest({ ...fork, number: 12, headRepository: 'stranger/other' }));
  runner.github.pulls.push(pullRequest({ ...fork, number: 31 }));
  stored(runner, jsonReport(examples.exampleReports.slower), { baseSha: other, gateChanges: [], notes: [] });
  const first = await runner.step('comment', finishedRun(), { path: 'report' });
  assert.equal(first.code, 0, first.log);
  assert.equal(first.outputs.outcome, 'created');
  assert.equal(runner.github.comments[0]?.on, 'issues/31');
  assert.match(runner.github.comments[0].body, /actions\/runs\/99\)/);
  stored(runner, jsonReport(examples.exampleReports.same));
  const second = await runner.step('comment', finishedRun(), { path: 'report' });
  assert.equal(second.outputs.outcome, 'updated');
  assert.equal(runner.github.comments.length, 1);
  assert.deepEqual(runner.github.breaches, []);
});

for (const [what, event, pull, because] of [
  ['has newer commits', finishedRun(), { ...fork, number: 31, headSha: other }, /moved on/],
  ['is closed', finishedRun(), { ...fork, number: 31, state: 'closed' }, /not open any more/],
  [
    'is not the one of a reviewed commit',
    finishedRun({ display_title: `Fork bench of #31 at ${other}` }),
    { ...fork, number: 31 },
    /moved on/,
  ],
  ['has no name in the title', finishedRun({ display_title: 'whatever' }), { ...fork, number: 31 }, /has no title/],
  [
    'has itself started the run, whose workflow file is its own',
    finishedRun({ event: 'pull_request', head_branch: fork.headBranch, head_sha: sha }),
    { ...fork, number: 31 },
    /event pull_request is not believed/,
  ],
  [
    'is on a branch whose workflow file was run',
    finishedRun({ head_branch: 'topic' }),
    { ...fork, number: 31 },
    /main branch/,
  ],
  [
    'was run in a fork',
    finishedRun({ head_repository: { full_name: 'stranger/qemu' } }),
    { ...fork, number: 31 },
    /main branch of this repository/,
  ],
] as const) {
  test(`nothing is posted when the pull request ${what}`, async () => {
    await using runner = await openRunner();
    runner.github.pulls.push(pullRequest(pull));
    stored(runner, jsonReport(examples.exampleReports.slower));
    const step = await runner.step('comment', event, { path: 'report' });
    assert.equal(step.code, 0);
    assert.equal(step.outputs.outcome, 'none');
    assert.match(step.log, because);
    assert.equal(runner.github.comments.length, 0);
  });
}

for (const [status, advice] of [
  [403, /pull-requests: write/],
  [404, /pull-requests: write/],
  [422, /Run this job again/],
] as const) {
  test(`a ${status} when the pull request is asked for is a warning, not a fault`, async () => {
    await using runner = await openRunner();
    runner.github.fail('GET', { status });
    stored(runner, jsonReport(examples.exampleReports.slower));
    const step = await runner.step('comment', finishedRun(), { path: 'report' });
    assert.equal(step.code, 0, step.log);
    assert.equal(step.outputs.outcome, 'failed');
    assert.match(step.log, /^::warning title=Bootgauge::No comment was posted/m);
    assert.match(step.log, advice);
    assert.doesNotMatch(step.log, /fault in Bootgauge/);
  });
}

test('a report that makes a comment of 200,000 characters loses whole sections, which are named, and keeps its verdict', async () => {
  await using runner = await openRunner();
  runner.github.pulls.push(pullRequest({ ...fork, number: 31 }));
  const { slower } = examples.exampleReports;
  const boots = slower.scenarios[0]?.boots ?? [];
  const many = Array.from({ length: 3000 }, (_, index) => ({ ...boots[index % boots.length], number: index + 1 }));
  const long = { ...slower, scenarios: slower.scenarios.map((scenario) => ({ ...scenario, boots: many })) } as Report;
  assert.ok(markdownReport(long).length > 200_000);
  stored(runner, jsonReport(long));
  const step = await runner.step('comment', finishedRun(), { path: 'report' });
  assert.equal(step.outputs.outcome, 'created', step.log);
  const body = runner.github.comments[0]?.body ?? '';
  assert.ok(body.length <= 65_536);
  assert.match(body, /^### 🔴 Boot to SSH is 11 % slower/);
  assert.match(body, /Left out, since there is no more room here: .*`boots`/);
  assert.match(body, /All metrics/);
  assert.equal(body.match(/<details>/g)?.length, body.match(/<\/details>/g)?.length);
});

test('a hostile report is refused: cut, foreign, huge, or a link to somewhere else', async () => {
  await using runner = await openRunner();
  const good = jsonReport(examples.exampleReports.slower);
  const whole = JSON.parse(good) as Report;
  const folder = stored(runner, good);
  const path = join(folder, 'report.json');
  const refused = (message: RegExp): void => assert.throws(() => readStoredReport(folder), { exitCode: 2, message });
  for (const [text, message] of [
    [good.slice(0, 5000), /report\.json cannot be used/],
    ['null', /expected object/],
    [JSON.stringify({ ...whole, schema: 99 }), /schema/],
    [JSON.stringify({ ...whole, run: '../../etc' }), /run/],
    [JSON.stringify({ ...whole, commit: '$(id)' }), /commit/],
    [JSON.stringify({ ...whole, verdict: { ...whole.verdict, word: 'fine' } }), /word/],
    [JSON.stringify({ ...whole, scenarios: [{ ...whole.scenarios[0], boots: 'x' }] }), /boots/],
  ] as const) {
    writeFileSync(path, text);
    refused(message);
  }
  const [scenario] = whole.scenarios;
  const inScenario = (changes: object): string =>
    JSON.stringify({ ...whole, scenarios: [{ ...scenario, ...changes }, ...whole.scenarios.slice(1)] });
  const baseline = (path: unknown): string => inScenario({ baseline: { path, sessions: 0, lastCommit: '' } });
  let nested: unknown = 'deep';
  for (let level = 0; level < 30; level += 1) nested = [nested];
  const manyValues = Array.from({ length: 1000 }, () => Array.from({ length: 1000 }, () => 0));
  for (const [text, message] of [
    [baseline('x'.repeat(20_001)), /a text of more than 20000 characters at scenarios\.0\.baseline\.path/],
    [inScenario({ boots: Array.from({ length: 20_001 }, () => 0) }), /more than 20000 entries at scenarios\.0\.boots/],
    [inScenario({ boots: manyValues }), /more than 1000000 values/],
    [inScenario({ unknown: nested }), /more than 24 levels at scenarios\.0\.unknown\.0/],
    [inScenario({ unknown: { ['k'.repeat(301)]: 1 } }), /a key of more than 300 characters/],
    [good.replace('"limit": 0.05', '"limit": 1e999'), /a number that is too large at scenarios\.0\.comparisons/],
    [good.replace('"baseline": {', '"baseline": {"__proto__": {"path": "x"},'), /the key __proto__/],
    [inScenario({ scenario: { ...scenario?.scenario, id: 'a b' } }), /an id that is no name/],
  ] as const) {
    assert.notEqual(text, good);
    writeFileSync(path, text);
    refused(message);
  }
  truncateSync(path, 9 * 1024 * 1024);
  refused(/larger than 8 MiB/);
  writeFileSync(join(folder, 'elsewhere'), good);
  writeFileSync(path, '');
  const linked = join(runner.world.workspace, 'linked');
  mkdirSync(linked);
  symlinkSync(join(folder, 'elsewhere'), join(linked, 'report.json'));
  assert.throws(() => readStoredReport(linked), /no regular file/);
  const step = await runner.step('comment', finishedRun(), { path: 'linked' });
  assert.equal(step.code, 2);
  assert.equal(runner.github.requests.length, 0);
});

test("what a fork's report says cannot mention, link, or end its place", async () => {
  await using runner = await openRunner();
  runner.github.pulls.push(pullRequest({ ...fork, number: 31 }));
  const gate = {
    baseSha: '',
    notes: ['</details> @everyone <!-- x'],
    gateChanges: [{ path: 'a`b@c', lines: ['+ <img src=x> @x'] }],
  };
  stored(runner, jsonReport(examples.exampleReports.hostile), gate);
  const step = await runner.step('comment', finishedRun(), { path: 'report', 'artifact-url': 'javascript:alert(1)' });
  assert.equal(step.outputs.outcome, 'created', step.log);
  const body = runner.github.comments[0]?.body ?? '';
  assert.doesNotMatch(body, /@everyone|<img|<script|javascript:|\]\(http:/);
  assert.equal(body.match(/<details>/g)?.length, body.match(/<\/details>/g)?.length);
});

test('a push leaves a comment on its commit', async () => {
  await using runner = await openRunner();
  stored(runner, jsonReport(examples.exampleReports.slower));
  const step = await runner.step('comment', { name: 'push', payload: {}, sha }, { path: 'report' });
  assert.equal(step.outputs.outcome, 'created', step.log);
  assert.equal(runner.github.comments[0]?.on, `commits/${sha}`);
});

test('shards that held different files tell all of them once, and shards of different bases are not joined', () => {
  const config = { path: 'bootgauge.yml', lines: ['-limit: 5 %', '+limit: 50 %'] };
  const launcher = { path: 'scripts/run.sh', lines: [] };
  const gates = [
    { baseSha: '', gateChanges: [config], notes: ['one'] },
    { baseSha: sha, gateChanges: [config, launcher], notes: ['one', 'two'] },
  ];
  assert.deepEqual(mergeStoredGates(gates), { baseSha: sha, gateChanges: [config, launcher], notes: ['one', 'two'] });
  assert.throws(
    () => mergeStoredGates([...gates, { baseSha: other, gateChanges: [], notes: [] }]),
    /different commits/,
  );
});

test('where nothing was measured the comment of an earlier commit is replaced, with the commit, the reason and the run', async () => {
  await using runner = await openRunner();
  const ours = '<!-- bootgauge: bootgauge -->';
  const old = runner.github.comment('issues/7', 'github-actions[bot]', `### Boot to SSH is unchanged\n\n${ours}`);
  const event = pullRequestEvent({ base: other, head: sha });
  const problem = 'QEMU cannot be built: @everyone `x` <img src=x>';
  const told = await runner.step('comment', event, { path: 'report', result: 'failure', problem });
  assert.equal(told.code, 0, told.log);
  assert.match(old.body, new RegExp(`^### ⚠️ Nothing was measured for \`${sha.slice(0, 10)}\``));
  assert.match(old.body, /QEMU cannot be built: [\s\S]*actions\/runs\/4242/);
  assert.doesNotMatch(old.body, /@everyone|<img/);
  for (const [result, why] of [
    ['cancelled', /was cancelled/],
    ['success', /ended without a report/],
    ['failure', /failed before it had a report/],
  ] as const) {
    await runner.step('comment', event, { path: 'report', result });
    assert.match(old.body, why);
  }
  const unknown = await runner.step('comment', event, { path: 'report' });
  assert.equal(unknown.code, 2, 'without `result` there must be a report');
});

test('a job that was cancelled, as by a newer commit, makes no comment where there is none', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent({ base: other, head: sha });
  const told = await runner.step('comment', event, { path: 'report', result: 'cancelled' });
  assert.equal(told.outputs.outcome, 'quiet', told.log);
  assert.deepEqual(runner.github.comments, []);
});

test('a slowdown that a maintainer has accepted is told as that, and a later job is told to pass', async () => {
  await using runner = await openRunner();
  stored(runner, jsonReport(examples.exampleReports.slower));
  const event = pullRequestEvent({ base: other, head: sha });
  const inputs = { path: 'report', result: 'failure', 'accept-label': 'bootgauge-accept' };
  const before = await runner.step('comment', event, inputs);
  assert.equal(before.outputs.accepted, '');
  assert.doesNotMatch(runner.github.comments[0]?.body ?? '', /Accepted by/);
  const actor = { login: 'maintainer', type: 'User' } as const;
  runner.github.labels.push({
    issue: 7,
    event: 'labeled',
    label: 'bootgauge-accept',
    actor,
    at: '2026-11-30T12:30:00Z',
  });
  runner.github.permissions.maintainer = 'admin';
  runner.github.runs['4242'] = { created_at: '2026-11-30T12:00:00Z', run_started_at: '2026-11-30T13:00:00Z' };
  const after = await runner.step('comment', event, inputs);
  assert.equal(after.outputs.accepted, 'true', after.log);
  assert.match(runner.github.comments[0]?.body ?? '', /^> - Accepted by maintainer, .* 2026-11-30 12:30 UTC/m);
  stored(runner, jsonReport(examples.exampleReports.failed));
  const failed = await runner.step('comment', event, inputs);
  assert.equal(failed.outputs.accepted, '', 'boots that fail are no slowdown');
  assert.deepEqual(runner.github.breaches, []);
});
