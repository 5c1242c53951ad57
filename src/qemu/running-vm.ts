// What every started guest has in common, whoever wrote its command line: console, standard error, events, usage and its end,
// each stamped on receipt.
import type { Socket } from 'node:net';
import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type StartedProcess, type StartOptions, startProcess } from '../host/processes.ts';
import { usageReader } from '../host/usage.ts';
import type { UsageSample, VmEvent } from '../model/boot.ts';
import type { LineSource } from '../model/readiness.ts';
import type { Wiring } from './arguments.ts';
import { type Clock, startClock } from './clock.ts';
import { consoleRecorder, type ReadListener, type VmConsole } from './console.ts';
import type { Qmp, QmpEvent } from './qmp.ts';
import type { Asked } from './stand-in.ts';
import { type Tail, tailOf } from './tail.ts';

export interface VmExit {
  readonly atNs: number;
  readonly code: number | null;
  readonly signal: string | null;
}

/** A VM that was spawned. Disposal kills its whole process group, waits for it and removes its files. */
export interface RunningVm extends AsyncDisposable {
  readonly pid: number;
  /** Reaches the guest's port 22 on 127.0.0.1. */
  readonly sshPort: number;
  /** Reaches a port of the guest where nobody listens; null when there is none. */
  readonly closedPort: number | null;
  /** The port of this host that reaches a port that readiness names; null stands for a launcher's `{port}`. */
  portOf(port: number | null): number;
  /** Where a Unix socket that readiness names stands for this VM. */
  place(path: string): Promise<string>;
  /** QEMU's guest agent, where its port was asked for. */
  readonly agent: Socket | null;
  /** The clone of its tree in which a launcher runs; null: there is none. */
  readonly tree: string | null;
  /** As shown to people: the home folder shortened to ~. */
  readonly command: readonly string[];
  /** Wall clock of the spawn, ISO 8601, for people only. */
  readonly startedAt: string;
  /** Moment of the spawn on the system's monotonic clock. */
  readonly clockZeroNs: number;
  /** Nanoseconds since just before the spawn. */
  nowNs(): number;
  readonly console: VmConsole;
  /** Hears what is printed there, at first what was printed so far: of an output its first 64 KiB. Returns the way to stop. */
  onOutput(on: LineSource, listener: ReadListener): () => void;
  /** Types on the serial console. What nobody reads any more is lost without a word. */
  type(text: string): void;
  events(): readonly VmEvent[];
  /** Hears the events so far at once, then each as it comes. Returns the way to stop. */
  onEvent(listener: (event: VmEvent) => void): () => void;
  /** The way to ask QEMU; null: there is none, or not yet. */
  qmp(): Qmp | null;
  /** Whether a process belongs to this VM though it has left its group; nobody is known to where QEMU was started by us. */
  isStray(pid: number): boolean;
  /** The end of the emulator; console and standard error are complete then. Never rejects. */
  readonly exited: Promise<VmExit>;
  stderr(): string;
  usage(): readonly UsageSample[];
  /** Usage at this moment, also added to `usage()`; null when it cannot be known. What is timed must not wait for it. */
  usageNow(): Promise<UsageSample | null>;
  /** Waits for answers about usage that are under way, a second at most. */
  usageSettled(): Promise<void>;
  /** Looks, once the measurement is over, at what only a running guest shows; what it finds becomes events. */
  inspect(): Promise<void>;
}

export interface LaunchOptions {
  /** How long QEMU may take to answer on QMP before the VM is handed over as it is; 30 s if not given. */
  readonly startTimeoutMs?: number;
  /** Whether the guest may use the host's network; restricted if not given. */
  readonly network?: Wiring['network'];
  /** What readiness needs of a QEMU that is started here: ports of the guest that are forwarded, and the guest agent's. */
  readonly reach?: { readonly ports: readonly number[]; readonly agent: boolean };
  /** Called with the chosen port just before time zero. */
  readonly beforeSpawn?: (sshPort: number) => Promise<void>;
  /** For a launcher: told what it gives to its QEMU, which is not started. */
  readonly rehearse?: (asked: Asked) => void;
  /** Ends a start that is under way; the VM is gone when the promise rejects with the reason. */
  readonly signal?: AbortSignal;
}

export interface WatchOptions {
  /** Settles when streams that the child process itself does not know have ended. */
  readonly drained?: Promise<unknown>;
  /** Tells a process that belongs to the started one though nothing else shows it. */
  readonly isStray?: (pid: number) => boolean;
}

/** Starts a VM's process. Its clock's zero, time zero of the boot, is read in the last moment before the spawn. */
export async function startTimed(program: string, parameters: readonly string[], options: StartOptions) {
  const startedAt = new Date().toISOString();
  let clock = startClock();
  const started = await startProcess(program, parameters, {
    ...options,
    onSpawn: () => {
      clock = startClock();
    },
  });
  return { started, clock, facts: { pid: started.pid, startedAt, clockZeroNs: clock.zeroNs, nowNs: clock.now } };
}

