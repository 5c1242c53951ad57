// The ways in which a pull request tried to relax the limits and baselines that judge it. Each name says what must hold. Real
// repositories, real git.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { changesOfHead } from '../../src/gate/changes.ts';
import type { Held } from '../../src/gate/held-files.ts';
import { refused } from '../helpers.ts';
import { configWith, limitOf, type Place, place, rulesAt, session, strictLimit, strictPlace } from './place.ts';

describe('limits and baselines', { concurrency: 2 }, () => {
  const edits: Readonly<Record<string, (at: Place) => void>> = {
    'edits it': (at) => at.write('bootgauge.yml', configWith('900 %')),
    'deletes it': (at) => rmSync(join(at.folder, 'bootgauge.yml')),
    'makes a folder of it': (at) => {
      rmSync(join(at.folder, 'bootgauge.yml'));
      at.write('bootgauge.yml/inside', 'x');
    },
    'makes a link to an endless device of it': (at) => {
      rmSync(join(at.folder, 'bootgauge.yml'));
      symlinkSync('/dev/zero', join(at.folder, 'bootgauge.yml'));
    },
    'adds one that differs in case': (at) => at.write('Bootgauge.yml', configWith('900 %')),
    'makes it huge': (at) => at.write('bootgauge.yml', `${configWith('900 %')}#${'x'.repeat(6_000_000)}\n`),
    'asks a filter to rewrite it': (at) => at.write('.gitattributes', '* filter=relax ident text eol=crlf\n'),
    'says that exports leave it out': (at) => at.write('.gitattributes', '* export-ignore export-subst\n'),
  };
  for (const [how, edit] of Object.entries(edits)) {
    test(`the base's configuration holds where head ${how}`, async (context) => {
      const { at, base } = await strictPlace(context);
      edit(at);
      at.commit();
      assert.equal(limitOf(await rulesAt(at, base)), strictLimit);
    });
  }

  test('a configuration outside of the repository, and one that is huge at the base, are refused', async (context) => {
    const { at, base } = await strictPlace(context);
    await assert.rejects(rulesAt(at, base, { file: '../limits.yml' }), refused(/outside the repository/));
    at.write('bootgauge.yml', `#${'x'.repeat(4 * 1024 * 1024)}\n`);
    await assert.rejects(rulesAt(at, at.commit()), refused(/larger than 4 MiB/));
  });

  test('where neither base nor head has a configuration there is nothing to note', async (context) => {
    const at = await place(context);
    at.write('file', 'x');
    const base = at.commit();
    assert.deepEqual((await rulesAt(at, base)).notes, []);
    at.write('bootgauge.yml', configWith('900 %'));
    at.commit();
    assert.match((await rulesAt(at, base)).notes.join(), /limits are this change's own/);
  });

  test("baselines hold although the base's attributes leave them out of archives", async (context) => {
    const { at, base } = await strictPlace(context, {
      '.gitattributes': 'baselines export-ignore\nbaselines/** export-ignore\n',
      'baselines/m/default.jsonl': session,
    });
    const rules = await rulesAt(at, base);
    assert.equal(readFileSync(join(rules.root, 'baselines/m/default.jsonl'), 'utf8'), session);
  });

  test("baselines of the base hold where head edits, deletes and adds some, and none of head's is read", async (context) => {
    const { at, base } = await strictPlace(context, { 'baselines/m/a.jsonl': session, 'baselines/m/b.jsonl': session });
    at.write('baselines/m/a.jsonl', '{}\n');
    rmSync(join(at.folder, 'baselines/m/b.jsonl'));
    at.write('baselines/m/c.jsonl', '{}\n');
    at.commit();
    const folder = join((await rulesAt(at, base)).root, 'baselines/m');
    assert.deepEqual(readdirSync(folder).sort(), ['a.jsonl', 'b.jsonl']);
    assert.equal(readFileSync(join(folder, 'a.jsonl'), 'utf8'), session);
  });

  test('a folder of baselines that is a link of the base is followed', async (context) => {
    const { at } = await strictPlace(context, { 'data/m/a.jsonl': session });
    symlinkSync('data', join(at.folder, 'baselines'));
    const rules = await rulesAt(at, at.commit());
    assert.equal(readFileSync(join(rules.root, 'baselines/m/a.jsonl'), 'utf8'), session);
  });

  test('a baseline that is a link of the base is followed', async (context) => {
    const { at } = await strictPlace(context, { 'shared/a.jsonl': session, 'baselines/m/b.jsonl': session });
    symlinkSync('../../shared/a.jsonl', join(at.folder, 'baselines/m/a.jsonl'));
    const rules = await rulesAt(at, at.commit());
    assert.equal(readFileSync(join(rules.root, 'baselines/m/a.jsonl'), 'utf8'), session);
  });

  test("a configuration that is a link of the base is followed within the base's tree, not within head's", async (context) => {
    const { at } = await strictPlace(context, { 'ci/limits.yml': configWith('5 %') });
    rmSync(join(at.folder, 'bootgauge.yml'));
    symlinkSync('ci/limits.yml', join(at.folder, 'bootgauge.yml'));
    const base = at.commit();
    at.write('ci/limits.yml', configWith('900 %'));
    at.commit();
    const rules = await rulesAt(at, base);
    assert.equal(limitOf(rules), strictLimit);
    assert.deepEqual(
      rules.decides?.paths,
      ['bootgauge.yml', 'ci/limits.yml', 'baselines'],
      'a change of either is shown',
    );
  });

  for (const [what, target, pattern] of [
    ['an absolute place', '/etc/passwd', /leads out of the repository/],
    ['a place above', '../limits.yml', /leads out of the repository/],
    ['itself', 'bootgauge.yml', /in a circle/],
    ['nowhere', 'none.yml', /is not a file that can be read/],
    ['a folder', 'ci', /is not a file that can be read/],
  ] as const) {
    test(`a configuration of the base that is a link to ${what} is refused, and head's does not take its place`, async (context) => {
      const { at } = await strictPlace(context, { 'ci/file': 'x' });
      rmSync(join(at.folder, 'bootgauge.yml'));
      symlinkSync(target, join(at.folder, 'bootgauge.yml'));
      const base = at.commit();
      rmSync(join(at.folder, 'bootgauge.yml'));
      at.write('bootgauge.yml', configWith('900 %'));
      at.commit();
      await assert.rejects(rulesAt(at, base), refused(pattern));
    });
  }

  test("a configuration above the working directory is the base's, and a nearer one that head adds does not count", async (context) => {
    const { at, base } = await strictPlace(context, { 'vm/file': 'x' });
    at.write('bootgauge.yml', configWith('900 %'));
    at.write('vm/bootgauge.yml', configWith('900 %'));
    at.commit();
    assert.equal(limitOf(await rulesAt(at, base, { folder: join(at.folder, 'vm') })), strictLimit);
  });

  test('a folder that head made to look like a repository does not decide', async (context) => {
    const at = await place(context);
    at.write('vm/bootgauge.yml', configWith('5 %'));
    const base = at.commit();
    const bare = join(at.folder, '.git/bare');
    execFileSync('git', ['init', '-q', '--bare', bare]);
    for (const part of ['HEAD', 'config', 'objects', 'refs']) renameSync(join(bare, part), join(at.folder, 'vm', part));
    writeFileSync(join(at.folder, 'vm/objects/keep'), '');
    writeFileSync(join(at.folder, 'vm/refs/keep'), '');
    at.write('vm/bootgauge.yml', configWith('900 %'));
    at.git('add', '-A');
    at.git('commit', '-qm', 'head');
    assert.equal(limitOf(await rulesAt(at, base, { folder: join(at.folder, 'vm') })), strictLimit);
  });

  test('a submodule that head puts in place of the working directory does not decide', async (context) => {
    const at = await place(context);
    at.write('vm/bootgauge.yml', configWith('5 %'));
    const base = at.commit();
    at.git('rm', '-qr', 'vm');
    const inner = await place(context);
    inner.write('bootgauge.yml', configWith('900 %'));
    inner.commit();
    at.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.folder, 'vm');
    at.git('commit', '-qam', 'head');
    assert.equal(limitOf(await rulesAt(at, base, { folder: join(at.folder, 'vm') })), strictLimit);
  });

  test('a configuration that lies in a submodule of the base is refused', async (context) => {
    const at = await place(context);
    const inner = await place(context);
    inner.write('bootgauge.yml', configWith('5 %'));
    inner.commit();
    at.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.folder, 'vm');
    const base = at.commit();
    await assert.rejects(rulesAt(at, base, { file: 'vm/bootgauge.yml' }), refused(/is not a file that can be read/));
  });

  test("a working directory that head made a link of is still the base's", async (context) => {
    const at = await place(context);
    at.write('vm/bootgauge.yml', configWith('5 %'));
    const base = at.commit();
    rmSync(join(at.folder, 'vm'), { recursive: true });
    at.write('evil/bootgauge.yml', configWith('900 %'));
    symlinkSync('evil', join(at.folder, 'vm'));
    at.commit();
    assert.equal(limitOf(await rulesAt(at, base, { folder: join(at.folder, 'vm') })), strictLimit);
  });

  test('a replaced commit, tree or file is not read', async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('bootgauge.yml', configWith('900 %'));
    const head = at.commit();
    const id = (name: string): string => at.git('rev-parse', name);
    at.git('replace', id(`${base}:bootgauge.yml`), id(`${head}:bootgauge.yml`));
    assert.equal(limitOf(await rulesAt(at, base)), strictLimit);
    at.git('replace', base, head);
    assert.equal(limitOf(await rulesAt(at, base)), strictLimit);
  });

  test('a path of the base that is no UTF-8 hinders nothing', async (context) => {
    const { at } = await strictPlace(context, { 'baselines/m/a.jsonl': session });
    const id = at.git('rev-parse', 'HEAD:bootgauge.yml');
    const line = Buffer.concat([Buffer.from(`100644 ${id}\tbaselines/m/\xff\xfe`, 'latin1'), Buffer.from([0])]);
    execFileSync('git', ['update-index', '-z', '--index-info'], { cwd: at.folder, input: line });
    at.git('commit', '-qm', 'odd');
    const rules = await rulesAt(at, at.git('rev-parse', 'HEAD'));
    assert.equal(limitOf(rules), strictLimit);
    assert.ok(existsSync(join(rules.root, 'baselines/m/a.jsonl')));
  });

  test('a commit whose tree names what lies outside writes nothing outside', async (context) => {
    const { at } = await strictPlace(context);
    const blob = at.git('rev-parse', 'HEAD:bootgauge.yml');
    const tree = (line: string): string =>
      execFileSync('git', ['mktree', '--missing'], { cwd: at.folder, input: `${line}\n` })
        .toString()
        .trim();
    const up = tree(`040000 tree ${tree(`100644 blob ${blob}\tescaped`)}\t..`);
    const top = tree(`040000 tree ${up}\tbaselines`);
    const commit = at.git('commit-tree', '-m', 'up', top);
    const rules = await rulesAt(at, commit).catch(() => null);
    assert.ok(rules === null || !existsSync(join(rules.root, 'escaped')));
  });

  test('neither filters nor hooks nor what a configuration includes is run', async (context) => {
    const { at, base } = await strictPlace(context);
    const trap = join(at.folder, '.git/trap.sh');
    writeFileSync(trap, `#!/bin/sh\ntouch '${join(at.folder, '.git/sprung')}'\ncat\n`, { mode: 0o755 });
    const keys = `[filter "x"]\n\tclean = '${trap}'\n\tsmudge = '${trap}'\n\trequired\n[diff "x"]\n\ttextconv = '${trap}'\n`;
    writeFileSync(join(at.folder, '.git/more'), `${keys}[core]\n\thooksPath = .git/traps\n\tfsmonitor = '${trap}'\n`);
    at.write('.gitattributes', '* filter=x diff=x\n');
    at.write('bootgauge.yml', configWith('900 %'));
    const head = at.commit();
    at.git('config', 'include.path', 'more');
    rmSync(join(at.folder, '.git/sprung'), { force: true });
    // A date that makes git look at the content again.
    at.write('bootgauge.yml', configWith('900 %'));
    const rules = await rulesAt(at, base);
    assert.equal(limitOf(rules), strictLimit);
    await changesOfHead((rules.held as Held).repository, { base, head, paths: ['bootgauge.yml'] });
    assert.equal(existsSync(join(at.folder, '.git/sprung')), false);
  });
});

test('variables that lead git to another repository are not heard', async (context) => {
  const { at, base } = await strictPlace(context);
  const other = await place(context);
  other.write('bootgauge.yml', configWith('900 %'));
  other.commit();
  process.env.GIT_DIR = join(other.folder, '.git');
  context.after(() => delete process.env.GIT_DIR);
  assert.equal(limitOf(await rulesAt(at, base)), strictLimit);
});
