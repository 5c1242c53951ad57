// Conditions hold what an emulator was built from and runs on, and nothing of it where there is nothing to tell.
import assert from 'node:assert/strict';
import test from 'node:test';
import { conditionsOf } from '../../src/build/conditions.ts';
import { customParts } from '../../src/guest/custom.ts';
import { planParts } from '../../src/guest/parts.ts';
import type { KitOptions } from '../../src/kit/options.ts';
import type { BuildFacts } from '../../src/model/build.ts';
import type { CustomGuest } from '../../src/model/guests/custom.ts';
import type { Emulator, GuestParts, LaunchPlan } from '../../src/model/launch-plan.ts';
import { hashFile } from '../../src/store/digest.ts';
import { exampleConditions } from '../examples/run.ts';

const emulator: Emulator = {
  ...{ origin: 'build', program: '/nowhere/qemu', leadingArguments: [], environment: { TUNED: '1' } },
  ...{ version: 'QEMU emulator version 10.0.0', digest: 'ab'.repeat(32) },
};
const of = (changes: Partial<Emulator>, more: Partial<LaunchPlan> = {}) => {
  const plan = { accelerator: 'tcg', guest: exampleConditions.guest, ...more, emulator: { ...emulator, ...changes } };
  const options = { gpu: 'none', environment: {}, signal: new AbortController().signal } as const;
  return conditionsOf(plan as LaunchPlan, exampleConditions.host, options);
};

test('conditions hold what an emulator was built from and what it runs on', async () => {
  const build = { key: 'cd'.repeat(32) } as BuildFacts;
  const { version, digest } = emulator;
  assert.deepEqual(await of({ build }), {
    ...exampleConditions,
    emulator: { origin: 'build', version, digest, build, runtime: { TUNED: '1' } },
  });
  assert.deepEqual((await of({ origin: 'kit' })).emulator, { origin: 'kit', version, digest });
});

test('a ramdisk is told without the keys of this cache behind it, which are others on each machine', async () => {
  const guest = { ...exampleConditions.guest, packages: {} };
  const kernel = import.meta.filename;
  const parts = { identity: guest, kernel, initrd: kernel, disks: [], append: '', ssh: {} } as unknown as GuestParts;
  const filesOf = async (given: GuestParts) => {
    const machine = { accel: 'tcg', cpus: 1, memoryMiB: 64, gpu: 'none', append: '', qemuArguments: [] } as const;
    const more = { architecture: 'arm64', machine, profile: 'timing', emulator, accelerator: 'tcg' } as const;
    return (await of({}, planParts({ parts: given, ...more }))).guest.files;
  };
  const own = await hashFile(kernel);
  const known = 'c1'.repeat(32);
  assert.deepEqual(await filesOf(parts), { kernel: own, initramfs: own });
  assert.deepEqual(await filesOf({ ...parts, initrdDigest: known }), { kernel: own, initramfs: known });
  // A custom guest with the ramdisk of another, and with its own.
  const custom = { kind: 'custom', architecture: 'arm64', kernel, disk: null, append: null, access: null } as const;
  const rest = { ...parts, initrdDigest: known };
  const digestOf = async (initrd: string | null) =>
    (await customParts({ ...custom, initrd, rest: null } as CustomGuest, rest, {} as KitOptions)).initrdDigest;
  assert.deepEqual([await digestOf(null), await digestOf(kernel)], [known, undefined]);
});
