// The faults that the benchmark puts into the reference guest, each one for real: files in the guest, devices of the machine, or the
// host's side of the graphics device.
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CpioEntry, writeCpio } from '../../src/kit/cpio.ts';
import { guestRecipe } from '../../src/kit/guest-recipe.ts';
import { guestOverlay } from '../../src/kit/overlay.ts';
import type { ReferenceGuest } from '../../src/model/guests/reference.ts';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { Gpu } from '../../src/model/scenario.ts';

export interface Fault {
  readonly name: string;
  /** The finding that must name it; the only one. */
  readonly finding: string;
  readonly pages: ReferenceGuest['pages'];
  readonly gpu: Gpu;
  /** What it cost a boot by construction; null where it has no cost of its own, or where the guest does not come up at all. */
  costMs(stderr: string): number | null;
  /** The phase that its cost lies in; empty without a cost. */
  readonly phase: string;
  /** The guest is not expected to come up. */
  readonly fatal?: true;
  /** Makes the faulty plan; `folder` is for its files. */
  put(plan: QemuLaunchPlan, folder: string): Promise<QemuLaunchPlan>;
  /** Runs beside the boot; told when the guest's network is about to come up. */
  during?(folder: string, networkingBegan: Promise<void>, signal: AbortSignal): Promise<void>;
}

export const guestOf = (pages: ReferenceGuest['pages']): ReferenceGuest => ({
  ...{ kind: 'reference', architecture: 'arm64', sshd: 'dropbear' },
  pages,
});

const free = { costMs: () => null, phase: '' };

export const faults: readonly Fault[] = [
  {
    name: '4K swap area under a 16K kernel',
    ...{ finding: 'swap-page-size', pages: '16k', gpu: 'none', ...free },
    async put(plan, folder) {
      const swap = join(folder, 'swap.img');
      await writeFile(swap, swapArea(64 * 1024 * 1024));
      const files = [guestFile('etc/fstab', '/dev/vda / ext4 rw,relatime 0 1\n/dev/vdb none swap sw 0 0\n')];
      return withFiles({ ...plan, disks: [...plan.disks, { path: swap, format: 'raw' }] }, folder, files);
    },
  },
  {
    name: 'a sysctl key that does not exist',
    ...{ finding: 'sysctl-unknown-key', pages: '4k', gpu: 'none', ...free },
    put: (plan, folder) =>
      withFiles(plan, folder, [guestFile('etc/sysctl.conf', 'net.ipv4.tcp_syncookies = 1\nvm.nonesuch = 1\n')]),
  },
  {
    name: 'modules missing',
    ...{ finding: 'modules-missing', pages: '4k', gpu: 'none', ...free, fatal: true },
    put: (plan, folder) =>
      withFiles(plan, folder, [
        guestFile(
          'etc/inittab',
          `::sysinit:/bin/mv /usr/lib/modules /usr/lib/modules.gone\n${original('etc/inittab')}`,
        ),
      ]),
  },
  {
    name: 'DHCP that answers late',
    // The link comes up between the second request and the third one, which is 6 s after the first and is answered.
    ...{ finding: 'dhcp-late', pages: '4k', gpu: 'none', costMs: () => 6000, phase: 'networking' },
    async put(plan, folder) {
      const path = join(folder, 'link.sock');
      const monitor = [`socket,id=link,path=${path},server=on,wait=off`, 'chardev=link,mode=control'];
      return {
        ...plan,
        extraArguments: [...plan.extraArguments, '-chardev', monitor[0] as string, '-mon', monitor[1] as string],
      };
    },
    async during(folder, networkingBegan, signal) {
      using link = await linkSwitch(join(folder, 'link.sock'), signal);
      link.set('off');
      await networkingBegan;
      await delay(linkDownMs, undefined, { signal });
      link.set('on');
    },
  },
  {
    name: 'a service that sleeps 1 s',
    ...{ finding: 'slow-service:sleeper', pages: '4k', gpu: 'none', costMs: () => 1000, phase: 'openrc' },
    put: (plan, folder) => {
      const text = '#!/sbin/openrc-run\nstart() {\n\tebegin "Starting sleeper"\n\tsleep 1\n\teend 0\n}\n';
      return withFiles(plan, folder, [
        guestFile('etc/init.d/sleeper', text, 0o755),
        { path: 'keys/etc/runlevels/boot/sleeper', kind: 'link', mode: 0o777, content: '/etc/init.d/sleeper' },
      ]);
    },
  },
  {
    name: 'no entropy device',
    ...{ finding: 'no-entropy-device', pages: '4k', gpu: 'none', ...free },
    put: async (plan) => ({ ...plan, entropy: 'none' }),
  },
  {
    name: 'the Venus render server is missing',
    ...{ finding: 'venus-render-server', pages: '4k', gpu: 'venus', phase: 'hwdrivers' },
    // Where QEMU notices it, the guest's driver asks for the capsets twice and waits 5 s each time; else nothing waits.
    costMs: (stderr) => (stderr.includes('virgl could not be initialized') ? 10_000 : null),
    // Left out, not wrong: virglrenderer then looks where its own package would have put the server, and finds none.
    put: async (plan) => {
      const { RENDER_SERVER_EXEC_PATH: _, ...environment } = plan.emulator.environment;
      return { ...plan, emulator: { ...plan.emulator, environment } };
    },
  },
];

