// Starts the VM of a LaunchPlan: time zero just before the spawn, QMP and console over inherited sockets, everything stamped on
// receipt. The failure of a boot is a value; only a program that cannot be started throws.
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type StartedProcess, startProcess, temporaryFolder } from '../host/processes.ts';
import { usageReader } from '../host/usage.ts';
import type { UsageSample, VmEvent } from '../model/boot.ts';
import { measurementError } from '../model/errors.ts';
import type { LaunchPlan } from '../model/launch-plan.ts';
import { consoleDescriptor, qemuArguments, qmpDescriptor, type Wiring } from './arguments.ts';
import { type Clock, startClock } from './clock.ts';
import { consoleRecorder, type VmConsole } from './console.ts';
import { reservePort } from './ports.ts';
import { type QmpEvent, speakQmp } from './qmp.ts';
import { type Tail, tailOf } from './tail.ts';

export interface LaunchOptions {
  /** How long QEMU may take to answer on QMP before the VM is handed over as it is; 30 s if not given. */
  readonly startTimeoutMs?: number;
  readonly consoleCapBytes?: number;
  readonly stderrCapBytes?: number;
  /** Whether the guest may use the host's network; restricted if not given. */
  readonly network?: Wiring['network'];
  /** How often to start again when the chosen port was taken meanwhile; 4 if not given. */
  readonly portRetries?: number;
  /** Called with the chosen port just before time zero. */
  readonly beforeSpawn?: (sshPort: number) => Promise<void>;
  /** Ends a start that is under way; the VM is gone when the promise rejects with the reason. */
  readonly signal?: AbortSignal;
}

export interface VmExit {
  readonly atNs: number;
  readonly code: number | null;
  readonly signal: string | null;
}

/** A VM that was spawned. Disposal kills its whole process group, waits for it and removes its files. */
export interface RunningVm extends AsyncDisposable {
  readonly pid: number;
  /** Forwarded from 127.0.0.1 to the guest's port 22. */
  readonly sshPort: number;
  /** As shown to people: the home folder shortened to ~. */
  readonly command: readonly string[];
  /** Wall clock of the spawn, ISO 8601, for people only. */
  readonly startedAt: string;
  /** Moment of the spawn on the system's monotonic clock. */
  readonly clockZeroNs: number;
  /** Nanoseconds since just before the spawn. */
  nowNs(): number;
  readonly console: VmConsole;
  events(): readonly VmEvent[];
  /** Hears the events so far at once, then each as it comes. Returns the way to stop. */
  onEvent(listener: (event: VmEvent) => void): () => void;
  /** The end of the emulator; console and standard error are complete then. Never rejects. */
  readonly exited: Promise<VmExit>;
  stderr(): string;
  usage(): readonly UsageSample[];
  /** Usage at this moment, also added to `usage()`; null when it cannot be known. */
  usageNow(): Promise<UsageSample | null>;
  /** Asks QEMU to end, which flushes nothing of the guest's. */
  quit(): Promise<void>;
}

/** Resolves when the guest has started, the emulator ended, or the start time limit passed: look at `events()` and `exited`. */
export async function launch(plan: LaunchPlan, options: LaunchOptions = {}): Promise<RunningVm> {
  for (let retriesLeft = options.portRetries ?? 4; ; retriesLeft -= 1) {
    const vm = await launchOnce(plan, options);
    if (retriesLeft === 0 || !(await hasEnded(vm)) || !portWasTaken(vm.stderr())) return vm;
    await vm[Symbol.asyncDispose]();
  }
}

