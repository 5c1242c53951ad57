import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { appendFile, chmod, mkdir, open, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { backingFilesOf } from '../../src/host/backing-files.ts';
import { cloneTree, surveyTree, treeAround } from '../../src/host/clone-tree.ts';
import { overlayOn } from '../fixtures/qcow2.ts';
import { folderOf, refused } from '../helpers.ts';

/** A folder with these files in it, in a folder of its own. */
async function treeOf(t: TestContext, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const tree = join(realpathSync(await folderOf(t, 'bootgauge-tree-')), 'fork');
  await mkdir(tree);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(resolve(tree, name, '..'), { recursive: true });
    await writeFile(join(tree, name), content);
  }
  return tree;
}

test('a clone holds what its tree holds, beside it, with times and links, and goes away with all that was made in it', async (t) => {
  const tree = await treeOf(t, { 'scripts/run.sh': 'run', 'disk.img': 'disk', '.bootgauge/runs/1': 'run' });
  await utimes(join(tree, 'disk.img'), 1e9, 1e9);
  await mkdir(join(tree, 'empty'));
  await symlink('scripts/run.sh', join(tree, 'relative'));
  await symlink(join(tree, 'scripts'), join(tree, 'own'));
  await symlink('/etc/hosts', join(tree, 'elsewhere'));
  execFileSync('mkfifo', [join(tree, 'pipe')]);
  {
    await using clone = await cloneTree(tree);
    assert.equal(resolve(clone.path, '..'), resolve(tree, '..'));
    assert.deepEqual(readdirSync(clone.path).sort(), ['disk.img', 'elsewhere', 'empty', 'own', 'relative', 'scripts']);
    assert.equal(statSync(join(clone.path, 'disk.img')).mtimeMs, 1e12);
    assert.equal(readFileSync(join(clone.path, 'relative'), 'utf8'), 'run');
    assert.equal(readlinkSync(join(clone.path, 'own')), join(clone.path, 'scripts'));
    assert.equal(readlinkSync(join(clone.path, 'elsewhere')), '/etc/hosts');
    await appendFile(join(clone.path, 'disk.img'), ' changed');
    await writeFile(join(clone.path, 'new'), 'new');
    assert.equal(clone.cost.files, 2);
  }
  assert.equal(readFileSync(join(tree, 'disk.img'), 'utf8'), 'disk');
  assert.deepEqual(readdirSync(resolve(tree, '..')), ['fork']);
});

test('paths of the tree lead into the clone wherever they begin, and others stay', async (t) => {
  const tree = await treeOf(t, { file: '' });
  await using clone = await cloneTree(tree);
  const moved = (text: string): string => clone.moved(text).replaceAll(clone.path, 'CLONE');
  assert.equal(moved(`file=${tree}/file,format=raw`), 'file=CLONE/file,format=raw');
  assert.equal(moved(`unix:${tree}`), 'unix:CLONE');
  assert.equal(moved(`/backup${tree}/file`), `/backup${tree}/file`);
  assert.equal(moved(`${tree}-other/file`), `${tree}-other/file`);
  assert.equal(clone.original(`a ${clone.path}/file`), `a ${tree}/file`);
});

