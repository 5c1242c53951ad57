// Patches: every kind that people have, and what is said of one that does not fit. Nothing is built here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { hunksOf, isEmptyPatch, nearestContext, patchSubject } from '../../src/build/hunks.ts';
import { patchFiles } from '../../src/build/patch-files.ts';
import { applyPatches } from '../../src/build/patches.ts';
import { openSource } from '../../src/build/source.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import { type Bench, openBench } from './little-qemu.ts';

async function apply(bench: Bench, ...files: string[]) {
  const source = await openSource(bench.checkout.folder, bench.options);
  const tree = bench.checkout.git('rev-parse', 'HEAD^{tree}');
  return applyPatches(source, tree, files, bench.options);
}

/** A plain diff of a change that is taken back. */
async function diffOf(bench: Bench, from = 'usleep(1000)', to = 'usleep(2000)'): Promise<string> {
  await bench.checkout.change('hw/machine.c', from, to);
  const diff = `${bench.checkout.git('diff')}\n`;
  bench.checkout.git('checkout', '--quiet', '.');
  return diff;
}

const refused =
  (pattern: RegExp, hint = /(?:)/) =>
  (error: unknown) =>
    error instanceof BootgaugeError && error.exitCode === 2 && pattern.test(error.message) && hint.test(error.hint);

