import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { planLauncher } from '../../src/guest/launcher.ts';
import { launcherWarnings } from '../../src/guest/launcher-notes.ts';
import { prepareSide } from '../../src/guest/prepare.ts';
import type { VmEvent } from '../../src/model/boot.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import { exampleBoot } from '../examples/run.ts';
import { folderOf } from '../helpers.ts';

const kit = { cache: '/nowhere', progress: () => {}, signal: new AbortController().signal };

test('paths outside of the clone that a launcher names are told, and those of its own tree apart', async (t) => {
  const folder = await folderOf(t, 'bootgauge-notes-');
  await mkdir(join(folder, 'shared'));
  await writeFile(join(folder, 'program'), '');
  await chmod(join(folder, 'program'), 0o755);
  const tree = join(folder, 'fork');
  await mkdir(tree);
  const script = `#!/bin/bash
HERE="$(dirname "$0")"/.. DISK="$HERE/disk.img" URL=https://example.org/x NEW=${folder}/new.sock
exec /usr/bin/env ${folder}/program -virtfs path=${folder}/shared -drive file='${tree}/own.img' -bios /nowhere/at/all < /dev/null
`;
  await writeFile(join(tree, 'run.sh'), script);
  const guest: LauncherGuest = {
    ...{ kind: 'launcher', architecture: 'arm64', command: ['./run.sh'], folder: tree, environment: {}, port: 2222 },
    ...{ console: { from: 'stdout' }, qmp: null, assets: [], binary: null, access: { user: 'root', key: null } },
  };
  const { notes } = await planLauncher({ guest, accel: 'tcg', emulator: null, kit });
  assert.deepEqual(
    notes.filter(({ code }) => code !== 'launcher').map(({ text }) => text),
    [
      `run.sh names ${folder}/new.sock, ${folder}/shared by absolute paths: all boots share what lies there`,
      `run.sh names ${tree}/own.img of its own tree by absolute paths: what it writes there itself goes to the originals, and is not thrown away`,
    ],
  );
});

test('SSH is no word of a launcher that is ready in another way', async (t) => {
  const folder = await folderOf(t, 'bootgauge-notes-');
  await writeFile(join(folder, 'run.sh'), '');
  const guest: LauncherGuest = {
    ...{ kind: 'launcher', architecture: 'arm64', command: ['./run.sh'], folder, environment: {}, port: 2222 },
    ...{ console: { from: 'stdout' }, qmp: null, assets: [], binary: null, access: { user: 'root', key: null } },
  };
  const machine = { accel: 'tcg', cpus: 1, memoryMiB: 128, gpu: 'none', append: '', qemuArguments: [] } as const;
  const told = async (awaitsSsh: boolean): Promise<string> => {
    const options = { kit, remembered: { read: async () => null, write: async () => {} }, awaitsSsh };
    const plan = await prepareSide({ guest, machine, qemu: { from: 'path' } }, 'timing', options);
    return JSON.stringify(launcherWarnings(plan, []));
  };
  assert.match(await told(true), /no key: the SSH banner is timed/);
  assert.doesNotMatch(await told(false), /SSH/);
});

test('what the boots of a launcher showed is told once, however many they were', async (t) => {
  const folder = await folderOf(t, 'bootgauge-notes-');
  await writeFile(join(folder, 'run.sh'), '');
  const guest: LauncherGuest = {
    ...{ kind: 'launcher', architecture: 'arm64', command: ['./run.sh'], folder, environment: {}, port: 2222 },
    ...{ console: { from: 'stdout' }, qmp: null, assets: [], binary: 'b' },
    access: { user: 'root', key: null },
  };
  const plan = await planLauncher({ guest, accel: 'tcg', emulator: null, kit });
  const event = (name: string, detail: string): VmEvent => ({ atNs: 0, name, detail });
  const cost = (milliseconds: number): VmEvent =>
    event('tree-cloned', JSON.stringify({ files: 3, copiedBytes: 2_500_000, milliseconds }));
  const boots = [130, 90].map((milliseconds, index) => ({
    ...exampleBoot(index + 1, 1000),
    events: [
      cost(milliseconds),
      event('qemu-started', '-S'),
      event('qemu-started', '-S'),
      event('rewritten', '-smp 4 is now -smp 2'),
      event('accelerator', 'kvm'),
    ],
  }));
  assert.deepEqual(
    launcherWarnings(plan, boots).map(({ text }) => text),
    [
      'a launcher of your own starts the guest: the time of the launcher itself counts to the start of QEMU, that of what stands at binary does not; no key: the SSH banner is timed, but no login and no probe',
      `each boot ran in a clone of ${folder} that was thrown away (3 files, 3 MB of them copied), made before its time began, in less than 0.2 s`,
      'what the launcher gives to QEMU was changed: -smp 4 is now -smp 2',
      'the launcher started QEMU 2 times in one boot: each start was changed alike, and the last one is asked',
      "the launcher's QEMU ran with kvm, not tcg; set accel: kvm, or baselines of the two are mixed",
    ],
  );
});
