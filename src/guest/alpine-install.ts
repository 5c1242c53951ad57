// Installs Alpine by booting it: its network installer onto an empty disk, then the new system once, so that no measured boot is its first.
import { copyFile, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../host/files.ts';
import { asTask } from '../host/task.ts';
import { runTool } from '../kit/command.ts';
import type { KitOptions } from '../kit/options.ts';
import { BootgaugeError, measurementError } from '../model/errors.ts';
import type { AlpineGuest } from '../model/guests/alpine.ts';
import type { Disk, Emulator, QemuLaunchPlan, SshAccess } from '../model/launch-plan.ts';
import type { Accelerator } from '../model/scenario.ts';
import { launch } from '../qemu/launch.ts';
import type { RunningVm } from '../qemu/running-vm.ts';
import { watchBanner } from '../ssh/ssh-banner.ts';
import { openSession } from '../ssh/ssh-session.ts';
import { installScript, serialTty, settleScript } from './alpine-script.ts';
import { endOf, logIn, runLine, shutDown, talkTo } from './serial.ts';

export interface InstallRequest {
  readonly guest: AlpineGuest;
  readonly branch: string;
  readonly emulator: Emulator;
  readonly accelerator: Accelerator;
  /** The key that shall log in. */
  readonly access: SshAccess;
  readonly authorizedKey: string;
  /** Holds `live/kernel`, `live/initrd` and `live/modloop`, and receives disk, kernel, initrd and packages. Kept when something fails. */
  readonly folder: string;
  readonly options: KitOptions;
}

export interface Installed {
  /** `ssh-ed25519 AAAA...` of the new system, or null when it has none. */
  readonly hostKey: string | null;
  readonly packages: Readonly<Record<string, string>>;
}

/** The kernel command line that the installed system needs with any profile. */
export const installedAppend = (guest: Pick<AlpineGuest, 'architecture'>): string =>
  `console=${serialTty(guest)} root=/dev/vda rootfstype=ext4 modules=ext4 panic=-1`;

const exportMiB = 512;
const minute = 60_000;

/** Boots the live system and runs the installation in it. What an earlier attempt has finished is not done again. */
export async function installSystem(request: InstallRequest): Promise<void> {
  const { guest, folder, options } = request;
  const [disk, seed, out] = ['disk', 'seed.tar', 'export.img'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  if (!(await isThere(disk))) await emptyFile(disk, guest.diskMiB);
  await rm(out, { force: true });
  await emptyFile(out, exportMiB);
  await writeSeed(request, seed);
  const plan = installerPlan(request, [disk, seed, out]);
  await asTask(options, `installing Alpine ${guest.release}`, async () => {
    await using vm = await launch(plan, { network: 'open', signal: options.signal });
    let step = 'start of the installer';
    using talk = talkTo(vm, options.signal, (line) => {
      const found = /^bootgauge-step ([\w-]+)$/.exec(line.trim())?.[1];
      if (found === undefined) return;
      step = found;
      options.progress({ kind: 'note', text: `installing Alpine: ${step}` });
    });
    try {
      await logIn(talk, { user: 'root', password: '' }, 15 * minute);
      const unpack = 'mkdir -p /tmp/seed && tar -xf /dev/vdb -C /tmp/seed';
      if ((await runLine(talk, unpack, 'the seed', 2 * minute)) !== 0)
        throw measurementError('the disk with the installation script cannot be read');
      const status = await runLine(talk, 'sh /tmp/seed/install.sh', 'the installation', 60 * minute);
      if (status !== 0) throw measurementError(`it ended with status ${status}\n${talk.lastLines()}`);
      talk.type('sync; poweroff -f\n');
      await endOf(vm, 30_000);
    } catch (error) {
      throw explained(error, `Alpine ${guest.release} could not be installed, in step ${step}`, folder);
    }
    return 'done';
  });
  const taken = join(folder, 'taken');
  await rm(taken, { recursive: true, force: true });
  await mkdir(taken);
  await runTool('tar', ['-xf', out, '-C', taken], { signal: options.signal });
  for (const name of ['kernel', 'initrd', 'packages']) await copyFile(join(taken, name), join(folder, name));
  await rm(out);
}

/** Boots the live system with the disk to install, the archive to read from and the place for what is taken out. */
function installerPlan(request: InstallRequest, [disk, seed, out]: [string, string, string]): QemuLaunchPlan {
  const { guest, folder, branch } = request;
  const repository = `${seenFromGuest(guest.mirror)}/${branch}/main`;
  const modules = 'loop,squashfs,af_packet,virtio_blk,virtio_net';
  return planOf(request, {
    kernel: join(folder, 'live/kernel'),
    initrd: join(folder, 'live/initrd'),
    disks: [
      { path: disk, format: 'raw', writable: true },
      { path: seed, format: 'raw' },
      { path: out, format: 'raw', writable: true },
      { path: join(folder, 'live/modloop'), format: 'raw' },
    ],
    append: `console=${serialTty(guest)} ip=dhcp alpine_repo=${repository} modules=${modules} panic=-1`,
  });
}

/** Boots the new system once, as it will be measured, logs in, and lets it finish what only a first boot does. */
export async function settleSystem(request: InstallRequest): Promise<Installed> {
  const { guest, folder, options } = request;
  const disk: Disk = { path: join(folder, 'disk'), format: 'raw', writable: true };
  const plan = planOf(request, {
    kernel: join(folder, 'kernel'),
    initrd: join(folder, 'initrd'),
    disks: [disk],
    append: installedAppend(guest),
  });
  let hostKey: string | null = null;
  await asTask(options, `first boot of Alpine ${guest.release}`, async () => {
    await using vm = await launch(plan, { signal: options.signal });
    using talk = talkTo(vm, options.signal);
    try {
      const answer = await overSsh(vm, request.access, options.signal);
      hostKey = /^(ssh-ed25519 \S+)/m.exec(answer)?.[1] ?? null;
      for (const line of answer.split('\n').filter((text) => /made anew/.test(text))) {
        options.progress({ kind: 'note', text: line });
      }
    } catch (error) {
      const { message } = error as Error;
      // The console's last lines, unless they are there already.
      const whole = message.includes('  | ') ? message : `${message}\n${talk.lastLines()}`;
      throw explained(
        measurementError(whole, '', error),
        `the installed Alpine ${guest.release} does not come up`,
        folder,
      );
    }
    // Its own shutdown, for clean file systems; then at the latest by force.
    await endOf(vm, 90_000);
    return 'done';
  });
  return { hostKey, packages: packagesOf(await readFile(join(folder, 'packages'), 'utf8')) };
}

/** `busybox-1.37.0-r18` -> name and version. */
export function packagesOf(text: string): Record<string, string> {
  const found = text.split('\n').flatMap((line) => {
    const match = /^(.+?)-(\d[^-]*-r\d+)$/.exec(line.trim());
    return match === null ? [] : [[match[1] as string, match[2] as string] as const];
  });
  return Object.fromEntries(found);
}

async function overSsh(vm: RunningVm, access: SshAccess, signal: AbortSignal): Promise<string> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(10 * minute), ended(vm)]);
  const nowNs = (): number => vm.nowNs();
  const onEvent = (): void => {};
  const hit = await watchBanner({ port: vm.sshPort, nowNs, onEvent, signal: patience });
  signal.throwIfAborted();
  if (hit === null) throw measurementError('no SSH banner came');
  await using session = await openSession({ access, port: vm.sshPort, nowNs, onEvent, signal: patience });
  const login = await session.waitForLogin();
  signal.throwIfAborted();
  if (login?.outcome !== 'ok') throw measurementError(`the login failed: ${login?.detail ?? 'no answer'}`);
  const result = await session.run('sh -s', { timeoutMs: 2 * minute, stdin: settleScript });
  if (result.exitCode !== 0) throw measurementError(`the script of the first boot failed: ${result.stderr.trim()}`);
  // Once we are gone; not every guest has a nohup.
  const later = `(trap '' HUP; sleep 1; ${shutDown}) < /dev/null > /dev/null 2>&1 &`;
  await session.run(later, { timeoutMs: 20_000 });
  return result.stdout;
}

