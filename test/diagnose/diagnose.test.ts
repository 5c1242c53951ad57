// Every rule speaks on the text that it is for, and nothing speaks on a healthy boot.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { mergeFindings, rules, withoutRare } from '../../src/diagnose/diagnose.ts';
import type { Finding } from '../../src/model/report.ts';
import type { Side } from '../../src/model/scenario.ts';
import { earlyExamples } from './early-examples.ts';
import { type Facts, found, ids, phase, service } from './facts.ts';
import { graphicsExamples } from './graphics-examples.ts';
import { hostExamples } from './host-examples.ts';

/** The emulator's CPU use of a boot that waited from its begin on. */
const waiting = (seconds: number): NonNullable<Facts['usage']> => [
  { atNs: 0, cpuNs: 0, rssBytes: 1 },
  { atNs: seconds * 1e9, cpuNs: 0, rssBytes: 1 },
];

/** Rule -> facts on which it, and it alone, speaks. */
const examples: Readonly<Record<string, readonly Facts[]>> = {
  'root-not-found': [
    {
      console:
        '[    1.3] VFS: Unable to mount root fs on unknown-block(0,0)\n[    1.4] Kernel panic - not syncing: VFS: Unable to mount root fs',
    },
    {
      console:
        'mount: mounting /dev/vda9 on /sysroot failed: No such file\nLaunching initramfs emergency recovery shell. Type exit',
    },
  ],
  'kernel-panic': [{ console: '[    3.0] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100' }],
  'rcu-stall': [
    { console: '[   62.0] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:' },
    { console: 'rcu: INFO: rcu_preempt self-detected stall on CPU' },
    { console: '[   62.0] INFO: rcu_sched self-detected stall on CPU' },
    { console: '[   62.0] INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-... }' },
    { console: '[   62.0] rcu_sched kthread starved for 5250 jiffies! g1 c0 f0x0' },
  ],
  lockup: [
    { console: '[   62.0] NMI watchdog: BUG: soft lockup - CPU#0 stuck for 23s! [init:1]' },
    { console: '[   62.0] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [swapper/1:0]' },
  ],
  'hung-task': [
    { console: '[  242.0] INFO: task kworker/0:1:12 blocked for more than 120 seconds.' },
    { console: '[  242.0] INFO: task (udev-worker):99 blocked for more than 122 seconds.' },
    { console: '[  242.0] INFO: task a b:99 is blocked on a mutex likely owned by task c:1.' },
  ],
  'entropy-late': [
    { console: '[   31.244624] random: crng init done' },
    { console: '[ ok[    8.2] random: crng init done' },
    { console: '[   31.244624][    T1] random: crng init done' },
    { console: '[   31.244624] random: nonblocking pool is initialized' },
  ],
  'entropy-late-no-device': [
    {
      console: '[   31.244624] random: crng init done',
      command: ['qemu', '-kernel', 'Image', '-device', 'virtio-net-pci'],
    },
  ],
  'no-entropy-device': [{ command: ['qemu', '-kernel', 'Image', '-device', 'virtio-net-pci'] }],
  'out-of-memory': [{ console: '[   31.2] Out of memory: Killed process 300 (sshd)' }],
  rebooted: [{ console: '[    0.0] Linux version 6.12.1 (x)\n[    3.0] x\n[    0.0] Linux version 6.12.1 (x)' }],
  'dhcp-failed': [
    { console: 'udhcpc: broadcasting discover\nudhcpc: broadcasting discover\nudhcpc: no lease, failing' },
    { console: 'udhcpc: sending discover\nudhcpc: sending discover\nudhcpc: sending discover\nlocalhost login: ' },
    { console: 'Sending discover...\nNo lease, forking to background' },
    { console: 'eth0: soliciting a DHCP lease\ntimed out' },
    { console: '[   12.0] IP-Config: Auto-configuration of network failed' },
    { console: 'NetworkManager[1]: <warn>  [17] dhcp4 (eth0): request timed out' },
    { console: 'No DHCPOFFERS received.' },
  ],
  'dhcp-late': [
    { console: 'udhcpc: broadcasting discover\nudhcpc: broadcasting discover\nudhcpc: lease of 10.0.2.15 obtained' },
    { console: 'DHCPDISCOVER on eth0 to 255.255.255.255\nDHCPDISCOVER on eth0 to 255.255.255.255\nbound to 10.0.2.15' },
  ],
  'networking-waits': [
    { timeline: { phases: [phase('networking', 6.2)] }, usage: waiting(6.2) },
    {
      console: 'udhcpc: started, v1.37.0\nudhcpc: broadcasting discover\nudhcpc: lease of 10.0.2.15 obtained',
      timeline: { phases: [phase('networking', 3)] },
      usage: waiting(3),
    },
  ],
  'no-network-device': [
    { console: "ip: can't find device 'eth0'" },
    { console: 'Device "eth0" does not exist.' },
    { console: 'dhcpcd-10.0.6: no valid interfaces found' },
  ],
  'networking-failed': [{ console: ' * ERROR: networking failed to start' }],
  'sshd-penalty': [{ probe: ['ssh-banner', 'refused', 'Not allowed at this time'] }],
  'guest-without-keys': [
    {
      console: 'No SSH authorized keys provided by Ignition or Afterburn',
      probe: ['login', 'denied', 'core@127.0.0.1: Permission denied (publickey).'],
    },
  ],
  'login-denied': [{ probe: ['login', 'denied', 'root@127.0.0.1: Permission denied (publickey).'] }],
  'uefi-network-boot': [{ console: '>>Start PXE over IPv4.\n  PXE-E18: Server response timeout.' }],
  'swap-page-size': [
    { console: '[    8.1] Unable to find swap-space signature' },
    { console: ' * Activating swap devices ...swapon: /dev/vdb: Invalid argument\n [ ok ]' },
    { console: 'swapon: /dev/vdb: swap format pagesize does not match.' },
  ],
  'sysctl-unknown-key': [
    { console: "sysctl: error: 'vm.nonesuch' is an unknown key\n [ !! ]\n * ERROR: sysctl failed to start" },
  ],
  'modules-missing': [
    { console: "modprobe: can't change directory to '/lib/modules': No such file or directory" },
    { console: missing('ipv6', 'af_packet', 'ext4') },
  ],
  'mdev-slow': [{ timeline: { phases: [phase('mdev', 35)] } }],
  'hwdrivers-slow': [{ timeline: { phases: [phase('hwdrivers', 12)] } }],
  'host-keys-generated': [
    { console: ' *   Generating "rsa" ssh host key ... [ ok ]' },
    { console: 'ssh-keygen: generating new host keys: RSA ED25519' },
  ],
  'no-clock': [
    { console: "hwclock: can't open '/dev/misc/rtc': No such file or directory" },
    { console: ' * WARNING: clock skew detected!' },
  ],
  'file-system-recovered': [{ console: '[    2.0] EXT4-fs (vda3): recovery complete' }],
  'disk-errors': [{ console: '[   12.0] I/O error, dev vda, sector 2048 op 0x0:(READ) flags 0x0' }],
  'service-failed': [
    { console: ' * ERROR: chronyd failed to start' },
    { console: '[FAILED] Failed to start exim4.service - exim.' },
    { console: '[    8.1] systemd[1]: Failed to start Login Service.' },
    { console: 'Starting dropbear sshd: FAIL' },
    { console: 's6-rc: warning: unable to start service nginx: command exited 1' },
  ],
  'packages-downloaded': [{ console: ' * Installing packages to root filesystem: ok.' }],
  ...graphicsExamples,
  ...hostExamples,
  ...earlyExamples,
};

