// The ways in which a pull request tried to relax the gate that judges it. Each name says what must hold. Real repositories, real git.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { changesOfHead, changesSince } from '../../src/gate/changes.ts';
import { commitOf, headOf, requireCheckedOut, startOfChanges } from '../../src/gate/commits.ts';
import { realBelow, repositoryOf } from '../../src/gate/git.ts';
import { type Held, heldFile, heldScenario, holdInPlace } from '../../src/gate/held-files.ts';
import { notHeld } from '../../src/gate/not-held.ts';
import { type Rules, type RulesRequest, rulesFor } from '../../src/gate/rules.ts';
import { openTree } from '../../src/gate/tree.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { refused } from '../helpers.ts';
import { type Place, place } from './place.ts';

const config = (limit: string): string => `version: 1\ndefaults:\n  metrics:\n    time-to-ssh: { limit: ${limit} }\n`;
const strict = 0.05;
const session = '{"a session":1}\n';

let outputs = 0;
const gate = (at: Place, base: string, more: Partial<RulesRequest> = {}): Promise<Rules> => {
  outputs += 1;
  const output = join(at.folder, '.git', `out ${outputs}`);
  return rulesFor({ folder: at.folder, workspace: at.folder, output, file: '', gateRef: base, ...more });
};
const limitOf = ({ config: { ...settled } }: Rules): number | null | undefined =>
  scenariosOf(settled)[0]?.metrics['time-to-ssh']?.limit;

async function strictPlace(context: TestContext, files: Readonly<Record<string, string>> = {}) {
  const at = await place(context);
  for (const [path, text] of Object.entries({ 'bootgauge.yml': config('5 %'), ...files })) at.write(path, text);
  return { at, base: at.commit() };
}

