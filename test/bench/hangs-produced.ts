// The hangs that the benchmark makes of the reference guest, each one for real.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { Gpu } from '../../src/model/scenario.ts';
import type { RunningVm } from '../../src/qemu/running-vm.ts';
import { stopRenderers } from '../real/stop-renderers.ts';
import { guestFile, linkSwitch, withFiles } from './faults-put-in.ts';

export interface Hang {
  readonly name: string;
  /** The finding that must name it. */
  readonly finding: RegExp;
  /** What its evidence must hold. */
  readonly evidence: RegExp;
  readonly gpu?: Gpu;
  /** From the spawn until it is a hang. */
  readonly deadlineMs: number;
  put(plan: QemuLaunchPlan, folder: string): Promise<QemuLaunchPlan>;
  /** Told of the VM when it was started; until the signal is aborted. */
  during?(
    vm: RunningVm,
    world: { readonly plan: QemuLaunchPlan; readonly folder: string },
    signal: AbortSignal,
  ): Promise<void>;
}

const waiter = (name: string, body: string): string =>
  `#!/sbin/openrc-run\nstart() {\n\tebegin "Starting ${name}"\n\t${body}\n\teend 0\n}\n`;

const bootService = (name: string) => ({
  ...{ path: `keys/etc/runlevels/boot/${name}`, kind: 'link' as const, mode: 0o777, content: `/etc/init.d/${name}` },
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
    ...{ finding: /^hung-vcpu-spins/, evidence: /vCPU 0 .*kernel/, deadlineMs: 30_000 },
    put: async (plan) => ({ ...plan, append: `${without(plan.append, 'quiet')} loglevel=7 boot_delay=10000` }),
  },
  {
    name: 'a service that waits for ever',
    ...{ finding: /^hung-in-service:waiter/, evidence: /cat|mkfifo|sh/, deadlineMs: 60_000 },
    put: (plan, folder) =>
      withFiles(plan, folder, [
        guestFile('etc/init.d/waiter', waiter('waiter', 'mkfifo /run/never; cat /run/never'), 0o755),
        bootService('waiter'),
      ]),
  },
  {
    name: 'DHCP without an answer',
    ...{ finding: /dhcp|network/, evidence: /udhcpc/, deadlineMs: 60_000 },
    async put(plan, folder) {
      const monitor = [
        `socket,id=link,path=${join(folder, 'link.sock')},server=on,wait=off`,
        'chardev=link,mode=control',
      ];
      const words = ['-chardev', monitor[0] as string, '-mon', monitor[1] as string];
      return { ...plan, extraArguments: [...plan.extraArguments, ...words] };
    },
    async during(_vm, { folder }, signal) {
      using link = await linkSwitch(join(folder, 'link.sock'), signal);
      link.set('off');
      await delay(600_000, undefined, { signal }).catch(() => {});
    },
  },
  {
    name: 'sshd that accepts and says nothing',
    ...{ finding: /^hung-ssh-silent/, evidence: /SSH port/, deadlineMs: 75_000 },
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
    ...{ finding: /^hung-render-server/, evidence: /virgl_render_server/, gpu: 'venus', deadlineMs: 120_000 },
    put: async (plan) => plan,
    during: (_vm, { plan }, signal) => stopRenderers('workers', plan, signal),
  },
  {
    name: 'a root that never comes',
    ...{ finding: /root/, evidence: /./, deadlineMs: 45_000 },
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
    ...{ finding: /^hung-silent-kernel/, evidence: /vCPU/, deadlineMs: 25_000 },
    put: async (plan) => ({ ...plan, initrd: null, disks: [], append: 'console=ttynull panic=0 root=/dev/none' }),
  },
];