function missing(...modules: readonly string[]): string {
  return modules.map((name) => `modprobe: module ${name} not found in modules.dep`).join('\n');
}

test('every rule has an example, and every example names its rule and nothing else', () => {
  assert.deepEqual(Object.keys(examples).sort(), [...new Set(rules.map((rule) => rule.id))].sort());
  for (const [id, list] of Object.entries(examples))
    for (const facts of list) assert.deepEqual(ids(facts), [id], JSON.stringify(facts));
});

test('a healthy verbose boot of the reference guest and quiet Alpine boots have no finding', () => {
  for (const name of ['reference-guest-verbose', 'alpine-3.18-quiet-installed', 'alpine-3.22-verbose-installed']) {
    const console = readFileSync(join(import.meta.dirname, `../fixtures/consoles/${name}.console`), 'utf8').replaceAll(
      '\r',
      '',
    );
    assert.deepEqual(found({ console }), [], name);
  }
});

test('failed services of a recorded console are each named once', () => {
  const console = readFileSync(
    join(import.meta.dirname, '../fixtures/consoles/alpine-3.22-failed-services.console'),
    'utf8',
  );
  assert.deepEqual(ids({ console: console.replaceAll('\r', '') }).sort(), [
    'dhcp-failed',
    'modules-missing',
    'service-failed',
    'swap-page-size',
    'sysctl-unknown-key',
  ]);
});