async function launchOnce(plan: LaunchPlan, options: LaunchOptions): Promise<RunningVm> {
  options.signal?.throwIfAborted();
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder('bootgauge-vm-'));
  const port = resources.use(await reservePort());
  const { emulator } = plan;
  const wiring = { sshPort: port.port, network: options.network ?? ('restricted' as const), ...graphics(plan) };
  const programArguments = [...emulator.leadingArguments, ...qemuArguments(plan, wiring)];

  await options.beforeSpawn?.(port.port);
  const startedAt = new Date().toISOString();
  const clock = startClock();
  const started = await startProcess(emulator.program, programArguments, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    environment: { ...emulator.environment, TMPDIR: folder.path },
    hint: 'name a QEMU that can be run with qemu.binary in bootgauge.yml or with --qemu',
  });
  resources.use(started);
  const vm = attach(started, clock, options);
  resources.defer(vm.stopWatching);

  const start = startGuest(vm, options.startTimeoutMs ?? 30_000);
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = (): void => aborted.reject(options.signal?.reason);
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([start, vm.exited, aborted.promise]);
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
  const owned = resources.move();
  return {
    ...vm,
    pid: started.pid,
    sshPort: port.port,
    command: [emulator.program, ...programArguments].map(shownToPeople),
    startedAt,
    clockZeroNs: clock.zeroNs,
    nowNs: clock.now,
    async quit() {
      await vm.qmp.execute('quit', 2000).catch(() => {});
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Listens to everything the emulator says. */
function attach(started: StartedProcess, clock: Clock, options: LaunchOptions) {
  const recorder = consoleRecorder(options.consoleCapBytes);
  const errors: Tail = tailOf(options.stderrCapBytes ?? 64 * 1024);
  const events: VmEvent[] = [];
  const listeners = new Set<(event: VmEvent) => void>();
  const note = (name: string, detail = '', atNs = clock.now()): void => {
    const event = { atNs, name, detail };
    events.push(event);
    for (const listener of listeners) listener(event);
  };
  note('spawned');

  const serial = started.child.stdio[consoleDescriptor] as Socket;
  serial.on('data', (bytes: Buffer) => {
    const atNs = clock.now();
    recorder.record(bytes, atNs);
  });
  serial.on('error', () => {});
  started.child.stderr?.on('data', (bytes: Buffer) => errors.add(bytes));
  started.child.stderr?.on('error', () => {});
  const qmp = speakQmp(started.child.stdio[qmpDescriptor] as Socket, clock.now, (event: QmpEvent) =>
    note(`qmp:${event.name}`, event.data === null ? '' : JSON.stringify(event.data), event.atNs),
  );

  const closed = new Promise<void>((resolve) => started.child.once('close', () => resolve()));
  const exited = started.exited.then(async ({ code, signal }): Promise<VmExit> => {
    const atNs = clock.now();
    note('exited', signal === null ? `code ${code}` : `signal ${signal}`, atNs);
    stopWatching();
    // What it wrote last may still be under way, unless somebody else holds the other end.
    await Promise.race([closed, delay(500, undefined, { ref: false })]);
    return { atNs, code, signal };
  });

  const usage: UsageSample[] = [];
  const reader = usageReader(started.pid);
  const usageNow = async (): Promise<UsageSample | null> => {
    const atNs = clock.now();
    const read = await reader.read();
    if (read === null) return null;
    const sample = { atNs, ...read };
    usage.push(sample);
    return sample;
  };
  const timer = setInterval(() => void usageNow(), reader.periodMs);
  timer.unref();
  const stopWatching = (): void => clearInterval(timer);

  return {
    console: recorder as VmConsole,
    qmp,
    note,
    events: () => events,
    onEvent(listener: (event: VmEvent) => void) {
      for (const event of events) listener(event);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    exited,
    stderr: () => errors.text(),
    usage: () => usage,
    usageNow,
    stopWatching,
  };
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

function graphics(plan: LaunchPlan): Pick<Wiring, 'glDisplay' | 'renderNode'> {
  if (process.platform === 'darwin') return { glDisplay: 'cocoa', renderNode: null };
  const software = plan.emulator.origin === 'kit' || !existsSync('/dev/dri/renderD128');
  return { glDisplay: 'egl-headless', renderNode: software ? '/dev/null' : null };
}

async function hasEnded(vm: RunningVm): Promise<boolean> {
  return vm.events().some((event) => event.name === 'exited') && (await vm.exited) !== null;
}

const portWasTaken = (stderr: string): boolean =>
  /could not set up host forwarding rule|address already in use/i.test(stderr);

function shownToPeople(argument: string): string {
  const home = homedir();
  return home.length > 1 ? argument.replaceAll(`${home}/`, '~/') : argument;
}
