// What the action measures: both sides of a commit, shards of a matrix, one job at a time, and never a gate that moved.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { Report } from '../../src/model/report.ts';
import type { RecordedRun } from '../../src/model/run.ts';
import { bootableCheckout } from '../build/bootable.ts';
import { missingTools } from '../build/little-qemu.ts';
import { goodBoot } from '../faults/scripts.ts';
import { config, deciding, pullRequestEvent, quick, repository } from './pull-requests.ts';
import { openRunner } from './runner.ts';

test("a pull request's own limits and baselines are shown and not applied", async () => {
  await using runner = await openRunner();
  const changes = { 'bootgauge.yml': `${config('900 %')}# @everyone <b>\n`, 'baselines/x/default.jsonl': '{}\n' };
  const event = pullRequestEvent(await repository(runner, changes));
  const qemu = await runner.world.player(goodBoot());
  const step = await runner.step('main', event, { ...quick, qemu });
  assert.equal(step.code, 0, step.log);
  const run = JSON.parse(readFileSync(join(step.outputs['report-path'] as string, 'run.json'), 'utf8')) as {
    scenarios: RecordedRun['scenarios'];
  };
  assert.equal(run.scenarios[0]?.scenario.metrics['time-to-ssh']?.limit, 0.05);
  const body = runner.github.comments[0]?.body ?? '';
  assert.match(body, /changes files that decide this check/);
  assert.match(body, /`bootgauge\.yml`/);
  assert.match(body, /900 %/);
  assert.match(body, /`baselines\/x\/default\.jsonl`/);
  assert.doesNotMatch(body, /@everyone|<b>/);
});

test('a commit that makes QEMU slower is built, compared with the commit before it, and fails its pull request', {
  skip: missingTools(),
}, async () => {
  await using runner = await openRunner();
  const checkout = await bootableCheckout(runner.world);
  await checkout.write(
    'bootgauge.yml',
    await readFile(join(runner.world.workspace, 'bootgauge.yml'), 'utf8').then((text) =>
      text.replace('source: a checkout', 'source: .'),
    ),
  );
  checkout.commit('Measure');
  const base = checkout.git('rev-parse', 'HEAD');
  await checkout.change('hw/wfi.c', '"quick"', '"slow"');
  checkout.commit('Sleep on leaving halt');
  const head = checkout.git('rev-parse', 'HEAD');
  const step = await runner.step('main', pullRequestEvent({ base, head }), {
    'working-directory': 'a checkout',
    config: 'bootgauge.yml',
    'qemu-source': '.',
  });
  assert.equal(step.code, 1, step.log);
  assert.equal(step.outputs.verdict, 'slower');
  const report = JSON.parse(readFileSync(join(step.outputs['report-path'] as string, 'report.json'), 'utf8')) as Report;
  const { conditions } = report.scenarios[0] as Report['scenarios'][0];
  assert.equal(conditions.head.emulator.build?.commit, head);
  assert.equal(conditions.base?.emulator.build?.commit, base);
  const body = runner.github.comments[0]?.body ?? '';
  assert.ok(body.includes(`commit/${head}`) && body.includes(`commit/${base}`));
});

test('the shards of a matrix are judged as one, and only where they belong together', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const [qemu, base, other] = [
    await runner.world.player(goodBoot(100)),
    await runner.world.player(goodBoot(110)),
    await runner.world.player(goodBoot(120)),
  ];
  const shards = join(runner.world.workspace, 'shards');
  for (const [name, head] of Object.entries({ a: qemu, b: qemu, c: other })) {
    const step = await runner.step('main', event, { ...quick, qemu: head, 'base-qemu': base, comment: 'never' });
    await cp(step.outputs['report-path'] as string, join(shards, name), { recursive: true });
  }
  const refused = await runner.step('main', event, { merge: 'true', shards: 'shards' });
  assert.equal(refused.code, 3, refused.log);
  assert.match(refused.log, /cannot be joined: .* differ in the emulator of head/);
  await rm(join(shards, 'c'), { recursive: true });
  const merged = await runner.step('main', event, { merge: 'true', shards: 'shards', comment: 'always' });
  assert.equal(merged.code, 0, merged.log);
  const boots = readdirSync(join(merged.outputs['report-path'] as string, 'boots')).filter((name) =>
    name.endsWith('.json'),
  );
  assert.deepEqual(boots, ['0001.json', '0002.json', '0003.json', '0004.json']);
  assert.match(runner.github.comments[0]?.body ?? '', /2 interleaved pairs/);
  assert.match(runner.github.comments[0]?.body ?? '', /Merged from 2 sessions/);
});

