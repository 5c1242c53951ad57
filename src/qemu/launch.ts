// Starts the VM of a LaunchPlan: time zero just before the spawn, QMP and console over inherited sockets, everything stamped on
// receipt. The failure of a boot is a value; only a program that cannot be started throws.
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { onAbort } from '../host/on-abort.ts';
import { type StartedProcess, temporaryFolder } from '../host/processes.ts';
import { measurementError } from '../model/errors.ts';
import type { LaunchPlan, QemuLaunchPlan } from '../model/launch-plan.ts';
import { agentDescriptor, consoleDescriptor, qemuArguments, qmpDescriptor } from './arguments.ts';
import type { Clock } from './clock.ts';
import { glDisplayFor } from './gl-display.ts';
import { launchLauncher } from './launcher.ts';
import { reservePort } from './ports.ts';
import { speakQmp } from './qmp.ts';
import {
  type LaunchOptions,
  noteQmpEvent,
  type RunningVm,
  shownToPeople,
  startTimed,
  watchProcess,
} from './running-vm.ts';
import { shortPath } from './unix-socket.ts';

/** Resolves when the guest has started, the emulator ended, or the start time limit passed: look at `events()` and `exited`. */
export async function launch(plan: LaunchPlan, options: LaunchOptions = {}): Promise<RunningVm> {
  if (plan.kind === 'launcher') return launchLauncher(plan, options);
  for (let retriesLeft = 4; ; retriesLeft -= 1) {
    const vm = await launchOnce(plan, options);
    if (retriesLeft === 0 || !(await hasEnded(vm)) || !portWasTaken(vm.stderr())) return vm;
    await vm[Symbol.asyncDispose]();
  }
}

async function launchOnce(plan: QemuLaunchPlan, options: LaunchOptions): Promise<RunningVm> {
  options.signal?.throwIfAborted();
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder('bootgauge-vm-'));
  const port = resources.use(await reservePort());
  const closed = resources.use(await reservePort());
  const { emulator } = plan;
  const { ports = [], agent = false } = options.reach ?? {};
  const forwards = await Promise.all(
    ports.map(async (guest) => ({ guest, host: resources.use(await reservePort()).port })),
  );
  const network = options.network ?? ('restricted' as const);
  const wiring = {
    ...{ sshPort: port.port, closedPort: closed.port, forwards, agent, network },
    ...glDisplayFor(emulator),
  };
  const programArguments = [...emulator.leadingArguments, ...qemuArguments(plan, wiring)];

  await options.beforeSpawn?.(port.port);
  const { started, clock, facts } = await startTimed(emulator.program, programArguments, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', ...(agent ? (['pipe'] as const) : [])],
    environment: { ...emulator.environment, TMPDIR: folder.path },
    hint: 'name a QEMU that can be run with qemu.binary in bootgauge.yml or with --qemu',
  });
  resources.use(started);
  const vm = attach(started, clock);
  resources.defer(vm.stopWatching);

  const start = startGuest(vm, options.startTimeoutMs ?? 30_000);
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = (): void => aborted.reject(options.signal?.reason);
  {
    using _interruption = onAbort(options.signal, abort);
    await Promise.race([start, vm.exited, aborted.promise]);
  }
  const owned = resources.move();
  return {
    ...vm,
    ...facts,
    sshPort: port.port,
    closedPort: closed.port,
    portOf: (own) => forwards.find(({ guest }) => guest === own)?.host ?? own ?? port.port,
    place: (path) => shortPath(path, owned),
    agent: agent ? ((started.child.stdio as readonly unknown[])[agentDescriptor] as Socket) : null,
    tree: null,
    command: [emulator.program, ...programArguments].map(shownToPeople),
    qmp: () => vm.qmp,
    isStray: () => false,
    inspect: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Listens to everything the emulator says. */
function attach(started: StartedProcess, clock: Clock) {
  const vm = watchProcess(started, clock);
  const serial = started.child.stdio[consoleDescriptor] as Socket;
  vm.hearConsole(serial);
  vm.hearErrors(started.child.stderr);
  const qmp = speakQmp(started.child.stdio[qmpDescriptor] as Socket, clock.now, (event) => noteQmpEvent(vm, event));
  return { ...vm, qmp, type: (text: string) => void (serial.writable && serial.write(text)) };
}

/** Greeting, capabilities, cont. What goes wrong is an event, not a throw: the deadlines of the boot decide. */
async function startGuest(vm: ReturnType<typeof attach>, timeoutMs: number): Promise<void> {
  const { qmp, note } = vm;
  const silence = new AbortController();
  const silent = delay(timeoutMs, 'silent' as const, { signal: silence.signal }).catch(() => 'silent' as const);
  try {
    const greeting = await Promise.race([qmp.greeted, silent]);
    if (greeting === 'silent') throw measurementError(`QEMU said nothing on QMP within ${timeoutMs} ms`);
    const ready = await qmp.execute('qmp_capabilities', timeoutMs);
    note('qmp-ready', '', ready.atNs);
    const running = await qmp.execute('cont', timeoutMs);
    note('guest-started', '', running.atNs);
  } catch (error) {
    note('qmp-failed', (error as Error).message);
    // An emulator that ends closes its QMP connection first: let its end be seen.
    if (qmp.closed()) await Promise.race([vm.exited, silent]);
  } finally {
    silence.abort();
  }
}

async function hasEnded(vm: RunningVm): Promise<boolean> {
  if (!vm.events().some((event) => event.name === 'exited')) return false;
  await vm.exited;
  return true;
}

const portWasTaken = (stderr: string): boolean =>
  /could not set up host forwarding rule|address already in use/i.test(stderr);
