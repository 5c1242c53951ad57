// What two builds of one tree may differ in: parts that are at hand, compilers that are named, libraries that can be found, the processor.
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { SharedBuilds } from '../../src/model/build.ts';
import { build, steps } from './build-bench.ts';
import { type Bench, missingTools, openBench } from './little-qemu.ts';

/** configure sees whether a subproject is there, as it does for one that is optional. */
async function withOptionalPart(bench: Bench): Promise<void> {
  const { checkout } = bench;
  const look = 'if [ -f "$here/subprojects/slirp/meson.build" ]; then flags="$flags -DSLIRP=1"; fi\ncat >settings';
  await checkout.change('configure', 'cat >settings', look);
  await checkout.change('main.c', 'int main', '#ifdef SLIRP\nvolatile int slirp = SLIRP;\n#endif\nint main');
  await checkout.write('.gitignore', '/subprojects/slirp\n/bootgauge-build/\n');
  checkout.commit('an optional part');
}

const wrap = '[wrap-git]\nurl = https://git.example.org/slirp\nrevision = 1a2b\n';

/** A package tool that finds what lies in its own folder, and what a PKG_CONFIG_PATH of one folder holds. */
async function packageTool(bench: Bench) {
  const [tool, own] = [join(bench.folder, 'own-pkg-config'), join(bench.folder, 'own-packages')];
  const script = `#!/bin/sh
own=\${PKG_CONFIG_LIBDIR-${own}}
case "$*" in
  --list-all) for file in "$PKG_CONFIG_PATH"/*.pc "$own"/*.pc; do [ -f "$file" ] && basename "$file" .pc; done ;;
  "--variable=pc_path pkg-config") echo '${own}:/nowhere' ;;
  --cflags*)
    for folder in "$PKG_CONFIG_PATH" "$own"; do
      [ -f "$folder/$2.pc" ] && exec sed -n 's/^Cflags: //p' "$folder/$2.pc"
    done
    exit 1 ;;
  *) exit 1 ;;
esac
`;
  await mkdir(own, { recursive: true });
  await writeFile(tool, script, { mode: 0o755 });
  const describeLibrary = async (folder: string, name: string, text: string): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${name}.pc`), text);
  };
  return { own, describeLibrary, environment: { ...bench.options.environment, PKG_CONFIG: tool } };
}

describe('the key of a build', { concurrency: 2, skip: missingTools() }, () => {
  test('a subproject that is loaded later makes another build, which is configured anew in the same folder', async () => {
    await using bench = await openBench();
    await withOptionalPart(bench);
    await bench.checkout.write('subprojects/slirp.wrap', wrap);
    bench.checkout.commit('a wrap file');
    const without = await build(bench);
    assert.equal(steps(await build(bench)), null);
    await bench.checkout.write('subprojects/slirp/meson.build', "project('slirp')\n");
    const later = await build(bench);
    assert.equal(steps(later), 5);
    assert.notEqual(later.emulator.build.key, without.emulator.build.key);
    await rm(bench.options.cache, { recursive: true });
    const fresh = await build(bench);
    assert.equal(fresh.emulator.build.key, later.emulator.build.key);
    assert.equal(fresh.emulator.digest, later.emulator.digest);
    await rm(join(bench.checkout.folder, 'subprojects/slirp'), { recursive: true });
    const gone = await build(bench);
    assert.equal(gone.emulator.build.key, without.emulator.build.key);
    assert.equal(gone.emulator.digest, without.emulator.digest);
  });

  test('a commit without a part has the same bytes before and after one that has it was built in the folder', async () => {
    await using bench = await openBench();
    await withOptionalPart(bench);
    await bench.checkout.write('subprojects/slirp.wrap', wrap);
    bench.checkout.commit('a wrap file');
    await bench.checkout.write('subprojects/slirp/meson.build', "project('slirp')\n");
    const before = await build(bench, { ref: 'HEAD~1' });
    const parted = await build(bench, { ref: 'HEAD' });
    assert.notEqual(parted.emulator.digest, before.emulator.digest);
    await rm(join(bench.options.cache, 'build/done'), { recursive: true });
    const back = await build(bench, { ref: 'HEAD~1' });
    assert.equal(back.emulator.build.key, before.emulator.build.key);
    assert.equal(back.emulator.digest, before.emulator.digest);
  });

  test('a compiler that configure is told is the one on record, and of another version it makes another build', async () => {
    await using bench = await openBench();
    await bench.checkout.change('configure', '    --slow) ', `    --cc=*) CC=\${word#*=} ;;\n    --slow) `);
    bench.checkout.commit('a compiler by its word');
    const compiler = join(bench.folder, 'mycc');
    const buildWith = async (version: number, words: readonly string[] = []) => {
      const script = `#!/bin/sh\ncase "$1" in --version) echo mycc ${version};; *) exec cc -g${version} "$@";; esac\n`;
      await writeFile(compiler, script, { mode: 0o755 });
      const environment = { ...bench.options.environment, CC: 'cc' };
      return (await build(bench, { configure: [`--cc=${compiler}`, ...words] }, { environment })).emulator;
    };
    const [first, second] = [await buildWith(1), await buildWith(2)];
    assert.match(first.build.compiler, /^mycc 1/);
    assert.match(second.build.compiler, /^mycc 2/);
    assert.notEqual(second.build.key, first.build.key);
    assert.notEqual(second.digest, first.digest);
    // The same file as the compiler of another language.
    const plus = [`--cxx=${compiler}`, '--cc=cc'];
    assert.notEqual((await buildWith(1, plus)).build.key, (await buildWith(2, plus)).build.key);
  });

  test('libraries that it looked for make another build when they come, go, or are of another place or other words', async () => {
    await using bench = await openBench();
    const { own, describeLibrary, environment } = await packageTool(bench);
    const builtWith = (more: Readonly<Record<string, string>> = {}) =>
      build(bench, { configure: ['--asks=zlib,newer'] }, { environment: { ...environment, ...more } });
    const keyWith = async (more?: Readonly<Record<string, string>>): Promise<string> =>
      (await builtWith(more)).emulator.build.key;
    const keys = [await keyWith()];
    await describeLibrary(own, 'zlib', 'Version: 1\n');
    keys.push(await keyWith());
    await describeLibrary(own, 'zlib', 'Version: 1\nCflags: -DZ\n');
    keys.push(await keyWith());
    await describeLibrary(own, 'zlib', 'Version: 1\nRequires.private: zcore >= 1\nCflags: -DZ\n');
    keys.push(await keyWith());
    await describeLibrary(own, 'zcore', 'Version: 1\n');
    keys.push(await keyWith());
    await describeLibrary(own, 'zlib', 'Version: 1\nRequires.private: zcore >= 1, \\\n zmore\nCflags: -DZ\n');
    keys.push(await keyWith());
    await describeLibrary(own, 'zmore', 'Version: 1\n');
    keys.push(await keyWith());
    await describeLibrary(own, 'newer', 'Version: 1\n');
    keys.push(await keyWith());
    const [one, other] = [join(bench.folder, 'one'), join(bench.folder, 'other')];
    for (const folder of [one, other]) await describeLibrary(folder, 'zlib', `Version: 1\nprefix=${folder}\n`);
    keys.push(await keyWith({ PKG_CONFIG_PATH: one }), await keyWith({ PKG_CONFIG_PATH: other }));
    keys.push(await keyWith({ PKG_CONFIG_LIBDIR: one }));
    assert.equal(new Set(keys).size, keys.length);
    const hidden = await keyWith({ PKG_CONFIG_PATH: one });
    await describeLibrary(own, 'zlib', 'Version: 2\n');
    assert.equal(await keyWith({ PKG_CONFIG_PATH: one }), hidden, 'the first of a name is the one that counts');
  });

  test('a package that is installed beside builds nothing again, here or from a cache that was restored elsewhere', async () => {
    await using bench = await openBench();
    const { own, describeLibrary, environment } = await packageTool(bench);
    const builtIn = (cache: string, ref = 'HEAD') =>
      build(bench, { configure: ['--asks=zlib'], ref }, { environment, cache });
    const { cache } = bench.options;
    await describeLibrary(own, 'zlib', `major=1\nVersion: $\{major}.2\n`);
    const { emulator } = await builtIn(cache);
    assert.deepEqual(emulator.build.dependencies, { zlib: '1.2' });
    await describeLibrary(own, 'beside', 'Version: 1\n');
    const again = await builtIn(cache);
    assert.equal(steps(again), null);
    assert.deepEqual(again.emulator.build, emulator.build);
    const moved = join(bench.folder, 'restored');
    await rename(cache, moved);
    assert.equal(steps(await builtIn(moved)), null);
    // Nor is the build folder configured anew for the next commit.
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    bench.checkout.commit('slower');
    await builtIn(moved);
    await describeLibrary(own, 'more', 'Version: 1\n');
    await bench.checkout.change('hw/machine.c', 'usleep(2000)', 'usleep(3000)');
    bench.checkout.commit('slower still');
    assert.equal(steps(await builtIn(moved)), 3);
    await describeLibrary(own, 'zlib', 'Version: 2\n');
    const newer = await builtIn(moved);
    assert.equal(steps(newer), 5);
    assert.deepEqual(newer.emulator.build.dependencies, { zlib: '2' });
  });

  test('a build of a machine with other packages beside is taken, one for another library is not', async () => {
    await using bench = await openBench();
    const { own, describeLibrary, environment } = await packageTool(bench);
    const box = join(bench.folder, 'shared');
    const shared: SharedBuilds = {
      restore: async (_key, beginning, folder) => {
        const found = (await readdir(box).catch(() => [])).find((name) => name.startsWith(beginning));
        if (found !== undefined) await cp(join(box, found), folder, { recursive: true });
        return found !== undefined;
      },
      save: (key, folder) => cp(folder, join(box, key), { recursive: true }),
    };
    const builtOn = (machine: string) =>
      build(bench, { configure: ['--asks=zlib'] }, { environment, shared, cache: join(bench.folder, machine) });
    await describeLibrary(own, 'zlib', 'Version: 1\n');
    const { key } = (await builtOn('one')).emulator.build;
    await describeLibrary(own, 'beside', 'Version: 1\n');
    const taken = await builtOn('another');
    assert.deepEqual([steps(taken), taken.emulator.build.key], [null, key]);
    const manifest = join(box, key, 'manifest.json');
    const outside = `${key.slice(0, 24)}/../../../../outside`;
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace(key, outside));
    assert.equal(steps(await builtOn('third')), 5, 'its key is no way out of the cache');
    await rm(join(box, key), { recursive: true });
    await builtOn('fourth');
    await describeLibrary(own, 'zlib', 'Version: 2\n');
    assert.equal(steps(await builtOn('fifth')), 5);
  });

  test('what is compiled for this processor alone is no build for another one', async () => {
    await using bench = await openBench();
    const keysWith = async (configure: readonly string[], more: Readonly<Record<string, string>> = {}) => {
      const environment = { ...bench.options.environment, ...more };
      const keyOn = async (processorModel: string) =>
        (await build(bench, { preset: 'none', configure }, { environment, processorModel })).emulator.build.key;
      return new Set([await keyOn('Ryzen 1'), await keyOn('Ryzen 2')]).size;
    };
    assert.equal(await keysWith(['--extra-cflags=-O1']), 1);
    assert.equal(await keysWith(['--extra-cflags=-O1 -mtune=native']), 2);
    assert.equal(await keysWith([], { CFLAGS: '-march=native' }), 2);
    assert.equal(await keysWith([], { CC: 'cc -mtune=native' }), 2);
  });
});