function ended(vm: RunningVm): AbortSignal {
  const over = new AbortController();
  void vm.exited.then(() => over.abort());
  return over.signal;
}

function planOf(
  { guest, emulator, accelerator, access }: InstallRequest,
  what: Pick<QemuLaunchPlan, 'kernel' | 'initrd' | 'disks' | 'append'>,
): QemuLaunchPlan {
  return {
    kind: 'qemu',
    emulator,
    architecture: guest.architecture,
    accelerator,
    cpus: 2,
    memoryMiB: 1024,
    gpu: 'none',
    extraArguments: [],
    ssh: access,
    guest: { name: 'alpine', digest: '', packages: {} },
    ...what,
  };
}

/** A tar archive that the live system reads from its second disk: the script and the user's own. */
async function writeSeed(
  { guest, branch, authorizedKey, folder, options }: InstallRequest,
  seed: string,
): Promise<void> {
  const content = join(folder, 'seed');
  await rm(content, { recursive: true, force: true });
  await mkdir(content);
  const script = installScript({ guest, branch, mirror: seenFromGuest(guest.mirror), authorizedKey });
  await writeFile(join(content, 'install.sh'), script);
  if (guest.script !== null) await copyFile(guest.script, join(content, 'user.sh'));
  await runTool('tar', ['-cf', seed, '-C', content, '.'], { signal: options.signal });
}

/** A mirror on this machine itself has another address in the guest's network. */
export function seenFromGuest(mirror: string): string {
  return mirror.replace(/^(https?:\/\/)(?:localhost|127\.0\.0\.1)(?=[:/]|$)/, '$110.0.2.2');
}

async function emptyFile(path: string, mebibytes: number): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(mebibytes * 1024 * 1024);
}

function explained(error: unknown, what: string, folder: string): unknown {
  if (!(error instanceof BootgaugeError)) return error;
  return measurementError(
    `${what}: ${error.message}`,
    `correct the cause and run again: it goes on after the last good step (to start over, remove ${folder})`,
    error,
  );
}
