// The committed way to a pull request, with real parts: dist on a played runner boots the reference guest, uploads, comments; a
// second run, whose head really boots slower, updates the comment and fails; a fork's result goes through the comment action.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { defaultGuest } from '../../src/config/defaults.ts';
import { ensureEmulator, ensureGuest } from '../../src/kit/kit.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { slowedRamdisk } from '../fixtures/slow-service.ts';
import { pullRequest } from '../github/github-server.ts';
import { pullRequestEvent } from '../github/pull-requests.ts';
import { openRunner, type Runner } from '../github/runner.ts';

/** Head's ramdisk is a file that the job makes, as a build's output is: git does not know it. */
const config = `version: 1
defaults:
  accel: tcg
  sampling: { warmup: 0 }
  metrics: { time-to-login: { gate: false }, cpu-time: { gate: false } }
scenarios:
  default:
    base: {}
    head: { guest: { kind: custom, rest: reference, initrd: built/initrd } }
`;

test('a pull request through the action and, from a fork, through the comment action', async () => {
  const cache = cacheFolder(process.env, homedir());
  const kit = { cache, progress: () => {}, signal: AbortSignal.timeout(240_000) };
  await ensureEmulator(kit);
  const { initrd } = await ensureGuest(defaultGuest, kit);
  await using runner = await openRunner('real boots, ünder', cache);
  await runner.git('init', '-q');
  await runner.write('bootgauge.yml', config);
  await runner.git('add', '.');
  await runner.git('commit', '-qm', 'base');
  const base = await runner.git('rev-parse', 'HEAD');
  await runner.git('commit', '-qm', 'head', '--allow-empty');
  const head = await runner.git('rev-parse', 'HEAD');
  const event = pullRequestEvent({ base, head });
  const built = join(runner.world.workspace, 'built');
  mkdirSync(built);

  writeFileSync(join(built, 'initrd'), readFileSync(initrd));
  const once = { mode: 'baseline', boots: '1', 'max-boots': '1', comment: 'always' };
  const first = await runner.step('main', event, once);
  assert.equal(first.code, 0, first.log);
  assert.equal(runner.github.comments.length, 1);
  assert.match(runner.github.comments[0]?.body ?? '', /### ⚠️ Recorded/);
  assert.ok(Number(first.outputs['time-to-ssh']) > 500);

  writeFileSync(
    join(built, 'initrd'),
    slowedRamdisk(readFileSync(initrd), 'hwdrivers', delayMs(Number(first.outputs['time-to-ssh']))),
  );
  const second = await runner.step('main', event, { boots: '4', 'max-boots': '6' });
  assert.equal(second.code, 1, second.log);
  assert.equal(second.outputs.verdict, 'slower');
  assert.equal(runner.github.comments.length, 1);
  const [comment] = runner.github.comments;
  assert.match(comment?.body ?? '', slower);
  assert.match(comment?.body ?? '', /^(?:\*\*\+.*, mostly in hwdrivers \(\+|### 🔴 Slower: the phase hwdrivers grew)/m);
  assert.deepEqual(
    runner.github.requests.filter(({ method }) => method !== 'GET').map(({ method }) => method),
    ['POST', 'PATCH'],
  );
  assert.match(second.summary, slower);
  assert.ok(second.summary.length > 1000 && Buffer.byteLength(second.summary) < 1024 * 1024);
  const unpacked = await compareWithArtifact(runner, second.outputs['report-path'] as string);

  const fork = { headRepository: 'stranger/qemu', headBranch: 'topic', headSha: head, baseSha: base };
  runner.github.pulls.push(pullRequest({ ...fork, number: 31 }));
  const finished = {
    id: 99,
    event: 'workflow_dispatch',
    display_title: `Fork bench of #31 at ${head}`,
    head_branch: 'main',
    head_sha: base,
    head_repository: { full_name: 'someone/qemu' },
  };
  const posted = await runner.step(
    'comment',
    { name: 'workflow_run', payload: { workflow_run: finished, repository: { default_branch: 'main' } } },
    { path: unpacked },
  );
  assert.equal(posted.outputs.outcome, 'created', posted.log);
  assert.equal(runner.github.comments[1]?.on, 'issues/31');
  assert.match(runner.github.comments[1].body, slower);
  assert.deepEqual(runner.github.breaches, []);
  assert.deepEqual(await runner.world.leftovers(), []);
});

/** On a busy machine only the phase is sure. */
const slower = /### 🔴 (?:Boot to SSH is \d+ % slower|Slower: the phase hwdrivers grew)/;

/** Above what a busy machine does to a boot, which grows with the boot: the shape of the run is tried here, not how sharp the verdict is. */
const delayMs = (bootMs: number): number => Math.min(40_000, Math.max(5000, bootMs));

/** Downloads the artifact with GitHub's own client, and compares it byte for byte with what was recorded. */
async function compareWithArtifact(runner: Runner, folder: string): Promise<string> {
  const unpacked = join(runner.world.workspace, '..', 'downloaded');
  mkdirSync(unpacked);
  Object.assign(process.env, runner.results.environment);
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const client = new DefaultArtifactClient();
  const { artifact } = await client.getArtifact('bootgauge');
  await client.downloadArtifact(artifact.id, { path: unpacked });
  const names = readdirSync(folder, { recursive: true }).map(String);
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  assert.ok(files.some((name) => name.endsWith('.console')));
  for (const name of files) {
    assert.ok(readFileSync(join(unpacked, name)).equals(readFileSync(join(folder, name))), name);
  }
  return unpacked;
}
