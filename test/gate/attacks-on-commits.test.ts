// The ways in which a pull request tried to be compared with another commit, or to hide what it changes. Each name says what must hold.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { changesOfHead, changesSince } from '../../src/gate/changes.ts';
import { commitOf, requireCheckedOut, startOfChanges } from '../../src/gate/commits.ts';
import { realBelow, repositoryOf } from '../../src/gate/git.ts';
import { refused } from '../helpers.ts';
import { configWith, limitOf, rulesAt, strictLimit, strictPlace } from './place.ts';

describe('what is compared', { concurrency: 2 }, () => {
  test("a tag that is called like origin's branch is not taken for it", async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('bootgauge.yml', configWith('900 %'));
    const head = at.commit();
    at.git('update-ref', 'refs/remotes/origin/main', base);
    for (const name of ['origin/main', 'main']) at.git('update-ref', `refs/tags/${name}`, head);
    for (const name of ['origin/main', 'main']) assert.equal(await commitOf(at.repository, name), base, name);
  });

  test('a branch that is called like a commit is not taken for it', async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('file', 'x');
    const head = at.commit();
    at.git('update-ref', `refs/heads/${base}`, head);
    at.git('update-ref', `refs/tags/${base}`, head);
    assert.equal(await commitOf(at.repository, base), base);
  });

  test('a graft does not move the start of the changes', async (context) => {
    const { at, base } = await strictPlace(context);
    at.git('switch', '-qc', 'topic');
    at.write('bootgauge.yml', configWith('900 %'));
    const first = at.commit();
    at.write('file', 'x');
    const head = at.commit();
    mkdirSync(join(at.folder, '.git/info'), { recursive: true });
    writeFileSync(join(at.folder, '.git/info/grafts'), `${base} ${first}\n${head} ${first}\n${first}\n`);
    assert.equal(await startOfChanges(at.repository, base, head), base);
  });

  test('a run that is about head is refused where the base is checked out, as pull_request_target does', async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('file', 'slow');
    const head = at.commit();
    await requireCheckedOut(at.repository, head, 'hint');
    at.git('switch', '-q', '--detach', base);
    await assert.rejects(requireCheckedOut(at.repository, head, 'hint'), refused(/but .* is checked out/));
  });

  test("GitHub's merge of head counts as head; a merge of something else, and a commit on top of head, do not", async (context) => {
    const { at, base } = await strictPlace(context);
    at.git('switch', '-qc', 'topic');
    at.write('file', 'slow');
    const head = at.commit();
    at.git('switch', '-q', '--detach', base);
    at.git('merge', '-q', '--no-ff', '-m', 'merge', head);
    await requireCheckedOut(at.repository, head, '');
    at.write('more', 'x');
    at.commit();
    await assert.rejects(requireCheckedOut(at.repository, head, ''), refused(/is checked out/));
    at.git('switch', '-q', '--detach', head);
    at.git('switch', '-qc', 'other', base);
    at.write('other', 'x');
    const other = at.commit();
    at.git('switch', '-q', '--detach', head);
    at.git('merge', '-q', '--no-ff', '-m', 'merge', other);
    await assert.rejects(requireCheckedOut(at.repository, head, ''), refused(/is checked out/));
  });

  test("a merge of another commit than head's does not say where the changes start", async (context) => {
    const { at, base } = await strictPlace(context);
    at.git('switch', '-qc', 'topic');
    at.write('topic', 'x');
    const topic = at.commit();
    at.git('switch', '-q', '--detach', base);
    at.write('file', 'x');
    const first = at.commit();
    at.git('merge', '-q', '--no-ff', '-m', 'merge', topic);
    assert.equal(await startOfChanges(at.repository, base, topic), first);
    assert.equal(await startOfChanges(at.repository, base, first), base);
  });

  test('HEAD is what is checked out', async (context) => {
    const { at, base } = await strictPlace(context);
    assert.equal(await commitOf(at.repository, 'HEAD'), base);
  });

  test('a folder that looks like a repository does not silence the comparison: QEMU in it is not "in no repository"', async (context) => {
    const { at } = await strictPlace(context);
    mkdirSync(join(at.folder, 'vm'));
    execFileSync('git', ['init', '-q', '--bare', join(at.folder, 'vm')]);
    assert.deepEqual(await repositoryOf(join(at.folder, 'vm'), at.folder), at.repository);
  });

  test('a checkout that a step put below the workspace is a repository of its own', async (context) => {
    const { at } = await strictPlace(context);
    const inner = join(at.folder, 'qemu');
    execFileSync('git', ['init', '-q', inner]);
    assert.deepEqual(await repositoryOf(join(inner, 'build'), at.folder), { top: inner });
  });

  test('a workspace that is named by way of a link is the same workspace', async (context) => {
    const { at, base } = await strictPlace(context, { 'vm/bootgauge.yml': configWith('5 %') });
    const link = join(at.folder, '.git/link');
    symlinkSync(at.folder, link);
    const folder = realBelow(join(link, 'vm'), link);
    assert.equal(folder, join(at.folder, 'vm'));
    assert.equal(limitOf(await rulesAt(at, base, { folder, workspace: link })), strictLimit);
  });
});

