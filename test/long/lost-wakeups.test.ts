// Wake-ups that Venus loses when a virtual processor is preempted at the wrong moment (src/kit/waker/waker.c), provoked by stopping the
// emulator for some milliseconds again and again: without the waker vulkaninfo hangs sooner or later, with it never.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureEmulator, ensureGuest } from '../../src/kit/kit.ts';
import type { ReferenceGuest } from '../../src/model/guests/reference.ts';
import type { Emulator } from '../../src/model/launch-plan.ts';
import { launch } from '../../src/qemu/launch.ts';
import { watchBanner } from '../../src/ssh/ssh-banner.ts';
import { openSession } from '../../src/ssh/ssh-session.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { planReference } from '../guest/plan-reference.ts';

const signal = AbortSignal.timeout(1_800_000);
const kit = { cache: cacheFolder(process.env, homedir()), progress: () => {}, signal };
const guest: ReferenceGuest = { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' };

/** Runs vulkaninfo until it hangs or has ended `most` times. */
async function untilItHangs(emulator: Emulator, most: number): Promise<{ ended: number; hung: boolean }> {
  const files = await ensureGuest(guest, kit);
  const machine = { cpus: 2, gpu: 'venus', accel: 'tcg', memoryMiB: 1024, append: '', qemuArguments: [] } as const;
  const plan = planReference({ guest, files, machine, profile: 'timing', emulator, accelerator: 'tcg' });
  await using vm = await launch(plan);
  const asked = { port: vm.sshPort, nowNs: vm.nowNs, onEvent: () => {}, signal };
  await watchBanner(asked);
  await using session = await openSession({ ...asked, access: plan.ssh });
  assert.equal((await session.waitForLogin())?.outcome, 'ok');
  const enough = new AbortController();
  const shaking = shake(vm.pid, enough.signal);
  try {
    for (let ended = 0; ended < most; ended++) {
      const command = 'VK_DRIVER_FILES=$(ls /usr/share/vulkan/icd.d/virtio*.json) exec vulkaninfo --summary';
      const { timedOut, exitCode, stderr } = await session.run(command, { timeoutMs: 20_000 });
      if (timedOut) return { ended, hung: true };
      assert.equal(exitCode, 0, stderr);
    }
    return { ended: most, hung: false };
  } finally {
    enough.abort();
    await shaking;
  }
}

/** Until the emulator is gone, or the signal is aborted. */
async function shake(pid: number, until: AbortSignal): Promise<void> {
  for (let count = 0; !until.aborted; count++) {
    if (!send(pid, 'SIGSTOP')) return;
    await delay(1 + (count % 2));
    if (!send(pid, 'SIGCONT')) return;
    await delay(1 + (count % 3));
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

test('the render server of the kit loses no wake-up for good', { timeout: 900_000 }, async () => {
  assert.deepEqual(await untilItHangs(await ensureEmulator(kit), 250), { ended: 250, hung: false });
});

test('without the waker the same shaking makes Venus hang', { timeout: 900_000 }, async (context) => {
  const emulator = await ensureEmulator(kit);
  const server = emulator.environment.RENDER_SERVER_EXEC_PATH ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-server-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const script = readFileSync(server, 'utf8').replace(/^here=.*$/m, `here='${dirname(server)}/root'`);
  const plain = script.replace(/--preload \S+ /, '');
  assert.notEqual(plain, script);
  const path = join(folder, 'virgl_render_server');
  writeFileSync(path, plain, { mode: 0o755 });
  const environment = { ...emulator.environment, RENDER_SERVER_EXEC_PATH: path };
  const { ended, hung } = await untilItHangs({ ...emulator, environment }, 1000);
  context.diagnostic(`hung after ${ended} runs`);
  assert.equal(hung, true);
});
