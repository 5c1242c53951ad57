// What a pull request must not decide about itself: read from the base commit of a real repository, hostile ones included.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { changesOfHead, changesSince } from '../../src/gate/changes.ts';
import { commitOf, neededCommit, startOfChanges } from '../../src/gate/commits.ts';
import { heldFile, holdInPlace } from '../../src/gate/held-files.ts';
import { openTree } from '../../src/gate/tree.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { type Place, place } from './place.ts';

test('files come as the commit has them, byte for byte, whatever the working tree says', async (context) => {
  const { repository, folder, write, commit } = await place(context);
  const bytes = Uint8Array.from({ length: 300 }, (_, index) => index);
  write('a b/ü.bin', bytes);
  write('a b/plain', 'base\n');
  const base = commit();
  write('a b/ü.bin', 'head');
  write('a b/plain', 'head');
  commit();
  const tree = await openTree(repository, base);
  const plain = await tree.file('a b/plain');
  assert.equal(plain && (await tree.text(plain)), 'base\n');
  assert.equal(await tree.file('a b/none'), null);
  const out = join(folder, 'out');
  for (const file of await tree.below('a b')) await tree.write(file, join(out, file.name));
  assert.deepEqual(new Uint8Array(readFileSync(join(out, 'a b/ü.bin'))), bytes);
  assert.equal(readFileSync(join(out, 'a b/plain'), 'utf8'), 'base\n');
});

test('hooks, monitors and external diffs of the repository are not run', async (context) => {
  const { repository, folder, git, write, commit } = await place(context);
  write('bootgauge.yml', 'version: 1\n');
  const base = commit();
  write('bootgauge.yml', 'version: 2\n');
  commit();
  const trap = join(folder, '.git', 'trap.sh');
  writeFileSync(trap, `#!/bin/sh\ntouch '${join(folder, 'sprung')}'\n`);
  chmodSync(trap, 0o755);
  for (const key of ['core.fsmonitor', 'core.pager', 'diff.external', 'diff.x.textconv']) git('config', key, trap);
  writeFileSync(join(folder, '.git/info/attributes'), '* diff=x\n');
  writeFileSync(join(folder, '.git/hooks/post-index-change'), `#!/bin/sh\n${trap}\n`, { mode: 0o755 });
  rmSync(join(folder, 'sprung'), { force: true });
  const changes = await changesSince(repository, base, ['bootgauge.yml']);
  assert.deepEqual(changes, [{ path: 'bootgauge.yml', lines: ['-version: 1', '+version: 2'] }]);
  await neededCommit(repository, base);
  assert.equal(existsSync(join(folder, 'sprung')), false);
});

test('a line of any length is told by its beginning', async (context) => {
  const { repository, write, commit } = await place(context);
  write('bootgauge.yml', 'version: 1\n');
  const base = commit();
  write('bootgauge.yml', `${'x'.repeat(30_000)}\n`);
  commit();
  const [change] = await changesSince(repository, base, ['bootgauge.yml']);
  assert.deepEqual(change?.lines, ['-version: 1', `+${'x'.repeat(499)}…`]);
});

test("changes start where head left the base, or at a merge's first parent", async (context) => {
  const { repository, git, write, commit } = await place(context);
  write('file', 'one');
  const fork = commit();
  git('switch', '-qc', 'topic');
  write('topic', 'x');
  const head = commit();
  git('switch', '-q', 'main');
  write('file', 'two');
  const base = commit();
  git('switch', '-q', 'topic');
  assert.equal(await startOfChanges(repository, base, head), fork);
  git('switch', '-q', '--detach', 'main');
  git('merge', '-q', '--no-ff', '-m', 'merge', 'topic');
  assert.equal(await startOfChanges(repository, fork, head), base);
});

/** Clones a place as actions/checkout does; `depth` 0 is all of it. */
async function cloneOf(context: TestContext, from: Place, depth: number): Promise<Place> {
  const clone = await place(context);
  clone.git('remote', 'add', 'origin', pathToFileURL(from.folder).href);
  const words = depth === 0 ? [] : [`--depth=${depth}`];
  clone.git('fetch', '-q', ...words, 'origin', from.git('rev-parse', 'HEAD'));
  clone.git('checkout', '-q', '--detach', 'FETCH_HEAD');
  return clone;
}

/** A topic of three commits, and main, which has gone on by two. */
async function topicAndMain(context: TestContext) {
  const origin = await place(context);
  const commits = (...names: string[]): string =>
    names
      .map((name) => {
        origin.write(name, name);
        return origin.commit();
      })
      .at(-1) as string;
  const fork = commits('start');
  origin.git('switch', '-qc', 'topic');
  const head = commits('topic 1', 'topic 2', 'topic 3');
  origin.git('switch', '-q', 'main');
  const base = commits('main 1', 'main 2');
  return { origin, fork, head, base, commits };
}

test("a shallow clone is deepened until it is known where head left the base, so that main's own changes are not head's", async (context) => {
  const { origin, fork, head, base } = await topicAndMain(context);
  origin.git('switch', '-q', 'topic');
  const { repository, git } = await cloneOf(context, origin, 1);
  assert.equal(await neededCommit(repository, base), base);
  assert.equal(await startOfChanges(repository, base, head), fork);
  assert.equal(git('rev-parse', 'HEAD'), head);
});