test('where everything is slow, a phase that is a small share of the boot is not the cause', () => {
  const phases = [phase('mdev', 12), phase('hwdrivers', 40)];
  assert.deepEqual(ids({ timeline: { phases, endNs: 150e9 } }), []);
  assert.deepEqual(ids({ timeline: { phases, endNs: 90e9 } }).sort(), ['hwdrivers-slow', 'mdev-slow']);
});

test('a render server that is missing costs the waits of the guest, where it waited at all', () => {
  const timeline = { phases: [phase('hwdrivers', 11.4)] };
  const vulkan = { outcome: 'failed', stderr: 'vkCreateInstance failed with ERROR_OUT_OF_HOST_MEMORY' } as const;
  const [unnoticed] = found({ stderr: 'virtio_gpu_virgl_process_cmd: ctrl 0x10c, error 0x1200', vulkan, timeline });
  assert.deepEqual([unnoticed?.id, unnoticed?.costMs], ['venus-render-server', undefined]);
  const [noticed] = found({ stderr: 'virgl could not be initialized: -1', timeline });
  assert.deepEqual([noticed?.id, noticed?.costMs], ['venus-render-server', 10_000]);
});

test('a cost is stated where it can be measured and left out where it cannot', () => {
  const stderr = 'virgl could not be initialized: -1';
  assert.equal(found({ stderr, timeline: { phases: [phase('hwdrivers', 11.4)] } })[0]?.costMs, 10_000);
  assert.equal(found({ stderr, timeline: { phases: [phase('hwdrivers', 31)] } })[0]?.costMs, 10_000);
  assert.equal('costMs' in (found({ stderr, timeline: { phases: [phase('hwdrivers', 2)] } })[0] as Finding), false);
  assert.equal(found({ timeline: { phases: [phase('mdev', 35)] } })[0]?.costMs, 35_000);
});

test('a network boot costs the time to the next thing that is none, and what never ended has no known cost', () => {
  const attempt = 'BdsDxe: starting Boot0001\n>>Start PXE over IPv4.\n  PXE-E18: Server response timeout.\n';
  const refused =
    'BdsDxe: failed to load Boot0001 "UEFI PXEv4 (MAC:5254)" from PciRoot(0x0)/IPv4(0.0.0.0): Not Found\n';
  const http = '\n>>Start HTTP Boot over IPv4.\n  Error: Server response timeout.\n';
  const disk = 'BdsDxe: loading Boot0003 "UEFI Misc Device" from PciRoot(0x0)';
  const cost = (console: string): number | undefined => found({ console })[0]?.costMs;
  assert.equal(cost(`${attempt}${disk}`), 2000);
  assert.equal(cost(`${attempt}${refused}${http}${disk}`), 6000);
  for (const console of [attempt, `${attempt}${refused}${http}`]) {
    assert.deepEqual(ids({ console }), ['uefi-network-boot']);
    assert.equal(cost(console), undefined);
  }
});