test('a place that leads out of the clone by a link is refused, and nothing is made out there', async (t) => {
  const tree = await treeOf(t, { file: '' });
  const outside = await folderOf(t, 'bootgauge-outside-');
  await symlink(outside, join(tree, 'build'));
  await symlink(join(outside, 'gone'), join(tree, 'dangling'));
  await using clone = await cloneTree(tree);
  for (const name of ['build/qemu', 'build/deep/qemu', 'dangling/qemu']) {
    await assert.rejects(clone.place(join(clone.path, name)), refused(/leads out of the launcher's folder/));
  }
  assert.deepEqual(readdirSync(outside), []);
  assert.equal(await clone.place(join(clone.path, 'new/deep/qemu')), join(clone.path, 'new/deep/qemu'));
});

test('what is compiled is linked where nothing can be cloned, and a write through such a link is noticed', async (t) => {
  const program = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(100_000)]);
  const tree = await treeOf(t, {
    'build/one.o': program,
    'build/two.o': program,
    'small.o': '\x7fELF',
    'disk.img': program.subarray(4),
    'kept.img': program.subarray(4),
  });
  await chmod(join(tree, 'kept.img'), 0o444);
  const { clones, copiedBytes } = await surveyTree(tree);
  if (clones) return t.skip('this file system clones');
  assert.equal(copiedBytes, 200_004);
  await using clone = await cloneTree(tree);
  const isSame = (name: string): boolean => statSync(join(tree, name)).ino === statSync(join(clone.path, name)).ino;
  assert.deepEqual(['build/one.o', 'build/two.o', 'small.o', 'disk.img', 'kept.img'].map(isSame), [
    true,
    true,
    false,
    false,
    false,
  ]);
  // As compilers do it.
  await writeFile(join(clone.path, 'new'), 'another');
  await rename(join(clone.path, 'new'), join(clone.path, 'build/one.o'));
  assert.deepEqual(await clone.changedOriginals(), []);
  await appendFile(join(clone.path, 'build/two.o'), 'written in place');
  assert.deepEqual(await clone.changedOriginals(), [join(tree, 'build/two.o')]);
});

test('what may not be read is told with what to do, before a script makes an empty one in its place', async (t) => {
  const tree = await treeOf(t, { 'images/disk.img': 'disk', 'run.sh': 'run', 'private/key': 'key' });
  await chmod(resolve(tree, '..'), 0o777);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    for (const name of ['images/disk.img', 'private', '.']) {
      const [path, mode] = [join(tree, name), statSync(join(tree, name)).mode];
      if (isRoot) process.seteuid?.(0);
      await chmod(path, 0);
      if (isRoot) process.seteuid?.(65_534);
      const told = refused(new RegExp(`^${path} may not be read, and each boot of a launcher gets a copy`));
      await assert.rejects(cloneTree(tree), told);
      await assert.rejects(backingFilesOf(tree), told);
      if (isRoot) process.seteuid?.(0);
      await chmod(path, mode);
    }
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  assert.deepEqual(readdirSync(resolve(tree, '..')), ['fork']);
});

test('a checkout that is a volume of its own is cloned without what the system keeps there', async (t) => {
  const tree = await treeOf(t, { 'run.sh': 'run', 'lost+found/orphan': 'x', 'sub/lost+found/mine': 'y' });
  await using clone = await cloneTree(tree);
  assert.deepEqual(readdirSync(clone.path).toSorted(), ['run.sh', 'sub']);
  assert.deepEqual(readdirSync(join(clone.path, 'sub')), ['lost+found']);
});

test('an empty disk of eight gigabytes is cloned without its holes', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const tree = await treeOf(t, {});
  await using file = await open(join(tree, 'disk.img'), 'w');
  await file.write('begin');
  await file.truncate(8 * 2 ** 30);
  const { copiedBytes } = await surveyTree(tree);
  assert.ok(copiedBytes < 1e6, `${copiedBytes}`);
  await using clone = await cloneTree(tree);
  const { size, blocks } = lstatSync(join(clone.path, 'disk.img'));
  assert.equal(size, 8 * 2 ** 30);
  assert.ok(blocks * 512 < 1e6, `${blocks} blocks`);
});

