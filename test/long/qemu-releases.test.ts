// Releases of real QEMU, built with the preset `minimal` and started from where their build was copied to: each links, a network card
// without `romfile=` finds its ROM, and more processors than a GICv2 serves are there.
//   BOOTGAUGE_QEMU_SOURCES  checkouts or archives, separated by blanks; without it there is nothing to build
//   BOOTGAUGE_QEMU_PYTHON   a Python with meson, for sources without QEMU's own
//   BOOTGAUGE_QEMU_FLAGS    arguments of configure, separated by blanks, such as where libraries lie
//   BOOTGAUGE_QEMU_CACHE    a folder that stays, so that a test that was stopped goes on where it was
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { buildEmulator } from '../../src/build/build.ts';
import type { BuildSpec } from '../../src/model/build.ts';
import { trialAccelerator } from '../../src/qemu/accelerator.ts';

const {
  BOOTGAUGE_QEMU_SOURCES: sources = '',
  BOOTGAUGE_QEMU_PYTHON: python,
  BOOTGAUGE_QEMU_FLAGS: flags = '',
  BOOTGAUGE_QEMU_CACHE: kept,
} = process.env;
const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');
const call = promisify(execFile);

test('releases of QEMU', { skip: sources === '' && 'needs BOOTGAUGE_QEMU_SOURCES' }, async (context) => {
  for (const source of words(sources)) {
    await context.test(`${basename(source)} is built with what its devices load`, async (inner) => {
      const place = await mkdtemp(join(tmpdir(), 'bootgauge-release-'));
      inner.after(() => rm(place, { recursive: true, force: true }));
      const cache = kept === undefined ? join(place, 'cache') : join(kept, basename(source));
      const spec: BuildSpec = {
        ...{ source: resolve(source), ref: 'HEAD', patches: [], preset: 'minimal', configure: words(flags) },
        ...{ python: python ?? null, environment: {}, dependencies: [] },
      };
      const options = { environment: process.env, progress: () => {}, signal: inner.signal };
      const made = await buildEmulator({ spec, architecture: 'arm64', slot: 'head' }, { ...options, cache });
      inner.diagnostic(
        `${made.emulator.version}, ${made.made?.steps} steps in ${made.made?.compileSeconds.toFixed(0)} s`,
      );
      await cp(join(cache, 'build/done'), join(place, 'moved/build/done'), { recursive: true });
      const { emulator, made: again } = await buildEmulator(
        { spec, architecture: 'arm64', slot: 'head' },
        { ...options, cache: join(place, 'moved') },
      );
      assert.ok(emulator.program.startsWith(join(place, 'moved')));
      assert.equal(again, null);
      const card = ['-device', 'virtio-net-pci,netdev=net0', '-netdev', 'user,id=net0'];
      const started = call(emulator.program, [
        ...[...emulator.leadingArguments, '-M', 'virt', '-cpu', 'max', '-smp', '99', '-display', 'none', '-S', ...card],
        ...['-monitor', 'stdio'],
      ]);
      started.child.stdin?.end('quit\n');
      assert.equal((await started).stderr, '');
      assert.ok((await trialAccelerator(emulator, 'tcg', 'arm64', { timeoutMs: 60_000 })).works);
    });
  }
});