describe('limits and baselines', { concurrency: 2 }, () => {
  const edits: Readonly<Record<string, (at: Place) => void>> = {
    'edits it': (at) => at.write('bootgauge.yml', config('900 %')),
    'deletes it': (at) => rmSync(join(at.folder, 'bootgauge.yml')),
    'makes a folder of it': (at) => {
      rmSync(join(at.folder, 'bootgauge.yml'));
      at.write('bootgauge.yml/inside', 'x');
    },
    'makes a link to an endless device of it': (at) => {
      rmSync(join(at.folder, 'bootgauge.yml'));
      symlinkSync('/dev/zero', join(at.folder, 'bootgauge.yml'));
    },
    'adds one that differs in case': (at) => at.write('Bootgauge.yml', config('900 %')),
    'makes it huge': (at) => at.write('bootgauge.yml', `${config('900 %')}#${'x'.repeat(6_000_000)}\n`),
    'asks a filter to rewrite it': (at) => at.write('.gitattributes', '* filter=relax ident text eol=crlf\n'),
    'says that exports leave it out': (at) => at.write('.gitattributes', '* export-ignore export-subst\n'),
  };
  for (const [how, edit] of Object.entries(edits)) {
    test(`the base's configuration holds where head ${how}`, async (context) => {
      const { at, base } = await strictPlace(context);
      edit(at);
      at.commit();
      assert.equal(limitOf(await gate(at, base)), strict);
    });
  }

  test("baselines hold although the base's attributes leave them out of archives", async (context) => {
    const { at, base } = await strictPlace(context, {
      '.gitattributes': 'baselines export-ignore\nbaselines/** export-ignore\n',
      'baselines/m/default.jsonl': session,
    });
    const rules = await gate(at, base);
    assert.equal(readFileSync(join(rules.root, 'baselines/m/default.jsonl'), 'utf8'), session);
  });

  test("baselines of the base hold where head edits, deletes and adds some, and none of head's is read", async (context) => {
    const { at, base } = await strictPlace(context, { 'baselines/m/a.jsonl': session, 'baselines/m/b.jsonl': session });
    at.write('baselines/m/a.jsonl', '{}\n');
    rmSync(join(at.folder, 'baselines/m/b.jsonl'));
    at.write('baselines/m/c.jsonl', '{}\n');
    at.commit();
    const folder = join((await gate(at, base)).root, 'baselines/m');
    assert.deepEqual(readdirSync(folder).sort(), ['a.jsonl', 'b.jsonl']);
    assert.equal(readFileSync(join(folder, 'a.jsonl'), 'utf8'), session);
  });

  test('a folder of baselines that is a link of the base is followed', async (context) => {
    const { at } = await strictPlace(context, { 'data/m/a.jsonl': session });
    symlinkSync('data', join(at.folder, 'baselines'));
    const rules = await gate(at, at.commit());
    assert.equal(readFileSync(join(rules.root, 'baselines/m/a.jsonl'), 'utf8'), session);
  });

  test("a configuration that is a link of the base is followed within the base's tree, not within head's", async (context) => {
    const { at } = await strictPlace(context, { 'ci/limits.yml': config('5 %') });
    rmSync(join(at.folder, 'bootgauge.yml'));
    symlinkSync('ci/limits.yml', join(at.folder, 'bootgauge.yml'));
    const base = at.commit();
    at.write('ci/limits.yml', config('900 %'));
    at.commit();
    assert.equal(limitOf(await gate(at, base)), strict);
  });

  for (const [what, target, pattern] of [
    ['an absolute place', '/etc/passwd', /leads out of the repository/],
    ['a place above', '../limits.yml', /leads out of the repository/],
    ['itself', 'bootgauge.yml', /in a circle/],
    ['nowhere', 'none.yml', /is no file that can be read/],
    ['a folder', 'ci', /is no file that can be read/],
  ] as const) {
    test(`a configuration of the base that is a link to ${what} is refused, and head's does not take its place`, async (context) => {
      const { at } = await strictPlace(context, { 'ci/file': 'x' });
      rmSync(join(at.folder, 'bootgauge.yml'));
      symlinkSync(target, join(at.folder, 'bootgauge.yml'));
      const base = at.commit();
      rmSync(join(at.folder, 'bootgauge.yml'));
      at.write('bootgauge.yml', config('900 %'));
      at.commit();
      await assert.rejects(gate(at, base), refused(pattern));
    });
  }

  test("a configuration above the working directory is the base's, and a nearer one that head adds does not count", async (context) => {
    const { at, base } = await strictPlace(context, { 'vm/file': 'x' });
    at.write('bootgauge.yml', config('900 %'));
    at.write('vm/bootgauge.yml', config('900 %'));
    at.commit();
    assert.equal(limitOf(await gate(at, base, { folder: join(at.folder, 'vm') })), strict);
  });

  test('a folder that head made to look like a repository does not decide', async (context) => {
    const at = await place(context);
    at.write('vm/bootgauge.yml', config('5 %'));
    const base = at.commit();
    const bare = join(at.folder, '.git/bare');
    execFileSync('git', ['init', '-q', '--bare', bare]);
    for (const part of ['HEAD', 'config', 'objects', 'refs']) renameSync(join(bare, part), join(at.folder, 'vm', part));
    writeFileSync(join(at.folder, 'vm/objects/keep'), '');
    writeFileSync(join(at.folder, 'vm/refs/keep'), '');
    at.write('vm/bootgauge.yml', config('900 %'));
    at.git('add', '-A');
    at.git('commit', '-qm', 'head');
    assert.equal(limitOf(await gate(at, base, { folder: join(at.folder, 'vm') })), strict);
  });

  test('a submodule that head puts in place of the working directory does not decide', async (context) => {
    const at = await place(context);
    at.write('vm/bootgauge.yml', config('5 %'));
    const base = at.commit();
    at.git('rm', '-qr', 'vm');
    const inner = await place(context);
    inner.write('bootgauge.yml', config('900 %'));
    inner.commit();
    at.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.folder, 'vm');
    at.git('commit', '-qam', 'head');
    assert.equal(limitOf(await gate(at, base, { folder: join(at.folder, 'vm') })), strict);
  });

  test('a configuration that lies in a submodule of the base is refused', async (context) => {
    const at = await place(context);
    const inner = await place(context);
    inner.write('bootgauge.yml', config('5 %'));
    inner.commit();
    at.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.folder, 'vm');
    const base = at.commit();
    await assert.rejects(gate(at, base, { file: 'vm/bootgauge.yml' }), refused(/is no file that can be read/));
  });

  test("a working directory that head made a link of is still the base's", async (context) => {
    const at = await place(context);
    at.write('vm/bootgauge.yml', config('5 %'));
    const base = at.commit();
    rmSync(join(at.folder, 'vm'), { recursive: true });
    at.write('evil/bootgauge.yml', config('900 %'));
    symlinkSync('evil', join(at.folder, 'vm'));
    at.commit();
    assert.equal(limitOf(await gate(at, base, { folder: join(at.folder, 'vm') })), strict);
  });

  test('a replaced commit, tree or file is not read', async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('bootgauge.yml', config('900 %'));
    const head = at.commit();
    const id = (name: string): string => at.git('rev-parse', name);
    at.git('replace', id(`${base}:bootgauge.yml`), id(`${head}:bootgauge.yml`));
    assert.equal(limitOf(await gate(at, base)), strict);
    at.git('replace', base, head);
    assert.equal(limitOf(await gate(at, base)), strict);
  });

  test('a path of the base that is no UTF-8 hinders nothing', async (context) => {
    const { at } = await strictPlace(context, { 'baselines/m/a.jsonl': session });
    const id = at.git('rev-parse', 'HEAD:bootgauge.yml');
    const line = Buffer.concat([Buffer.from(`100644 ${id}\tbaselines/m/\xff\xfe`, 'latin1'), Buffer.from([0])]);
    execFileSync('git', ['update-index', '-z', '--index-info'], { cwd: at.folder, input: line });
    at.git('commit', '-qm', 'odd');
    const rules = await gate(at, at.git('rev-parse', 'HEAD'));
    assert.equal(limitOf(rules), strict);
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
    const rules = await gate(at, commit).catch(() => null);
    assert.ok(rules === null || !existsSync(join(rules.root, 'escaped')));
  });

  test('neither filters nor hooks nor what a configuration includes is run', async (context) => {
    const { at, base } = await strictPlace(context);
    const trap = join(at.folder, '.git/trap.sh');
    writeFileSync(trap, `#!/bin/sh\ntouch '${join(at.folder, '.git/sprung')}'\ncat\n`, { mode: 0o755 });
    const keys = `[filter "x"]\n\tclean = '${trap}'\n\tsmudge = '${trap}'\n\trequired\n[diff "x"]\n\ttextconv = '${trap}'\n`;
    writeFileSync(join(at.folder, '.git/more'), `${keys}[core]\n\thooksPath = .git/traps\n\tfsmonitor = '${trap}'\n`);
    at.write('.gitattributes', '* filter=x diff=x\n');
    at.write('bootgauge.yml', config('900 %'));
    const head = at.commit();
    at.git('config', 'include.path', 'more');
    rmSync(join(at.folder, '.git/sprung'), { force: true });
    // A date that makes git look at the content again.
    at.write('bootgauge.yml', config('900 %'));
    const rules = await gate(at, base);
    assert.equal(limitOf(rules), strict);
    await changesOfHead((rules.held as Held).repository, { base, head, paths: ['bootgauge.yml'] });
    assert.equal(existsSync(join(at.folder, '.git/sprung')), false);
  });
});

