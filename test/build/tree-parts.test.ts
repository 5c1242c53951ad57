// Submodules and meson's subprojects: brought from what the checkout has at hand, and never of another version than the tree's.
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readRevision } from '../../src/build/revision.ts';
import { openSource } from '../../src/build/source.ts';
import { partsKey, readParts } from '../../src/build/tree-parts.ts';
import { checkOut, openSlot } from '../../src/build/worktree.ts';
import { failing, placeTree } from './build-bench.ts';
import { type Bench, type Checkout, checkoutAt, openBench } from './little-qemu.ts';

const wrap = (revision: string, more = ''): string =>
  `[wrap-git]\nurl = https://git.example.org/part\nrevision = ${revision}\n${more}`;

/** Checks the tree as it stands out into a slot, and reads or asks for files of it. */
async function place(bench: Bench, loader: readonly string[] = [], name = 'head') {
  const source = await openSource(bench.checkout.folder, bench.options);
  const { tree } = await readRevision(source, null, bench.options);
  await using slot = await openSlot(source, name, bench.options);
  await placeTree(source, slot, tree, bench.options, loader);
  const path = (name: string): string => join(slot.workTree, name);
  return {
    slot,
    path,
    read: (name: string) => readFile(path(name), 'utf8'),
    has: async (name: string) => (await stat(path(name)).catch(() => null)) !== null,
  };
}

async function repositoryAt(folder: string): Promise<Checkout> {
  await mkdir(folder, { recursive: true });
  const checkout = checkoutAt(folder);
  checkout.git('init', '--quiet', '-b', 'main', '.');
  return checkout;
}

