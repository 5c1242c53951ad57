// QEMU's own guest agent in the reference guest, over a real virtio-serial port. Readiness is what it answers, and comes with its start.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryFolder } from '../../src/host/processes.ts';
import { openAptWorld } from '../../src/kit/apt-world.ts';
import { makeMergedRoot, unpackPackages } from '../../src/kit/unpack.ts';
import type { ProbeEvent } from '../../src/model/boot.ts';
import { launch } from '../../src/qemu/launch.ts';
import { awaitReadiness } from '../../src/ready/ready.ts';
import { watchBanner } from '../../src/ssh/ssh-banner.ts';
import { openSession } from '../../src/ssh/ssh-session.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { prepare } from '../bench/overhead-pairs.ts';

/** The agent and the libraries that the reference guest lacks, as base64 of an archive. */
async function packedAgent(signal: AbortSignal): Promise<string> {
  const world = await openAptWorld('arm64', { cache: cacheFolder(process.env, homedir()), progress: () => {}, signal });
  const needed = (await world.resolve(['qemu-guest-agent'])).filter(({ name }) =>
    /^(qemu-guest-agent|libglib2|libnuma|libudev|liburing|libpcre2|libatomic)/.test(name),
  );
  await using folder = await temporaryFolder('bootgauge-test-');
  await makeMergedRoot(folder.path);
  await unpackPackages(await world.download(needed), folder.path, { signal });
  const place = (path: string): string[] => ['-C', join(folder.path, path), '.'];
  return execFileSync(
    'tar',
    ['-cz', ...place('usr/lib/aarch64-linux-gnu'), '-C', join(folder.path, 'usr/sbin'), 'qemu-ga'],
    {
      maxBuffer: 1 << 26,
    },
  ).toString('base64');
}

const start = `modprobe virtio_console 2> /dev/null
for port in /sys/class/virtio-ports/*; do
  [ "$(cat $port/name)" = org.qemu.guest_agent.0 ] && device=/dev/\${port##*/}
done
export LD_LIBRARY_PATH=/tmp/agent
/tmp/agent/qemu-ga --method virtio-serial --path "$device" --statedir /tmp/agent --pidfile /tmp/agent/pid --logfile /tmp/agent/log --daemonize`;

test("QEMU's own agent is what readiness waits for, and not the port that is there before it", async (context) => {
  const signal = AbortSignal.timeout(280_000);
  const [plan, packed] = [await prepare(signal), await packedAgent(signal)];
  await using vm = await launch(plan, { signal, reach: { ports: [], agent: true } });
  const events: ProbeEvent[] = [];
  const common = { nowNs: vm.nowNs, onEvent: (event: ProbeEvent) => void events.push(event), signal };
  const ready = awaitReadiness(
    { kind: 'agent', name: 'agent', socket: null },
    { ...common, vm, pause: (ms) => delay(ms) },
  );
  const seen = (): ProbeEvent | undefined => events.find(({ probe }) => probe === 'time-to-agent');
  assert.ok((await watchBanner({ ...common, port: vm.sshPort })) !== null);
  await using session = await openSession({ ...common, access: plan.ssh, port: vm.sshPort });
  assert.equal((await session.waitForLogin())?.outcome, 'ok');
  const unpack = 'mkdir /tmp/agent && base64 -d | tar -xz -C /tmp/agent';
  assert.equal((await session.run(unpack, { stdin: packed, timeoutMs: 100_000 })).exitCode, 0);
  assert.equal(seen(), undefined);
  const begunNs = vm.nowNs();
  const { exitCode, stderr } = await session.run(start, { timeoutMs: 60_000 });
  assert.equal(exitCode, 0, stderr);
  assert.ok(await ready);
  const { atNs, startedNs, detail } = seen() as ProbeEvent;
  assert.equal(detail, 'guest-ping');
  assert.ok(begunNs < atNs && startedNs <= atNs);
  context.diagnostic(
    `${((atNs - begunNs) / 1e6).toFixed(1)} ms after its start began, at most ${((atNs - startedNs) / 1e6).toFixed(1)} ms late`,
  );
});
