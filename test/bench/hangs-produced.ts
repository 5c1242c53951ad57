// The hangs that the benchmark makes of the reference guest, each one for real.

import { setTimeout as delay } from 'node:timers/promises';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { Gpu } from '../../src/model/scenario.ts';
import type { RunningVm } from '../../src/qemu/running-vm.ts';
import { stopRenderers } from '../real/stop-renderers.ts';
import { guestFile, withFiles } from './faults-put-in.ts';

export interface Hang {
  readonly name: string;
  /** The finding that must name it. */
  readonly finding: RegExp;
  /** What its evidence must hold. */
  readonly evidence: RegExp;
  readonly gpu?: Gpu;
  /** From the spawn until it is a hang, at the latest. */
  readonly deadlineMs: number;
  /** The phase in which it stands, and how long: a busy machine takes long to come there. */
  readonly phasesMs?: Readonly<Record<string, number>>;
  /** It comes up, and a probe of it fails by its time. */
  readonly comesUp?: true;
  put(plan: QemuLaunchPlan, folder: string): Promise<QemuLaunchPlan>;
  /** Told of the VM when it was started; until the signal is aborted. */
  during?(
    vm: RunningVm,
    world: { readonly plan: QemuLaunchPlan; readonly folder: string },
    signal: AbortSignal,
  ): Promise<void>;
}

const waiter = (name: string, body: string, depend = ''): string =>
  `#!/sbin/openrc-run\n${depend === '' ? '' : `depend() {\n\t${depend}\n}\n`}start() {\n\tebegin "Starting ${name}"\n\t${body}\n\teend 0\n}\n`;

/** Finding drivers for devices takes a minute on a busy machine; what these guests need is loaded by name. */
const quickly = guestFile(
  'etc/init.d/hwdrivers',
  '#!/sbin/openrc-run\nstart() {\n\tebegin "Loading hardware drivers"\n\teend 0\n}\n',
  0o755,
);

const firstService = (name: string) => ({
  ...{ path: `keys/etc/runlevels/sysinit/${name}`, kind: 'link' as const, mode: 0o777, content: `/etc/init.d/${name}` },
});

const without = (append: string, ...words: readonly string[]): string =>
  append
    .split(' ')
    .filter((word) => !words.includes(word))
    .join(' ');

export const hangs: readonly Hang[] = [
  {
    name: 'a vCPU that spins in the kernel',
    // The kernel waits by a busy loop of ten seconds before each of its lines.
    ...{ finding: /^hung-vcpu-spins/, evidence: /vCPU 0 .*vprintk/, deadlineMs: 25_000 },
    put: async (plan) => ({ ...plan, append: `${without(plan.append, 'quiet')} loglevel=7 boot_delay=10000` }),
  },
  {
    name: 'a service that waits for ever',
    ...{ finding: /^hung-in-service:waiter/, evidence: /^cat .*waits in/m, deadlineMs: 90_000 },
    put: (plan, folder) =>
      withFiles(plan, folder, [
        guestFile(
          'etc/init.d/waiter',
          waiter('waiter', 'mkfifo /tmp/never; cat /tmp/never', 'before sysfs devfs mdev hwdrivers'),
          0o755,
        ),
        firstService('waiter'),
      ]),
  },
  {
    name: 'DHCP without an answer',
    // The link is up, QEMU holds every packet back, and udhcpc asks for ever.
    ...{
      finding: /^(?:dhcp-failed|hung-dhcp)/,
      evidence: /broadcasting discover|udhcpc .*waits in/,
      deadlineMs: 240_000,
      phasesMs: { networking: 20_000 },
    },
    put: (plan, folder) =>
      withFiles(
        {
          ...plan,
          extraArguments: [
            ...plan.extraArguments,
            ...['-object', 'filter-buffer,id=held,netdev=net0,queue=all,interval=4000000000'],
          ],
        },
        folder,
        [
          quickly,
          guestFile(
            'etc/network/interfaces',
            'auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n\tudhcpc_opts -t 0\n',
          ),
        ],
      ),
  },
  {
    name: 'sshd that accepts and says nothing',
    ...{ finding: /^hung-ssh-silent/, evidence: /SSH port/, deadlineMs: 240_000, phasesMs: { sshd: 60_000 } },
    put: (plan, folder) =>
      withFiles(plan, folder, [
        guestFile(
          'etc/init.d/dropbear',
          waiter('dropbear', 'nc -ll -p 22 -e /bin/sleep 10000 < /dev/null > /dev/null 2>&1 &'),
          0o755,
        ),
      ]),
  },
  {
    name: 'a stuck Vulkan fence',
    // Mesa gives up by itself, and the worker that was stopped is gone before anybody looks: its own words are the witness.
    ...{
      finding: /^gpu-fence-stuck/,
      evidence: /stuck in ring/,
      gpu: 'venus',
      deadlineMs: 400_000,
      comesUp: true,
    },
    put: async (plan) => plan,
    during: (_vm, { plan }, signal) => stopRenderers('workers', plan, signal),
  },
  {
    name: 'a root that never comes',
    ...{ finding: /root/, evidence: /root/i, deadlineMs: 90_000 },
    put: async (plan) => ({ ...plan, disks: [] }),
  },
  {
    name: "QEMU's main loop is blocked",
    ...{ finding: /^hung-emulator-stopped/, evidence: /stopped/, deadlineMs: 20_000 },
    put: async (plan) => plan,
    async during(vm, _world, signal) {
      await delay(6000, undefined, { signal }).catch(() => {});
      if (!signal.aborted) process.kill(vm.pid, 'SIGSTOP');
    },
  },
  {
    name: 'a panic before there is a console',
    ...{ finding: /^hung-panicked-silently/, evidence: /vCPU .*panic/, deadlineMs: 40_000 },
    put: async (plan) => ({ ...plan, initrd: null, disks: [], append: 'console=ttynull panic=0 root=/dev/none' }),
  },
];