describe('parts of a tree', { concurrency: 2 }, () => {
  test('subprojects at hand are brought without a network, with what the tree lays over them; husks are not', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    await checkout.write('subprojects/keys.wrap', wrap('1a2b', 'patch_directory = keys\n'));
    await checkout.write('subprojects/packagefiles/keys/meson.build', "project('keys', version: '1')\n");
    await checkout.write('subprojects/husk.wrap', wrap('3c'));
    await checkout.write('subprojects/crate-1.wrap', '[wrap-file]\ndirectory = crate-1.0.2\nsource_hash = 77\n');
    await checkout.write('.gitignore', '/subprojects/*/\n!/subprojects/packagefiles\n');
    checkout.commit('with parts');
    await checkout.write('subprojects/keys/meson.build', "project('keys')\n");
    await checkout.write('subprojects/keys/keys.c', 'int keys;\n');
    await checkout.write('subprojects/crate-1.0.2/Cargo.toml', '');
    await checkout.write('subprojects/husk/README', 'a download that failed');
    const first = await place(bench);
    assert.equal(await first.read('subprojects/keys/keys.c'), 'int keys;\n');
    assert.match(await first.read('subprojects/keys/meson.build'), /version: '1'/);
    assert.equal(await first.has('subprojects/crate-1.0.2/Cargo.toml'), true);
    assert.equal(await first.has('subprojects/husk/README'), false);
    await checkout.write('subprojects/packagefiles/keys/meson.build', "project('keys', version: '2')\n");
    assert.match(await (await place(bench)).read('subprojects/keys/meson.build'), /version: '2'/);
  });

  test('a subproject of another version is not built in, wherever it lies', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    await checkout.write('.gitignore', '/subprojects/keys\n');
    await checkout.write('subprojects/keys.wrap', wrap('1a2b'));
    checkout.commit('with a part');
    await checkout.write('subprojects/keys/meson.build', "project('keys')\n");
    const first = await place(bench);
    assert.equal(await first.has('subprojects/keys/meson.build'), true);
    // The build may have written there, and that stays.
    await writeFile(first.path('subprojects/keys/made.h'), '');
    assert.equal(await (await place(bench)).has('subprojects/keys/made.h'), true);
    await checkout.write('subprojects/keys.wrap', wrap('5d6e'));
    await checkout.write('subprojects/keys/meson.build', "project('new keys')\n");
    const later = await place(bench);
    assert.equal(await later.read('subprojects/keys/meson.build'), "project('new keys')\n");
    assert.equal(await later.has('subprojects/keys/made.h'), false);
    // The checkout goes back without its subproject: what was brought is of no use, and nothing of this version is at hand.
    await rm(join(checkout.folder, 'subprojects/keys'), { recursive: true });
    await checkout.write('subprojects/keys.wrap', wrap('1a2b'));
    assert.equal(await (await place(bench)).has('subprojects/keys'), false);
  });

  test('a clone that was left at another commit than its wrap file names is left out, and said', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    const keys = await repositoryAt(join(checkout.folder, 'subprojects/keys'));
    await keys.write('meson.build', "project('keys')\n");
    const revision = keys.commit('one');
    keys.commit('two');
    await checkout.write('.gitignore', '/subprojects/keys\n');
    await checkout.write('subprojects/keys.wrap', wrap(revision));
    checkout.commit('with a part');
    assert.equal(await (await place(bench)).has('subprojects/keys'), false);
    assert.ok(bench.notes().some((note) => /subprojects\/keys of .* is not what keys\.wrap asks for/.test(note)));
    keys.git('checkout', '--quiet', revision);
    const now = await place(bench);
    assert.equal(await now.has('subprojects/keys/meson.build'), true);
    assert.equal(await now.has('subprojects/keys/.git'), false);
  });

  test('of a clone what is committed is taken, and what is not is told; what meson lays over it is taken as it lies there', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    const keys = await repositoryAt(join(checkout.folder, 'subprojects/keys'));
    await keys.write('keys.c', 'int committed;\n');
    await keys.write('meson.build', "project('keys')\n");
    const revision = keys.commit('one');
    await checkout.write('.gitignore', '/subprojects/keys\n');
    await checkout.write('subprojects/keys.wrap', wrap(revision));
    checkout.commit('with a part');
    await keys.write('keys.c', 'int tried;\n');
    assert.equal(await (await place(bench)).read('subprojects/keys/keys.c'), 'int committed;\n');
    const told = (): number =>
      bench.notes().filter((note) => /what is not committed in subprojects\/keys/.test(note)).length;
    assert.equal(told(), 1);
    // Meson's own patches are in no commit.
    await checkout.write('subprojects/keys.wrap', wrap(revision, 'patch_filename = keys_1-1_patch.zip\n'));
    assert.equal(await (await place(bench)).read('subprojects/keys/keys.c'), 'int tried;\n');
    await checkout.write('subprojects/keys.wrap', wrap(revision, 'clone-recursive = true\n'));
    assert.equal(await (await place(bench)).read('subprojects/keys/keys.c'), 'int tried;\n');
    assert.equal(told(), 1);
  });

  test('a subproject that is a link to a folder is taken from there', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    const elsewhere = join(bench.folder, 'keys-1.0');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'meson.build'), "project('keys')\n");
    await checkout.write('.gitignore', '/subprojects/keys\n');
    await checkout.write('subprojects/keys.wrap', wrap('1a2b'));
    checkout.commit('with a part');
    await symlink(elsewhere, join(checkout.folder, 'subprojects/keys'));
    assert.equal(await (await place(bench)).read('subprojects/keys/meson.build'), "project('keys')\n");
  });

  test('submodules are brought from the objects at hand, follow the tree, and are not kept when they are of another commit', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    const inner = await repositoryAt(join(bench.folder, 'module'));
    await inner.write('inner.c', 'int inner;\n');
    inner.commit('inner');
    checkout.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.folder, 'roms/inner');
    checkout.commit('with a submodule');
    const first = await place(bench);
    assert.equal(await first.read('roms/inner/inner.c'), 'int inner;\n');
    const own = checkoutAt(join(checkout.folder, 'roms/inner'));
    await own.write('inner.c', 'int later;\n');
    own.commit('later');
    assert.equal(await (await place(bench)).read('roms/inner/inner.c'), 'int later;\n');
    // A commit that nobody has here.
    checkout.git('update-index', '--cacheinfo', `160000,${'1'.repeat(40)},roms/inner`);
    checkout.git('commit', '--quiet', '-m', 'a commit from elsewhere');
    const source = await openSource(checkout.folder, bench.options);
    const { tree } = await readRevision(source, 'HEAD', bench.options);
    await using slot = await openSlot(source, 'head', bench.options);
    await placeTree(source, slot, tree, bench.options);
    assert.equal(await first.has('roms/inner/inner.c'), false);
  });

  test('a part that was brought half is brought again', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    await checkout.write('.gitignore', '/subprojects/keys\n');
    await checkout.write('subprojects/keys.wrap', wrap('1a2b'));
    checkout.commit('with a part');
    await checkout.write('subprojects/keys/meson.build', "project('keys')\n");
    await checkout.write('subprojects/keys/keys.c', 'int keys;\n');
    const first = await place(bench);
    // As a kill between the first file and the last leaves it.
    await writeFile(join(first.slot.folder, 'parts.json'), '{"subprojects/keys":""}');
    await rm(first.path('subprojects/keys/keys.c'));
    assert.equal(await (await place(bench)).read('subprojects/keys/keys.c'), 'int keys;\n');
  });

  test('of a clone its commit is taken, with what the tree lays over it and without what was changed there', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    const keys = await repositoryAt(join(checkout.folder, 'subprojects/keys'));
    await keys.write('keys.c', 'int keys;\n');
    await keys.write('.gitattributes', 'left-out.c export-ignore\n');
    await keys.write('left-out.c', 'int left_out;\n');
    const revision = keys.commit('one');
    await checkout.write('.gitignore', '/subprojects/keys\n');
    await checkout.write('subprojects/keys.wrap', wrap(revision, 'patch_directory = keys\n'));
    await checkout.write('subprojects/packagefiles/keys/meson.build', "project('keys')\n");
    checkout.commit('with a part');
    // As meson leaves it, and changed.
    await keys.write('meson.build', "project('keys')\n");
    await keys.write('keys.c', 'int changed;\n');
    await keys.write('new.c', 'int fresh;\n');
    const now = await place(bench);
    assert.equal(await now.read('subprojects/keys/keys.c'), 'int keys;\n');
    assert.equal(await now.read('subprojects/keys/meson.build'), "project('keys')\n");
    assert.equal(await now.has('subprojects/keys/left-out.c'), true);
    assert.equal(await now.has('subprojects/keys/new.c'), false);
    assert.equal(await now.has('subprojects/keys/.git'), false);
  });

  test('a clone that meson has patched is taken with its patches, which no commit holds', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    const keys = await repositoryAt(join(checkout.folder, 'subprojects/keys'));
    await keys.write('meson.build', "project('keys')\n");
    const revision = keys.commit('one');
    await checkout.write('.gitignore', '/subprojects/keys\n');
    await checkout.write('subprojects/keys.wrap', wrap(revision, 'diff_files = keys.patch\n'));
    checkout.commit('with a part');
    await keys.write('meson.build', "project('patched keys')\n");
    const now = await place(bench);
    assert.equal(await now.read('subprojects/keys/meson.build'), "project('patched keys')\n");
    assert.equal(await now.has('subprojects/keys/.git'), false);
  });

  test('what a tree no longer asks for is removed, whoever brought it, and what has become its own stays', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    await checkout.write('.gitignore', '/subprojects/*/\n');
    const bare = checkout.commit('without parts');
    for (const name of ['keys', 'loaded', 'owned']) await checkout.write(`subprojects/${name}.wrap`, wrap('1a2b'));
    const parted = checkout.commit('with parts');
    for (const name of ['keys', 'owned'])
      await checkout.write(`subprojects/${name}/meson.build`, "project('at hand')\n");
    const first = await place(bench);
    assert.equal(await first.has('subprojects/keys/meson.build'), true);
    await mkdir(first.path('subprojects/loaded'));
    await writeFile(first.path('subprojects/loaded/meson.build'), "project('loaded by the build')\n");
    checkout.git('checkout', '--quiet', bare);
    const second = await place(bench);
    for (const name of ['keys', 'loaded', 'owned']) assert.equal(await second.has(`subprojects/${name}`), false, name);
    checkout.git('checkout', '--quiet', parted);
    assert.equal(await (await place(bench)).has('subprojects/owned/meson.build'), true);
    checkout.git('add', '--force', 'subprojects/owned');
    checkout.git('commit', '--quiet', '-m', 'a part of its own');
    assert.equal(await (await place(bench)).read('subprojects/owned/meson.build'), "project('at hand')\n");
  });

  test('what a build loaded by itself is kept for one that is told the same, and for no other', async () => {
    await using bench = await openBench();
    await bench.checkout.write('subprojects/keys.wrap', wrap('1a2b'));
    bench.checkout.commit('with a part');
    const words = ['--enable-download'];
    const first = await place(bench, words);
    await mkdir(first.path('subprojects/keys'));
    await writeFile(first.path('subprojects/keys/meson.build'), "project('keys')\n");
    assert.equal(await (await place(bench, words)).has('subprojects/keys/meson.build'), true);
    assert.equal(await (await place(bench)).has('subprojects/keys'), false);
  });

  test('a work tree of which nothing is remembered is made anew', async () => {
    await using bench = await openBench();
    const first = await place(bench);
    await mkdir(first.path('subprojects/keys'), { recursive: true });
    await rm(join(first.slot.folder, 'parts.json'));
    const now = await place(bench);
    assert.equal(await now.has('subprojects/keys'), false);
    assert.equal(await now.read('main.c'), await bench.checkout.read('main.c'));
  });

  test('a folder at hand is what its files are: names, bytes, links and permissions count, and links stay as they are', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    await checkout.write('.gitignore', '/subprojects/keys\n');
    await checkout.write('subprojects/keys.wrap', wrap('1a2b'));
    checkout.commit('with a part');
    const keys = (name: string): string => join(checkout.folder, 'subprojects/keys', name);
    const source = await openSource(checkout.folder, bench.options);
    const { tree } = await readRevision(source, 'HEAD', bench.options);
    const seen = async () => JSON.stringify(partsKey(await readParts(source, tree, bench.options)));
    const all = [await seen()];
    for (const change of [
      () => checkout.write('subprojects/keys/meson.build', "project('keys')\n"),
      () => checkout.write('subprojects/keys/meson.build', "project('sleuth')\n"),
      () => symlink('meson.build', keys('link')),
      () => chmod(keys('meson.build'), 0o755),
      () => rename(keys('meson.build'), keys('configure')),
    ]) {
      await change();
      all.push(await seen());
    }
    assert.equal(new Set(all).size, all.length);
    await checkout.write('subprojects/keys/.git/description', 'of no consequence');
    assert.equal(await seen(), all.at(-1));
    assert.equal(await readlink((await place(bench)).path('subprojects/keys/link')), 'meson.build');
  });

  test('a folder that is changed after it was looked at is not built in as what it was', async () => {
    await using bench = await openBench();
    const { checkout, options } = bench;
    await checkout.write('.gitignore', '/subprojects/keys\n');
    await checkout.write('subprojects/keys.wrap', wrap('1a2b'));
    checkout.commit('with a part');
    await checkout.write('subprojects/keys/meson.build', "project('keys')\n");
    const source = await openSource(checkout.folder, options);
    const { tree } = await readRevision(source, 'HEAD', options);
    const parts = await readParts(source, tree, options);
    await checkout.write('subprojects/keys/meson.build', "project('other keys')\n");
    await using slot = await openSlot(source, 'head', options);
    const changed = failing(3, /subprojects\/keys was changed in .* while it was read/, /^try again$/);
    await assert.rejects(checkOut(source, slot, { tree, parts, loader: [] }, options), changed);
    assert.equal(
      await (await place(bench, [], 'base')).read('subprojects/keys/meson.build'),
      "project('other keys')\n",
    );
  });
});
