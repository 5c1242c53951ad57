// A launcher under the whole program: two jobs with one port, an interruption, originals that nobody touches.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { openWorld, type World } from './world.ts';

/**
 * Plays a guest with an SSH server, and writes into its disk; the helper survives the script in a session of its own. It says in `outside`,
 * which its boots share, that it runs, and waits there while it is held.
 */
const scriptFor = (outside: string): string => `#!/bin/sh
touch '${outside}/runs'
while [ -e '${outside}/held' ]; do sleep 0.05; done
echo '   OpenRC 0.55.1 is starting up Linux 6.12.1 (aarch64)'
echo changed > images/disk.img
setsid sleep 603 &
echo ' * Starting sshd ... [ ok ]'
'${process.execPath}' -e "
setTimeout(() => require('node:net').createServer((s) => s.end('SSH-2.0-played\\r\\n')).listen(process.argv[1], '127.0.0.1'), 300)
" "$1"
`;

/** Of the tree that the launcher lies in. */
const clones = async ({ workspace }: World): Promise<string[]> =>
  (await readdir(join(workspace, '..'))).filter((name) => name.startsWith('.bootgauge-'));

const port = 20_000 + (process.pid % 20_000);

async function launcherWorld(more = ''): Promise<World> {
  const world = await openWorld('a launcher');
  await mkdir(join(world.workspace, '..', 'outside'));
  await writeFile(join(world.workspace, 'run.sh'), scriptFor(join(world.workspace, '../outside')));
  await chmod(join(world.workspace, 'run.sh'), 0o755);
  await writeFile(join(world.workspace, '..', 'outside', 'disk.img'), 'original');
  await writeFile(
    join(world.workspace, 'bootgauge.yml'),
    `version: 1
scenarios:
  mine:
    accel: tcg
    sampling: {warmup: 0, boots: 2, max-boots: 2, quiet-wait: 0 s}
    guest:
      kind: launcher
      command: [./run.sh, "${port}"]
      port: ${port}
      assets: {images/disk.img: ../outside/disk.img}
${more}`,
  );
  return world;
}

test('a launcher is measured and leaves nothing: no process, no clone, no changed original', async () => {
  await using world = await launcherWorld();
  const { code, stdout, stderr } = await world.run('run');
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /time-to-ssh/);
  assert.match(
    stdout.replace(/\s+/g, ' '),
    /A launcher of your own starts the guest: .*no key: the SSH banner is timed/,
  );
  assert.equal(await readFile(join(world.workspace, '../outside/disk.img'), 'utf8'), 'original');
  assert.deepEqual((await readdir(world.workspace)).sort(), ['.bootgauge', 'bootgauge.yml', 'run.sh']);
  assert.deepEqual(world.processes('sleep 603'), []);
  assert.deepEqual(await world.leftovers(), []);
  assert.deepEqual(await clones(world), []);
});

test('of two jobs with one port the second says for whom it waits, and both measure', async () => {
  await using world = await launcherWorld();
  // No boot ends before the second one has come.
  const held = join(world.workspace, '../outside/held');
  await writeFile(held, '');
  const [first, second] = [world.start('run', '--no-lock'), world.start('run', '--no-lock')];
  const waiting = new RegExp(`waiting for process \\d+, which uses port ${port}`);
  await Promise.any([first.said(waiting), second.said(waiting)]);
  await rm(held);
  for (const { code, stderr } of [await first.ended, await second.ended]) assert.equal(code, 0, stderr);
  assert.equal(world.runs().length, 2);
});

test('an interrupted run takes its clones and processes away', async () => {
  await using world = await launcherWorld();
  await writeFile(join(world.workspace, '../outside/held'), '');
  const running = world.start('run');
  while (!existsSync(join(world.workspace, '../outside/runs'))) await new Promise((done) => setTimeout(done, 5));
  assert.equal((await clones(world)).length, 1);
  running.child.kill('SIGKILL');
  await running.ended;
  assert.deepEqual(await world.leftovers(), []);
  assert.deepEqual(await clones(world), []);
});

test('a study of a launcher takes its turn at the port, and says what could not be measured', async () => {
  await using world = await launcherWorld();
  const study = `version: 1
name: switch
factors:
  switch: {plain: {}, switched: {environment: {SWITCH: "1"}}}
sampling: {warmup: 0, blocks: 2, max-blocks: 2}
`;
  await writeFile(join(world.workspace, 'study.yml'), study);
  const held = join(world.workspace, '../outside/held');
  await writeFile(held, '');
  const first = world.start('run');
  while (!existsSync(join(world.workspace, '../outside/runs'))) await new Promise((done) => setTimeout(done, 5));
  const second = world.start('study', 'study.yml', '--no-lock');
  await second.said(new RegExp(`waiting for process \\d+, which uses port ${port}`));
  await rm(held);
  assert.equal((await first.ended).code, 0);
  const { code, stdout, stderr } = await second.ended;
  assert.equal(code, 0, stdout + stderr);
  assert.match(
    stdout.replace(/\s+/g, ' '),
    /A launcher of your own starts the guest: .*no key: the SSH banner is timed/,
  );
  assert.equal(await readFile(join(world.workspace, '../outside/disk.img'), 'utf8'), 'original');
});
