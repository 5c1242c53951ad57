import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Architecture } from '../../src/model/guests/guest-kind.ts';
import type { Accelerator, Gpu } from '../../src/model/scenario.ts';
import { optionValue, qemuArguments, type Wiring } from '../../src/qemu/arguments.ts';
import { planFor } from '../fixtures/qemu-player-script.ts';

const emulator = {
  origin: 'file',
  program: '/opt/qemu/bin/qemu',
  leadingArguments: [],
  environment: {},
  version: 'QEMU emulator version 10.0.2',
  digest: 'd'.repeat(64),
} as const;
const wiring: Wiring = {
  sshPort: 22022,
  closedPort: 22023,
  network: 'restricted',
  glDisplay: 'egl-headless',
  renderNode: '/dev/null',
};
const golden = join(import.meta.dirname, 'arguments.golden.txt');

test('the command line of every accelerator, architecture and GPU is the golden one', () => {
  const sections = (['hvf', 'kvm', 'tcg'] as Accelerator[]).flatMap((accelerator) =>
    (['arm64', 'x86_64'] as Architecture[]).flatMap((architecture) =>
      (['none', 'plain', 'venus'] as Gpu[]).map((gpu) => {
        const glDisplay = accelerator === 'hvf' ? 'cocoa' : 'egl-headless';
        const plan = planFor(emulator, { accelerator, architecture, gpu });
        return `# ${accelerator} ${architecture} ${gpu}\n${pairs(qemuArguments(plan, { ...wiring, glDisplay }))}\n`;
      }),
    ),
  );
  const actual = sections.join('\n');
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, actual);
  assert.equal(actual, readFileSync(golden, 'utf8'));
});

test('commas in a disk path are doubled, the kernel path and command line stay as they are', () => {
  const odd = '/home/a, b/größe';
  const plan = planFor(emulator, {
    kernel: `${odd}/k`,
    disks: [{ path: `${odd}/d.img`, format: 'qcow2' }],
    append: 'a,b',
  });
  const line = qemuArguments(plan, wiring);
  assert.ok(line.includes('if=none,id=disk0,file=/home/a,, b/größe/d.img,format=qcow2,snapshot=on'));
  assert.ok(line.includes('/home/a, b/größe/k'));
  assert.ok(line.includes('a,b'));
  assert.equal(optionValue(',,'), ',,,,');
});

test('readiness forwards further ports, and gives the guest agent the port that it looks for; others get none', () => {
  const forwards = [{ host: 40001, guest: 8080 }];
  const line = qemuArguments(planFor(emulator, {}), { ...wiring, forwards, agent: true });
  assert.ok(line.some((word) => word.endsWith(',hostfwd=tcp:127.0.0.1:40001-:8080')));
  assert.ok(line.includes('socket,id=agent,fd=5'));
  assert.ok(line.includes('virtserialport,chardev=agent,name=org.qemu.guest_agent.0'));
  assert.ok(!qemuArguments(planFor(emulator, {}), wiring).some((word) => word.includes('guest_agent')));
});

test('extra arguments come last, every disk is an overlay, and an open network is not restricted', () => {
  const disks = [
    { path: '/a', format: 'raw' },
    { path: '/b', format: 'raw' },
  ] as const;
  const line = qemuArguments(planFor(emulator, { disks, initrd: null, extraArguments: ['-device', 'x'] }), {
    ...wiring,
    network: 'open',
  });
  assert.deepEqual(line.slice(-2), ['-device', 'x']);
  assert.equal(line.filter((argument) => argument.endsWith('snapshot=on')).length, 2);
  assert.ok(line.includes('user,id=net0,hostfwd=tcp:127.0.0.1:22022-:22,hostfwd=tcp:127.0.0.1:22023-:1'));
  assert.ok(!line.includes('-initrd'));
});

/** One option a line. */
function pairs(line: readonly string[]): string {
  return line.join(' ').replaceAll(/ (?=-[A-Za-z])/g, '\n');
}

test('Venus under HVF gets the small page granule where the QEMU can be told, and nobody else does', () => {
  const able = { ...emulator, hasIpaGranule: true as const };
  const accel = (changes: Parameters<typeof planFor>[1], one = able): string | undefined => {
    const words = qemuArguments(planFor(one, { accelerator: 'hvf', gpu: 'venus', ...changes }), wiring);
    return words[words.indexOf('-accel') + 1];
  };
  assert.equal(accel({}), 'hvf,ipa-granule-size=0x1000');
  assert.equal(accel({ gpu: 'plain' }), 'hvf');
  assert.equal(accel({ accelerator: 'tcg' }), 'tcg');
  assert.equal(accel({}, emulator as never), 'hvf');
});

test('only a disk that says so is written to', () => {
  const disks = [
    { path: '/a', format: 'raw' },
    { path: '/b', format: 'raw', writable: true },
  ] as const;
  const drives = qemuArguments(planFor(emulator, { disks }), wiring).filter((word) => word.startsWith('if=none'));
  assert.deepEqual(drives, ['if=none,id=disk0,file=/a,format=raw,snapshot=on', 'if=none,id=disk1,file=/b,format=raw']);
});
