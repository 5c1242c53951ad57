// Whole runs with two sides or a baseline: exit codes, refusals, and reports that come out the same again.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { PlayerScript } from '../fixtures/qemu-player-script.ts';
import { goodBoot } from './scripts.ts';
import { type Ended, openWorld, type World } from './world.ts';

const dead: PlayerScript = { stderr: 'player: cannot boot this\n', exitAtOnce: 1 };

/** Boots two sides in turn, three times each. */
async function compare(world: World, base: PlayerScript, head: PlayerScript, boots = 3): Promise<Ended> {
  const [one, other] = [await world.player(base), await world.player(head)];
  const config = `version: 1
scenarios:
  sides:
    accel: tcg
    sampling: { warmup: 0, boots: ${boots}, max-boots: ${boots} }
    base: { qemu: { binary: ${JSON.stringify(one)} } }
    head: { qemu: { binary: ${JSON.stringify(other)} } }
`;
  await writeFile(join(world.workspace, 'bootgauge.yml'), config);
  return world.run('run');
}

function reportFiles(run: string): Record<string, string> {
  const names = globSync('report.*', { cwd: run }).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(run, name), 'latin1')]));
}

describe('verdicts of whole runs', { concurrency: 4 }, () => {
  test('a head that never boots fails the run, while base boots', async () => {
    await using world = await openWorld();
    const { code, stdout, stderr } = await compare(world, goodBoot(), dead);
    assert.equal(code, 1, stdout + stderr);
    assert.match(stdout, /None of 3 boots of head got ready/);
    assert.match(stdout, /cannot boot this/);
  });

  test('a base that never boots is no measurement', async () => {
    await using world = await openWorld();
    const { code, stdout, stderr } = await compare(world, dead, goodBoot());
    assert.equal(code, 3, stdout + stderr);
    assert.match(stdout, /Base never booted/);
  });

  test('the command line that made a run is told in its report, as one that can be given again', async () => {
    await using world = await openWorld();
    const player = await world.player(goodBoot(100));
    const words = ['--qemu', player, '--accel', 'tcg', '--append', 'quiet mitigations=off', '--warmup', '0', '-n', '1'];
    const { code, stderr } = await world.run('run', ...words, '--max-boots', '1');
    assert.equal(code, 0, stderr);
    const [run] = world.runs() as [string];
    const shown = player.replace(`${world.environment.HOME}/`, '~/');
    const line = `bootgauge run --qemu ${/^[\w./~-]+$/.test(shown) ? shown : `'${shown}'`} --accel tcg --append 'quiet mitigations=off' --warmup 0 -n 1 --max-boots 1\n`;
    assert.ok(readFileSync(join(run, 'report.md'), 'utf8').includes(line), line);
  });

  test('two sides that never boot are no measurement', async () => {
    await using world = await openWorld();
    const { code, stdout, stderr } = await compare(world, dead, dead);
    assert.equal(code, 3, stdout + stderr);
    assert.match(stdout, /Neither base nor head/);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('analyze writes the same bytes as the run did, again and again', async () => {
    await using world = await openWorld();
    await compare(world, goodBoot(100), goodBoot(160));
    const [run] = world.runs() as [string];
    const first = reportFiles(run);
    assert.ok('report.json' in first && 'report.md' in first && 'report.svg' in first);
    for (const _ of [1, 2]) {
      await world.run('analyze');
      assert.deepEqual(reportFiles(run), first);
    }
  });

  test('baseline accept refuses a regression, and takes it with a reason', async () => {
    await using world = await openWorld();
    const qemu = await world.player(goodBoot(100));
    const words = ['--accel', 'tcg', '--warmup', '0', '-n', '4', '--max-boots', '4'];
    const recorded = await world.run('run', '--qemu', qemu, ...words);
    assert.equal(recorded.code, 0, recorded.stdout + recorded.stderr);
    // Stamps may be late on a busy machine.
    const busy = ['--force', 'a busy machine'];
    const first = await world.run('baseline', 'accept', ...busy);
    assert.equal(first.code, 0, first.stderr);
    const [file] = globSync('baselines/*/*.jsonl', { cwd: world.workspace });
    const path = join(world.workspace, file as string);
    // Four sessions that are alike, as four quiet days would have made them.
    const [session] = (await readFile(path, 'utf8')).split('\n') as [string];
    const sessions = [1, 2, 3, 4].map((day) => session.replace(/"run":"[^"]*"/, `"run":"2026010${day}T000000-aaaa"`));
    const before = `${sessions.join('\n')}\n`;
    await writeFile(path, before);
    const slow = await world.player(goodBoot(2500));
    const judged = await world.run('run', '--qemu', slow, ...words);
    assert.equal(judged.code, 1, judged.stdout + judged.stderr);
    const refused = await world.run('baseline', 'accept');
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /not accepted: default is slower/);
    assert.match(refused.stderr, /--intended "why"/);
    assert.equal(await readFile(path, 'utf8'), before);
    const empty = await world.run('baseline', 'accept', '--intended', ' ');
    assert.equal(empty.code, 2, empty.stderr);
    assert.equal(await readFile(path, 'utf8'), before);
    const accepted = await world.run('baseline', 'accept', ...busy, '--intended', 'the guest now waits for its disk');
    assert.equal(accepted.code, 0, accepted.stderr);
    assert.match(await readFile(path, 'utf8'), /the guest now waits for its disk/);
    // What stood under a session is kept of the newest alone.
    const withoutParts = (text: string): object[] =>
      text
        .trim()
        .split('\n')
        .map((line) => ({ ...(JSON.parse(line) as object), parts: null }));
    const after = await readFile(path, 'utf8');
    assert.deepEqual(withoutParts(after).slice(0, -1), withoutParts(before), 'earlier sessions were changed');
    assert.equal(after.match(/"parts":/g)?.length, 1);
  });

  test('a workspace of 150 characters with spaces, commas and letters beyond ASCII works from run to baseline', async () => {
    const name = `wörk, späce — 作業 ${'x'.repeat(150)}`;
    await using world = await openWorld(name.slice(0, 110));
    world.environment.TMPDIR = join(world.workspace, 'tmp, ü');
    await mkdir(world.environment.TMPDIR);
    assert.ok(world.workspace.length >= 150 || Buffer.byteLength(world.workspace) >= 150, world.workspace);
    const { code, stderr } = await world.boot(goodBoot());
    assert.equal(code, 0, stderr);
    assert.equal((await world.run('analyze')).code, 0);
    assert.equal((await world.run('baseline', 'accept', '--force', 'busy')).code, 0);
    assert.deepEqual(await world.leftovers(), []);
  });
});
