import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { conditionsOf } from '../../src/build/conditions.ts';
import { planLauncher } from '../../src/guest/launcher.ts';
import { prepareArms } from '../../src/guest/prepare-arms.ts';
import { initrdOf, rehearse, seenBy } from '../../src/guest/rehearsal.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import type { LevelChange } from '../../src/model/study.ts';
import { designArms } from '../../src/study/design.ts';
import { missingTools } from '../build/little-qemu.ts';
import { exampleConditions, exampleScenario, exampleSide } from '../examples/run.ts';
import { overlayOn } from '../fixtures/qcow2.ts';
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

test('a disk elsewhere that the script names by a variable alone, for an overlay that it makes, is told and held', async (t) => {
  const disks = await folderOf(t, 'bootgauge-disks-');
  const script = `cp "$MASTER/overlay" images/overlay.qcow2
exec build/qemu ${kernel} -drive if=virtio,format=qcow2,file=images/overlay.qcow2 -drive file="$MASTER/second,,disk",if=none -drive file=images/initramfs`;
  const guest = { ...(await launcherOf(t, script)), environment: { MASTER: disks } };
  const [base, second] = [join(disks, 'base.img'), join(disks, 'second,disk')];
  await writeFile(base, Buffer.alloc(512));
  await writeFile(second, 'a disk');
  await writeFile(join(disks, 'overlay'), await overlayOn(base));
  const plan = await planOf(guest);
  assert.deepEqual(plan.backing, []);
  const seen = await seenBy(plan, signal);
  assert.deepEqual(seen.backing, [base, second]);
  assert.deepEqual(
    seen.notes?.filter(({ code }) => code === 'launcher-shared').map(({ text }) => text),
    [`run.sh gives QEMU ${base}, ${second}, outside of the clone of its tree: all boots share what lies there`],
  );
  // Another disk is another guest.
  await writeFile(second, 'another');
  const other = await seenBy(plan, signal);
  assert.notEqual(other.guest?.digest, seen.guest?.digest);
  assert.equal(seen.guest?.name, plan.guest.name);
});

test('an overlay that the script makes for each boot, elsewhere too, is shared by none; what it stands on is', async (t) => {
  const disks = await folderOf(t, 'bootgauge-disks-');
  const script = `cp "$MASTER/overlay" "$MASTER/$$.qcow2"\nexec build/qemu ${kernel} -drive if=virtio,file="$MASTER/$$.qcow2"`;
  const guest = { ...(await launcherOf(t, script)), environment: { MASTER: disks } };
  const base = join(disks, 'base.img');
  await writeFile(base, Buffer.alloc(512));
  await writeFile(join(disks, 'overlay'), await overlayOn(base));
  assert.deepEqual((await seenBy(await planOf(guest), signal)).backing, [base]);
});

test('the graphics libraries, drivers and variables that a launcher gives to its QEMU are a part of its conditions', {
  skip: process.platform === 'linux' ? missingTools() : 'needs ldd',
}, async (t) => {
  const script = `export LD_LIBRARY_PATH=$PWD/lib RENDER_SERVER_EXEC_PATH=$PWD/lib/server VKR_DEBUG=all TOKEN=secret
export VK_ICD_FILENAMES=$PWD/lib/lavapipe.json:/opt/Cellar/molten-vk/1.2.9/MoltenVK_icd.json
exec build/qemu -device virtio-gpu-gl-pci,venus=on`;
  const guest = await launcherOf(t, script);
  const lib = join(guest.folder, 'lib');
  const library = async (drawn: number): Promise<void> => {
    await writeFile(join(lib, 'l.c'), `int drawn(void) { return ${drawn}; }\n`);
    const name = 'libvirglrenderer.so.1';
    execFileSync('cc', ['-shared', '-fPIC', `-Wl,-soname,${name}`, '-o', `${lib}/${name}.8`, `${lib}/l.c`]);
  };
  await mkdir(lib);
  await library(1);
  await symlink('libvirglrenderer.so.1.8', join(lib, 'libvirglrenderer.so.1'));
  await writeFile(join(lib, 'main.c'), 'int drawn(void); int main(void) { return drawn(); }\n');
  const program = join(guest.folder, 'qemu');
  execFileSync('cc', ['-o', program, join(lib, 'main.c'), join(lib, 'libvirglrenderer.so.1')]);
  await writeFile(join(lib, 'server'), 'a server');
  await writeFile(join(lib, 'lavapipe.json'), '{"ICD": {"library_path": "./liblvp.so"}}');
  await writeFile(join(lib, 'liblvp.so'), 'a driver');
  const own = { origin: 'file', program, leadingArguments: [], environment: {}, version: '', digest: '' } as const;
  const conditions = async (rewrite: LauncherGuest['rewrite'] = {}) => {
    const plan = await planLauncher({ guest: { ...guest, rewrite }, accel: 'tcg', emulator: own, kit });
    const seen = { ...plan, ...(await seenBy(plan, signal)) };
    const options = { gpu: 'none' as const, environment: {}, signal };
    return (await conditionsOf(seen, exampleConditions.host, options)).emulator;
  };
  const { runtime = {}, places = {} } = await conditions();
  const names = ['VKR_DEBUG', 'driver MoltenVK_icd', 'driver lavapipe', 'libvirglrenderer', 'render server'];
  assert.deepEqual(Object.keys(runtime).sort(), names);
  assert.deepEqual([runtime.VKR_DEBUG, runtime['driver MoltenVK_icd']], ['all', 'missing']);
  assert.deepEqual(places, {
    'driver lavapipe': join(lib, 'liblvp.so'),
    libvirglrenderer: join(lib, 'libvirglrenderer.so.1.8'),
    'render server': join(lib, 'server'),
  });
  assert.deepEqual((await conditions('none')).runtime, runtime, 'also where nothing is changed');
  await library(2);
  assert.notEqual((await conditions()).runtime?.libvirglrenderer, runtime.libvirglrenderer);
  await rename(join(lib, 'server'), join(lib, 'gone'));
  assert.equal((await conditions()).runtime?.['render server'], undefined);
  await writeFile(join(guest.folder, 'run.sh'), '#!/bin/sh\nexit 0\n');
  assert.equal((await conditions()).runtime, undefined, 'its boots show that it does not start it');
});

test('what the configuration gives to QEMU is a part of its conditions behind a launcher, too', async (t) => {
  const guest = await launcherOf(t, 'export UNTOLD=1; exec build/qemu -kernel k');
  const program = join(guest.folder, 'qemu');
  const conditions = async (tuned: string) => {
    const environment = { TUNED: tuned };
    const own = { origin: 'file', program, leadingArguments: [], environment, version: '', digest: '' } as const;
    const plan = await planLauncher({ guest: { ...guest, rewrite: {} }, accel: 'tcg', emulator: own, kit });
    const seen = await seenBy(plan, signal);
    assert.equal(seen.seen?.environment.UNTOLD, '1');
    const options = { gpu: 'none' as const, environment: {}, signal };
    return (await conditionsOf({ ...plan, ...seen }, exampleConditions.host, options)).emulator.runtime;
  };
  assert.deepEqual(await conditions('0'), { TUNED: '0' });
  assert.deepEqual(await conditions('1'), { TUNED: '1' });
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
