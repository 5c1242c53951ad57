// Cores that two guests may have for themselves: physical ones, of the fast kind, that are this process's to use.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import test from 'node:test';
import { performanceCores } from '../../src/host/cores.ts';
import type { HostView } from '../../src/host/view.ts';

const fixtures = resolve(import.meta.dirname, '../fixtures/hosts');
const view = (root: string, os: HostView['os']): HostView => ({
  ...{ os, root, architecture: 'arm64', environment: { PATH: join(root, 'bin') }, pid: 999_999 },
});

test("of Apple's processors the fast cores count, and never more than a container's share", async () => {
  const cores = (name: string, share: number) => performanceCores(view(join(fixtures, name), 'macos'), share);
  assert.equal(await cores('mac-mini-m2-pro', 12), 8);
  assert.equal(await cores('mac-mini-m2-pro', 3), 3);
  assert.equal(await cores('mac-rosetta', 8), 4);
  assert.equal(await cores('hosted-runner-macos-14', 3), 3);
});

/** A Linux of so many processors, with these files. */
async function linuxCores(processors: number, files: Readonly<Record<string, string>>): Promise<number> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bootgauge-cores-'));
  const cpuinfo = Array.from({ length: processors }, (_, number) => `processor\t: ${number}\n`).join('\n');
  for (const [name, text] of Object.entries({ 'proc/cpuinfo': cpuinfo, ...files })) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), text);
  }
  return await performanceCores(view(folder.path, 'linux'), 64);
}

const perCpu = (processors: number, file: string, text: (number: number) => string) =>
  Object.fromEntries(
    Array.from({ length: processors }, (_, number) => [`sys/devices/system/cpu/cpu${number}/${file}`, text(number)]),
  );

test('two threads of a core count once, slow cores do not count, nor do those of other jobs', async () => {
  const siblings = perCpu(8, 'topology/thread_siblings_list', (number) => `${number % 4},${(number % 4) + 4}\n`);
  assert.equal(await linuxCores(8, siblings), 4);
  assert.equal(await linuxCores(8, { ...siblings, 'proc/self/status': 'Cpus_allowed_list:\t0-1,4\n' }), 2);
  assert.equal(await linuxCores(8, { 'sys/devices/cpu_core/cpus': '0-2\n' }), 3);
  assert.equal(
    await linuxCores(
      6,
      perCpu(6, 'cpu_capacity', (number) => (number < 2 ? '1024\n' : '446\n')),
    ),
    2,
  );
  assert.equal(await linuxCores(4, {}), 4);
});
