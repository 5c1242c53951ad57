import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { findProgram } from '../../src/host/files.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import { chooseAccelerator, trialAccelerator } from '../../src/qemu/accelerator.ts';
import { describeEmulator } from '../../src/qemu/emulator.ts';
import { trialPayload } from '../../src/qemu/trial-payload.ts';
import { type PlayerScript, playerEmulator, playerExecutable } from '../fixtures/qemu-player-script.ts';

const linux = { platform: 'linux', architecture: 'x64' } as const;
const shortMs = 1500;
/** A player takes seconds to start on a busy machine. */
const longMs = 30_000;

async function choose(script: PlayerScript, choice: 'auto' | 'kvm', memory = new Map<string, string>()) {
  await using folder = await temporaryFolder('bootgauge-test-');
  const remembered = {
    read: async (key: string) => memory.get(key) ?? null,
    write: async (key: string, value: string) => void memory.set(key, value),
  };
  const emulator = await playerEmulator(folder.path, script);
  const timeoutMs = script.accelerators?.kvm === 'hangs' ? shortMs : longMs;
  return await chooseAccelerator(choice, emulator, 'x86_64', { host: linux, remembered, timeoutMs });
}

test('an accelerator is believed when a trial guest ran', async () => {
  assert.equal((await choose({}, 'auto')).accelerator, 'kvm');
});

test('an accelerator whose guests hang or which fails is passed over by auto, with the reason', async () => {
  const hung = await choose({ accelerators: { kvm: 'hangs' } }, 'auto');
  assert.equal(hung.accelerator, 'tcg');
  assert.match(hung.detail, /kvm does not work here: the trial guest executed nothing within 1\.5 s/);
  const failed = await choose({ accelerators: { kvm: 'fails' } }, 'auto');
  assert.match(failed.detail, /failed to initialize kvm/);
});

test('a requested accelerator that does not work is an error that says what was tried', async () => {
  await assert.rejects(choose({ accelerators: { kvm: 'fails' } }, 'kvm'), (error) => {
    assert.ok(error instanceof BootgaugeError);
    assert.equal(error.exitCode, 3);
    assert.match(error.message, /kvm does not work.*failed to initialize kvm.*QEMU emulator version 10/);
    return true;
  });
});

test('answers are remembered: auto asks once, an explicit request tries a failure again, a damaged memory is no answer', async () => {
  const memory = new Map<string, string>();
  assert.equal((await choose({}, 'auto', memory)).accelerator, 'kvm');
  assert.equal((await choose({ accelerators: { kvm: 'fails' } }, 'auto', memory)).accelerator, 'kvm');
  for (const key of memory.keys()) memory.set(key, '{"works":');
  assert.equal((await choose({ accelerators: { kvm: 'fails' } }, 'auto', memory)).accelerator, 'tcg');
  assert.equal((await choose({}, 'auto', memory)).accelerator, 'tcg');
  assert.equal((await choose({}, 'kvm', memory)).accelerator, 'kvm');
});

test('a trial that was given up is not remembered: a busy moment must not choose TCG for good', async () => {
  const memory = new Map<string, string>();
  assert.equal((await choose({ accelerators: { kvm: 'hangs' } }, 'auto', memory)).accelerator, 'tcg');
  assert.deepEqual([...memory], []);
  assert.equal((await choose({}, 'auto', memory)).accelerator, 'kvm');
});

test('auto says why it took TCG where the machine has something better', async () => {
  assert.match((await choose({ accelerators: { kvm: 'fails' } }, 'auto')).fellBack ?? '', /^kvm does not work here: /);
  assert.equal((await choose({}, 'auto')).fellBack, undefined);
});

test('another architecture than the host has no hardware acceleration, and none is tried', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const emulator = await playerEmulator(folder.path, {});
  const chosen = await chooseAccelerator('auto', emulator, 'arm64', { host: linux });
  assert.equal(chosen.accelerator, 'tcg');
  const mac = await chooseAccelerator('auto', emulator, 'arm64', {
    host: { platform: 'darwin', architecture: 'arm64' },
  });
  assert.equal(mac.accelerator, 'hvf');
});

