// Builds of a small C program that stands for QEMU, with the real compiler and ninja: what is built again and what is not, what is
// kept, and what a person reads when it fails.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type BuiltEmulator, buildEmulator } from '../../src/build/build.ts';
import { evictBuilds } from '../../src/build/builds.ts';
import type { BuildOptions, SharedBuilds } from '../../src/build/options.ts';
import type { BuildSpec } from '../../src/model/build.ts';
import { BootgaugeError, type ExitCode } from '../../src/model/errors.ts';
import { type Bench, checkoutAt, missingTools, openBench } from './little-qemu.ts';

const build = (bench: Bench, spec: Partial<BuildSpec> = {}, options: Partial<BuildOptions> = {}, slot = 'head') =>
  buildEmulator({ spec: bench.spec(spec), architecture: 'arm64', slot }, { ...bench.options, ...options });

const steps = ({ made }: BuiltEmulator): number | null => made?.steps ?? null;

const failing =
  (exitCode: ExitCode, message: RegExp, hint = /(?:)/) =>
  (error: unknown) => {
    assert.ok(error instanceof BootgaugeError, String(error));
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    assert.equal(error.exitCode, exitCode);
    return true;
  };

/** A PATH with these programs before all others; `without` are not on it at all. */
async function pathWith(bench: Bench, programs: Readonly<Record<string, string>>, without: readonly string[] = []) {
  const folder = join(bench.folder, 'programs');
  await mkdir(folder, { recursive: true });
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  if (without.length === 0) return { ...bench.options.environment, PATH: `${folder}:${process.env.PATH}` };
  const { execFileSync } = await import('node:child_process');
  for (const name of ['sh', 'git', 'cc', 'ninja', 'cp', 'tar', 'dirname', 'cat', 'pkg-config', 'as', 'ld', 'sleep']) {
    if (without.includes(name) || name in programs) continue;
    const real = execFileSync('sh', ['-c', `command -v ${name} || true`], { encoding: 'utf8' }).trim();
    if (real !== '') await writeFile(join(folder, name), `#!/bin/sh\nexec '${real}' "$@"\n`, { mode: 0o755 });
  }
  return { ...bench.options.environment, PATH: folder };
}