/** Listens to a started process from now on. `stopWatching` must be called when nobody cares any more. */
export function watchProcess(started: StartedProcess, clock: Clock, options: WatchOptions = {}) {
  const recorder = consoleRecorder();
  const errors: Tail = tailOf(64 * 1024);
  const log = eventLog(clock);
  log.note('spawned');
  const { stop: stopWatching, ...usage } = sampleUsage(started.pid, clock, options);

  const closed = Promise.all([
    new Promise<void>((resolve) => started.child.once('close', () => resolve())),
    options.drained,
  ]);
  const exited = started.exited.then(async ({ code, signal }): Promise<VmExit> => {
    const atNs = clock.now();
    log.note('exited', signal === null ? `code ${code}` : `signal ${signal}`, atNs);
    stopWatching();
    // What it wrote last may still be under way, unless somebody else holds the other end.
    await Promise.race([closed, delay(500, undefined, { ref: false })]);
    return { atNs, code, signal };
  });

  const heard = { stdout: listeners(), stderr: listeners() };

  return {
    ...log,
    ...usage,
    console: recorder as VmConsole,
    onOutput(on: LineSource, listener: ReadListener) {
      if (on === 'console') return recorder.onRead(listener);
      return heard[on].add(listener);
    },
    /** Records a stream of console bytes; `as`: it is an output of the process, too. */
    hearConsole(stream: NodeJS.ReadableStream, as?: 'stdout'): void {
      stream.on('data', (bytes: Buffer) => {
        const atNs = clock.now();
        recorder.record(bytes, atNs);
        if (as !== undefined) heard[as].tell(bytes, atNs);
      });
      stream.on('error', () => {});
    },
    hearErrors(stream: NodeJS.ReadableStream | null | undefined, as: 'stdout' | 'stderr' = 'stderr'): void {
      stream?.on('data', (bytes: Buffer) => {
        const atNs = clock.now();
        errors.add(bytes);
        heard[as].tell(bytes, atNs);
      });
      stream?.on('error', () => {});
    },
    exited,
    stderr: () => errors.text(),
    stopWatching,
  };
}

/** QEMU may have printed what is waited for before its guest has started and anybody listens. */
const mostEarly = 64 * 1024;

function listeners() {
  const early: [bytes: Buffer, atNs: number][] = [];
  const all = new Set<ReadListener>();
  let room = mostEarly;
  return {
    tell(bytes: Buffer, atNs: number): void {
      if (room > 0) early.push([bytes.subarray(0, room), atNs]);
      room -= bytes.length;
      for (const listener of all) listener(bytes, atNs);
    },
    add(listener: ReadListener) {
      for (const [bytes, atNs] of early) listener(bytes, atNs);
      all.add(listener);
      return () => void all.delete(listener);
    },
  };
}

function eventLog(clock: Clock) {
  const events: VmEvent[] = [];
  const listeners = new Set<(event: VmEvent) => void>();
  return {
    note(name: string, detail = '', atNs = clock.now()): void {
      const event = { atNs, name, detail };
      events.push(event);
      for (const listener of listeners) listener(event);
    },
    events: () => events,
    onEvent(listener: (event: VmEvent) => void) {
      for (const event of events) listener(event);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Samples at the pace that is cheap on this system, until it is stopped. */
function sampleUsage(pid: number, clock: Clock, { isStray }: WatchOptions) {
  const usage: UsageSample[] = [];
  const reader = usageReader(pid, isStray === undefined ? {} : { isStray });
  const pending = new Set<Promise<unknown>>();
  const take = async (): Promise<UsageSample | null> => {
    const atNs = clock.now();
    const [read, { asksProgram }] = await Promise.all([reader.read().catch(() => null), reader.pace]);
    if (read === null) return null;
    const sample = { atNs, ...read, ...(asksProgram ? { tookNs: clock.now() - atNs } : {}) };
    usage.push(sample);
    return sample;
  };
  const usageNow = (): Promise<UsageSample | null> => {
    const taken = take();
    pending.add(taken);
    return taken.finally(() => pending.delete(taken));
  };
  const usageSettled = async (): Promise<void> =>
    void (await Promise.race([Promise.allSettled(pending), delay(1000, undefined, { ref: false })]));
  let timer: NodeJS.Timeout | undefined;
  let watching = true;
  void reader.pace.then(({ periodMs }) => {
    // A system that answers slowly is not asked again meanwhile.
    const tick = (): void => void (pending.size === 0 && usageNow());
    if (watching) timer = setInterval(tick, periodMs).unref();
  });
  const stop = (): void => {
    watching = false;
    clearInterval(timer);
  };
  return { usage: () => usage, usageNow, usageSettled, stop };
}

/** An event of QEMU's, as one of the VM's. */
export function noteQmpEvent(vm: Pick<ReturnType<typeof watchProcess>, 'note'>, { name, data, atNs }: QmpEvent): void {
  vm.note(`qmp:${name}`, data === null ? '' : JSON.stringify(data), atNs);
}

/** A word of a command line with the home folder shortened to ~. */
export function shownToPeople(argument: string): string {
  const home = homedir();
  return home.length > 1 ? argument.replaceAll(`${home}/`, '~/') : argument;
}