test('a line that two patterns of a rule are like took its time once', () => {
  const [made] = found({ console: 'ssh-keygen: generating new host keys: RSA ECDSA ED25519\nnext' });
  assert.deepEqual([made?.id, made?.costMs], ['host-keys-generated', 200]);
  const each = ' *   Generating "rsa" ssh host key ... [ ok ]\n *   Generating "ed25519" ssh host key ... [ ok ]';
  assert.equal(found({ console: each })[0]?.costMs, 400);
});

test('a device is asked for where the command line of QEMU lacks it, and nowhere else', () => {
  const advice = (...device: readonly string[]): string[] =>
    found({ console: '[    6.2] random: crng init done', command: ['qemu', ...device] }).map(
      (finding) => finding.advice,
    );
  const [lacking] = advice('-kernel', 'Image', '-device', 'virtio-net-pci');
  assert.match(lacking ?? '', /^Add a virtio-rng device/);
  for (const device of [
    ['-kernel', 'Image', '-device', 'virtio-rng-pci,rng=r'],
    ['-kernel', 'Image', '-device', '{"driver":"virtio-rng-pci"}'],
    ['./launcher.sh'],
  ]) {
    const [other, ...more] = advice(...device);
    assert.doesNotMatch(other ?? 'Add', /^Add/);
    assert.deepEqual(more, []);
  }
});

test('who reads random numbers without waiting for them waits for nothing', () => {
  assert.deepEqual(ids({ console: '[    1.2] random: dd: uninitialized urandom read (32 bytes read)' }), []);
});

test('a drive without a medium is no disk with errors', () => {
  const error = (device: string): string => `[    1.2] I/O error, dev ${device}, sector 0 op 0x0:(READ) flags 0x0`;
  assert.deepEqual(ids({ console: `${error('fd0')}\n${error('sr0')}` }), []);
  assert.deepEqual(ids({ console: `${error('fd0')}\n${error('sda')}` }), ['disk-errors']);
});

test('one or two modules that are not there are no modules of another kernel, however often they are asked for', () => {
  assert.deepEqual(ids({ console: missing('ipv6') }), []);
  assert.deepEqual(ids({ console: missing('ipv6', 'ipv6', 'ipv6', 'af_packet') }), []);
  const kmod = 'modprobe: FATAL: Module ipv6 not found in directory /lib/modules/6.12.1';
  assert.deepEqual(ids({ console: kmod }), []);
  assert.deepEqual(ids({ console: `${kmod}\n${missing('af_packet', 'ext4')}` }), ['modules-missing']);
});

test('a network device that is missing for want of its module is told by the modules alone', () => {
  const device = "ip: can't find device 'eth0'";
  assert.deepEqual(ids({ console: device }), ['no-network-device']);
  assert.deepEqual(ids({ console: `modprobe: can't change directory to '/lib/modules': No such file\n${device}` }), [
    'modules-missing',
  ]);
});

test('one request for each of two interfaces is no repeated request', () => {
  const udhcpc = (requests: number): string =>
    [
      'udhcpc: started, v1.37.0',
      ...Array<string>(requests).fill('udhcpc: broadcasting discover'),
      'udhcpc: broadcasting select for 10.0.2.15, server 10.0.2.2',
      'udhcpc: lease of 10.0.2.15 obtained from 10.0.2.2, lease time 86400',
    ].join('\n');
  const dhclient = (...names: readonly string[]): string =>
    names.map((name) => `DHCPDISCOVER on ${name} to 255.255.255.255 port 67 interval 3`).join('\n');
  assert.deepEqual(ids({ console: `${udhcpc(1)}\n${udhcpc(1)}` }), []);
  assert.deepEqual(ids({ console: `${udhcpc(1)}\n${udhcpc(2)}` }), ['dhcp-late']);
  assert.deepEqual(ids({ console: dhclient('eth0', 'eth1') }), []);
  assert.deepEqual(ids({ console: dhclient('eth0', 'eth1', 'eth0') }), ['dhcp-late']);
});

