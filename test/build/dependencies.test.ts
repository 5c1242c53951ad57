// Libraries that are built before QEMU: in order, once, found by what comes after them, and a part of the key.
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import type { Dependency } from '../../src/model/build.ts';
import { build, failing, pathWith, steps } from './build-bench.ts';
import { type Bench, type Checkout, missingTools, openBench } from './little-qemu.ts';
import { libraryAt, playedMeson } from './played-meson.ts';

const library = (bench: Bench, name: string, installs: readonly string[]): Promise<Checkout> =>
  libraryAt(join(bench.folder, name), name, installs);

const on = (checkout: Checkout, name: string, meson: readonly string[] = []): Dependency => ({
  ...{ name, source: checkout.folder, ref: null, meson },
});

describe('dependencies', { concurrency: 2, skip: missingTools() }, () => {
  test('are built in their order, each seeing those before it; QEMU is told where all are, and the emulator too', async () => {
    await using bench = await openBench();
    const mesa = await library(bench, 'mesa', [
      ...['lib/dri/swrast_dri.so', 'share/vulkan/icd.d/lvp_icd.x86_64.json', 'share/glvnd/egl_vendor.d/50_mesa.json'],
    ]);
    const renderer = await library(bench, 'virglrenderer', [
      ...['lib/pkgconfig/virglrenderer.pc', 'libexec/virgl_render_server'],
    ]);
    const environment = await pathWith(bench, { meson: playedMeson });
    await bench.checkout.change(
      'configure',
      'echo "C compiler: $cc"',
      'echo "$PKG_CONFIG_PATH" >told; echo "$*" >words',
    );
    bench.checkout.commit('tell');
    const dependencies = [
      on(mesa, 'mesa', ['-Dvulkan-drivers=swrast']),
      on(renderer, 'virglrenderer', ['-Dvenus=true']),
    ];
    const { emulator } = await build(bench, { dependencies }, { environment });
    const { LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, ...variables } = emulator.environment;
    const [later, first] = (LD_LIBRARY_PATH ?? DYLD_LIBRARY_PATH ?? '').split(':').map((lib) => join(lib, '..'));
    assert.ok(later !== undefined && first !== undefined);
    assert.match(later, /build\/dependencies\/[0-9a-f]{32}$/);
    assert.deepEqual(variables, {
      RENDER_SERVER_EXEC_PATH: join(later, 'libexec/virgl_render_server'),
      VK_DRIVER_FILES: join(first, 'share/vulkan/icd.d/lvp_icd.x86_64.json'),
      __EGL_VENDOR_LIBRARY_FILENAMES: join(first, 'share/glvnd/egl_vendor.d/50_mesa.json'),
      LIBGL_DRIVERS_PATH: join(first, 'lib/dri'),
    });
    assert.match(await readFile(join(first, 'words'), 'utf8'), / -Dvulkan-drivers=swrast /);
    assert.match(await readFile(join(later, 'words'), 'utf8'), / -Dvenus=true /);
    assert.ok((await readFile(join(later, 'seen'), 'utf8')).startsWith(join(first, 'lib/pkgconfig')));
    const [tree] = (await readdir(join(bench.options.cache, 'build/trees'))).filter((name) => name.includes('-head-'));
    const told = join(bench.options.cache, 'build/trees', tree as string, 'source/bootgauge-build');
    const [path, words] = await Promise.all(['told', 'words'].map((name) => readFile(join(told, name), 'utf8')));
    assert.ok(
      path?.startsWith(
        [later, first].flatMap((prefix) => [`${prefix}/lib/pkgconfig`, `${prefix}/share/pkgconfig`]).join(':'),
      ),
    );
    assert.ok(words?.includes(`--extra-cflags=-I${later}/include`) && words.includes(`--extra-ldflags=-L${first}/lib`));
    assert.equal(emulator.build.dependencies.mesa, mesa.git('rev-parse', 'HEAD'));
    assert.deepEqual(
      emulator.build.dependencyKeys,
      [first, later].map((prefix) => basename(prefix)),
    );
  });

  test('are built once, and what changes in one builds it, those after it and QEMU again', async () => {
    await using bench = await openBench();
    const one = await library(bench, 'one', ['lib/pkgconfig/one.pc']);
    const other = await library(bench, 'other', ['lib/pkgconfig/other.pc']);
    const environment = await pathWith(bench, { meson: playedMeson });
    const dependencies = [on(one, 'one'), on(other, 'other')];
    const built = () =>
      bench.events.flatMap((event) => (event.kind === 'task-started' ? [event.task.replace(/ \(.*/, '')] : []));
    const before = await build(bench, { dependencies }, { environment });
    assert.deepEqual(built().slice(0, 2), ['building one', 'building other']);
    one.commit('nothing');
    bench.events.length = 0;
    assert.equal(steps(await build(bench, { dependencies }, { environment })), null);
    assert.deepEqual(built(), []);
    await one.write('one.c', 'int one;\n');
    const after = await build(bench, { dependencies }, { environment });
    assert.deepEqual(built().slice(0, 2), ['building one', 'building other']);
    assert.notEqual(after.emulator.build.key, before.emulator.build.key);
    const switched = dependencies.map((dependency) => ({ ...dependency, meson: ['-Dtests=false'] }));
    assert.notEqual(
      (await build(bench, { dependencies: switched }, { environment })).emulator.build.key,
      after.emulator.build.key,
    );
  });

  test('one that does not build ends it with its first error and the package to install; without meson that is said', async () => {
    await using bench = await openBench();
    const renderer = await library(bench, 'virglrenderer', ['lib/pkgconfig/virglrenderer.pc']);
    await renderer.write('broken', '');
    const dependencies = [on(renderer, 'virglrenderer')];
    const environment = await pathWith(bench, { meson: playedMeson });
    const missing = failing(3, /^virglrenderer cannot be configured: Dependency "epoxy"/, /libepoxy-dev/);
    await assert.rejects(build(bench, { dependencies }, { environment }), missing);
    await writeFile(
      join(bench.folder, 'programs/meson'),
      '#!/bin/sh\nmkdir -p "$2"; echo "rule no" >"$2/build.ninja"; echo "  command = cc -c /nowhere/x.c" >>"$2/build.ninja"; echo "build install: no" >>"$2/build.ninja"\n',
    );
    await assert.rejects(
      build(bench, { dependencies }, { environment }),
      failing(3, /^virglrenderer cannot be compiled: /),
    );
    await rm(join(bench.folder, 'programs/meson'));
    const without = await pathWith(bench, {}, ['meson']);
    await assert.rejects(
      build(bench, { dependencies }, { environment: without }),
      failing(3, /no meson on PATH/, /install/),
    );
  });
});