describe('patches', { concurrency: 2 }, () => {
  test('a plain diff, a mail and one with CRLF make the same tree as a commit', async () => {
    await using bench = await openBench();
    const diff = await diffOf(bench);
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    bench.checkout.commit('hw: sleep longer');
    const mail = `${bench.checkout.git('format-patch', '--stdout', '-1')}\n`;
    const committed = bench.checkout.git('rev-parse', 'HEAD^{tree}');
    bench.checkout.git('reset', '--quiet', '--hard', 'HEAD~1');
    for (const [name, text, subject] of [
      ['plain.diff', diff, ''],
      ['0001-mail.patch', mail, 'hw: sleep longer'],
      ['windows.patch', diff.replaceAll('\n', '\r\n'), ''],
    ] as const) {
      const { tree, patches } = await apply(bench, await bench.patch(name, text));
      assert.equal(tree, committed, name);
      assert.deepEqual(
        patches.map((one) => [one.name, one.subject, one.state]),
        [[name, subject, 'applied']],
      );
    }
    assert.equal(bench.checkout.git('status', '--porcelain'), '');
  });

  test('a patch that is in the tree is not applied a second time where another place looks alike', async () => {
    await using bench = await openBench();
    const body = (name: string, more = ''): string =>
      `int ${name}(int a)\n{\n    prepare(a);\n    check(a, 0);\n${more}    begin(a);\n    go(a, 1);\n    end(a);\n    return 0;\n}\n\n`;
    // git holds a hunk that begins a file to its beginning.
    const top = '#include "a.h"\n#include "b.h"\n#include "c.h"\n#include "d.h"\n\n';
    await bench.checkout.write('hw/twins.c', `${top}${body('f')}${body('g')}`);
    bench.checkout.commit('twins');
    await bench.checkout.write('hw/twins.c', `${top}${body('f', '    usleep(1);\n')}${body('g')}`);
    const file = await bench.patch('first.patch', `${bench.checkout.git('diff')}\n`);
    assert.equal((await apply(bench, file)).patches[0]?.state, 'applied');
    bench.checkout.commit('the patch');
    const { tree, patches } = await apply(bench, file);
    assert.deepEqual([patches[0]?.state, tree], ['already-applied', bench.checkout.git('rev-parse', 'HEAD^{tree}')]);
    await bench.checkout.write('hw/twins.c', `\n\n${top}${body('f', '    usleep(1);\n')}${body('g')}`);
    bench.checkout.commit('moved');
    await assert.rejects(apply(bench, file), refused(/fits more than one place/, /^make it again/));
  });

  test('a link to a patch that is gone is an error that names it', async () => {
    await using bench = await openBench();
    const file = await bench.patch('there.patch', await diffOf(bench));
    await symlink('/nonexistent/gone.patch', join(dirname(file), 'gone.patch'));
    await assert.rejects(patchFiles([join(dirname(file), '*.patch')]), refused(/gone\.patch cannot be read/, /a link/));
  });

  test('patches build on one another in their order', async () => {
    await using bench = await openBench();
    const first = await bench.patch('1.patch', await diffOf(bench));
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    bench.checkout.commit('so far');
    const second = await bench.patch('2.patch', await diffOf(bench, 'usleep(2000)', 'usleep(3000)'));
    bench.checkout.git('reset', '--quiet', '--hard', 'HEAD~1');
    assert.equal((await apply(bench, first, second)).patches.length, 2);
    await assert.rejects(apply(bench, second, first), refused(/2\.patch does not apply/));
  });

  test('one that is in the tree already is passed over and said', async () => {
    await using bench = await openBench();
    const file = await bench.patch('in.patch', await diffOf(bench));
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    bench.checkout.commit('merged upstream');
    const { tree, patches } = await apply(bench, file);
    assert.equal(tree, bench.checkout.git('rev-parse', 'HEAD^{tree}'));
    assert.equal(patches[0]?.state, 'already-applied');
    assert.deepEqual(bench.notes(), ['in.patch is already in the tree']);
  });

  test('empty ones change nothing and are said', async () => {
    await using bench = await openBench();
    const files = [
      await bench.patch('nothing.patch', ''),
      await bench.patch('words.patch', 'Subject: only words\n\nHello.\n'),
    ];
    const { tree, patches } = await apply(bench, ...files);
    assert.equal(tree, bench.checkout.git('rev-parse', 'HEAD^{tree}'));
    assert.deepEqual(
      patches.map(({ state }) => state),
      ['empty', 'empty'],
    );
    assert.deepEqual(bench.notes(), ['nothing.patch changes nothing', 'words.patch changes nothing']);
  });

  test('one that does not fit names file, line, hunk and the nearest context, and what a three-way merge would do', async () => {
    await using bench = await openBench();
    const diff = await diffOf(bench);
    const file = await bench.patch('late.patch', diff);
    // Its context moved on, but the line that it changes is still there: three-way merging finds the way.
    const original = await bench.checkout.read('hw/machine.c');
    await bench.checkout.write(
      'hw/machine.c',
      original.replace('void machine_init(void)', 'void machine_init(void) /* now */'),
    );
    bench.checkout.commit('context');
    await assert.rejects(
      apply(bench, file),
      refused(
        /late\.patch does not apply to hw\/machine\.c at line 4\n {2}hunk: @@ -4,5 \+4,5 @@/,
        /three-way merge would take it/,
      ),
    );
    await bench.checkout.write('hw/machine.c', original.replace('usleep(1000)', 'usleep(9)'));
    bench.checkout.commit('conflict');
    await assert.rejects(
      apply(bench, file),
      refused(
        /nearest context: line \d+, \d of 5 lines.*expected: usleep\(1000\);.*found: +usleep\(9\);/s,
        /would not take it/,
      ),
    );
    await bench.checkout.write('hw/machine.c', '/* Nothing is left. */\n');
    bench.checkout.commit('gone');
    await assert.rejects(
      apply(bench, file),
      refused(/at line 4\n {2}hunk: .*\n {2}nothing in the file looks like its context$/),
    );
  });

  test('a three-way merge that would take it is offered', async () => {
    await using bench = await openBench();
    const lines = Array.from({ length: 30 }, (_, index) => `/* line ${index} */\n`);
    await bench.checkout.write('long.c', lines.join(''));
    bench.checkout.commit('long');
    await bench.checkout.change('long.c', '/* line 15 */', '/* line fifteen */');
    const file = await bench.patch('merge.patch', `${bench.checkout.git('diff')}\n`);
    bench.checkout.git('checkout', '--quiet', '.');
    await bench.checkout.change('long.c', '/* line 12 */', '/* line twelve */');
    bench.checkout.commit('near it');
    await assert.rejects(
      apply(bench, file),
      refused(/merge\.patch does not apply to long\.c/, /three-way merge would take it/),
    );
  });

  test('of several files that do not fit the first is named', async () => {
    await using bench = await openBench();
    const second = '--- a/hw/wfi.c\n+++ b/hw/wfi.c\n@@ -3,2 +3,2 @@\n /* Something else. */\n-int f;\n+int g;\n';
    const file = await bench.patch('two.patch', `${await diffOf(bench)}${second}`);
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(9)');
    bench.checkout.commit('conflict');
    await assert.rejects(
      apply(bench, file),
      refused(/two\.patch does not apply to hw\/machine\.c at line \d+\n +hunk: @@/),
    );
  });

  test('one that reaches out of the tree is refused', async () => {
    await using bench = await openBench();
    for (const path of ['../../etc/passwd', '/etc/passwd', '.git/config']) {
      const file = await bench.patch('out.patch', `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+x\n`);
      await assert.rejects(apply(bench, file), refused(/out\.patch does not apply/, /outside the tree/), path);
    }
  });

  test('CRLF is taken away from a patch byte by byte, whatever the encoding of the source', async () => {
    await using bench = await openBench();
    const path = join(bench.checkout.folder, 'hw/latin.c');
    const lines = ['/* \xfcber */', 'int a;', '/* M\xe9nage */', ''];
    await writeFile(path, lines.join('\n'), 'latin1');
    const start = bench.checkout.commit('Latin-1');
    await writeFile(path, lines.join('\n').replace('int a;', 'int b; /* \xdf */'), 'latin1');
    bench.checkout.commit('more of it');
    const wanted = bench.checkout.git('rev-parse', 'HEAD^{tree}');
    const diff = execFileSync('git', ['diff', start, 'HEAD'], { cwd: bench.checkout.folder, encoding: 'latin1' });
    bench.checkout.git('reset', '--quiet', '--hard', start);
    const file = await bench.patch('latin.patch', '');
    await writeFile(file, diff.replaceAll('\n', '\r\n'), 'latin1');
    assert.equal((await apply(bench, file)).tree, wanted);
  });

  test('a copy is a change, and what git cannot read as a patch is refused, never passed over as empty', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    await checkout.write('hw/copy.c', await checkout.read('hw/machine.c'));
    checkout.git('add', '--all');
    const copy = `${checkout.git('diff', '--cached', '--find-copies-harder')}\n`;
    assert.match(copy, /^similarity index 100%\ncopy from hw\/machine\.c\ncopy to hw\/copy\.c$/m);
    const wanted = checkout.git('write-tree');
    checkout.git('reset', '--quiet', '--hard');
    const copied = await apply(bench, await bench.patch('copy.patch', copy));
    assert.equal(copied.patches[0]?.state, 'applied');
    assert.equal(copied.tree, wanted);
    const diff = await diffOf(bench);
    checkout.git('checkout', '--quiet', '-b', 'topic');
    await checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    checkout.commit('topic');
    checkout.git('checkout', '--quiet', 'main');
    checkout.git('merge', '--no-ff', '-m', 'clean', 'topic');
    const clean = checkout.git('show', 'HEAD');
    checkout.git('reset', '--quiet', '--hard', 'HEAD~1');
    await checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(3000)');
    checkout.commit('main');
    checkout.git('merge', '--no-commit', '--strategy=ours', 'topic');
    await checkout.change('hw/machine.c', 'usleep(3000)', 'usleep(4000)');
    checkout.commit('both');
    const combined = checkout.git('show', 'HEAD');
    assert.match(combined, /^@@@ /m);
    const context =
      '*** a/main.c\n--- b/main.c\n***************\n*** 1,2 ****\n  one\n! two\n--- 1,2 ----\n  one\n! three\n';
    for (const [name, text] of [
      ['merge.patch', `${combined}\n`],
      ['clean.patch', `${clean}\n`],
      ['context.patch', context],
      ['normal.patch', '7c7\n<     usleep(1000);\n---\n>     usleep(2000);\n'],
      ['wide.patch', diff],
    ] as const) {
      const file = await bench.patch(name, text);
      if (name === 'wide.patch') await writeFile(file, `\ufeff${text}`, 'utf16le');
      await assert.rejects(apply(bench, file), refused(new RegExp(`${name} does not apply: `), /unified diffs/), name);
    }
  });

  test('a damaged patch is called that, not one for another tree', async () => {
    await using bench = await openBench();
    const diff = await diffOf(bench);
    const short = await bench.patch('short.patch', `${diff.trimEnd().split('\n').slice(0, -2).join('\n')}\n`);
    const wrapped = await bench.patch('wrapped.patch', diff.replace('+    usleep', '+\nusleep'));
    for (const file of [short, wrapped])
      await assert.rejects(
        apply(bench, file),
        refused(/\.patch does not apply: .*corrupt patch/, /^the file is damaged/),
      );
  });

  test('globs give their files by name, in the order of the globs, and one that finds nothing is an error', async () => {
    await using bench = await openBench();
    const paths = [];
    for (const name of ['b/2.patch', 'b/1.patch', 'a/3.patch']) paths.push(await bench.patch(name, ''));
    const [two, one, three] = paths as [string, string, string];
    const folder = `${bench.folder}/patches`;
    assert.deepEqual(await patchFiles([`${folder}/b/*.patch`, `${folder}/a`]), [one, two, three]);
    assert.deepEqual(await patchFiles([two, `${folder}/b/*`]), [two, one]);
    const odd = await bench.patch('[old] {x,y}/4.patch', '');
    assert.deepEqual(await patchFiles([`${folder}/[old] {x,y}/*.patch`]), [odd]);
    await assert.rejects(patchFiles([`${folder}/c/*.patch`]), refused(/no patch matches .*c\/\*\.patch/));
  });
});

