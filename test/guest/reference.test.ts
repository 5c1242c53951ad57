// The reference guest's launch plan: which words reach the kernel, and in which order.
import assert from 'node:assert/strict';
import test from 'node:test';
import { planReference, type ReferencePlanInput } from './plan-reference.ts';

const input: ReferencePlanInput = {
  guest: { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' },
  files: {
    identity: { name: 'reference-arm64-dropbear', digest: 'd'.repeat(64), packages: {} },
    kernel: '/k',
    initrd: '/i',
    disks: [{ path: '/d', format: 'raw' }],
    ssh: { user: 'root', privateKeyPath: '/key', hostKey: 'ssh-ed25519 AAAA' },
    append: 'console=ttyAMA0 panic=-1',
  },
  machine: { accel: 'auto', cpus: 2, memoryMiB: 1024, gpu: 'none', append: ' mitigations=off ', qemuArguments: ['-x'] },
  profile: 'timing',
  emulator: { origin: 'kit', program: '/q', leadingArguments: [], environment: {}, version: 'v', digest: 'e' },
  accelerator: 'tcg',
};

test('the timing profile is quiet, and what the user adds comes last', () => {
  const plan = planReference(input);
  assert.equal(plan.append, 'console=ttyAMA0 panic=-1 sysrq_always_enabled quiet mitigations=off');
  assert.deepEqual(plan.disks, [{ path: '/d', format: 'raw' }]);
  assert.deepEqual(plan.extraArguments, ['-x']);
});

test("the attribution profile lets the kernel speak from its first instruction on, on its architecture's own port", () => {
  const machine = { ...input.machine, append: '' };
  const arm = planReference({ ...input, machine, profile: 'attribution' });
  assert.match(arm.append, /initcall_debug.* earlycon=pl011,0x9000000$/);
  assert.doesNotMatch(arm.append, /quiet/);
  const guest = { ...input.guest, architecture: 'x86_64' } as const;
  assert.match(
    planReference({ ...input, guest, machine, profile: 'attribution' }).append,
    /earlycon=uart8250,io,0x3f8$/,
  );
});
