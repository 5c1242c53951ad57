// Builds that runners share by way of GitHub's cache: taken where they are trusted, never by a run of more trust or by a recording.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { buildCache, canShare } from '../../src/github/shared-builds.ts';
import type { Report } from '../../src/model/report.ts';
import { bootableCheckout } from '../build/bootable.ts';
import { missingTools } from '../build/little-qemu.ts';
import { openCacheService } from './cache-service.ts';
import { pullRequestEvent } from './pull-requests.ts';
import { openRunner, type Step } from './runner.ts';

const reportOf = ({ outputs }: Step): Report =>
  JSON.parse(readFileSync(join(outputs['report-path'] as string, 'report.json'), 'utf8')) as Report;

test('runners of a pull request share builds, which nobody else is given, and a recording uses none', {
  skip: missingTools(),
}, async () => {
  await using runner = await openRunner('störe');
  await using service = await openCacheService(runner.environment.ACTIONS_RESULTS_URL as string);
  Object.assign(runner.environment, { ACTIONS_RESULTS_URL: `${service.url}/`, ACTIONS_CACHE_SERVICE_V2: 'true' });
  const { world } = runner;
  const checkout = await bootableCheckout(world);
  const text = await readFile(join(world.workspace, 'bootgauge.yml'), 'utf8');
  await checkout.write('bootgauge.yml', text.replace('source: a checkout', 'source: .'));
  checkout.commit('Measure');
  const base = checkout.git('rev-parse', 'HEAD');
  await checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(1001)');
  checkout.commit('Wait longer');
  const head = checkout.git('rev-parse', 'HEAD');
  const inputs = { 'working-directory': 'a checkout', 'qemu-source': '.', 'max-boots': '1', 'share-builds': 'true' };
  const made = /(?:building|configuring) (?:base|head)/;

  const first = await runner.step('main', pullRequestEvent({ base, head }), inputs);
  assert.equal(first.code, 0, first.log);
  assert.match(first.log, made);
  const keys = [...service.entries.keys()];
  assert.equal(keys.length, 2, first.log);
  for (const key of keys) assert.match(key, /^bootgauge-build-pull-request-[0-9a-f]{32}$/);

  // Another runner: nothing is left of what the first one built.
  await rm(join(world.cache, 'pull-requests/build'), { recursive: true });
  const second = await runner.step('main', pullRequestEvent({ base, head }), inputs);
  assert.equal(second.code, 0, second.log);
  assert.doesNotMatch(second.log, made);
  const digests = (step: Step) => {
    const { conditions } = reportOf(step).scenarios[0] as Report['scenarios'][0];
    return [conditions.base?.emulator.digest, conditions.head.emulator.digest];
  };
  assert.deepEqual(digests(second), digests(first));
  // A binary that was never read from this disk gets its warm-up, though the configuration asks for none.
  assert.ok(reportOf(second).scenarios[0]?.boots.some(({ warmup }) => warmup));

  const push = { name: 'push', payload: { before: base, after: head, ref: 'refs/heads/main' }, sha: head };
  service.deny();
  const own = await runner.step('main', push, inputs);
  assert.equal(own.code, 0, own.log);
  assert.match(own.log, made, 'a run of more trust is given nothing that a pull request has built');
  assert.equal(service.entries.size, 2);

  const calls = service.calls.length;
  // The guest is assembled anew as well, which is not waited for: the side was built by then.
  const record = await runner.step('main', push, { ...inputs, mode: 'record' }, (log, kill) => {
    if (log.includes('package lists')) kill('SIGTERM');
  });
  assert.match(record.log, /building head .*steps/);
  assert.equal(service.calls.length, calls, 'a recording does not even ask');
});

test('what trusted runs have built is given to pull requests', {
  skip: missingTools(),
}, async () => {
  await using runner = await openRunner();
  await using service = await openCacheService(runner.environment.ACTIONS_RESULTS_URL as string);
  Object.assign(runner.environment, { ACTIONS_RESULTS_URL: `${service.url}/`, ACTIONS_CACHE_SERVICE_V2: 'true' });
  const checkout = await bootableCheckout(runner.world);
  await checkout.write(
    'bootgauge.yml',
    'version: 1\ndefaults: {accel: tcg, sampling: {warmup: 0, boots: 1, max-boots: 1}}\n',
  );
  checkout.commit('Measure');
  const base = checkout.git('rev-parse', 'HEAD');
  await checkout.write('player.h', `${await checkout.read('player.h')}/* a comment */\n`);
  checkout.commit('Say it');
  const head = checkout.git('rev-parse', 'HEAD');
  const inputs = { 'working-directory': 'a checkout', 'qemu-source': '.', 'share-builds': 'true' };
  const push = { name: 'push', payload: { before: base, after: head, ref: 'refs/heads/main' }, sha: head };
  const own = await runner.step('main', push, inputs);
  assert.equal(own.code, 0, own.log);
  assert.deepEqual(
    [...service.entries.keys()].map((key) => key.replace(/[0-9a-f]{32}$/, '')),
    ['bootgauge-build-own-', 'bootgauge-build-own-'],
  );
  const asked = await runner.step('main', pullRequestEvent({ base, head }), inputs);
  assert.equal(asked.code, 0, asked.log);
  assert.doesNotMatch(asked.log, /building (?:base|head)/);
  assert.match(asked.log, /base and head are the same bytes/);
});

test('a step that is told of no cache shares nothing', () => {
  assert.equal(canShare({}), false);
  assert.equal(canShare({ ACTIONS_RUNTIME_TOKEN: 'x' }), false);
  assert.equal(canShare({ ACTIONS_RUNTIME_TOKEN: 'x', ACTIONS_RESULTS_URL: 'https://results.example.org/' }), true);
});

test("what runs for a pull request in the main branch's cache writes nothing into it", async () => {
  await using service = await openCacheService('http://127.0.0.1:9');
  const secrets = {
    ...{ ACTIONS_RUNTIME_TOKEN: 'token', ACTIONS_RESULTS_URL: `${service.url}/`, ACTIONS_CACHE_SERVICE_V2: 'true' },
  };
  const folder = await mkdtemp(join(tmpdir(), 'bootgauge-built-'));
  try {
    await writeFile(join(folder, 'qemu'), 'built');
    const save = (trust: 'pull-request' | 'own', event: string, key: string) =>
      buildCache({ secrets, trust, event }).save(key, folder);
    for (const event of [
      'workflow_dispatch',
      'repository_dispatch',
      'workflow_run',
      'pull_request_target',
      'discussion',
    ])
      await save('pull-request', event, 'a');
    assert.deepEqual(service.calls, []);
    await save('pull-request', 'pull_request', 'c');
    await save('own', 'workflow_dispatch', 'd');
    assert.deepEqual([...service.entries.keys()], ['bootgauge-build-pull-request-c', 'bootgauge-build-own-d']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