test('the subject of a mail is unfolded and freed of its prefix', () => {
  const mail = 'From 1a Mon Sep 17\nFrom: A <a@example.org>\nSubject: [PATCH 3/4] hvf: wait\n for interrupts\n\n---\n';
  assert.equal(patchSubject(mail), 'hvf: wait for interrupts');
  assert.equal(patchSubject('--- a/x\n+++ b/x\n@@ -1 +1 @@\n-Subject: no\n+Subject: mail\n'), '');
});

test('a change of mode, a rename and a binary are no empty patches', () => {
  assert.equal(isEmptyPatch('diff --git a/x b/x\nold mode 100644\nnew mode 100755\n'), false);
  assert.equal(isEmptyPatch('diff --git a/x b/y\nrename from x\nrename to y\n'), false);
  assert.equal(isEmptyPatch('diff --git a/x b/x\nGIT binary patch\nliteral 0\n'), false);
  assert.equal(isEmptyPatch('diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n'), false);
  assert.equal(isEmptyPatch('From 1a\nSubject: [PATCH 0/2] words\n\nOf two.\n\n---\n x.c | 2 +-\n'), true);
  assert.equal(isEmptyPatch('From 1a\nSubject: none\n\n-- \n2.39\n'), true);
});

test('a hunk knows the lines that must be there, even when they look like headers', () => {
  const patch =
    '--- a/x.c\n+++ b/x.c\n@@ -3,3 +3,3 @@ f()\n one\n--- two\n+++ three\n four\n@@ -9 +9 @@\n-nine\n+ten\n';
  const hunks = hunksOf(patch);
  assert.deepEqual(
    hunks.map(({ path, line, expects }) => [path, line, expects]),
    [
      ['x.c', 3, ['one', '-- two', 'four']],
      ['x.c', 9, ['nine']],
    ],
  );
});

test('the nearest context is where most lines agree, and of equals the one nearest to the hunk', () => {
  const hunk = { path: 'x', line: 6, head: '@@', expects: ['a', 'b', 'c'] };
  const file = ['a', 'b', 'x', '-', 'a', 'b', 'y', ''].join('\n');
  assert.deepEqual(nearestContext(hunk, file), { line: 5, equal: 2, of: 3, expected: 'c', found: 'y' });
  assert.equal(nearestContext(hunk, 'p\nq\n'), null);
});