test('the small granule of HVF is tried where Venus wants it, and left out with the reason where it is refused', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const host = { platform: 'darwin', architecture: 'arm64' } as const;
  const refusing = await playerEmulator(folder.path, { accelerators: { 'hvf,ipa-granule-size=0x1000': 'fails' } });
  const able = { ...refusing, hasIpaGranule: true as const };
  const refused = await chooseAccelerator('auto', able, 'arm64', { host, gpu: 'venus' });
  assert.equal(refused.accelerator, 'hvf');
  assert.match(refused.granuleRefused ?? '', /failed to initialize hvf,ipa-granule-size/);
  for (const [emulator, gpu] of [
    [able, 'plain'],
    [refusing, 'venus'],
  ] as const) {
    assert.equal((await chooseAccelerator('auto', emulator, 'arm64', { host, gpu })).granuleRefused, undefined);
  }
  await using other = await temporaryFolder('bootgauge-test-');
  const allowing = { ...(await playerEmulator(other.path, {})), hasIpaGranule: true as const };
  const chosen = await chooseAccelerator('hvf', allowing, 'arm64', { host, gpu: 'venus' });
  assert.equal(chosen.granuleRefused, undefined);
});

test('a trial leaves at its time limit', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const emulator = await playerEmulator(folder.path, { accelerators: { hvf: 'hangs' } });
  const trial = await trialAccelerator(emulator, 'hvf', 'arm64', { timeoutMs: 100 });
  assert.equal(trial.works, false);
});

test('payloads keep the layout that their jumps and descriptors are made for', () => {
  const { bytes } = trialPayload('x86_64');
  assert.equal(bytes.length, 65536);
  const view = new DataView(bytes.buffer);
  assert.equal((0xfff3 + view.getInt16(0xfff1, true)) & 0xffff, 0xfe00);
  assert.equal(view.getUint32(0xfec2, true), 0xffed0);
  assert.deepEqual([...bytes.subarray(0xfe69, 0xfe70)], [0xea, 0x70, 0xfe, 0x0f, 0x00, 0x18, 0x00]);
  assert.equal(trialPayload('arm64').bytes.length % 4, 0);
});

test('a QEMU is described by its version and the digest of its bytes', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const path = await playerExecutable(folder.path, {});
  const emulator = await describeEmulator(path, 'file');
  assert.equal(emulator.version, 'QEMU emulator version 10.0.0 (player)');
  assert.match(emulator.digest, /^[0-9a-f]{64}$/);
  const on = (PATH: string) => ({ environment: { PATH } });
  assert.equal(findProgram(on(`/nowhere:${folder.path}`), 'qemu-system-aarch64'), path);
  assert.equal(findProgram(on(folder.path), 'qemu-system-x86_64'), null);
});

test('what is missing, not executable, not QEMU or hangs is told apart', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const plain = join(folder.path, 'plain');
  await writeFile(plain, '');
  const other = join(folder.path, 'other');
  await writeFile(other, '#!/bin/sh\necho GNU ls 9\n');
  await chmod(other, 0o755);
  const hanging = await playerExecutable(folder.path, { versionHangs: true });
  for (const [path, message, exitCode] of [
    [join(folder.path, 'missing'), /missing does not exist/, 2],
    [plain, /plain may not be executed/, 2],
    [folder.path, /is not a file/, 2],
    [other, /other is not a QEMU emulator: it printed "GNU ls 9"/, 2],
    [hanging, /--version did not end within 0\.3 s/, 3],
  ] as const) {
    await assert.rejects(describeEmulator(path, 'file', { timeoutMs: 300 }), (error) => {
      assert.ok(error instanceof BootgaugeError);
      assert.match(error.message, message);
      assert.equal(error.exitCode, exitCode);
      return true;
    });
  }
});
