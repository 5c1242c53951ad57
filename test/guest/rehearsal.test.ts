import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { planLauncher } from '../../src/guest/launcher.ts';
import { prepareArms } from '../../src/guest/prepare-arms.ts';
import { initrdOf, rehearse } from '../../src/guest/rehearsal.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import type { LevelChange } from '../../src/model/study.ts';
import { designArms } from '../../src/study/design.ts';
import { exampleScenario, exampleSide } from '../examples/run.ts';
import { folderOf, refused } from '../helpers.ts';

const { signal } = new AbortController();
const kernel = '-kernel k -initrd images/initramfs -append quiet';

async function launcherOf(t: TestContext, script: string): Promise<LauncherGuest> {
  const folder = join(await folderOf(t, 'bootgauge-rehearsal-'), 'fork');
  await mkdir(join(folder, 'images'), { recursive: true });
  await writeFile(join(folder, 'run.sh'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'run.sh'), 0o755);
  await writeFile(join(folder, 'images/initramfs'), gzipSync('an archive'));
  await writeFile(join(folder, 'qemu'), '#!/bin/sh\n[ "$1" != --version ] || echo QEMU emulator version 10.0.0\n');
  await chmod(join(folder, 'qemu'), 0o755);
  return {
    ...{ kind: 'launcher', architecture: 'arm64', command: ['./run.sh'], folder, environment: {}, port: 2222 },
    ...{ console: { from: 'stdout' }, qmp: null, assets: [], binary: 'build/qemu', rewrite: { append: 'a' } },
    access: { user: 'root', key: null },
  };
}

const kit = { cache: '/nowhere', progress: () => {}, signal };
const planOf = (guest: LauncherGuest) => planLauncher({ guest, accel: 'tcg', emulator: null, kit });

test('a launcher is run until it would start its QEMU, and what it made meanwhile is gone', async (t) => {
  const guest = await launcherOf(t, `touch made; cd images; exec ../build/qemu -kernel k -initrd initramfs`);
  const plan = await planOf(guest);
  assert.deepEqual(await initrdOf(plan, signal), await readFile(join(guest.folder, 'images/initramfs')));
  assert.deepEqual(await readdir(guest.folder), ['images', 'qemu', 'run.sh']);
  assert.deepEqual(await readdir(dirname(guest.folder)), ['fork']);
});

test('a launcher whose QEMU cannot be changed is told before the first boot, with its last words', async (t) => {
  const outcome = async (script: string): Promise<void> =>
    rehearse(await planOf(await launcherOf(t, script)), signal, () => Promise.resolve());
  await outcome(`exec build/qemu ${kernel}`);
  await assert.rejects(
    outcome('echo missing: vmlinuz >&2; exit 1'),
    refused(/^run\.sh does not start its QEMU from build\/qemu, so nothing can be changed .*: missing: vmlinuz$/),
  );
  await assert.rejects(
    rehearse(await planOf(await launcherOf(t, 'exec sleep 60')), signal, () => Promise.resolve(), 200),
    refused(
      /^run\.sh does not start its QEMU from build\/qemu within 0\.2 s, so nothing can be changed .*: it said nothing$/,
    ),
  );
  await assert.rejects(
    outcome('build/qemu -drive file=a.img; echo ended'),
    refused(/^the launcher gives QEMU no -kernel, so append cannot be changed$/),
  );
  await assert.rejects(
    initrdOf(await planOf(await launcherOf(t, 'exec build/qemu -kernel k')), signal),
    refused(/no -initrd/),
  );
});

const level = (name: string, change: LevelChange) => ({ name, change });

/** What becomes of the arms of a study of this launcher. */
async function armsOf(t: TestContext, guest: LauncherGuest, factors: Parameters<typeof designArms>[1]) {
  const side = {
    ...exampleSide,
    guest,
    machine: { ...exampleSide.machine, accel: 'tcg' as const },
    qemu: { from: 'file' as const, path: join(guest.folder, 'qemu') },
  };
  const designed = designArms({ side, environment: {}, initramfs: null }, factors, 'one-at-a-time');
  const path = await folderOf(t, 'bootgauge-study-');
  const { prepared, ended } = await prepareArms(
    {
      plan: {
        ...{ name: 'x', design: 'one-at-a-time', ...designed, digest: '' },
        sampling: { warmup: 0, blocks: 1, maxBlocks: 1, timeBudgetMs: 1 },
      },
      scenario: exampleScenario,
      prepare: { kit, remembered: { read: async () => null, write: async () => {} } },
      progress: () => {},
    },
    { path, [Symbol.asyncDispose]: async () => {} },
  );
  return {
    rewrites: prepared.map(({ plan }) => plan.kind === 'launcher' && plan.rewrite),
    ended: ended.map(({ arm, because }) => `${arm}: ${because}`),
  };
}

test('arms of a study change what the launcher gives, and those that cannot be are not booted', async (t) => {
  const guest = await launcherOf(t, `exec build/qemu ${kernel}`);
  const gone = join(guest.folder, 'gone');
  const { rewrites, ended } = await armsOf(t, guest, [
    { name: 'cpus', levels: [level('own', {}), level('one', { machine: { cpus: 1 } })] },
    { name: 'initramfs', levels: [level('gzip', { initramfs: 'gzip' }), level('none', { initramfs: 'none' })] },
    { name: 'kernel', levels: [level('own', {}), level('other', { files: { kernel: gone } })] },
  ]);
  const initrd = (rewrites[2] as { initrd?: string }).initrd ?? '';
  assert.deepEqual(rewrites, [{ append: 'a' }, { append: 'a', cpus: 1 }, { append: 'a', initrd }]);
  assert.match(await readFile(initrd, 'utf8'), /^an archive/);
  assert.deepEqual(ended, [`kernel=other: guest.rewrite.kernel: there is no file ${gone}`]);
});

test('a launcher without a ramdisk of its own, or whose arguments are left alone, loses those levels and not the study', async (t) => {
  const factors = [
    { name: 'cpus', levels: [level('own', {}), level('one', { machine: { cpus: 1 } })] },
    { name: 'initramfs', levels: [level('gzip', { initramfs: 'gzip' }), level('none', { initramfs: 'none' })] },
  ];
  const guest = await launcherOf(t, 'exec build/qemu -kernel k');
  const without = await armsOf(t, guest, factors);
  assert.deepEqual(without.rewrites, [{ append: 'a' }, { append: 'a', cpus: 1 }]);
  assert.match(without.ended.join(), /^initramfs=none: the launcher gives QEMU no -initrd/);
  const alone = await armsOf(t, { ...guest, rewrite: 'none' }, factors);
  assert.deepEqual(alone.rewrites, ['none']);
  assert.equal(alone.ended.length, 2);
});