test('a pull request that is tried again is judged with the run before it, whose job is gone', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const [qemu, base] = [await runner.world.player(goodBoot(100)), await runner.world.player(goodBoot(110))];
  const inputs = { ...quick, qemu, 'base-qemu': base, comment: 'always' };
  const first = await runner.step('main', event, inputs);
  assert.equal(first.code, 0, first.log);
  assert.doesNotMatch(runner.github.comments[0]?.body ?? '', /judged together/);
  await rm(first.outputs['report-path'] as string, { recursive: true });
  const second = await runner.step('main', event, inputs);
  assert.equal(second.code, 0, second.log);
  assert.match(
    runner.github.comments[0]?.body ?? '',
    new RegExp(`booted before \\(${first.outputs.run}\\): those pairs are judged together`),
  );
  const kept = join(runner.world.cache, 'pull-requests/.bootgauge/runs');
  assert.deepEqual(readdirSync(kept), [first.outputs.run, second.outputs.run].sort());
  assert.ok(!existsSync(join(runner.world.cache, 'own/.bootgauge')));
});

test('a recording makes its guest anew, and leaves nothing to anybody', async () => {
  await using runner = await openRunner();
  await repository(runner);
  const qemu = await runner.world.player(goodBoot());
  const dispatch = { name: 'workflow_dispatch', payload: {} };
  // Nobody answers there: only a guest that is in a cache can be had.
  await runner.write('bootgauge.yml', `${config('5 %')}kit: { mirror: "http://127.0.0.1:9/debian" }\n`);
  const cached = await runner.step('main', dispatch, { ...quick, qemu });
  assert.equal(cached.code, 0, cached.log);
  const refused = await runner.step('main', dispatch, { ...quick, qemu, mode: 'record' });
  assert.equal(refused.code, 3, refused.log);
  assert.match(refused.log, /127\.0\.0\.1:9/);

  for (const name of ['kernel', 'disk']) await runner.write(name, name.padEnd(512));
  const guest = '{ kind: custom, kernel: kernel, disk: disk, append: root=/dev/vda }';
  await runner.write('bootgauge.yml', config('5 %').replace('  accel: tcg\n', `  accel: tcg\n  guest: ${guest}\n`));
  const before = readdirSync(runner.world.cache, { recursive: true });
  const recorded = await runner.step('main', dispatch, { ...quick, qemu, mode: 'record' });
  assert.equal(recorded.code, 0, recorded.log);
  assert.equal(recorded.outputs.verdict, 'recorded');
  assert.deepEqual(readdirSync(runner.world.cache, { recursive: true }), before);
  assert.deepEqual(await runner.world.leftovers(), []);
  const pull = pullRequestEvent({
    base: await runner.git('rev-parse', 'main'),
    head: await runner.git('rev-parse', 'HEAD'),
  });
  const own = await runner.step('main', pull, { ...quick, qemu, mode: 'record' });
  assert.equal(own.code, 2);
  assert.match(own.log, /a pull request cannot record a baseline/);
});

test('two jobs on one machine measure one after the other', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const { qemu, open } = await runner.world.gatedPlayer(goodBoot());
  const waits = /waiting for process \d+, which uses this machine/;
  const steps = await Promise.all(
    [1, 2].map((job) =>
      runner.step('main', event, { ...quick, qemu, 'artifact-name': `${job}` }, (log) => {
        if (waits.test(log)) void open();
      }),
    ),
  );
  assert.deepEqual(
    steps.map((step) => step.code),
    [0, 0],
  );
  const waited = steps.filter((step) => waits.test(step.log));
  assert.equal(waited.length, 1, steps.map((step) => step.log).join('\n---\n'));
});

test('a step that had nothing to compare with warns, and fails where that is asked for', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const qemu = await runner.world.player(goodBoot());
  const step = await runner.step('main', event, { ...quick, qemu, 'fail-on': 'nothing-compared' });
  assert.equal(step.code, 1, step.log);
  assert.match(step.log, /^::warning title=Bootgauge default%3A nothing was compared::/m);
});

test('a run about head is refused where the base is checked out, and a merge queue is held to its base', async () => {
  await using runner = await openRunner();
  const { base, head } = await repository(runner, { 'bootgauge.yml': config('900 %') });
  const qemu = await runner.world.player(goodBoot());
  const queue = { name: 'merge_group', sha: head, payload: { merge_group: { head_sha: head, base_sha: base } } };
  const held = await runner.step('main', queue, { ...quick, qemu });
  assert.equal(held.code, 0, held.log);
  const run = JSON.parse(readFileSync(join(held.outputs['report-path'] as string, 'run.json'), 'utf8')) as {
    scenarios: RecordedRun['scenarios'];
  };
  assert.equal(run.scenarios[0]?.scenario.metrics['time-to-ssh']?.limit, 0.05);
  await runner.git('switch', '-q', '--detach', base);
  const target = { ...pullRequestEvent({ base, head }), name: 'pull_request_target' };
  const refused = await runner.step('main', target, { ...quick, qemu });
  assert.equal(refused.code, 2, refused.log);
  assert.match(refused.log, /but [0-9a-f]{10} is checked out/);
});

