// The ways in which a pull request tried to have its own files start the guest. Each name says what must hold.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { headOf } from '../../src/gate/commits.ts';
import { type Held, heldFile, heldScenario, holdInPlace } from '../../src/gate/held-files.ts';
import { notHeld } from '../../src/gate/not-held.ts';
import { openTree } from '../../src/gate/tree.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { refused } from '../helpers.ts';
import { type Place, place, strictPlace } from './place.ts';

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

  test("links in a folder of assets are the base's: one that head turned elsewhere, and none that head adds", async (context) => {
    const { at, base } = await strictPlace(context, {});
    for (const name of ['old', 'new']) at.write(`guest/${name}/kernel`, name);
    symlinkSync('old', join(at.folder, 'guest/current'));
    symlinkSync('/lib', join(at.folder, 'guest/lib'));
    const before = at.commit();
    assert.notEqual(before, base);
    rmSync(join(at.folder, 'guest/current'));
    symlinkSync('new', join(at.folder, 'guest/current'));
    rmSync(join(at.folder, 'guest/old'), { recursive: true });
    symlinkSync('new', join(at.folder, 'guest/old'));
    symlinkSync('new/kernel', join(at.folder, 'guest/added'));
    at.commit();
    const { scenarios, held } = await heldAt(at, before, { command: ['sh', 'guest'] });
    {
      await using _held = await holdInPlace(scenarios, held);
      assert.equal(read(at, 'guest/current/kernel'), 'old');
      assert.equal(readlinkSync(join(at.folder, 'guest/lib')), '/lib');
      assert.equal(lstatSync(join(at.folder, 'guest/old')).isDirectory(), true);
      assert.equal(existsSync(join(at.folder, 'guest/added')), false);
    }
    assert.equal(readlinkSync(join(at.folder, 'guest/old')), 'new');
    assert.equal(read(at, 'guest/new/kernel'), 'new');
    assert.equal(at.git('status', '--porcelain'), '');
  });

  test('a folder that is made in the place of a launcher while it is held does not stay', async (context) => {
    const { at, base } = await strictPlace(context, { 'run.sh': 'base', 'second.sh': 'base' });
    for (const name of ['run.sh', 'second.sh']) at.write(name, 'head');
    at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['sh', 'run.sh', 'second.sh'] });
    {
      await using _held = await holdInPlace(scenarios, held);
      rmSync(join(at.folder, 'second.sh'));
      at.write('second.sh/file', 'x');
    }
    for (const name of ['run.sh', 'second.sh']) assert.equal(read(at, name), 'head');
  });

  test('two launchers of the base that head made one file of by a link are refused', async (context) => {
    const { at, base } = await strictPlace(context, { 'quick/run.sh': 'quick', 'full/run.sh': 'full' });
    rmSync(join(at.folder, 'full'), { recursive: true });
    symlinkSync('quick', join(at.folder, 'full'));
    at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['sh', 'full/run.sh', 'quick/run.sh'] });
    await assert.rejects(holdInPlace(scenarios, held), refused(/are one file by a link in the checked out commit/));
    assert.equal(at.git('status', '--porcelain'), '');
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

  test("files of the base side's guest are held as those of head's are", async (context) => {
    const { at, base } = await strictPlace(context, { 'run.sh': 'base', kernel: 'base' });
    at.write('run.sh', 'head');
    at.write('kernel', 'head');
    at.commit();
    const { scenarios, held } = await heldAt(at, base, { command: ['./run.sh'] });
    const [launched] = scenarios as [Scenario];
    const other = { ...launched, head: { ...launched.head, guest: { kind: 'reference' } }, base: launched.head };
    {
      await using _held = await holdInPlace([other as unknown as Scenario], held);
      assert.equal(read(at, 'run.sh'), 'base');
    }
    const own = { kernel: join(at.folder, 'kernel'), initrd: null, disk: null, append: null, rest: null, access: null };
    const custom = { ...launched.head, guest: { kind: 'custom', architecture: 'arm64', ...own } };
    const scenario = { ...launched, head: custom, base: custom } as unknown as Scenario;
    for (const side of ['head', 'base'] as const) {
      const guest = (await heldScenario(scenario, held))[side]?.guest;
      assert.equal(guest?.kind === 'custom' && readFileSync(guest.kernel ?? '', 'utf8'), 'base', side);
    }
  });

  test('only a build of this very checkout, at no commit of its own, is taken to what is checked out', async (context) => {
    const { at, base } = await strictPlace(context);
    const other = await place(context);
    const { scenarios, held } = await heldAt(at, base, { command: ['true'] });
    const [scenario] = scenarios as [Scenario];
    for (const build of [
      { source: at.folder, ref: 'v1' },
      { source: other.folder, ref: null },
    ]) {
      const built = { ...scenario, head: { ...scenario.head, qemu: { from: 'build', build } } } as unknown as Scenario;
      const { qemu } = (await heldScenario(built, held)).head;
      assert.equal(qemu.from === 'build' && qemu.build.ref, build.ref);
    }
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
    const id = createHash('sha256').update('base').digest('hex');
    const stored = join(at.folder, '.git/lfs/objects', id.slice(0, 2), id.slice(2, 4), id);
    at.write(relative(at.folder, stored), 'base');
    assert.equal(await heldFile(join(at.folder, 'kernel'), held), stored);
    rmSync(stored);
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
