// The arms of a study of a launcher of one's own: what of its environment nobody reads is told, and not measured as noise.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { prepareArms } from '../../src/guest/prepare-arms.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import type { AcceleratorChoice } from '../../src/model/scenario.ts';
import { designArms } from '../../src/study/design.ts';
import { exampleScenario, exampleSide } from '../examples/run.ts';

async function prepare(folder: string, accel: AcceleratorChoice) {
  const access = { user: 'root', key: null, hostKey: null };
  const guest = {
    ...{ kind: 'launcher', architecture: 'arm64', command: ['./run.sh'], folder, environment: {}, port: 2222 },
    ...{ console: { kind: 'stdout' }, qmp: null, assets: [], binary: null, access },
  } as unknown as LauncherGuest;
  const side = { ...exampleSide, guest, machine: { ...exampleSide.machine, accel } };
  const level = (name: string, environment: Record<string, string>) => ({ name, change: { environment } });
  const factors = [
    { name: 'wfi', levels: [level('plain', {}), level('sleep', { HVF_WFI_SLEEP: '1' })] },
    { name: 'kernel', levels: [level('own', {}), level('other', { QEMU_KERNEL: '/x' })] },
    { name: 'typo', levels: [level('no', {}), level('yes', { QEMU_KERNLE: '/x' })] },
  ];
  const designed = designArms({ side, environment: {}, initramfs: null }, factors, 'one-at-a-time');
  const { signal } = new AbortController();
  const progress = (): void => {};
  const { prepared, ended } = await prepareArms(
    {
      plan: {
        ...{ name: 'test', design: 'one-at-a-time', ...designed, digest: '' },
        sampling: { warmup: 0, blocks: 1, maxBlocks: 1, timeBudgetMs: 1 },
      },
      scenario: exampleScenario,
      prepare: {
        kit: { cache: folder, offline: true, mirror: undefined, keyring: undefined, progress, signal },
        remembered: { get: async () => null, set: async () => {} } as never,
        build: async () => assert.fail('nothing is built'),
      },
      progress,
    },
    { path: folder } as never,
  );
  const notes = prepared.map(({ scenario, plan }) => [
    scenario.id,
    plan.kind === 'launcher'
      ? plan.notes.filter(({ code }) => code === 'launcher-variable').map(({ text }) => text)
      : [],
  ]);
  return { notes, ended: ended.map(({ arm, why, because }) => `${arm}, ${why}: ${because}`) };
}

test("variables that the launcher's accelerator does not read end their arm, and those that its text does not name are told", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'bootgauge-arms-'));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'run.sh'), '#!/bin/sh\nexec qemu-system-aarch64 -kernel "$QEMU_KERNEL"\n');
  await chmod(join(folder, 'run.sh'), 0o755);
  const unmentioned =
    "run.sh does not mention QEMU_KERNLE: unless something that it starts reads them, these boots are no different from the default's";
  const booted = [
    ['default', []],
    ['kernel=other', []],
    ['typo=yes', [unmentioned]],
  ];
  assert.deepEqual(await prepare(folder, 'tcg'), {
    notes: booted,
    ended: ['wfi=sleep, unreachable: HVF_WFI_SLEEP is read by the HVF accelerator alone, and this arm runs tcg'],
  });
  const onMac = await prepare(folder, 'hvf');
  assert.deepEqual(onMac.ended, []);
  assert.deepEqual(onMac.notes.find(([arm]) => arm === 'wfi=sleep')?.[1], []);
  // A program tells nothing of what it reads.
  await writeFile(join(folder, 'run.sh'), Buffer.from('\x7fELF\0\0'));
  assert.deepEqual(
    (await prepare(folder, 'hvf')).notes.flatMap(([, notes]) => notes),
    [],
  );
});
