// The built action as a runner starts it: real git repositories, real HTTP, a program that plays QEMU.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, relative } from 'node:path';
import test from 'node:test';
import { endlessBoot, goodBoot } from '../faults/scripts.ts';
import { deciding, pullRequestEvent, quick, repository } from './pull-requests.ts';
import { openRunner, type Runner } from './runner.ts';

test('a pull request gets one comment, and a regression updates it in place and fails the job', async () => {
  await using runner = await openRunner('a workspace, with ümlauts');
  const event = pullRequestEvent(await repository(runner));
  const player = await runner.world.player(goodBoot(100));
  const slow = await runner.world.player(goodBoot(600));
  const first = await runner.step('main', event, { ...quick, qemu: player, comment: 'always' });
  assert.equal(first.code, 0, first.log);
  assert.match(first.log, /^bootgauge \d/);
  assert.equal(first.outputs.verdict, 'recorded');
  assert.equal(runner.github.comments.length, 1);
  assert.match(runner.github.comments[0]?.body ?? '', /^### ⚠️ Recorded[\s\S]*\n\n<!-- bootgauge: bootgauge -->$/);
  assert.match(first.summary, /```mermaid\ngantt/);

  const second = await runner.step('main', event, { ...deciding, qemu: slow, 'base-qemu': player });
  assert.equal(second.code, 1, second.log);
  assert.equal(second.outputs.verdict, 'slower');
  assert.ok(Number(second.outputs['time-to-ssh-ratio']) > 1.5);
  assert.equal(runner.github.comments.length, 1);
  // On a busy machine only the phase is sure.
  assert.match(
    runner.github.comments[0]?.body ?? '',
    /^### 🔴 (?:Boot to SSH is \d+ % slower|Slower: the phase sshd grew)/,
  );
  assert.match(second.log, /^::error title=Bootgauge default::time-to-ssh: /m);
  assert.equal(second.outputs['comment-url'], 'https://github.com/issues/7#1000');
  assert.deepEqual(runner.github.breaches, []);
  assert.deepEqual(await runner.world.leftovers(), []);
});

test('the artifact holds the whole run byte for byte; no token is in it or in the environment of what is started', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const qemu = await runner.world.player(goodBoot());
  const seen = join(runner.world.workspace, 'seen');
  const script = await readFile(qemu, 'utf8');
  await writeFile(qemu, script.replace('#!/bin/sh\n', `#!/bin/sh\nenv >> '${seen}'\n`));
  const step = await runner.step('main', event, { ...quick, qemu, 'artifact-name': 'boots of main' });
  assert.equal(step.code, 0, step.log);
  assert.equal(step.outputs['artifact-id'], '4700');
  assert.match(step.outputs['artifact-url'] ?? '', /actions\/runs\/4242\/artifacts\/4700$/);
  const unpacked = await download(runner, 'boots of main');
  const folder = step.outputs['report-path'] as string;
  const names = filesBelow(folder);
  assert.deepEqual(filesBelow(unpacked), names);
  for (const name of ['run.json', 'report.json', 'report.html', 'boots/0001.console'])
    assert.ok(names.includes(name), name);
  for (const name of names) {
    const bytes = readFileSync(join(unpacked, name));
    assert.ok(bytes.equals(readFileSync(join(folder, name))), name);
    const token = runner.results.environment.ACTIONS_RUNTIME_TOKEN as string;
    // A short host name is a word of every report.
    const host = hostname().length > 7 ? [hostname()] : [];
    for (const secret of ['ghs_', token, runner.world.environment.HOME as string, ...host]) {
      assert.ok(!bytes.includes(secret), `${name} holds ${secret}`);
    }
  }
  const environment = await readFile(seen, 'utf8');
  assert.match(environment, /^PATH=/m);
  assert.doesNotMatch(environment, /^(INPUT_|GITHUB_|ACTIONS_|RUNNER_)|ghs_/m);
});

test('a console that speaks to the runner and to GitHub is neither obeyed nor linked', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const words =
    '::set-output name=verdict::same ##[error]x @everyone <img src=x onerror=alert(1)> [a](http://b) \u001b[31mred';
  const panic = [
    [10, '   OpenRC 0.56 is starting up Linux 6.12 (aarch64)\r\n'],
    [20, '::add-mask::a\r\n::stop-commands::b\r\n'],
    [30, `[    1.0] Kernel panic - not syncing: ${words}\r\n`],
  ] as const;
  const qemu = await runner.world.player({ console: panic, exit: { atMs: 80, code: 0 } });
  const step = await runner.step('main', event, { ...quick, qemu, 'base-qemu': await runner.world.player(goodBoot()) });
  const commands = step.log.split('\n').filter((line) => /^\s*::/.test(line));
  const ours = /^::(group|endgroup|error|warning|notice|debug)|^::add-mask::ghs_input_secret$/;
  for (const line of commands) assert.match(line, ours);
  assert.doesNotMatch(step.log, /##\[|\u001b\[31m/);
  for (const text of [runner.github.comments[0]?.body ?? '', step.summary]) {
    assert.match(text, /everyone/);
    assert.doesNotMatch(text, /@everyone|<img|\]\(http:\/\/b/);
  }
  assert.equal(step.outputs.verdict, 'undecided');
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} of a cancelled job puts everything away before the runner kills it`, async () => {
    await using runner = await openRunner();
    const event = pullRequestEvent(await repository(runner));
    const qemu = await runner.world.player(endlessBoot);
    let killedAt = 0;
    const step = await runner.step('main', event, { ...quick, qemu }, (log, kill) => {
      if (killedAt > 0 || !log.includes('::group::Boots')) return;
      killedAt = performance.now();
      // Deep in the boot, as far as a log can tell.
      setTimeout(() => kill(signal), 300);
    });
    assert.equal(step.code, code, step.log);
    assert.ok(performance.now() - killedAt < 7500, 'the runner would have killed it');
    assert.deepEqual(await runner.world.leftovers(), []);
  });
}

test('boots that ended before a job was cancelled reach the artifact, or the log says that they are lost', async () => {
  for (const [hangs, told] of [
    [false, /\d boots? had ended; they are in the artifact .*artifacts\/4700/],
    [true, /\d boots? had ended; they are lost with this job: the upload took too long/],
  ] as const) {
    await using runner = await openRunner();
    const event = pullRequestEvent(await repository(runner));
    if (hangs) runner.results.hang();
    const [qemu, base] = [await runner.world.player(goodBoot(400)), await runner.world.player(goodBoot(500))];
    let killed = false;
    const inputs = { boots: '40', 'max-boots': '40', qemu, 'base-qemu': base };
    const step = await runner.step('main', event, inputs, (log, kill) => {
      if (killed || !/SSH after/.test(log)) return;
      killed = true;
      kill('SIGINT');
    });
    assert.equal(step.code, 130, step.log);
    assert.match(step.log, told);
  }
});

test('an upload that never ends does not hold a job that is cancelled', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  runner.results.hang();
  let killedAt = 0;
  const step = await runner.step(
    'main',
    event,
    { ...quick, qemu: await runner.world.player(goodBoot()) },
    (log, kill) => {
      if (killedAt > 0 || !log.includes('nothing was compared')) return;
      killedAt = performance.now();
      setTimeout(() => kill('SIGINT'), 1000);
    },
  );
  assert.match(step.log, /The artifact was not uploaded: the upload took too long, or the job was interrupted/);
  assert.ok(performance.now() - killedAt < 7500, 'the runner would have killed it');
});

test('a job whose runner is gone ends by itself and leaves nothing running', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const qemu = await runner.world.player(goodBoot());
  const step = await runner.step('main', event, { ...quick, qemu }, (log, _kill, hangUp) => {
    if (log.includes('::group::Boots')) hangUp();
  });
  assert.notEqual(step.code, null, 'it did not end by itself');
  assert.deepEqual(await runner.world.leftovers(), []);
});

test('without a pull request there is no comment, and a push leaves one on its commit', async () => {
  await using runner = await openRunner();
  const { head } = await repository(runner);
  const qemu = await runner.world.player(goodBoot());
  for (const name of ['schedule', 'workflow_dispatch']) {
    const step = await runner.step('main', { name, payload: {}, sha: head }, { ...quick, qemu, comment: 'always' });
    assert.equal(step.code, 0, step.log);
  }
  assert.equal(runner.github.comments.length, 0);
  const push = { name: 'push', payload: { before: '0'.repeat(40) }, sha: head };
  const step = await runner.step('main', push, { ...quick, qemu, comment: 'always' });
  assert.equal(step.code, 0, step.log);
  assert.equal(runner.github.comments[0]?.on, `commits/${head}`);
});

test('the verdict survives a token without permissions and an artifact service that refuses', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const qemu = await runner.world.player(goodBoot());
  runner.github.fail('POST', { status: 403, body: '{"message":"Resource not accessible by integration"}' });
  runner.results.fail(403);
  const step = await runner.step('main', event, { ...quick, qemu, comment: 'always' });
  assert.equal(step.code, 0, step.log);
  assert.equal(step.outputs.verdict, 'recorded');
  assert.equal(step.outputs['artifact-id'], '');
  assert.match(step.log, /^::warning title=Bootgauge::The comment was not updated: .*`pull-requests: write`/m);
  assert.match(step.log, /^::warning title=Bootgauge::The artifact was not uploaded/m);
});

test('a run without a verdict replaces the comment of an earlier one', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const old = runner.github.comment(
    'issues/7',
    'github-actions[bot]',
    '<!-- bootgauge: bootgauge -->\n### Boot to SSH is unchanged: 2.41 s',
  );
  const step = await runner.step('main', event, { ...quick, qemu: '@everyone/qemu' });
  assert.equal(step.code, 2, step.log);
  assert.match(old.body, /### ⚠️ Nothing was measured for `[0-9a-f]{10}`/);
  assert.match(old.body, /everyone/);
  assert.doesNotMatch(old.body, /@everyone|bootgauge-faults/);
  assert.match(step.summary, /### ⚠️ Nothing was measured/);
  assert.ok(
    !step.log.split('\n').some((line) => line.startsWith('::error') && line.includes(runner.world.workspace)),
    step.log,
  );
});

test('wrong inputs are told in one go, with exit code 2', async () => {
  await using runner = await openRunner();
  const step = await runner.step(
    'main',
    { name: 'push', payload: {} },
    { mode: 'fast', boots: '0', 'github-token': 'x' },
  );
  assert.equal(step.code, 2);
  assert.match(step.log, /`mode` is 'fast'/);
  assert.match(step.log, /`boots` is '0'/);
  assert.match(step.log, /'github-token'; it is called `token`/);
  assert.match(step.log, /^::error title=Bootgauge::/m);
});

async function download(runner: Runner, name: string): Promise<string> {
  const folder = join(runner.world.workspace, '..', 'downloaded');
  await mkdir(folder);
  const before = { ...process.env };
  Object.assign(process.env, runner.results.environment);
  try {
    const { DefaultArtifactClient } = await import('@actions/artifact');
    const client = new DefaultArtifactClient();
    const { artifact } = await client.getArtifact(name);
    await client.downloadArtifact(artifact.id, { path: folder });
  } finally {
    process.env = before;
  }
  return folder;
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(folder, path))
    .sort();
