// Where source comes from and which commit is meant: checkouts, URLs, archives, merge bases, trees with changes. Nothing is built.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readRevision, resolveRef } from '../../src/build/revision.ts';
import { openSource } from '../../src/build/source.ts';
import { openSlot } from '../../src/build/worktree.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import { placeTree } from './build-bench.ts';
import { type Bench, checkoutAt, openBench } from './little-qemu.ts';

const refused =
  (pattern: RegExp, hint = /(?:)/) =>
  (error: unknown) =>
    error instanceof BootgaugeError && error.exitCode === 2 && pattern.test(error.message) && hint.test(error.hint);

/** As a command of its own would. */
const revisionOf = async (bench: Bench, ref: string | null, source = bench.checkout.folder) => {
  const options = { ...bench.options, signal: new AbortController().signal };
  return readRevision(await openSource(source, options), ref, options);
};

describe('source', { concurrency: 2 }, () => {
  test('commits, short ids, branches, tags and branches of the remote are found', async () => {
    await using bench = await openBench();
    const { git } = bench.checkout;
    const first = git('rev-parse', 'HEAD');
    git('tag', '-a', 'v1.0', '-m', 'one');
    git('update-ref', 'refs/remotes/origin/upstream', first);
    const second = bench.checkout.commit('second');
    for (const [ref, commit] of [
      ['HEAD', second],
      ['main', second],
      [first.slice(0, 9), first],
      ['v1.0', first],
      ['upstream', first],
    ] as const) {
      assert.equal((await revisionOf(bench, ref)).commit, commit, ref);
    }
    assert.equal((await revisionOf(bench, 'HEAD')).subject, 'second');
    git('checkout', '--quiet', '--detach', first);
    assert.equal((await revisionOf(bench, null)).commit, first);
  });

  test('what is not there is said', async () => {
    await using bench = await openBench();
    const empty = join(bench.folder, 'empty');
    await mkdir(empty);
    await assert.rejects(revisionOf(bench, 'HEAD', empty), refused(/empty is not a git repository/, /qemu\.source/));
    await assert.rejects(revisionOf(bench, 'HEAD', join(bench.folder, 'nowhere')), refused(/there is no .*nowhere/));
    await assert.rejects(
      revisionOf(bench, 'no-such'),
      refused(/there is no commit 'no-such'/, /git fetch origin no-such/),
    );
    for (const ref of ['--upload-pack=evil', '^main'])
      await assert.rejects(revisionOf(bench, ref), refused(/is not the name of a commit/));
    bench.checkout.git('remote', 'add', 'origin', bench.checkout.folder);
    for (const ref of ['main:refs/heads/evil', '+main:refs/heads/evil'])
      await assert.rejects(revisionOf(bench, ref), refused(/there is no commit/));
    assert.equal(bench.checkout.git('branch', '--list', 'evil'), '');
    checkoutAt(empty).git('init', '--quiet', '.');
    await assert.rejects(revisionOf(bench, null, empty), refused(/has no commit yet/));
  });

  test('A...B is the merge base, and unrelated histories have none', async () => {
    await using bench = await openBench();
    const { git, commit } = bench.checkout;
    const start = git('rev-parse', 'HEAD');
    git('checkout', '--quiet', '-b', 'topic');
    commit('topic');
    git('checkout', '--quiet', 'main');
    commit('main goes on');
    git('checkout', '--quiet', 'topic');
    for (const ref of ['main...topic', 'main...', '...main'])
      assert.equal((await revisionOf(bench, ref)).commit, start);
    git('checkout', '--quiet', '--orphan', 'alone');
    commit('alone');
    await assert.rejects(revisionOf(bench, 'main...alone'), refused(/no commit in common/, /unrelated/));
  });

  test('a shallow clone is deepened as far as a merge base needs, and says so when it cannot be', async () => {
    await using bench = await openBench();
    const { git, commit } = bench.checkout;
    const start = git('rev-parse', 'HEAD');
    git('checkout', '--quiet', '-b', 'topic');
    for (let index = 0; index < 5; index += 1) commit(`topic ${index}`);
    git('checkout', '--quiet', 'main');
    commit('main goes on');
    const clone = join(bench.folder, 'shallow');
    const url = pathToFileURL(bench.checkout.folder).href;
    execFileSync('git', ['clone', '--quiet', '--depth=1', '--no-single-branch', url, clone], { stdio: 'ignore' });
    const shallow = checkoutAt(clone);
    const lone = join(bench.folder, 'lone');
    execFileSync('cp', ['-r', clone, lone]);
    assert.equal((await revisionOf(bench, 'main...origin/topic', clone)).commit, start);
    assert.ok(bench.notes().some((note) => note.includes('more of the history')));
    assert.equal(shallow.git('status', '--porcelain'), '');
    checkoutAt(lone).git('update-ref', 'refs/heads/topic', checkoutAt(lone).git('rev-parse', 'origin/topic'));
    checkoutAt(lone).git('remote', 'remove', 'origin');
    await assert.rejects(
      revisionOf(bench, 'main...topic', lone),
      refused(/beyond the end of this shallow clone/, /unshallow/),
    );
  });

  test('a commit of a shallow clone can be checked out to be built', async () => {
    await using bench = await openBench();
    bench.checkout.commit('second');
    const clone = join(bench.folder, 'shallow');
    const url = pathToFileURL(bench.checkout.folder).href;
    execFileSync('git', ['clone', '--quiet', '--depth=1', url, clone], { stdio: 'ignore' });
    const source = await openSource(clone, bench.options);
    const { tree } = await readRevision(source, 'HEAD', bench.options);
    await using slot = await openSlot(source, 'head', bench.options);
    await placeTree(source, slot, tree, bench.options);
    assert.equal(await readFile(join(slot.workTree, 'main.c'), 'utf8'), await bench.checkout.read('main.c'));
  });

  test('a tree with changes is a side of its own and stays as it is, index and untracked files included', async () => {
    await using bench = await openBench();
    const { git } = bench.checkout;
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(7)');
    await bench.checkout.write('hw/new.c', 'int fresh;\n');
    await bench.checkout.write('build/ignored.o', 'x');
    await rm(join(bench.checkout.folder, 'player.h'));
    await writeFile(join(bench.checkout.folder, 'disk *.img'), Buffer.alloc(5 * 1024 * 1024));
    await bench.checkout.write('odd [name]*.c', 'int odd;\n');
    git('add', 'hw/machine.c');
    const [status, objects] = [git('status', '--porcelain'), git('count-objects')];
    const revision = await revisionOf(bench, null);
    assert.equal(git('status', '--porcelain'), status);
    assert.equal(git('count-objects'), objects, 'nothing is written into the repository');
    assert.match(revision.uncommitted?.diff ?? '', /usleep\(7\)[\s\S]*fresh/);
    assert.doesNotMatch(revision.uncommitted?.diff ?? '', /ignored/);
    const source = await openSource(bench.checkout.folder, bench.options);
    await using slot = await openSlot(source, 'head', bench.options);
    await placeTree(source, slot, revision.tree, bench.options);
    assert.equal(await readFile(join(slot.workTree, 'hw/new.c'), 'utf8'), 'int fresh;\n');
    await assert.rejects(readFile(join(slot.workTree, 'player.h')));
    assert.equal(await readFile(join(slot.workTree, 'odd [name]*.c'), 'utf8'), 'int odd;\n');
    await assert.rejects(readFile(join(slot.workTree, 'disk *.img')));
    assert.ok(bench.notes().some((note) => note.includes('too large for source: disk *.img')));
    git('reset', '--quiet', '--hard');
    git('clean', '-fdq');
    assert.equal((await revisionOf(bench, null)).uncommitted, null);
  });

  test('a change of the same length in the very moment of the last commit is seen', async () => {
    await using bench = await openBench();
    const { git, folder } = bench.checkout;
    // A clock that stands still: the dates of the file, before and after its change, and of the index are one.
    git('config', 'core.trustctime', 'false');
    const file = join(folder, 'hw/machine.c');
    const moment = 1_700_000_000;
    await utimes(file, moment, moment);
    git('update-index', '--refresh');
    await utimes(join(folder, '.git/index'), moment, moment);
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    await utimes(file, moment, moment);
    assert.match((await revisionOf(bench, null)).uncommitted?.diff ?? '', /^\+.*usleep\(2000\)/m);
  });

  test('a hook of the repository is never run', async () => {
    await using bench = await openBench();
    const mark = join(bench.folder, 'hook-ran');
    await bench.checkout.write('.git/hooks/post-checkout', `#!/bin/sh\ntouch '${mark}'\n`);
    execFileSync('chmod', ['+x', join(bench.checkout.folder, '.git/hooks/post-checkout')]);
    const source = await openSource(bench.checkout.folder, bench.options);
    await using slot = await openSlot(source, 'head', bench.options);
    await placeTree(source, slot, (await readRevision(source, 'HEAD', bench.options)).tree, bench.options);
    await assert.rejects(readFile(mark));
  });

  test('a URL is copied once and brought up to date when a ref is new', async () => {
    await using bench = await openBench();
    const url = pathToFileURL(bench.checkout.folder).href;
    const first = await revisionOf(bench, 'main', url);
    assert.equal(first.commit, bench.checkout.git('rev-parse', 'HEAD'));
    bench.checkout.git('checkout', '--quiet', '-b', 'later');
    const later = bench.checkout.commit('later');
    assert.equal((await revisionOf(bench, 'later', url)).commit, later);
    assert.equal((await revisionOf(bench, later, url)).commit, later);
    const moved = bench.checkout.commit('even later');
    assert.equal((await revisionOf(bench, 'later', url)).commit, moved);
    await assert.rejects(revisionOf(bench, 'deadbeef0', url), refused(/there is no commit 'deadbeef0'/));
    await assert.rejects(
      revisionOf(bench, 'main', pathToFileURL(join(bench.folder, 'gone')).href),
      /cannot be fetched/,
    );
  });

  test('a URL without a ref is its newest HEAD, wherever that points to, and what was there when it cannot be reached', async () => {
    await using bench = await openBench();
    const { git, commit, folder } = bench.checkout;
    const url = pathToFileURL(folder).href;
    const newest = async () => (await revisionOf(bench, null, url)).commit;
    assert.equal(await newest(), git('rev-parse', 'HEAD'));
    const moved = commit('moved');
    assert.equal(await newest(), moved);
    git('branch', '-m', 'main', 'trunk');
    const renamed = commit('under another name');
    assert.equal(await newest(), renamed);
    git('checkout', '--quiet', '--detach');
    const detached = commit('on no branch');
    assert.equal(await newest(), detached);
    git('checkout', '--quiet', 'trunk');
    assert.equal(await newest(), renamed);
    assert.deepEqual(bench.notes(), []);
    await rename(folder, `${folder} elsewhere`);
    assert.equal(await newest(), renamed);
    assert.deepEqual(bench.notes(), [`${url} cannot be reached: its HEAD is taken as last fetched`]);
  });

  test('one command sees one state of a URL, though it moves between its two sides', async () => {
    await using bench = await openBench();
    const url = pathToFileURL(bench.checkout.folder).href;
    const side = async (ref: string | null) =>
      (await readRevision(await openSource(url, bench.options), ref, bench.options)).commit;
    const base = await side(null);
    const moved = bench.checkout.commit('moved');
    assert.deepEqual([await side(null), await side('main')], [base, base]);
    assert.equal((await revisionOf(bench, null, url)).commit, moved);
  });

  test('an archive is a repository of one commit, whoever its files belong to', async () => {
    await using bench = await openBench();
    const archive = join(bench.folder, 'qemu-1.tar.gz');
    bench.checkout.git('archive', '--prefix=qemu-1/', '-o', archive, 'HEAD');
    const revision = await revisionOf(bench, null, archive);
    assert.equal(revision.tree, bench.checkout.git('rev-parse', 'HEAD^{tree}'));
    assert.equal(revision.uncommitted, null);
    const broken = join(bench.folder, 'broken.tar.gz');
    await writeFile(broken, 'no archive');
    await assert.rejects(revisionOf(bench, null, broken), refused(/broken\.tar\.gz cannot be unpacked/));
  });

  test('a work tree that was damaged or left locked is made whole again', async () => {
    await using bench = await openBench();
    const source = await openSource(bench.checkout.folder, bench.options);
    const { tree } = await readRevision(source, 'HEAD', bench.options);
    await using slot = await openSlot(source, 'head', bench.options);
    const whole = async () => readFile(join(slot.workTree, 'main.c'), 'utf8');
    await placeTree(source, slot, tree, bench.options);
    const expected = await whole();
    const gitFolder = (await readFile(join(slot.workTree, '.git'), 'utf8')).replace('gitdir: ', '').trim();
    await writeFile(join(gitFolder, 'index.lock'), '');
    await writeFile(join(slot.workTree, 'main.c'), 'half');
    await placeTree(source, slot, tree, bench.options);
    assert.equal(await whole(), expected);
    await rm(gitFolder, { recursive: true });
    await placeTree(source, slot, tree, bench.options);
    assert.equal(await whole(), expected);
  });

  test('a link in place of the checkout is followed', async () => {
    await using bench = await openBench();
    const link = join(bench.folder, 'link');
    await symlink(bench.checkout.folder, link);
    const source = await openSource(link, bench.options);
    assert.equal(await resolveRef(source, 'HEAD', bench.options), bench.checkout.git('rev-parse', 'HEAD'));
  });
});