test('a service that sleeps a second is named with that second, and its ordinary neighbours are not', () => {
  const services = [
    service('hostname', 0.08),
    service('sysctl', 0.1),
    service('swap', 0.12),
    service('bootmisc', 0.1),
    service('mdev', 2),
    service('local', 1.1),
  ];
  const [finding, ...others] = found({ timeline: { services } });
  assert.deepEqual([finding?.id, finding?.costMs, others], ['slow-service:local', 980, []]);
});

test('of services inside each other the inner one tells of its time, the outer one only of what is left', () => {
  const others = ['a', 'b', 'c', 'd', 'e'].map((name) => service(name, 0.1));
  const costs = (...nested: Parameters<typeof service>[]) =>
    found({ timeline: { services: [...others, ...nested.map((one) => service(...one))] } }).map(({ id, costMs }) => [
      id,
      Math.round(costMs ?? 0),
    ]);
  assert.deepEqual(costs(['foo', 3], ['foo/bar', 2.9]), [['slow-service:foo/bar', 2800]]);
  assert.deepEqual(costs(['foo', 3], ['foo/bar', 2.9], ['foo/bar/baz', 2.8]), [['slow-service:foo/bar/baz', 2700]]);
  assert.deepEqual(costs(['foo', 6], ['foo/bar', 2.9]), [
    ['slow-service:foo', 3100],
    ['slow-service:foo/bar', 2800],
  ]);
  // Nothing inside explains it.
  assert.deepEqual(costs(['foo', 1.5], ['foo/bar', 0.7], ['foo/baz', 0.7]), [['slow-service:foo', 1400]]);
  // Of the same beginning, and not inside.
  assert.deepEqual(costs(['foo', 3], ['foobar', 2.9]), [
    ['slow-service:foo', 2900],
    ['slow-service:foobar', 2800],
  ]);
});

test('evidence is plain text of one line, at most three of them', () => {
  const console = Array.from({ length: 5 }, (_, index) => ` * ERROR: s${index}\u001b[31m failed to start\u202e`).join(
    '\n',
  );
  const stderr = '\u001b[31mvenus requires enabled blob and hostmem\u0007\u202e';
  assert.deepEqual(found({ stderr })[0]?.evidence, ['venus requires enabled blob and hostmem']);
  assert.equal(found({ console: console.replaceAll('\u001b[31m', '') })[0]?.evidence.length, 3);
});

test('merged findings name their boots once, in order, and the median cost', () => {
  const of = (boot: number, costMs: number): Finding => ({
    ...(found({ timeline: { phases: [phase('mdev', costMs / 1000)] } })[0] as Finding),
    boots: [boot],
  });
  const [merged, ...others] = mergeFindings([of(9, 30_000), of(2, 10_000), of(5, 20_000), of(2, 10_000)]);
  assert.deepEqual([merged?.boots, merged?.costMs, others], [[2, 5, 9], 15_000, []]);
});

test('a huge console of garbage is searched in bounded time and finds nothing', () => {
  assert.deepEqual(ids({ console: `${' * '.repeat(2000)}\n`.repeat(3000) }), []);
});

test('a finding says which side has it when both were booted', () => {
  const finding = (id: string, boot: number): Finding => ({
    ...{ id, severity: 'warning', cause: 'c', advice: 'a', evidence: [], boots: [boot] },
  });
  const sideOf = (boot: number) => (boot % 2 === 0 ? ('head' as const) : ('base' as const));
  const sides = (...cameUp: readonly Side[]) =>
    mergeFindings([finding('x', 1), finding('x', 2), finding('y', 4), finding('z', 3)], {
      ...{ sideOf, cameUp: new Set(cameUp) },
    }).map((merged) => [merged.id, merged.sides]);
  assert.deepEqual(sides('head', 'base'), [
    ['x', 'both'],
    ['y', 'head'],
    ['z', 'base'],
  ]);
  // What a side that never came up would have shown, nobody knows.
  assert.deepEqual(sides('base'), [
    ['x', 'both'],
    ['y', 'head'],
    ['z', undefined],
  ]);
  assert.deepEqual(sides('head'), [
    ['x', 'both'],
    ['y', undefined],
    ['z', 'base'],
  ]);
  assert.equal(mergeFindings([finding('x', 1)])[0]?.sides, undefined);
});