/**
 * From the line that begins networking. The first request comes 0.3 to 1.5 s after that line under TCG, and the guest's kernel may take
 * a second until it believes the link: between them this lies safely behind the second request and before the third.
 */
const linkDownMs = 4800;

/** The initial ramdisk copies everything below /keys into the guest: an archive behind it changes files there. */
export async function withFiles(
  plan: QemuLaunchPlan,
  folder: string,
  entries: readonly CpioEntry[],
): Promise<QemuLaunchPlan> {
  const initrd = join(folder, 'initrd');
  const folders = new Set(entries.flatMap(({ path }) => parents(path)));
  const archive = writeCpio([
    ...[...folders].map((path) => ({ path, kind: 'folder' as const, mode: 0o755 })),
    ...entries,
  ]);
  await writeFile(initrd, Buffer.concat([await readFile(plan.initrd as string), archive]));
  return { ...plan, initrd };
}

function parents(path: string): string[] {
  const steps = path.split('/').slice(0, -1);
  return steps.map((_, index) => steps.slice(0, index + 1).join('/'));
}

export const guestFile = (path: string, content: string, mode = 0o644): CpioEntry => ({
  ...{ path: `keys/${path}`, kind: 'file', mode, content },
});

function original(path: string): string {
  const file = guestOverlay(guestRecipe(guestOf('4k'))).files.find((entry) => entry.path === path);
  if (file === undefined) throw new Error(`the reference guest has no ${path}`);
  return file.text;
}

/** What mkswap writes for pages of 4 KiB (kernel include/linux/swap.h, union swap_header). */
function swapArea(bytes: number): Buffer {
  const area = Buffer.alloc(bytes);
  area.writeUInt32LE(1, 1024);
  area.writeUInt32LE(bytes / 4096 - 1, 1028);
  area.write('SWAPSPACE2', 4096 - 10, 'latin1');
  return area;
}

/** QEMU's monitor, asked to take the guest's network cable out and to put it back. */
export async function linkSwitch(
  path: string,
  signal: AbortSignal,
): Promise<{ set(state: 'on' | 'off'): void } & Disposable> {
  for (;;) {
    const socket = connect(path);
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (connected) {
      socket.on('error', () => {});
      socket.resume();
      const say = (command: object): void => void socket.write(`${JSON.stringify(command)}\n`);
      say({ execute: 'qmp_capabilities' });
      return {
        set: (state) => say({ execute: 'set_link', arguments: { name: 'net0', up: state === 'on' } }),
        // Not destroyed: what was said last must still arrive.
        [Symbol.dispose]: () => void socket.end(),
      };
    }
    await delay(20, undefined, { signal });
  }
}
