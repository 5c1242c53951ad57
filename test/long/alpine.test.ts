// The road to Alpine for real: a mirror over HTTP, its installer booted, a system installed, taken out and booted as it is measured.
// What stands for Alpine is the reference guest; nothing was run against Alpine's own servers.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { defaultDeadlines, defaultRules } from '../../src/config/defaults.ts';
import { type AlpineMachine, ensureAlpine, listAlpine } from '../../src/guest/alpine.ts';
import { customParts } from '../../src/guest/custom.ts';
import { planParts } from '../../src/guest/parts.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import { ensureEmulator, ensureGuest } from '../../src/kit/kit.ts';
import type { KitOptions } from '../../src/kit/options.ts';
import type { BootgaugeError } from '../../src/model/errors.ts';
import type { AlpineGuest } from '../../src/model/guests/alpine.ts';
import type { ReferenceGuest } from '../../src/model/guests/reference.ts';
import type { MachineSpec, Scenario } from '../../src/model/scenario.ts';
import { defaultSampling } from '../../src/model/scenario.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import { openMirror } from './alpine-mirror.ts';

const notes: string[] = [];
const options = (cache: string): KitOptions => ({
  cache,
  progress: (event) => {
    if (event.kind === 'note') notes.push(event.text);
    if (process.env.SHOW_PROGRESS === '1') console.error(JSON.stringify(event));
  },
  signal: AbortSignal.timeout(900_000),
});
const reference: ReferenceGuest = { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' };

test('Alpine is installed over HTTP by booting its installer, goes on behind a failed step, and boots as it is measured', {
  skip: process.getuid?.() !== 0 || !existsSync('/usr/sbin/debugfs') || !existsSync('/usr/bin/mksquashfs'),
}, async () => {
  await using folder = await temporaryFolder('bootgauge-alpine-');
  const kit = options(cacheFolder(process.env, homedir()));
  const emulator = await ensureEmulator(kit);
  await using mirror = await openMirror(
    join(folder.path, 'mirror'),
    await ensureGuest(reference, kit),
    join(kit.cache, 'apt/archives'),
  );
  const own = options(join(folder.path, 'cache'));
  const guest: AlpineGuest = {
    kind: 'alpine',
    architecture: 'arm64',
    release: '3.22',
    flavor: 'virt',
    mirror: mirror.url,
    keyring: null,
    packages: ['htop'],
    script: null,
    diskMiB: 512,
  };
  const machine = async (): Promise<AlpineMachine> => ({ emulator, accelerator: 'tcg' });
  const count = (path: RegExp): number => mirror.asked.filter((asked) => path.test(asked)).length;

  // The first answer for the installer breaks off, the second is a refusal: neither ends the installation.
  let answers = 0;
  mirror.misbehave = (path, response) => {
    if (!/netboot.*gz$/.test(path) || answers >= 2) return false;
    answers += 1;
    if (answers === 1) {
      response.writeHead(200, { 'content-length': 50_000_000 });
      response.write(Buffer.alloc(1000), () => setTimeout(() => response.destroy(), 20));
    } else response.writeHead(503).end();
    return true;
  };
  await assert.rejects(ensureAlpine(guest, own, machine), (error: BootgaugeError) => {
    assert.equal(error.exitCode, 3);
    assert.match(error.message, /could not be installed, in step packages/);
    assert.match(error.message, /no such package/);
    assert.match(error.hint, /goes on after the last good step/);
    return true;
  });
  assert.equal(count(/base\.tar\.gz/), 1);
  const installers = count(/netboot.*gz$/);

  mirror.addPackage('htop');
  const parts = await ensureAlpine(guest, own, machine);
  assert.equal(count(/base\.tar\.gz/), 1, 'the base system is not installed again');
  assert.equal(count(/netboot.*gz$/), installers, 'the installer is not loaded again');
  assert.equal(parts.identity.packages.htop, '2.0-r1');
  assert.match(parts.ssh.hostKey ?? '', /^ssh-ed25519 /);
  assert.ok(!readdirSync(join(own.cache, 'alpine')).some((name) => name.startsWith('work-')));

  const listed = await listAlpine(own.cache);
  assert.deepEqual(
    listed.map(({ manifest, problem }) => [manifest?.version, manifest?.digest, problem]),
    [['3.22.9', parts.identity.digest, '']],
  );

  // From now on nothing is asked of the mirror, and nothing is booted to have it.
  const before = mirror.asked.length;
  const again = await ensureAlpine(guest, { ...own, offline: true }, () => assert.fail('nothing is to be installed'));
  assert.equal(again.identity.digest, parts.identity.digest);
  assert.equal(mirror.asked.length, before);

  const spec: MachineSpec = { accel: 'tcg', cpus: 2, memoryMiB: 1024, gpu: 'none', append: '', qemuArguments: [] };
  const custom = await customParts(
    {
      kind: 'custom',
      architecture: 'arm64',
      kernel: parts.kernel,
      initrd: null,
      disk: null,
      append: null,
      rest: guest,
      access: null,
    },
    parts,
    own,
  );
  assert.notEqual(custom.identity.digest, parts.identity.digest);
  for (const bootable of [parts, custom]) {
    const side = { guest, machine: spec, qemu: { from: 'kit' as const } };
    const scenario: Scenario = {
      id: 'alpine',
      description: '',
      profile: 'timing',
      markers: 'alpine',
      head: side,
      base: null,
      probes: [{ name: 'up', run: 'grep -q ext4 /proc/mounts', expect: null, timeoutMs: 20_000, metric: null }],
      deadlines: defaultDeadlines,
      metrics: defaultRules,
      sampling: defaultSampling,
    };
    const boot = await bootOnce({
      plan: planParts({
        parts: bootable,
        architecture: 'arm64',
        machine: spec,
        profile: 'timing',
        emulator,
        accelerator: 'tcg',
      }),
      scenario,
      markers: markerProfiles.alpine as never,
      slot: { side: 'head', round: 1, warmup: false },
      number: 1,
      onPhase: () => {},
      signal: own.signal,
    });
    assert.deepEqual(boot.outcome, { kind: 'ready' });
    const timeline = readTimeline({ boot, markers: markerProfiles.alpine as never });
    assert.deepEqual(
      timeline.phases.map(({ name }) => name),
      ['qemu-start', 'before-openrc', 'openrc', 'mdev', 'hwdrivers', 'networking', 'sshd'],
    );
  }
});