test('the tree of a launcher is its checkout, but never a home folder that is one', async (t) => {
  const tree = await treeOf(t, { '.git/HEAD': 'ref', 'scripts/deep/run.sh': '', 'plain/x': '' });
  const scripts = join(tree, 'scripts/deep');
  assert.deepEqual(await treeAround(scripts), { tree, folder: scripts });
  const outside = resolve(tree, '..');
  assert.deepEqual(await treeAround(outside), { tree: outside, folder: outside });
  const link = join(outside, 'link');
  await symlink(scripts, link);
  assert.deepEqual(await treeAround(link), { tree, folder: scripts });
  const home = process.env.HOME;
  t.after(() => {
    process.env.HOME = home;
  });
  process.env.HOME = tree;
  assert.equal(homedir(), tree);
  assert.deepEqual(await treeAround(scripts), { tree: scripts, folder: scripts });
});

test('a full disk is told with what to do, and what was begun is taken away', async (t) => {
  const folder = realpathSync(await folderOf(t, 'bootgauge-full-'));
  const program = `
    import { cloneTree } from ${JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../../src/host/clone-tree.ts')).href)};
    await cloneTree('small/fork').then(() => console.log('cloned'), (error) => console.log(error.exitCode, error.message, error.hint));
    const { readdirSync } = await import('node:fs');
    console.log(readdirSync('small').join());`;
  await writeFile(join(folder, 'clone.mjs'), program);
  const script = `mkdir small && mount -t tmpfs -o size=1m none small && mkdir small/fork && head -c 600000 /dev/urandom > small/fork/disk.img && '${process.execPath}' clone.mjs`;
  const { stdout, stderr, status } = spawnSync('unshare', ['-rm', 'sh', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) return t.skip(`no namespace here: ${stderr}`);
  assert.match(stdout, /^3 cannot copy \S+\/fork: the disk of \S+ is full free space there: each boot/);
  assert.match(stdout, /\nfork\n$/);
});

test('backing files are found all the way down, as far as a clone shares them', async (t) => {
  const base = join(await folderOf(t, 'bootgauge-base-'), 'base.img');
  await writeFile(base, Buffer.alloc(512));
  const tree = await treeOf(t, { 'inner.img': Buffer.alloc(512) });
  const middle = `${base}.qcow2`;
  await writeFile(middle, await overlayOn(base));
  await writeFile(join(tree, 'overlay.qcow2'), await overlayOn(middle));
  await writeFile(join(tree, 'own.qcow2'), await overlayOn(join(tree, 'inner.img')));
  await writeFile(join(tree, 'relative.qcow2'), await overlayOn(join(tree, 'inner.img'), 'inner.img'));
  assert.deepEqual(await backingFilesOf(tree), [base, join(tree, 'inner.img'), middle].sort());
  // What is put into the tree, alone or in a folder.
  const other = await treeOf(t, { 'plain.img': Buffer.alloc(512) });
  const shared = await treeOf(t, { 'guest/notes': '' });
  await writeFile(join(shared, 'overlay.qcow2'), await overlayOn(middle));
  await writeFile(join(shared, 'guest/overlay.qcow2'), await overlayOn(join(tree, 'inner.img')));
  assert.deepEqual(await backingFilesOf(other, [join(shared, 'overlay.qcow2')]), [base, middle].sort());
  assert.deepEqual(await backingFilesOf(other, [join(shared, 'guest')]), [join(tree, 'inner.img')]);
  // In QEMU's other words for a file.
  const words: [string, string[]][] = [
    [`file:${base}`, [base]],
    [`json:{"driver":"raw","file":{"driver":"file","filename":"${base}"}}`, [base]],
    [
      `json:{"driver":"qcow2","file":{"driver":"blkdebug","image":1,"file":{"driver":"file","filename":"${base}"}}}`,
      [base],
    ],
    [`json:{"file.driver":"file","driver":"raw","file.filename":"${base}"}`, [base]],
    ['json:{"driver":"nbd","host":"localhost","file":7}', []],
    ['json:[', []],
    ['nbd://localhost/disk', []],
  ];
  for (const [name, files] of words) {
    await writeFile(join(shared, 'overlay.qcow2'), await overlayOn(base, name));
    assert.deepEqual(await backingFilesOf(other, [join(shared, 'overlay.qcow2')]), files, name);
  }
});