describe('what is compared', { concurrency: 2 }, () => {
  test("a tag that is called like origin's branch is not taken for it", async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('bootgauge.yml', config('900 %'));
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
    at.write('bootgauge.yml', config('900 %'));
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
    const { at, base } = await strictPlace(context, { 'vm/bootgauge.yml': config('5 %') });
    const link = join(at.folder, '.git/link');
    symlinkSync(at.folder, link);
    const folder = realBelow(join(link, 'vm'), link);
    assert.equal(folder, join(at.folder, 'vm'));
    assert.equal(limitOf(await gate(at, base, { folder, workspace: link })), strict);
  });
});

describe('what is shown of the changes', { concurrency: 2 }, () => {
  test('a file that attributes call binary is shown', async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('.gitattributes', '* -diff binary\n');
    at.write('bootgauge.yml', config('900 %'));
    at.commit();
    const [change] = await changesSince(at.repository, base, ['bootgauge.yml']);
    assert.match(change?.lines.join('\n') ?? '', /\+ +time-to-ssh: \{ limit: 900 % \}/);
  });

  test('a line that looks like the head of a diff is shown', async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('bootgauge.yml', `${config('5 %')}++ b/x\n`);
    at.commit();
    const [change] = await changesSince(at.repository, base, ['bootgauge.yml']);
    assert.deepEqual(change?.lines, ['+++ b/x']);
  });

  test('many changed baselines do not push out the configuration, and are counted', async (context) => {
    const { at, base } = await strictPlace(context);
    for (let index = 0; index < 40; index += 1) at.write(`baselines/m/${index}.jsonl`, '{}\n');
    at.write('bootgauge.yml', config('900 %'));
    at.commit();
    const changes = await changesSince(at.repository, base, ['bootgauge.yml', 'baselines']);
    assert.equal(changes[0]?.path, 'bootgauge.yml');
    assert.equal(changes.at(-1)?.path, '... and 21 more files');
  });
});

