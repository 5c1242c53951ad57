// When a build folder that was configured for one commit is good for another, and when it is not.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { configureInputs } from '../../src/build/configure-inputs.ts';
import { findProgram } from '../../src/host/files.ts';
import { build, steps } from './build-bench.ts';
import { checkoutAt, missingTools, openBench } from './little-qemu.ts';

describe('a build folder that was configured', { concurrency: 2, skip: missingTools() }, () => {
  test('is configured anew for a commit that changes configure, or a script that it runs', async () => {
    await using bench = await openBench();
    const digests = new Set([(await build(bench)).emulator.digest]);
    for (const [path, from, to] of [
      ['configure', 'optimization=0', 'optimization=2'],
      ['scripts/generate.sh', 'cflags = $flags', 'cflags = $flags -DMORE -g3'],
    ] as const) {
      await bench.checkout.change(path, from, to);
      bench.checkout.commit(path);
      const changed = await build(bench);
      assert.equal(steps(changed), 5, path);
      digests.add(changed.emulator.digest);
    }
    assert.equal(digests.size, 3);
  });

  test("follows meson.build by ninja's own rule, without being configured anew", async () => {
    await using bench = await openBench();
    const first = await build(bench);
    await bench.checkout.write('hw/more.c', 'int more;\n');
    await bench.checkout.change('meson.build', "  'main.c',", "  'main.c',\n  'hw/more.c',");
    bench.checkout.commit('more');
    bench.events.length = 0;
    const second = await build(bench);
    assert.equal(steps(second), 3);
    assert.notEqual(second.emulator.digest, first.emulator.digest);
    assert.ok(!bench.events.some((event) => event.kind === 'task-started' && event.task.startsWith('configuring')));
  });

  test('is configured anew when a submodule is another one, though its commit is older than what was built', async () => {
    await using bench = await openBench();
    const { checkout } = bench;
    const place = join(bench.folder, 'pace');
    await mkdir(place);
    const inner = checkoutAt(place);
    inner.git('init', '--quiet', '-b', 'main', '.');
    await inner.write('pace.h', '#define PACE 1000\n');
    inner.commit('a pace');
    checkout.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', place, 'roms/pace');
    await checkout.change('hw/machine.c', '#include "hw/', '#include "roms/pace/pace.h"\n#include "hw/');
    await checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(PACE)');
    checkout.commit('at the pace of a submodule');
    const first = await build(bench);
    const old = checkoutAt(join(checkout.folder, 'roms/pace'), { GIT_COMMITTER_DATE: '2001-01-01T00:00:00Z' });
    await old.write('pace.h', '#define PACE 2000\n');
    old.commit('another pace');
    checkout.commit('at another pace');
    const second = await build(bench);
    assert.equal(steps(second), 5);
    assert.notEqual(second.emulator.digest, first.emulator.digest);
  });

  test('is set up by the real meson as by the script that plays it, and follows its files', {
    skip: findProgram({ environment: process.env }, 'meson') ? false : 'needs meson',
  }, async () => {
    await using bench = await openBench();
    const spec = { configure: ['--with-meson'] };
    const digests = new Set([(await build(bench, spec)).emulator.digest]);
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    bench.checkout.commit('slower');
    const object = await build(bench, spec);
    assert.equal(steps(object), 3, 'an object, the link and what is made of it');
    digests.add(object.emulator.digest);
    await bench.checkout.write('hw/more.c', 'int more;\n');
    await bench.checkout.change('meson.build', "  'main.c',", "  'main.c',\n  'hw/more.c',");
    bench.checkout.commit('more');
    const more = await build(bench, spec);
    assert.equal(steps(more), 3);
    digests.add(more.emulator.digest);
    assert.equal(digests.size, 3);
    // meson itself keeps what it was told the first time.
    await bench.checkout.change(
      'meson.build',
      "version: '10.0.0'",
      "version: '10.0.0', default_options: ['c_std=gnu99']",
    );
    bench.checkout.commit('another language');
    assert.equal(steps(await build(bench, spec)), 6);
  });
});

test('what configuration takes from a tree is what configure names in it, and what meson asks for only once', async () => {
  await using bench = await openBench();
  const { checkout, options } = bench;
  const files = {
    configure: `source_path=$(cd "$(dirname -- "$0")"; pwd)
. "$source_path/scripts/options.sh"
python="$($python -B "\${source_path}/python/scripts/mkvenv.py" create pyvenv)"
$python "$source_path"/tests/docker/docker.py probe
for config in $source_path/configs/targets/*-softmmu.mak; do :; done
test -d "$source_path/linux-headers/asm-$linux_arch"
`,
    'meson.build': "project('x', ['c'],\n  default_options: ['optimization=2'], version: files('VERSION'))\nmore = 1\n",
    'configs/targets/arm-softmmu.mak': 'TARGET=arm\n',
    'linux-headers/asm-arm/kvm.h': '1\n',
  };
  const named = ['scripts/options.sh', 'python/scripts/mkvenv.py', 'tests/docker/docker.py', 'meson_options.txt'];
  for (const [path, text] of Object.entries(files)) await checkout.write(path, text);
  for (const path of [...named, 'scripts/checkpatch.pl', 'python/other.py']) await checkout.write(path, '1\n');
  checkout.commit('like QEMU');
  let before = await configureInputs(checkout.folder, options);
  const changesAnything = async (path: string, text: string): Promise<boolean> => {
    await checkout.write(path, text);
    checkout.commit(path);
    const after = await configureInputs(checkout.folder, options);
    const same = JSON.stringify(after) === JSON.stringify(before);
    before = after;
    return !same;
  };
  for (const path of named) assert.equal(await changesAnything(path, '2\n'), true, path);
  for (const [path, text] of [
    ['configure', `${files.configure}\n`],
    ['meson.build', files['meson.build'].replace('=2', '=3')],
    ['configs/targets/arm-softmmu.mak', 'TARGET=aarch64\n'],
    ['configs/targets/new-softmmu.mak', 'TARGET=new\n'],
    ['linux-headers/asm-new/kvm.h', '1\n'],
  ] as const) {
    assert.equal(await changesAnything(path, text), true, path);
  }
  for (const [path, text] of [
    ['scripts/checkpatch.pl', '2\n'],
    ['python/other.py', '2\n'],
    ['linux-headers/asm-arm/kvm.h', '2\n'],
    ['meson.build', files['meson.build'].replace('=2', '=3').replace('more', 'less')],
    ['main.c', 'int main(void) { return 0; }\n'],
  ] as const) {
    assert.equal(await changesAnything(path, text), false, path);
  }
});