test('a finding on both sides has a cost on each: what it costs base is not what it costs head', () => {
  const late = (boot: number, seconds: number): Finding => ({
    ...(found({ timeline: { phases: [phase('networking', seconds)] }, usage: waiting(seconds) })[0] as Finding),
    boots: [boot],
  });
  const sideOf = (boot: number) => (boot % 2 === 0 ? ('head' as const) : ('base' as const));
  const costs = (...findings: readonly Finding[]) =>
    mergeFindings(findings, { sideOf, cameUp: new Set<Side>(['head', 'base']) }).map(
      ({ sides, costMs, baseCostMs }) => [sides, costMs, baseCostMs],
    )[0];
  assert.deepEqual(costs(late(1, 3), late(2, 9), late(3, 3), late(4, 9)), ['both', 9000, 3000]);
  assert.deepEqual(costs(late(2, 9)), ['head', 9000, undefined]);
  assert.deepEqual(costs(late(1, 3)), ['base', 3000, undefined]);
  const { costMs: _, ...costless } = late(2, 9);
  assert.deepEqual(costs(late(1, 3), costless), ['both', undefined, 3000]);
});

test('a wait in networking is told by the time in which nothing happened, and costs that time', () => {
  const networking = { phases: [phase('networking', 7)] };
  const cpu = (busyUntil: number) =>
    Array.from({ length: 71 }, (_, tenth) => ({
      atNs: tenth * 1e8,
      cpuNs: Math.min(tenth, busyUntil) * 1e8,
      rssBytes: 1,
    }));
  const [late] = found({ timeline: networking, usage: cpu(10) });
  assert.equal(late?.id, 'networking-waits');
  assert.equal(late.costMs, 6000);
  assert.deepEqual(found({ timeline: networking, usage: cpu(70) }), []);
  assert.deepEqual(found({ timeline: networking }), [], 'where the CPU use is not known, nobody knows of a wait');
});

test('DHCP costs what was waited, whether it came late or never, and nothing is told where that is not known', () => {
  const timeline = { phases: [phase('networking', 10)], services: [service('networking', 10)] };
  const asked = 'udhcpc: broadcasting discover\nudhcpc: broadcasting discover\n';
  const usage = [...waiting(9), { atNs: 10e9, cpuNs: 1e9, rssBytes: 1 }];
  for (const [id, answer] of [
    ['dhcp-late', 'udhcpc: lease of 10.0.2.15 obtained'],
    ['dhcp-failed', 'udhcpc: no lease, failing'],
  ] as const) {
    const told = (more: Facts) =>
      found({ console: asked + answer, timeline, ...more }).map((one) => [one.id, one.costMs]);
    assert.deepEqual(told({ usage }), [[id, 9000]]);
    assert.deepEqual(told({}), [[id, undefined]]);
  }
});

test('what merely took long is told where half of the boots of its side show it: once it was the machine', () => {
  const slow = (boot: number): Finding[] =>
    found({ timeline: { phases: [phase('hwdrivers', 40)], endNs: 90e9 } }).map((one) => ({ ...one, boots: [boot] }));
  const known = (boot: number): Finding[] =>
    found({ console: 'DHCP timed out' }).map((one) => ({ ...one, boots: [boot] }));
  const boots = [1, 2, 3, 4, 5, 6, 7].map((number) => {
    const side: Side = number > 5 ? 'base' : 'head';
    return { boot: { number, side } };
  });
  const told = (...findings: Finding[]): string[] => withoutRare(findings, boots).map(({ id }) => id);
  assert.deepEqual(told(...slow(1), ...known(1)), ['dhcp-failed']);
  assert.deepEqual(told(...slow(1), ...slow(2), ...slow(3)), ['hwdrivers-slow', 'hwdrivers-slow', 'hwdrivers-slow']);
  assert.deepEqual(told(...slow(6), ...slow(1)), ['hwdrivers-slow']);
});