describe('files that start the guest', { concurrency: 2 }, () => {
  /** A launcher's scenario, and the gate that holds it to `base`. */
  async function heldAt(at: Place, base: string, guest: object) {
    const spec = { kind: 'launcher', folder: at.folder, assets: [], access: { user: 'root', key: null }, ...guest };
    const side = { guest: spec, qemu: { from: 'path' } };
    const scenarios = [{ head: side, base: null }] as unknown as Scenario[];
    const tree = await openTree(at.repository, base);
    const held: Held = { repository: at.repository, tree, folder: join(at.folder, '.git/held'), used: new Set() };
    return { scenarios, held };
  }
  const read = (at: Place, path: string): string => readFileSync(join(at.folder, path), 'utf8');

  for (const [how, command] of Object.entries({
    'by its path': ['./run.sh'],
    'as a word of a shell': ['sh', 'run.sh'],
    'in the text for a shell': ['sh', '-c', 'exec ./run.sh "$@"'],
    'in the text for a shell, without blanks': ['bash', '-c', '. ./run.sh;true'],
  })) {
    test(`a launcher that is started ${how} is the base's`, async (context) => {
      const { at, base } = await strictPlace(context, { 'run.sh': 'base' });
      at.write('run.sh', 'head');
      at.commit();
      const { scenarios, held } = await heldAt(at, base, { command });
      {
        await using _held = await holdInPlace(scenarios, held);
        assert.equal(read(at, 'run.sh'), 'base');
      }
      assert.equal(read(at, 'run.sh'), 'head');
      assert.equal(at.git('status', '--porcelain'), '');
    });
  }

  test('what a text for a shell may find in another way is said to be not held', async (context) => {
    const { at, base } = await strictPlace(context, { 'run.sh': 'base' });
    const { scenarios, held } = await heldAt(at, base, { command: ['sh', '-c', 'exec ./r*.sh'] });
    assert.match(notHeld(scenarios, held).join(), /what it finds in another way is this change's own/);
  });

  test("a launcher that is a link of the base has the content of the base's file", async (context) => {
    const { at } = await strictPlace(context, { 'tools/real.sh': 'base' });
    symlinkSync('tools/real.sh', join(at.folder, 'run.sh'));
    const base = at.commit();
    at.write('tools/real.sh', 'head');
    at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['./run.sh'] });
    {
      await using _held = await holdInPlace(scenarios, held);
      assert.equal(read(at, 'run.sh'), 'base');
    }
    assert.equal(readlinkSync(join(at.folder, 'run.sh')), 'tools/real.sh');
  });

  test("a launcher behind a linked folder of the base is the base's", async (context) => {
    const { at } = await strictPlace(context, { 'tools/run.sh': 'base' });
    symlinkSync('tools', join(at.folder, 'scripts'));
    const base = at.commit();
    at.write('tools/run.sh', 'head');
    at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['scripts/run.sh'] });
    await using _held = await holdInPlace(scenarios, held);
    assert.equal(read(at, 'scripts/run.sh'), 'base');
  });

  test('a launcher that head made a link of that leads nowhere outside creates nothing outside', async (context) => {
    const { at, base } = await strictPlace(context, { 'run.sh': 'base' });
    const outside = join(at.folder, '..', `outside-${process.pid}`);
    context.after(() => rmSync(outside, { force: true }));
    rmSync(join(at.folder, 'run.sh'));
    symlinkSync(outside, join(at.folder, 'run.sh'));
    at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['./run.sh'] });
    {
      await using _held = await holdInPlace(scenarios, held);
      assert.equal(read(at, 'run.sh'), 'base');
      assert.equal(lstatSync(join(at.folder, 'run.sh')).isFile(), true);
    }
    assert.equal(existsSync(outside), false);
    assert.equal(readlinkSync(join(at.folder, 'run.sh')), outside);
  });

  test('a folder of the launcher that head made a link of, out of the repository, is refused', async (context) => {
    const { at, base } = await strictPlace(context, { 'scripts/run.sh': 'base' });
    const other = await place(context);
    rmSync(join(at.folder, 'scripts'), { recursive: true });
    symlinkSync(other.folder, join(at.folder, 'scripts'));
    at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['scripts/run.sh'] });
    await assert.rejects(holdInPlace(scenarios, held), refused(/leads out of the repository by a link/));
    assert.deepEqual(readdirSync(other.folder), ['.git']);
  });

  test("a launcher that head deleted, with its folder, is the base's for as long as it is needed", async (context) => {
    const { at, base } = await strictPlace(context, { 'scripts/deep/run.sh': 'base' });
    rmSync(join(at.folder, 'scripts'), { recursive: true });
    at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['scripts/deep/run.sh'] });
    {
      await using _held = await holdInPlace(scenarios, held);
      assert.equal(read(at, 'scripts/deep/run.sh'), 'base');
    }
    assert.equal(existsSync(join(at.folder, 'scripts')), false);
  });

  test("a launcher that head made a folder of is the base's, and the folder comes back", async (context) => {
    const { at, base } = await strictPlace(context, { 'run.sh': 'base' });
    rmSync(join(at.folder, 'run.sh'));
    at.write('run.sh/inside', 'head');
    at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['./run.sh'] });
    {
      await using _held = await holdInPlace(scenarios, held);
      assert.equal(read(at, 'run.sh'), 'base');
    }
    assert.equal(read(at, 'run.sh/inside'), 'head');
  });

  test("whether a launcher may be executed is the base's to say", async (context) => {
    const { at } = await strictPlace(context, { 'run.sh': 'same' });
    chmodSync(join(at.folder, 'run.sh'), 0o755);
    const base = at.commit();
    chmodSync(join(at.folder, 'run.sh'), 0o644);
    at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['./run.sh'] });
    await using _held = await holdInPlace(scenarios, held);
    assert.equal(statSync(join(at.folder, 'run.sh')).mode & 0o111, 0o111);
  });

  test("a folder of assets that git knows is the base's: what head adds is away, what git does not know stays", async (context) => {
    const { at, base } = await strictPlace(context, { 'share/a': 'base', 'share/b': 'base', '.gitignore': 'built\n' });
    at.write('share/a', 'head');
    rmSync(join(at.folder, 'share/b'));
    at.write('share/new', 'head');
    at.commit();
    at.write('share/built', 'built');
    const assets = [{ from: join(at.folder, 'share'), to: 'x' }];
    const { scenarios, held } = await heldAt(at, base, { command: ['true'], assets });
    {
      await using _held = await holdInPlace(scenarios, held);
      assert.deepEqual(readdirSync(join(at.folder, 'share')).sort(), ['a', 'b', 'built']);
      assert.deepEqual([read(at, 'share/a'), read(at, 'share/b')], ['base', 'base']);
    }
    assert.deepEqual(readdirSync(join(at.folder, 'share')).sort(), ['a', 'built', 'new']);
    assert.equal(read(at, 'share/a'), 'head');
  });

  test('QEMU is built from the commit, so that files of the base do not count as changes of head', async (context) => {
    const { at, base } = await strictPlace(context);
    at.write('file', 'x');
    const head = at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['true'] });
    const build = { source: at.folder, ref: null };
    const [scenario] = scenarios as [Scenario];
    const built = { ...scenario, head: { ...scenario.head, qemu: { from: 'build', build } } } as unknown as Scenario;
    const { qemu } = (await heldScenario(built, held)).head;
    assert.equal(qemu.from === 'build' && qemu.build.ref, head);
    assert.equal(await headOf(at.repository), head);
  });

  test('a large file that git keeps a pointer to is the one that the base points to, or there is none', async (context) => {
    const pointer = (text: string): string =>
      `version https://git-lfs.github.com/spec/v1\noid sha256:${createHash('sha256').update(text).digest('hex')}\nsize 4\n`;
    const { at, base } = await strictPlace(context, { kernel: pointer('base') });
    at.write('kernel', pointer('head'));
    at.commit();
    at.write('kernel', 'head');
    const { held } = await heldAt(at, base, { command: ['true'] });
    await assert.rejects(heldFile(join(at.folder, 'kernel'), held), refused(/kept by Git LFS/));
    at.write('kernel', 'base');
    assert.equal(await heldFile(join(at.folder, 'kernel'), held), join(at.folder, 'kernel'));
  });

  test('a file that the configuration names by way of a link to the workspace is held', async (context) => {
    const { at, base } = await strictPlace(context, { kernel: 'base' });
    at.write('kernel', 'head');
    at.commit();
    const link = join(at.folder, '.git/link');
    symlinkSync(at.folder, link);
    const { held } = await heldAt(at, base, { command: ['true'] });
    assert.equal(readFileSync(await heldFile(join(link, 'kernel'), held), 'utf8'), 'base');
  });
});

test('variables that lead git to another repository are not heard', async (context) => {
  const { at, base } = await strictPlace(context);
  const other = await place(context);
  other.write('bootgauge.yml', config('900 %'));
  other.commit();
  process.env.GIT_DIR = join(other.folder, '.git');
  context.after(() => delete process.env.GIT_DIR);
  assert.equal(limitOf(await gate(at, base)), strict);
});
