// Builds of a small C program that stands for QEMU, with the real compiler and ninja: what is built again and what is not, and what
// is built with.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';

import { build, failing, pathWith, steps } from './build-bench.ts';
import { missingTools, openBench } from './little-qemu.ts';

describe('builds', { concurrency: 2, skip: missingTools() }, () => {
  test('a side is built once; a changed file costs its object and the link; going back costs nothing', async () => {
    await using bench = await openBench("a place with spaces, and kït's letters");
    // configure takes no spaces where it works.
    const at = { cache: join(dirname(bench.folder), "kït's-cache") };
    const first = await build(bench, {}, at);
    assert.equal(steps(first), 5);
    assert.match(first.emulator.version, /^QEMU emulator version 10\.0\.0 \(little\)$/);
    assert.match(first.emulator.digest, /^[0-9a-f]{64}$/);
    assert.equal(first.emulator.build.tree, bench.checkout.git('rev-parse', 'HEAD^{tree}'));
    assert.equal(steps(await build(bench, {}, at)), null);
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    bench.checkout.commit('slower');
    const second = await build(bench, {}, at);
    assert.equal(steps(second), 3);
    assert.notEqual(second.emulator.digest, first.emulator.digest);
    const back = await build(bench, { ref: 'HEAD~1' }, at);
    assert.equal(steps(back), null);
    assert.equal(back.emulator.digest, first.emulator.digest);
    assert.ok(bench.events.some((event) => event.kind === 'task-advanced' && event.done === 5 && event.total === 5));
  });

  test('the same content has the same key and bytes, committed, patched or only written, in any work tree', async () => {
    await using bench = await openBench();
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    const patch = await bench.patch('slow.patch', `${bench.checkout.git('diff')}\n`);
    const written = await build(bench, { ref: null });
    assert.notEqual(written.emulator.build.uncommitted, null);
    bench.checkout.commit('slower');
    const committed = await build(bench);
    const patched = await build(bench, { ref: 'HEAD~1', patches: [patch] });
    const keys = [written, committed, patched].map(({ emulator }) => emulator.build.key);
    assert.equal(new Set(keys).size, 1);
    await rm(join(bench.options.cache, 'build/done'), { recursive: true });
    const other = await build(bench, {}, {}, 'base');
    assert.equal(steps(other), 5);
    assert.equal(other.emulator.digest, written.emulator.digest);
  });

  test('other flags, another preset and another compiler are other builds', async () => {
    await using bench = await openBench();
    const keys = new Set([(await build(bench)).emulator.build.key]);
    keys.add((await build(bench, { configure: ['--extra-cflags=-O1'] })).emulator.build.key);
    keys.add((await build(bench, { preset: 'none' })).emulator.build.key);
    const compiler = 'case "$1" in --version) echo "cc 99";; *) exec gcc "$@";; esac';
    const environment = await pathWith(bench, { cc: compiler });
    const other = await build(bench, {}, { environment });
    keys.add(other.emulator.build.key);
    assert.match(other.emulator.build.compiler, /^cc 99/);
    assert.equal(keys.size, 4);
    const { words } = { words: (await build(bench)).emulator.build.configure };
    assert.ok(words.includes('--target-list=aarch64-softmmu'));
  });

  test('arguments of the compiler make another build; a compiler cache before it does not', async () => {
    await using bench = await openBench();
    const ccache = await pathWith(bench, { ccache: 'exec "$@"' });
    const plain = await build(bench, {}, { environment: { ...ccache, CC: 'cc' } });
    const fast = await build(bench, {}, { environment: { ...ccache, CC: 'cc -DFAST -g3' } });
    assert.notEqual(fast.emulator.build.key, plain.emulator.build.key);
    assert.notEqual(fast.emulator.digest, plain.emulator.digest);
    const cached = await build(bench, {}, { environment: { ...ccache, CC: 'ccache cc' } });
    assert.equal(steps(cached), null);
    assert.equal(cached.emulator.digest, plain.emulator.digest);
  });

  test('variables of the emulator belong to it and not to its build', async () => {
    await using bench = await openBench();
    const plain = await build(bench);
    const { emulator, made } = await build(bench, { environment: { HVF_WFI_SLEEP: '1' } });
    assert.equal(made, null);
    assert.equal(emulator.digest, plain.emulator.digest);
    assert.deepEqual(emulator.environment, { HVF_WFI_SLEEP: '1' });
  });

  test('ccache or sccache come before the compiler when they are there', async () => {
    await using bench = await openBench();
    const log = join(bench.folder, 'ccache.log');
    const script = `echo "$CCACHE_BASEDIR $CCACHE_NOHASHDIR $*" >> '${log}'\nexec "$@"`;
    const environment = await pathWith(bench, { ccache: script });
    await build(bench, {}, { environment });
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    assert.ok(lines.some((line) => line.includes('cc -MD') && line.includes('hw/machine.c')));
    assert.ok(
      lines.every((line) => line.startsWith(`${bench.options.cache}/build/trees 1 cc`)),
      lines[0],
    );
  });

  test('sccache has a server and a cache of its own for each cache of ours', async () => {
    await using bench = await openBench();
    const log = join(bench.folder, 'sccache.log');
    const script = `echo "$SCCACHE_SERVER_PORT $SCCACHE_IDLE_TIMEOUT $*" >> '${log}'\nexec "$@"`;
    const environment = await pathWith(bench, { sccache: script }, ['ccache']);
    await build(bench, {}, { environment });
    const ports = async () => [...(await readFile(log, 'utf8')).matchAll(/^(\d+) 5 cc -MD/gm)].map((found) => found[1]);
    const [port] = await ports();
    assert.ok(port !== undefined);
    await build(bench, {}, { environment, cache: join(bench.folder, 'another-cache') });
    assert.equal(new Set(await ports()).size, 2);
  });

  test("libraries are looked for in Homebrew's folders first, and on a Mac the system's own archiver is used", async () => {
    await using bench = await openBench();
    const prefix = join(bench.folder, 'homebrew');
    await mkdir(join(prefix, 'lib/pkgconfig'), { recursive: true });
    await bench.checkout.change('configure', 'echo "C compiler: $cc"', 'echo "$PKG_CONFIG_PATH $AR $RANLIB" >told');
    bench.checkout.commit('tell');
    const codesign = "printf '[Key] com.apple.security.hypervisor\\n[Bool] true\\n'";
    const environment = { ...(await pathWith(bench, { codesign })), HOMEBREW_PREFIX: prefix, PKG_CONFIG_PATH: '/own' };
    await build(bench, {}, { environment, platform: 'darwin' });
    const [tree] = await readdir(join(bench.options.cache, 'build/trees'));
    const told = await readFile(
      join(bench.options.cache, 'build/trees', tree as string, 'source/bootgauge-build/told'),
      'utf8',
    );
    assert.equal(told, `${prefix}/lib/pkgconfig:${prefix}/share/pkgconfig:/own /usr/bin/ar /usr/bin/ranlib\n`);
  });

  test('what Python generates does not depend on chance', async () => {
    await using bench = await openBench();
    await bench.checkout.change('configure', 'echo "C compiler: $cc"', 'echo "$PYTHONHASHSEED" >seed');
    bench.checkout.commit('tell');
    await build(bench);
    const [tree] = await readdir(join(bench.options.cache, 'build/trees'));
    const seed = join(bench.options.cache, 'build/trees', tree as string, 'source/bootgauge-build/seed');
    assert.equal(await readFile(seed, 'utf8'), '0\n');
  });

  test('on macOS a program without the entitlement is signed, and one that has it is left alone', async () => {
    await using bench = await openBench();
    const log = join(bench.folder, 'codesign.log');
    const script = `echo "$*" >> '${log}'
case "$1" in
  -d) [ -f '${bench.folder}/signed' ] && has=true || has=false
    printf '[Key] com.apple.security.hypervisor\\n[Bool] %s\\n' $has ;;
  --entitlements) [ -f "$2" ] && touch '${bench.folder}/signed' ;;
esac`;
    const environment = await pathWith(bench, { codesign: script });
    await bench.checkout.write('accel/hvf/entitlements.plist', '<plist/>');
    bench.checkout.commit('entitlements');
    await build(bench, {}, { environment, platform: 'darwin' });
    const calls = (await readFile(log, 'utf8')).trim().split('\n');
    assert.equal(calls.length, 3);
    assert.match(
      calls[1] as string,
      /^--entitlements .*accel\/hvf\/entitlements\.plist --force -s - .*qemu-system-aarch64$/,
    );
    await writeFile(join(bench.folder, 'programs/codesign'), '#!/bin/sh\nexit 1\n');
    await rm(join(bench.options.cache, 'build/done'), { recursive: true });
    await assert.rejects(
      build(bench, {}, { environment, platform: 'darwin' }),
      failing(3, /cannot be signed/, /xcode-select/),
    );
  });
});