test("a merge's first parent is known where a clone of depth 1 ends with the merge", async (context) => {
  const { origin, fork, head, base } = await topicAndMain(context);
  origin.git('switch', '-q', '--detach', 'main');
  origin.git('merge', '-q', '--no-ff', '-m', 'merge', 'topic');
  const { repository } = await cloneOf(context, origin, 1);
  await neededCommit(repository, fork);
  assert.equal(await startOfChanges(repository, fork, head), base);
});

test('where head left the base is never made up', async (context) => {
  const { origin, head, base, commits } = await topicAndMain(context);
  origin.git('switch', '-q', 'topic');
  const shallow = await cloneOf(context, origin, 1);
  await neededCommit(shallow.repository, base);
  shallow.git('remote', 'remove', 'origin');
  await assert.rejects(startOfChanges(shallow.repository, base, head), {
    exitCode: 2,
    message: /lies beyond the end of this shallow clone/,
    hint: /fetch-depth: 0/,
  });
  const asked = { base, head, paths: ['main 1', 'none'] };
  const { changes, notes } = await changesOfHead(shallow.repository, asked);
  assert.deepEqual(changes, [{ path: 'main 1', lines: ['-main 1'] }]);
  assert.match(notes.join(), /Changes that others made to the limits may be listed here, too: .* shallow clone/);
  assert.deepEqual(await changesOfHead(origin.repository, asked), { changes: [], notes: [] });
  origin.git('switch', '-q', '--orphan', 'alone');
  commits('alone');
  await assert.rejects(startOfChanges(origin.repository, base, head), { exitCode: 2, message: /no commit in common/ });
});

test('a whole clone stays whole when the base is fetched', async (context) => {
  const { origin, fork, head, commits } = await topicAndMain(context);
  origin.git('switch', '-q', 'topic');
  const { repository, git } = await cloneOf(context, origin, 0);
  origin.git('switch', '-q', 'main');
  const base = commits('main 3');
  assert.equal(await neededCommit(repository, base), base);
  assert.equal(git('rev-parse', '--is-shallow-repository'), 'false');
  assert.equal(await startOfChanges(repository, base, head), fork);
});

test('a branch may have a name with signs in it', async (context) => {
  const { origin, head } = await topicAndMain(context);
  for (const name of ['release+1', 'feature#3', 'rel@2']) origin.git('branch', name, head);
  origin.git('switch', '-q', 'main');
  const shallow = await cloneOf(context, origin, 1);
  const whole = await cloneOf(context, origin, 0);
  whole.git('fetch', '-q', 'origin', '+refs/heads/*:refs/remotes/origin/*');
  for (const name of ['release+1', 'feature#3', 'rel@2']) {
    assert.equal(await neededCommit(shallow.repository, name), head, name);
    assert.equal(await commitOf(whole.repository, name), head, name);
  }
});

test('a tag of origin that is called like its branch is not taken for it where the clone lacks the branch', async (context) => {
  const { origin, head, base } = await topicAndMain(context);
  origin.git('tag', 'main', head);
  origin.git('tag', 'v1', head);
  origin.git('switch', '-q', '--detach', 'topic');
  for (const name of ['main', 'origin/main']) {
    const clone = await cloneOf(context, origin, 1);
    assert.equal(await neededCommit(clone.repository, name), base, name);
    clone.git('fetch', '-q', '--depth=1', 'origin', 'refs/tags/main:refs/tags/main');
    assert.equal(await neededCommit(clone.repository, name), base, `${name}, with the tag`);
    assert.equal(await neededCommit(clone.repository, 'v1'), head);
  }
});

test('names that are no names are told, and never taken for options', async (context) => {
  const { repository, write, commit } = await place(context);
  write('file', 'x');
  commit();
  for (const name of ['--output=/tmp/x', '+main', 'main:main', 'HEAD~9', 'none', 'a..b', '$(id)', 'f'.repeat(40)]) {
    assert.equal(await commitOf(repository, name), '', name);
    await assert.rejects(neededCommit(repository, name), { exitCode: 2, message: /is not in this clone/ });
  }
});

test("a launcher that is run is the base's, in its place, and head's lies there again afterwards", async (context) => {
  const { repository, folder, write, commit } = await place(context);
  write('scripts/boot.sh', 'base');
  const base = commit();
  write('scripts/boot.sh', 'head');
  write('scripts/new.sh', 'head');
  commit();
  const guest = {
    kind: 'launcher',
    folder,
    command: ['./scripts/boot.sh', 'scripts/new.sh', 'words'],
    assets: [],
    access: { user: 'root', key: null },
  } as unknown as LauncherGuest;
  const scenarios = [{ head: { guest }, base: null }] as unknown as Scenario[];
  const tree = await openTree(repository, base);
  const held = { repository, tree, folder: join(folder, '.git/held'), used: new Set<string>() };
  {
    await using _launchers = await holdInPlace(scenarios, held);
    assert.equal(readFileSync(join(folder, 'scripts/boot.sh'), 'utf8'), 'base');
    assert.equal(readFileSync(join(folder, 'scripts/new.sh'), 'utf8'), 'head');
  }
  assert.equal(readFileSync(join(folder, 'scripts/boot.sh'), 'utf8'), 'head');
  assert.equal(await heldFile('/etc/passwd', held), '/etc/passwd');
});
