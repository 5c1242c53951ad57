// How a real guest responds, and one that cannot: without /proc, with a disk that is full or only read, with no folder for programs, with
// an SSH server that dies and a machine that stops in the middle. One boot, one trouble after the other.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Responsiveness, responseSchema } from '../../src/model/responsiveness.ts';
import type { LaterFacts } from '../../src/probe/probe.ts';
import { responsiveness } from '../../src/probe/responsiveness.ts';
import { launch } from '../../src/qemu/launch.ts';
import { watchBanner } from '../../src/ssh/ssh-banner.ts';
import { openSession, type Session } from '../../src/ssh/ssh-session.ts';
import { prepare } from '../bench/overhead-pairs.ts';

test('a guest in trouble is told by its trouble, in a real one', async (context) => {
  const signal = AbortSignal.timeout(280_000);
  const plan = await prepare(signal);
  await using vm = await launch(plan, { signal });
  const common = { nowNs: vm.nowNs, onEvent: () => {}, signal };
  assert.ok((await watchBanner({ ...common, port: vm.sshPort })) !== null);
  await using session = await openSession({ ...common, access: plan.ssh, port: vm.sshPort });
  assert.equal((await session.waitForLogin())?.outcome, 'ok');

  const ask = async (own: Session, until = signal): Promise<Responsiveness> => {
    const facts: LaterFacts = { responsiveness: null };
    await responsiveness.later?.({
      ...{ facts, nowNs: vm.nowNs, signal: until, architecture: 'arm64', session: async () => own },
      // It is idle for long in the other tests.
      pause: () => delay(100),
    });
    assert.ok(facts.responsiveness);
    context.diagnostic(JSON.stringify(facts.responsiveness.missing));
    return facts.responsiveness;
  };
  const shell = async (command: string): Promise<void> => {
    const { exitCode, stderr } = await session.run(command, { timeoutMs: 60_000 });
    assert.equal(exitCode, 0, stderr);
  };
  const all = responseSchema.options;

  const whole = await ask(session);
  assert.deepEqual(whole.missing, {});
  for (const name of all) assert.ok((whole.samples[name]?.length ?? 0) >= 3, name);

  await shell('umount -l /proc');
  assert.deepEqual((await ask(session)).missing, {});
  await shell('mount -t proc proc /proc');

  await shell('dd if=/dev/zero of=/full bs=1M 2> /dev/null; dd if=/dev/zero of=/full2 bs=1k 2> /dev/null; sync');
  const full = await ask(session);
  assert.equal(full.missing.read, 'the disk is full');
  assert.ok((full.samples.start?.length ?? 0) > 0);
  await shell('rm /full /full2');

  await shell('echo u > /proc/sysrq-trigger; sleep 2; mount -t tmpfs none /tmp');
  const { missing } = await ask(session);
  assert.deepEqual(missing, { fsync: 'the disk can only be read', read: 'the disk can only be read' });

  const stop = new AbortController();
  await using other = await openSession({ ...common, signal: stop.signal, access: plan.ssh, port: vm.sshPort });
  assert.equal((await other.waitForLogin())?.outcome, 'ok');
  const later = [1500, 4000].map((ms) => delay(ms));
  void later[0]?.then(() => process.kill(vm.pid, 'SIGSTOP'));
  void later[1]?.then(() => stop.abort());
  const hung = await ask(other, stop.signal);
  process.kill(vm.pid, 'SIGCONT');
  assert.ok(Object.values(hung.missing).includes('there was no time left for it'));

  await shell('for folder in /tmp /run /dev/shm /var/tmp /root; do mount -t tmpfs -o noexec none $folder; done');
  const noexec = await ask(session);
  assert.deepEqual(noexec.samples, {});
  assert.match(noexec.missing.timer ?? '', /^no folder of the guest takes a program that runs; .*[Pp]ermission denied/);

  await shell('mount -t tmpfs none /tmp');
  setTimeout(() => void session.run('killall dropbear', { timeoutMs: 5000 }), 1500);
  const dead = await ask(session);
  assert.match(Object.values(dead.missing)[0] ?? '', /^the program in the guest ended: /);
});
