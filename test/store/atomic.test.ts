// Whole or absent: files, folders, and what dead processes leave behind.
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { publishFolder, sweepWorkFolders, workFolder, writeFileAtomically } from '../../src/store/atomic.ts';
import { cacheFolder, prepareCacheFolder } from '../../src/store/cache-folder.ts';
import { folderOf } from '../helpers.ts';

const temporary = (t: TestContext): Promise<string> => folderOf(t, "bootgauge, störe's ");

test('a written file has its content and permissions, and nothing lies beside it', async (t) => {
  const folder = await temporary(t);
  const path = join(folder, 'file');
  await writeFile(path, 'old');
  await writeFileAtomically(path, 'new', 0o600);
  assert.equal(await readFile(path, 'utf8'), 'new');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(folder), ['file']);
});

test('a file that cannot be written leaves the old one and no draft', async (t) => {
  const folder = await temporary(t);
  await mkdir(join(folder, 'file'));
  await assert.rejects(writeFileAtomically(join(folder, 'file'), 'new'));
  assert.deepEqual(await readdir(folder), ['file']);
});

test('writers at the same time leave one whole content', async (t) => {
  const path = join(await temporary(t), 'file');
  const contents = Array.from({ length: 20 }, (_, number) => String(number).repeat(10_000));
  await Promise.all(contents.map((content) => writeFileAtomically(path, content)));
  assert.ok(contents.includes(await readFile(path, 'utf8')));
});

test('a published folder takes the place of the one before', async (t) => {
  const folder = await temporary(t);
  for (const content of ['first', 'second']) {
    await using work = await workFolder(join(folder, 'work'));
    await mkdir(join(work.path, 'new'));
    await writeFile(join(work.path, 'new', content), content);
    await publishFolder(join(work.path, 'new'), join(folder, 'place'));
  }
  assert.deepEqual(await readdir(join(folder, 'place')), ['second']);
  assert.deepEqual(await readdir(join(folder, 'work')), []);
});

test('sweeping removes the folders of dead processes and leaves those of living ones', async (t) => {
  const parent = await temporary(t);
  await using mine = await workFolder(parent);
  await mkdir(join(parent, `${process.pid}-anotherstart-00`));
  await mkdir(join(parent, '4194999-1-00', 'deep'), { recursive: true });
  assert.equal(await sweepWorkFolders(parent), 2);
  assert.deepEqual(await readdir(parent), [mine.path.slice(parent.length + 1)]);
});

test('the cache folder follows BOOTGAUGE_CACHE, then XDG_CACHE_HOME, then the home folder', () => {
  assert.equal(cacheFolder({ BOOTGAUGE_CACHE: '/a', XDG_CACHE_HOME: '/b' }, '/h'), '/a');
  assert.equal(cacheFolder({ BOOTGAUGE_CACHE: '', XDG_CACHE_HOME: '/b' }, '/h'), '/b/bootgauge');
  assert.equal(cacheFolder({ XDG_CACHE_HOME: 'relative' }, '/h'), '/h/.cache/bootgauge');
  assert.equal(cacheFolder({}, '/h'), '/h/.cache/bootgauge');
});

test('a cache folder is hidden from git, and one that has rules of its own or is a repository keeps them', async (t) => {
  const folder = await temporary(t);
  const rules = (name: string) => readFile(join(folder, name, '.gitignore'), 'utf8').catch(() => 'none');
  await mkdir(join(folder, 'ruled'));
  await writeFile(join(folder, 'ruled/.gitignore'), '*.o\n');
  await mkdir(join(folder, 'repository/.git'), { recursive: true });
  await mkdir(join(folder, 'older'));
  for (const name of ['new/deep', 'older', 'ruled', 'repository']) await prepareCacheFolder(join(folder, name));
  const found = await Promise.all(['new/deep', 'new', 'older', 'ruled', 'repository'].map(rules));
  assert.deepEqual(found, ['*\n', 'none', '*\n', '*.o\n', 'none']);
});

test('a cache folder that cannot be written is an error that names BOOTGAUGE_CACHE', async (t) => {
  const folder = await temporary(t);
  const file = join(folder, 'file');
  await writeFile(file, '');
  await assert.rejects(prepareCacheFolder(join(file, 'cache')), {
    name: 'BootgaugeError',
    exitCode: 3,
    hint: /BOOTGAUGE_CACHE/,
  });
  // Permissions bind only those who are not root.
  if (process.getuid?.() === 0) return;
  await chmod(folder, 0o500);
  try {
    await assert.rejects(prepareCacheFolder(folder), { name: 'BootgaugeError', exitCode: 3 });
  } finally {
    await chmod(folder, 0o700);
  }
});