describe('what is shown of the changes', { concurrency: 2 }, () => {
  test('a file that attributes call binary is shown', async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('.gitattributes', '* -diff binary\n');
    at.write('bootgauge.yml', configWith('900 %'));
    at.commit();
    const [change] = await changesSince(at.repository, base, ['bootgauge.yml']);
    assert.match(change?.lines.join('\n') ?? '', /\+ +time-to-ssh: \{ limit: 900 % \}/);
  });

  test('a line that looks like the head of a diff is shown', async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('bootgauge.yml', `${configWith('5 %')}++ b/x\n`);
    at.commit();
    const [change] = await changesSince(at.repository, base, ['bootgauge.yml']);
    assert.deepEqual(change?.lines, ['+++ b/x']);
  });

  test('thirty changed lines of a file are shown, and of one more the number', async (context) => {
    const { at, base } = await strictPlace(context);
    const lines = Array.from({ length: 31 }, (_, index) => `# ${index}`);
    at.write('bootgauge.yml', `${configWith('5 %')}${lines.slice(1).join('\n')}\n`);
    at.commit();
    const shown = async () => (await changesSince(at.repository, base, ['bootgauge.yml']))[0]?.lines ?? [];
    assert.equal((await shown()).at(-1), '+# 30');
    at.write('bootgauge.yml', `${configWith('5 %')}${lines.join('\n')}\n`);
    at.commit();
    assert.equal((await shown()).at(-1), '... and 1 more lines');
  });

  test('where head and base have nothing in common, that is noted only if a rule differs', async (context) => {
    const { at, base } = await strictPlace(context);
    at.git('switch', '-q', '--orphan', 'other');
    at.write('bootgauge.yml', configWith('5 %'));
    // With the same content it would be the very same commit.
    at.write('other', 'x');
    const notes = async () =>
      (await changesOfHead(at.repository, { base, head: at.commit(), paths: ['bootgauge.yml'] })).notes;
    assert.deepEqual(await notes(), []);
    at.write('bootgauge.yml', configWith('900 %'));
    assert.match((await notes()).join(), /no commit in common/);
  });

  test('many changed baselines do not push out the configuration, and are counted', async (context) => {
    const { at, base } = await strictPlace(context);
    for (let index = 0; index < 40; index += 1) at.write(`baselines/m/${index}.jsonl`, '{}\n');
    at.write('bootgauge.yml', configWith('900 %'));
    at.commit();
    const changes = await changesSince(at.repository, base, ['bootgauge.yml', 'baselines']);
    assert.equal(changes[0]?.path, 'bootgauge.yml');
    assert.equal(changes.at(-1)?.path, '... and 21 more files');
  });
});

const noSystemGit = existsSync('/usr/bin/git') ? false : 'there is no /usr/bin/git here';

test('a git that an earlier job has put first on PATH does not answer for the gate', {
  skip: noSystemGit,
}, async (context) => {
  const { at, base } = await strictPlace(context);
  const folder = join(at.folder, '.git/brew');
  mkdirSync(folder);
  writeFileSync(join(folder, 'git'), `#!/bin/sh\ntouch '${folder}/asked'\nexit 1\n`, { mode: 0o755 });
  const path = process.env.PATH;
  process.env.PATH = `${folder}:${path}`;
  context.after(() => {
    process.env.PATH = path;
  });
  assert.equal(limitOf(await rulesAt(at, base)), strictLimit);
  assert.equal(existsSync(join(folder, 'asked')), false);
});