test('two sides that are the same bytes are told to be that at once, and pass however undecided runs end', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const qemu = await runner.world.player(goodBoot());
  const inputs = { ...quick, qemu, 'base-qemu': qemu, 'on-undecided': 'fail', comment: 'always' };
  const step = await runner.step('main', event, inputs);
  assert.equal(step.code, 0, step.log);
  assert.equal(step.outputs.verdict, 'same');
  assert.match(
    runner.github.comments[0]?.body ?? '',
    /^### \S+ Unchanged: base and head are the same bytes with the same settings/,
  );
  assert.match(step.log, /no boots of default: base and head are the same bytes/);
  assert.deepEqual(readdirSync(join(step.outputs['report-path'] as string, 'boots')), []);
});

test('shards that were recorded with other limits than those of the base are refused', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const [qemu, base] = [await runner.world.player(goodBoot(100)), await runner.world.player(goodBoot(110))];
  const shards = join(runner.world.workspace, 'shards');
  const step = await runner.step('main', event, { ...quick, qemu, 'base-qemu': base, comment: 'never' });
  await cp(step.outputs['report-path'] as string, join(shards, 'a'), { recursive: true });
  const honest = await runner.step('main', event, { merge: 'true', shards: 'shards' });
  assert.equal(honest.code, 0, honest.log);
  const path = join(shards, 'a/run.json');
  const text = await readFile(path, 'utf8');
  assert.match(text, /"limit": 0\.05/);
  await writeFile(path, text.replaceAll('"limit": 0.05', '"limit": 9'));
  const forged = await runner.step('main', event, { merge: 'true', shards: 'shards' });
  assert.equal(forged.code, 3, forged.log);
  assert.match(forged.log, /recorded with other limits than the base has/);
  await rm(join(runner.world.workspace, '.git'), { recursive: true });
  const unchecked = await runner.step('main', event, { merge: 'true', shards: 'shards', comment: 'always' });
  assert.match(
    runner.github.comments[0]?.body ?? '',
    /no checkout to compare them with those of the base/,
    unchecked.log,
  );
});

test('a workflow file that the pull request changes is named as one that ran', async () => {
  await using runner = await openRunner();
  runner.environment.GITHUB_WORKFLOW_REF = 'someone/qemu/.github/workflows/bench.yml@refs/pull/7/merge';
  const changes = { '.github/workflows/bench.yml': 'on: push\n', '.github/workflows/other.yml': 'on: push\n' };
  const event = pullRequestEvent(await repository(runner, { ...changes, 'bootgauge.yml': config('900 %') }));
  const step = await runner.step('main', event, { ...quick, qemu: await runner.world.player(goodBoot()) });
  assert.equal(step.code, 0, step.log);
  const body = runner.github.comments[0]?.body ?? '';
  assert.match(
    body,
    /changes the workflow that runs this check, and its own version ran: `\.github\/workflows\/bench\.yml`/,
  );
  assert.match(body, /changes files that decide this check: `bootgauge\.yml`\. The versions of the base/);
  assert.doesNotMatch(body, /other\.yml/);
});

test('a label accepts a slowdown where one job measures and comments, once the job is run again', async () => {
  await using runner = await openRunner();
  const event = pullRequestEvent(await repository(runner));
  const [qemu, base] = [await runner.world.player(goodBoot(600)), await runner.world.player(goodBoot(100))];
  const inputs = { ...deciding, qemu, 'base-qemu': base, 'accept-label': 'slow-is-fine' };
  const refusedStep = await runner.step('main', event, inputs);
  assert.equal(refusedStep.code, 1, refusedStep.log);
  const actor = { login: 'maintainer', type: 'User' } as const;
  runner.github.labels.push({ issue: 7, event: 'labeled', label: 'slow-is-fine', actor, at: '2026-11-30T12:30:00Z' });
  runner.github.permissions.maintainer = 'write';
  runner.github.runs['4242'] = { created_at: '2026-11-30T12:00:00Z', run_started_at: '2026-11-30T13:00:00Z' };
  const accepted = await runner.step('main', event, inputs);
  assert.equal(accepted.code, 0, accepted.log);
  assert.equal(accepted.outputs.verdict, 'slower');
  assert.match(runner.github.comments[0]?.body ?? '', /Accepted by maintainer/);
});