describe('builds', { concurrency: 2, skip: missingTools() }, () => {
  test('a side is built once; a changed file costs its object and the link; going back costs nothing', async () => {
    await using bench = await openBench("a place with spaces, and kït's letters");
    const first = await build(bench);
    assert.equal(steps(first), 5);
    assert.match(first.emulator.version, /^QEMU emulator version 10\.0\.0 \(little\)$/);
    assert.match(first.emulator.digest, /^[0-9a-f]{64}$/);
    assert.equal(first.emulator.build.tree, bench.checkout.git('rev-parse', 'HEAD^{tree}'));
    assert.equal(steps(await build(bench)), null);
    await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(2000)');
    bench.checkout.commit('slower');
    const second = await build(bench);
    assert.equal(steps(second), 3);
    assert.notEqual(second.emulator.digest, first.emulator.digest);
    const back = await build(bench, { ref: 'HEAD~1' });
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

  test('what Python generates does not depend on chance', async () => {
    await using bench = await openBench();
    await bench.checkout.change('configure', 'echo "C compiler: $cc"', 'echo "$PYTHONHASHSEED" >seed');
    bench.checkout.commit('tell');
    await build(bench);
    const [tree] = await readdir(join(bench.options.cache, 'build/trees'));
    const seed = join(bench.options.cache, 'build/trees', tree as string, 'source/bootgauge-build/seed');
    assert.equal(await readFile(seed, 'utf8'), '0\n');
  });

  test('a compiler error is shown with its place and the log is kept', async () => {
    await using bench = await openBench();
    await bench.checkout.change('hw/wfi.c', 'return', 'retrun');
    bench.checkout.commit('typo');
    const broken = failing(
      3,
      /head \([0-9a-f]{10}\) does not compile \(exit code 1\):\n {2}hw\/wfi\.o\n.*In function 'guest_pace'.*\n.*hw\/wfi\.c:6:5: error: /,
      /The whole output: .*build\.log/,
    );
    await assert.rejects(build(bench), broken);
    bench.checkout.git('revert', '--no-edit', 'HEAD');
    assert.equal(steps(await build(bench)), 3, 'what was compiled before the error is kept');
  });

  test('what configure misses is told with the packages to install', async () => {
    await using bench = await openBench();
    const missing = failing(
      3,
      /configure failed .*Dependency "pixman-1" not found/,
      /apt-get install libpixman-1-dev \(macOS: brew install pixman\)/,
    );
    await assert.rejects(build(bench, { configure: ['--require=pixman-1'] }), missing);
    await bench.checkout.write('subprojects/keys.wrap', '[wrap-git]\nrevision = 1\n');
    bench.checkout.commit('needs a subproject');
    await assert.rejects(build(bench), failing(3, /configure failed .*Subproject keys/, /meson subprojects download/));
  });

  test('no compiler and no ninja are told with the packages to install', async () => {
    await using bench = await openBench();
    const noCompiler = await pathWith(bench, {}, ['cc']);
    await assert.rejects(
      build(bench, {}, { environment: noCompiler }),
      failing(3, /no C compiler/, /apt-get install gcc/),
    );
    await rm(join(bench.folder, 'programs'), { recursive: true });
    const noNinja = await pathWith(bench, {}, ['ninja']);
    await assert.rejects(build(bench, {}, { environment: noNinja }), failing(3, /no ninja/, /ninja-build/));
  });

  test('a disk that is full in the middle of a build is said, and the build goes on from there', async () => {
    await using bench = await openBench();
    const full =
      'case "$*" in *wfi.c*) echo "fatal error: error writing to x.o: No space left on device" >&2; exit 1;; esac\nexec gcc "$@"';
    const environment = await pathWith(bench, { cc: full });
    await assert.rejects(
      build(bench, {}, { environment }),
      failing(3, /the disk that holds .* is full/, /BOOTGAUGE_CACHE/),
    );
    await writeFile(join(bench.folder, 'programs/cc'), '#!/bin/sh\nexec gcc "$@"\n');
    assert.ok((steps(await build(bench, {}, { environment })) ?? 9) < 5);
  });

  test('a build that is killed half way leaves nothing that is taken for a build, and no process', async () => {
    await using bench = await openBench();
    const builder = resolve(import.meta.dirname, '../fixtures/build/builder.ts');
    const slow = 'case "$*" in *wfi.c*) echo here > "$MARK"; sleep 60;; esac\nexec gcc "$@"';
    const mark = join(bench.folder, 'mark');
    await pathWith(bench, { cc: slow.replace('$MARK', mark) });
    const environment = { ...process.env, PATH: `${bench.folder}/programs:${process.env.PATH}` };
    const child = spawn(process.execPath, [builder, bench.checkout.folder, bench.options.cache], {
      env: environment,
      stdio: 'ignore',
    });
    while ((await stat(mark).catch(() => null)) === null) await delay(20);
    child.kill('SIGKILL');
    await new Promise((done) => child.once('exit', done));
    assert.deepEqual(await readdir(join(bench.options.cache, 'build/done')).catch(() => []), []);
    await writeFile(join(bench.folder, 'programs/cc'), '#!/bin/sh\nexec gcc "$@"\n');
    const again = await build(bench, {}, { environment });
    assert.ok((steps(again) ?? 0) >= 2);
    assert.match(again.emulator.version, /little/);
    for (let tries = 0; (await sleepers(bench.folder)) > 0; tries += 1) {
      assert.ok(tries < 100, 'a compiler of the killed build lives on');
      await delay(20);
    }
  });

  test('a configure that is stopped half way is begun anew', async () => {
    await using bench = await openBench();
    const abort = new AbortController();
    const slow = build(bench, { configure: ['--slow'] }, { signal: abort.signal });
    slow.catch(() => {});
    while (!bench.events.some((event) => event.kind === 'task-started' && event.task.startsWith('configuring')))
      await delay(10);
    abort.abort(new Error('enough'));
    await assert.rejects(slow, /enough/);
    assert.equal(steps(await build(bench)), 5);
  });

  test('two builds of one key at once are one build', async () => {
    await using bench = await openBench();
    const [one, other] = await Promise.all([build(bench, {}, {}, 'base'), build(bench, {}, {}, 'head')]);
    assert.deepEqual([steps(one), steps(other)].sort(), [5, null]);
    assert.equal(one.emulator.digest, other.emulator.digest);
  });

  test('a build that was damaged in the cache is made again', async () => {
    await using bench = await openBench();
    const { emulator } = await build(bench);
    await writeFile(emulator.program, 'cut');
    const again = await build(bench);
    assert.equal(steps(again), 0);
    assert.equal(again.emulator.digest, emulator.digest);
  });

  test('what was not used for the longest time leaves the cache first, never what is in use', async () => {
    await using bench = await openBench();
    const programs: string[] = [];
    for (const pause of ['usleep(1)', 'usleep(2)', 'usleep(3)']) {
      const text = await bench.checkout.read('hw/machine.c');
      await bench.checkout.write('hw/machine.c', text.replace(/usleep\(\d+\)/, pause));
      programs.push((await build(bench, { ref: null })).emulator.program);
    }
    const folders = programs.map((program) => resolve(program, '..')) as [string, string, string];
    for (const [index, folder] of folders.entries()) {
      const then = new Date(1e12 + index * 1e6);
      await utimes(join(folder, 'manifest.json'), then, then);
    }
    const { size } = await stat(programs[0] as string);
    const trees = (await readdir(join(bench.options.cache, 'build/trees'))).map((name) =>
      join(bench.options.cache, 'build/trees', name),
    );
    const kept = { ...bench.options, mostBytes: size };
    assert.deepEqual(await evictBuilds([folders[0], ...trees], kept), [folders[1], folders[2]]);
    assert.equal((await stat(folders[0])).isDirectory(), true);
    assert.deepEqual(await evictBuilds([], { ...bench.options, mostBytes: 0 }), [folders[0], ...trees]);
    assert.equal(steps(await build(bench, { ref: null })), 5);
  });

  test('a build that another machine shared is taken when it is whole', async () => {
    await using bench = await openBench();
    const box = join(bench.folder, 'shared');
    const { cp } = await import('node:fs/promises');
    const shared: SharedBuilds = {
      restore: async (key, folder) => {
        if ((await stat(join(box, key)).catch(() => null)) === null) return false;
        await cp(join(box, key), folder, { recursive: true });
        return true;
      },
      save: (key, folder) => cp(folder, join(box, key), { recursive: true }),
    };
    const first = await build(bench, {}, { shared });
    const elsewhere = { shared, cache: join(bench.folder, 'another cache') };
    const second = await build(bench, {}, elsewhere);
    assert.equal(steps(second), null);
    assert.equal(second.emulator.digest, first.emulator.digest);
    const program = join(box, first.emulator.build.key, 'qemu-system-aarch64');
    await writeFile(program, Buffer.alloc((await stat(program)).size, 1));
    const third = await build(bench, {}, { shared, cache: join(bench.folder, 'a third cache') });
    assert.equal(steps(third), 5, 'bytes that are not the promised ones are not run');
  });

  test('virglrenderer is built first, once, and both the build and the emulator are told where it is', async () => {
    await using bench = await openBench();
    const renderer = checkoutAt(join(bench.folder, 'virglrenderer'));
    await renderer.write('meson.build', "project('virglrenderer')\n");
    renderer.git('init', '--quiet', '-b', 'main', '.');
    renderer.commit('renderer');
    const meson = `[ "$1" = setup ] || exit 1
mkdir -p "$2"; prefix=\${3#--prefix=}
cat >"$2/build.ninja" <<EOF
rule place
  command = mkdir -p '$prefix/lib/pkgconfig' '$prefix/libexec' && touch '$prefix/libexec/virgl_render_server' && echo "$*" >'$prefix/words'
build install: place
EOF`;
    const environment = await pathWith(bench, { meson });
    await bench.checkout.change('configure', 'echo "C compiler: $cc"', 'echo "$PKG_CONFIG_PATH" >pkg-config-path');
    bench.checkout.commit('tell');
    const virglrenderer = { source: renderer.folder, ref: null };
    const { emulator } = await build(bench, { virglrenderer }, { environment });
    const libraries = emulator.environment.LD_LIBRARY_PATH ?? emulator.environment.DYLD_LIBRARY_PATH ?? '';
    assert.match(libraries, /build\/virglrenderer\/[0-9a-f]{32}\/lib$/);
    assert.match(emulator.environment.RENDER_SERVER_EXEC_PATH ?? '', /libexec\/virgl_render_server$/);
    assert.match(await readFile(join(libraries, '../words'), 'utf8'), /-Dvenus=true/);
    const [tree] = (await readdir(join(bench.options.cache, 'build/trees'))).filter((name) => name.includes('-head-'));
    const told = join(bench.options.cache, 'build/trees', tree as string, 'source/bootgauge-build/pkg-config-path');
    assert.ok((await readFile(told, 'utf8')).startsWith(join(libraries, 'pkgconfig')));
    await writeFile(
      join(bench.folder, 'programs/meson'),
      '#!/bin/sh\necho "ERROR: Dependency \\"epoxy\\" not found"\nexit 1\n',
    );
    assert.equal(steps(await build(bench, { virglrenderer }, { environment })), null);
    renderer.commit('nothing');
    await renderer.write('other.c', 'int other;\n');
    const missing = failing(3, /virglrenderer cannot be configured: Dependency "epoxy"/, /libepoxy-dev/);
    await assert.rejects(build(bench, { virglrenderer }, { environment }), missing);
  });

  test('on macOS a program without the entitlement is signed, and one that has it is left alone', async () => {
    await using bench = await openBench();
    const log = join(bench.folder, 'codesign.log');
    const script = `echo "$*" >> '${log}'
case "$1" in
  -d) [ -f '${bench.folder}/signed' ] && echo com.apple.security.hypervisor; exit 0 ;;
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

async function sleepers(folder: string): Promise<number> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const words = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return words.filter((line) => line.includes(folder) && line.includes('wfi.c')).length;
}
