// Banner, login, commands and Vulkan against the reference guest: one boot with OpenSSH on one processor, one with dropbear and Venus.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureEmulator, ensureGuest } from '../../src/kit/kit.ts';
import type { ProbeEvent } from '../../src/model/boot.ts';
import type { ReferenceGuest } from '../../src/model/guests/reference.ts';
import type { LaunchPlan, SshAccess } from '../../src/model/launch-plan.ts';
import type { MachineSpec } from '../../src/model/scenario.ts';
import { askCommand } from '../../src/probe/command.ts';
import { drmProbe } from '../../src/probe/drm.ts';
import { watchVulkan } from '../../src/probe/vulkan.ts';
import { launch } from '../../src/qemu/launch.ts';
import type { RunningVm } from '../../src/qemu/running-vm.ts';
import { type BannerHit, watchBanner } from '../../src/ssh/ssh-banner.ts';
import { openSession, type Session } from '../../src/ssh/ssh-session.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { planReference } from '../guest/plan-reference.ts';

async function plan(sshd: ReferenceGuest['sshd'], machine: Pick<MachineSpec, 'cpus' | 'gpu'>): Promise<LaunchPlan> {
  const kit = { cache: cacheFolder(process.env, homedir()), progress: () => {}, signal: AbortSignal.timeout(240_000) };
  const guest: ReferenceGuest = { kind: 'reference', architecture: 'arm64', sshd, pages: '4k' };
  const [emulator, files] = [await ensureEmulator(kit), await ensureGuest(guest, kit)];
  const whole: MachineSpec = { ...machine, accel: 'tcg', memoryMiB: 1024, append: '', qemuArguments: [] };
  return planReference({ guest, files, machine: whole, profile: 'timing', emulator, accelerator: 'tcg' });
}

const events: ProbeEvent[] = [];
const onEvent = (event: ProbeEvent): void => void events.push(event);
const patience = (): AbortSignal => AbortSignal.timeout(120_000);

async function banner(vm: RunningVm): Promise<BannerHit> {
  const hit = await watchBanner({ port: vm.sshPort, nowNs: vm.nowNs, onEvent, signal: patience() });
  assert.ok(hit !== null, 'the guest must send a banner');
  return hit;
}

function session(vm: RunningVm, access: SshAccess): Promise<Session> {
  return openSession({ access, port: vm.sshPort, nowNs: vm.nowNs, onEvent, signal: patience() });
}

test('a guest with OpenSSH on one processor is seen, logged into and asked, and strangers are refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-keys-'));
  try {
    const reference = await plan('openssh', { cpus: 1, gpu: 'none' });
    await using vm = await launch(reference);
    const hit = await banner(vm);
    assert.match(hit.banner, /^SSH-2\.0-OpenSSH_/);

    await using own = await session(vm, reference.ssh);
    const login = await own.waitForLogin();
    assert.equal(login?.outcome, 'ok');
    assert.ok(login.atNs > hit.atNs);

    const said = await own.run('cat; echo oops >&2; exit 3', { timeoutMs: 20_000, stdin: 'hello' });
    assert.deepEqual([said.stdout, said.stderr.trim(), said.exitCode, said.timedOut], ['hello', 'oops', 3, false]);
    const slow = await own.run('sleep 60', { timeoutMs: 500 });
    assert.deepEqual([slow.timedOut, slow.exitCode], [true, null]);
    const much = await own.run('head -c 3000000 /dev/zero', { timeoutMs: 20_000 });
    assert.deepEqual([much.stdout.length, much.truncated], [1024 * 1024, true]);
    assert.equal((await own.run('true', { timeoutMs: 20_000 })).exitCode, 0);

    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'other')]);
    const publicKey = execFileSync('ssh-keygen', ['-y', '-f', join(folder, 'other')], { encoding: 'utf8' }).trim();
    await using stranger = await session(vm, { ...reference.ssh, privateKeyPath: join(folder, 'other') });
    const denied = await stranger.waitForLogin();
    assert.equal(denied?.outcome, 'denied');
    assert.match(denied.detail, /Permission denied/);
    await using mistaken = await session(vm, { ...reference.ssh, hostKey: publicKey });
    assert.equal((await mistaken.waitForLogin())?.outcome, 'host-key');
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.deepEqual(
    readdirSync(tmpdir()).filter((name) => name.startsWith(`bg-ssh-`)),
    [],
  );
});

test('a guest with dropbear and Venus shows its render node and the right Vulkan driver', async () => {
  const reference = await plan('dropbear', { cpus: 2, gpu: 'venus' });
  await using vm = await launch(reference);
  assert.match((await banner(vm)).banner, /^SSH-2\.0-dropbear/);
  await using own = await session(vm, reference.ssh);
  assert.equal((await own.waitForLogin())?.outcome, 'ok');
  const common = { session: own, nowNs: vm.nowNs, pause: (ms: number) => delay(ms), onEvent, signal: patience() };
  assert.equal(await askCommand(drmProbe(30_000), common), null);
  const vulkan = await watchVulkan({ ...common, requiredDriver: 'DRIVER_ID_MESA_VENUS', timeoutMs: 60_000 });
  assert.equal(vulkan?.outcome, 'ok', `${vulkan?.detail}\n${vulkan?.stderr}`);
  assert.match(vulkan.summary.devices[0]?.deviceName ?? '', /^Virtio-GPU Venus \(/);
  const lavapipe = await watchVulkan({ ...common, requiredDriver: 'DRIVER_ID_MESA_LLVMPIPE', timeoutMs: 100 });
  assert.notEqual(lavapipe?.outcome, 'ok');
});
