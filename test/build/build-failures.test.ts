// What a person reads when a build fails, and what a build that was stopped leaves behind.
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { checkBuild } from '../../src/build/build.ts';
import { SourceFault } from '../../src/build/faults.ts';
import { build, failing, pathWith, steps } from './build-bench.ts';
import { type Bench, missingTools, openBench } from './little-qemu.ts';

describe('builds that fail', { concurrency: 2, skip: missingTools() }, () => {
  test('a compiler error is shown with its place and the log is kept', async () => {
    await using bench = await openBench();
    await bench.checkout.change('hw/wfi.c', 'return', 'retrun');
    bench.checkout.commit('typo');
    const broken = failing(
      3,
      /head \([0-9a-f]{10}\) does not compile \(exit code 1\):\n {2}hw\/wfi\.o\n.*In function 'guest_pace'.*\n.*hw\/wfi\.c:6:5: error: /,
      /^the whole output: .*build\.log/,
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

  test('a cache at a path with spaces or colons, which configure takes nowhere, is refused before anything is built', async () => {
    await using bench = await openBench();
    const dependencies = [{ name: 'one', source: bench.checkout.folder, ref: null, meson: [] }];
    const plain = join(bench.folder, 'link');
    for (const odd of ['a cache', 'a:cache', 'link']) {
      const cache = join(bench.folder, odd);
      if (odd === 'link') await symlink(join(bench.folder, 'a cache'), plain);
      else await mkdir(cache);
      const refused = failing(2, /^QEMU cannot be built in the cache folder '.*a[ :]cache': /, /BOOTGAUGE_CACHE/);
      const options = { ...bench.options, cache };
      await assert.rejects(checkBuild(bench.spec({ dependencies }), options), refused);
      await assert.rejects(build(bench, { dependencies }, options), refused);
      assert.deepEqual(await readdir(cache), []);
    }
    assert.deepEqual(bench.events, []);
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

  test('memory that ran out is no fault of the source: a bisection does not pass over the commit for it', async () => {
    await using bench = await openBench();
    const killed =
      'case "$*" in *wfi.c*) echo "gcc: fatal error: Killed signal terminated program cc1" >&2; exit 1;; esac\nexec gcc "$@"';
    const environment = await pathWith(bench, { cc: killed });
    await assert.rejects(build(bench, {}, { environment }), (error) => {
      assert.ok(!(error instanceof SourceFault));
      return failing(3, /memory ran out while head .* was compiled/)(error);
    });
  });

  test('a real disk that is full at any step is said, keeps no half of anything, and the build goes on when there is room', {
    skip: cannotMount(),
  }, async () => {
    await using bench = await openBench();
    const said = new Set<string>();
    await mkdir(bench.options.cache);
    for (const size of ['80k', '100k', '160k', '200k', '240k']) {
      const [full, after] = await buildOnDisk(bench, size);
      const where =
        /^exit code 3: the disk that holds .*\/build(?:\/(\w+)|) .*is full$|\/build\/(\w+)\/\S+ is full$/.exec(
          full ?? '',
        );
      assert.ok(where, `${size}: ${full}`);
      said.add(where[1] ?? where[2] ?? '');
      assert.equal(after, 'built QEMU emulator version 10.0.0 (little)', size);
    }
    assert.ok(said.size >= 2, [...said].join(', '));
  });

  test('a build that is killed half way leaves nothing that is taken for a build, and no process', async () => {
    await using bench = await openBench();
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
});

async function sleepers(folder: string): Promise<number> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const words = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return words.filter((line) => line.includes(folder) && line.includes('wfi.c')).length;
}

const builder = resolve(import.meta.dirname, '../fixtures/build/builder.ts');

/** Builds with the cache on a disk of its own with little room, and again when there is more; what both say. */
async function buildOnDisk({ checkout, options }: Bench, size: string): Promise<string[]> {
  // A file takes the room: users who are not root may not give a disk another size.
  const script = `set -e
mount -t tmpfs -o size=9m none "$2"
head -c $((9 * 1048576 - \${1%k} * 1024)) /dev/zero > "$2/filler"
"$3" "$4" "$5" "$2" || :
rm "$2/filler"
"$3" "$4" "$5" "$2"`;
  const words = ['-c', script, 'sh', size, options.cache, process.execPath, builder, checkout.folder];
  const { stdout } = await promisify(execFile)('unshare', ['-Urm', 'sh', ...words]);
  return stdout.trim().split('\n');
}

/** Why no disk can be made here, or false. */
function cannotMount(): string | false {
  const { status } = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
  return status === 0 ? false : 'needs unshare and mount';
}
