// Runs a user's own launcher as it is and watches the guest that it starts: its output is the console, its port the way in.
// What it starts is ended with it, whatever group it has put itself into.
import { closeSync, constants, existsSync, openSync, realpathSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { connect, Socket } from 'node:net';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { placeAssets, placeProgram } from '../host/assets.ts';
import { allowedEnvironment } from '../host/environment.ts';
import { familyOf } from '../host/family.ts';
import { runProgram, startProcess, temporaryFolder } from '../host/processes.ts';
import { strayMark } from '../host/strays.ts';
import { systemOf } from '../host/systems.ts';
import { thisHost } from '../host/view.ts';
import { measurementError } from '../model/errors.ts';
import type { LauncherLaunchPlan } from '../model/launch-plan.ts';
import { startClock } from './clock.ts';
import { findOnPath } from './emulator.ts';
import { portIsFree, reachableFromOutside, reservePort } from './ports.ts';
import { speakQmp } from './qmp.ts';
import { type LaunchOptions, type RunningVm, shownToPeople, watchProcess } from './running-vm.ts';

/**
 * Resolves as soon as the command was spawned: nothing tells when the guest starts. Throws a measurementError when its
 * port is taken or it cannot be started, a usageError when an asset cannot be placed.
 */
export async function launchLauncher(plan: LauncherLaunchPlan, options: LaunchOptions): Promise<RunningVm> {
  options.signal?.throwIfAborted();
  await using resources = new AsyncDisposableStack();
  const port = plan.port ?? resources.use(await reservePort()).port;
  resources.use(await placeAssets(plan.folder, plan.assets));
  if (plan.binary !== null && !isAlreadyThere(plan, plan.binary)) {
    resources.use(await placeProgram(plan.folder, plan.binary, wrapper(plan)));
  }
  const mark = strayMark();
  // After its group was killed: what has left the group is found by its mark.
  resources.defer(async () => void (await mark.kill()));
  const output = resources.use(await outputPipes());
  const consoleSocket = plan.console.from === 'socket' ? await reachable(plan.console.path, plan, resources) : null;
  const qmpSocket = plan.qmp === null ? null : await reachable(plan.qmp, plan, resources);
  const words = plan.command.map((word) => word.replaceAll('{port}', String(port)));
  const program = programOf(words[0] as string, plan.folder);
  const environment = Object.fromEntries(
    Object.entries(plan.environment).map(([name, value]) => [name, value.replaceAll('{port}', String(port))]),
  );
  await options.beforeSpawn?.(port);
  if (!(await becomesFree(port))) {
    throw measurementError(
      `port ${port} of the launcher is already in use by another program`,
      `end what listens on it (lsof -i :${port} shows it), or let the launcher take its port from {port}`,
    );
  }

  const startedAt = new Date().toISOString();
  let clock = startClock();
  const started = await startProcess(program, words.slice(1), {
    onSpawn: () => {
      clock = startClock();
    },
    // Standard input stays open: a monitor on it ends QEMU when it closes.
    stdio: ['pipe', output.stdout, output.stderr],
    cwd: plan.folder,
    environment: { ...environment, ...mark.environment },
    hint: 'guest.command in bootgauge.yml names the launcher; a relative path starts in its folder',
  });
  resources.use(started);
  output.closeOurWriters();
  const drained = output.drained();
  const vm = watchProcess(started, clock, { ...options, drained, isStray: mark.isOn });
  resources.defer(vm.stopWatching);
  started.child.stdin?.on('error', () => {});
  const stdout = output.readers?.[0] ?? started.child.stdout;
  vm.hearErrors(output.readers?.[1] ?? started.child.stderr);

  const over = new AbortController();
  resources.defer(() => over.abort());
  /** Nobody answers on its sockets any more; what they still hold is read. */
  const ended = new AbortController();
  void started.exited.then(() => ended.abort());
  const looking = AbortSignal.any([over.signal, ended.signal]);
  let input: NodeJS.WritableStream | null = started.child.stdin;
  if (consoleSocket === null) {
    if (stdout) vm.hearConsole(stdout);
  } else {
    vm.hearErrors(stdout);
    void connectTo(consoleSocket, looking).then((socket) => {
      if (socket === null) return;
      input = socket;
      vm.note('console-connected');
      vm.hearConsole(socket);
      over.signal.addEventListener('abort', () => socket.destroy());
    });
  }
  let quit = async (): Promise<void> => {};
  if (qmpSocket !== null) {
    void connectTo(qmpSocket, looking).then(async (socket) => {
      if (socket === null) return;
      over.signal.addEventListener('abort', () => socket.destroy());
      const qmp = speakQmp(socket, clock.now, ({ name, data, atNs }) =>
        vm.note(`qmp:${name}`, data === null ? '' : JSON.stringify(data), atNs),
      );
      const ready = await qmp.execute('qmp_capabilities', 10_000).catch(() => null);
      if (ready !== null) vm.note('qmp-ready', '', ready.atNs);
      quit = async () => void (await qmp.execute('quit', 2000).catch(() => null));
    });
  }
  const owned = resources.move();
  return {
    ...vm,
    type: (text) => void (input?.writable && input.write(text)),
    pid: started.pid,
    sshPort: port,
    closedPort: null,
    command: [program, ...words.slice(1)].map(shownToPeople),
    startedAt,
    clockZeroNs: clock.zeroNs,
    nowNs: clock.now,
    quit: () => quit(),
    async inspect() {
      const [address, accelerator] = await Promise.all([
        reachableFromOutside(port),
        acceleratorOf(started.pid, mark.isOn),
      ]);
      if (address !== null) vm.note('reachable-from-outside', `port ${port}`);
      if (accelerator !== null) vm.note('accelerator', accelerator);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A relative path with a slash starts in the launcher's folder, as it would for a person who stands there. */
function programOf(word: string, folder: string): string {
  if (isAbsolute(word)) return word;
  return word.includes('/') ? join(folder, word) : (findOnPath(word) ?? word);
}

/** Somebody of ours may just be letting go of it. */
async function becomesFree(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    if (await portIsFree(port)) return true;
    await delay(100);
  }
  return false;
}

/** The tree of a build has the measured binary where it belongs. */
function isAlreadyThere({ folder, emulator }: LauncherLaunchPlan, binary: string): boolean {
  const place = resolve(folder, binary);
  return existsSync(place) && realpathSync(place) === realpathSync(emulator.program);
}

/**
 * Starts the measured QEMU from where it lies, so that it finds its own files. macOS takes DYLD variables away when a system
 * shell starts; set by this script they come after the last such shell and survive.
 */
function wrapper({ emulator, environment }: LauncherLaunchPlan): string {
  const lost = Object.entries({ ...allowedEnvironment(process.env), ...environment }).filter(([name]) =>
    name.startsWith('DYLD_'),
  );
  const variables = Object.entries({ ...Object.fromEntries(lost), ...emulator.environment });
  return [
    '#!/bin/sh',
    ...variables.map(([name, value]) => `export ${name}=${quoted(value)}`),
    `exec ${[emulator.program, ...emulator.leadingArguments].map(quoted).join(' ')} "$@"`,
    '',
  ].join('\n');
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Where standard output and error go. Node's own are sockets, which a script on Linux cannot open as /dev/stderr; there
 * named pipes take their place. macOS opens /dev/stderr by duplicating, whatever it is.
 */
async function outputPipes() {
  if (process.platform !== 'linux') {
    return {
      stdout: 'pipe' as const,
      stderr: 'pipe' as const,
      readers: null,
      closeOurWriters: () => {},
      drained: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder('bootgauge-pipes-'));
  const paths = ['stdout', 'stderr'].map((name) => join(folder.path, name));
  await runProgram('mkfifo', paths, { timeoutMs: 5000, hint: 'mkfifo must be on PATH' });
  const readers = paths.map(
    (path) =>
      new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false }),
  );
  for (const reader of readers) resources.defer(() => void reader.destroy());
  const writers = paths.map((path) => openSync(path, 'w')) as [number, number];
  let open = true;
  const closeOurWriters = (): void => {
    if (open) for (const writer of writers) closeSync(writer);
    open = false;
  };
  resources.defer(closeOurWriters);
  const ends = readers.map((reader) => new Promise<void>((done) => reader.once('close', () => done())));
  const owned = resources.move();
  return {
    stdout: writers[0],
    stderr: writers[1],
    readers: readers as [Socket, Socket],
    closeOurWriters,
    drained: () => Promise.all(ends),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A path of at most 104 bytes, which is all that macOS takes: a long one is reached by a link to its folder. */
async function reachable(
  path: string,
  { folder }: LauncherLaunchPlan,
  resources: AsyncDisposableStack,
): Promise<string> {
  const whole = resolve(folder, path);
  if (Buffer.byteLength(whole) < 100) return whole;
  const place = resources.use(await temporaryFolder('bg-', '/tmp'));
  await symlink(dirname(whole), join(place.path, 'd'));
  return join(place.path, 'd', basename(whole));
}

/** Connects to a Unix socket as soon as it is there; null when the signal comes first. */
async function connectTo(path: string, signal: AbortSignal): Promise<Socket | null> {
  while (!signal.aborted) {
    const socket = await new Promise<Socket | null>((done) => {
      const attempt = connect({ path });
      attempt.once('connect', () => done(attempt));
      attempt.once('error', () => done(null));
    });
    if (socket !== null) {
      socket.on('error', () => {});
      return socket;
    }
    await delay(5);
  }
  return null;
}

/** The accelerator that a QEMU of this process's family was told to use; null when none says so. */
async function acceleratorOf(leader: number, isStray: (pid: number) => boolean): Promise<string | null> {
  const host = thisHost();
  const table = await (await systemOf(host)).processes(host, { command: 'arguments' });
  const told = familyOf(leader, table, new Map(), isStray).map(({ command }) => accelerated.exec(command)?.[1]);
  return told.find(Boolean) ?? null;
}

const accelerated = /(?:\s-accel\s+|[\s,]accel=)(hvf|kvm|tcg)\b/;
