// Submodules and meson's subprojects: brought from what the checkout has at hand, and never of another version than the tree's.
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readRevision } from '../../src/build/revision.ts';
import { openSource } from '../../src/build/source.ts';
import { checkOut, openSlot } from '../../src/build/worktree.ts';
import { type Bench, type Checkout, checkoutAt, openBench } from './little-qemu.ts';

const wrap = (revision: string, more = ''): string =>
  `[wrap-git]\nurl = https://git.example.org/part\nrevision = ${revision}\n${more}`;

/** Checks the tree as it stands out into the one slot, and reads or asks for files of it. */
async function place(bench: Bench) {
  const source = await openSource(bench.checkout.folder, bench.options);
  const { tree } = await readRevision(source, null, bench.options);
  await using slot = await openSlot(source, 'head', bench.options);
  await checkOut(source, slot, tree, bench.options);
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
    await checkOut(source, slot, tree, bench.options);
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
    await rm(join(first.slot.folder, 'subproject-keys'));
    await rm(first.path('subprojects/keys/keys.c'));
    assert.equal(await (await place(bench)).read('subprojects/keys/keys.c'), 'int keys;\n');
  });
});
