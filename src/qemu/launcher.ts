// Runs a user's own launcher in a throw-away clone of its tree and watches the guest that it starts: its output is the console, its
// port the way in. What it starts is ended with it, whatever group it has put itself into.
import type { Socket } from 'node:net';
import { isAbsolute, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClonedTree, cloneTree } from '../host/clone-tree.ts';
import { familyOf } from '../host/family.ts';
import { findProgram } from '../host/files.ts';
import type { StartedProcess } from '../host/processes.ts';
import { strayMark } from '../host/strays.ts';
import { systemOf } from '../host/systems.ts';
import { thisHost } from '../host/view.ts';
import { measurementError } from '../model/errors.ts';
import type { LauncherLaunchPlan } from '../model/launch-plan.ts';
import { placeQemu } from './launcher-qemu.ts';
import { type OutputPipes, outputPipes } from './output-pipes.ts';
import { portIsFree, reachableFromOutside, reservePort } from './ports.ts';
import { type Qmp, speakQmp } from './qmp.ts';
import {
  type LaunchOptions,
  noteQmpEvent,
  type RunningVm,
  shownToPeople,
  startTimed,
  watchProcess,
} from './running-vm.ts';
import { connectTo, shortPath } from './unix-socket.ts';

/**
 * Resolves as soon as the command was spawned: when the guest starts is told by an event, where its QEMU stands at `binary`. Throws a
 * measurementError when its port is taken or it cannot be started, a usageError when an asset cannot be placed.
 */
export async function launchLauncher(plan: LauncherLaunchPlan, options: LaunchOptions): Promise<RunningVm> {
  options.signal?.throwIfAborted();
  await using resources = new AsyncDisposableStack();
  const port = plan.port ?? resources.use(await reservePort()).port;
  const tree = resources.use(await treeOf(plan));
  const qemu = await placeQemu(plan, tree, resources, options.rehearse);
  const mark = strayMark();
  // After its group was killed: what has left the group is found by its mark.
  resources.defer(async () => void (await mark.kill()));
  const output = resources.use(await outputPipes());
  const sockets = await socketsOf(plan, tree, resources);
  const { program, parameters, environment, folder } = commandOf(plan, tree, port);
  await options.beforeSpawn?.(port);
  if (options.rehearse === undefined) await checkFree(port);

  const { started, clock, facts } = await startTimed(program, parameters, {
    // Standard input stays open: a monitor on it ends QEMU when it closes.
    stdio: ['pipe', output.stdout, output.stderr],
    cwd: folder,
    environment: { ...environment, ...mark.environment },
    hint: 'guest.command in bootgauge.yml names the launcher; a relative path starts in its folder',
  });
  resources.use(started);
  output.closeOurWriters();
  const vm = watchProcess(started, clock, { drained: output.drained(), isStray: mark.isOn });
  resources.defer(vm.stopWatching);
  vm.note('tree-cloned', JSON.stringify(tree.cost));
  qemu.watch(vm, clock);
  const { type, qmp } = listen({ vm, started, output, sockets, now: clock.now }, resources);
  const owned = resources.move();
  return {
    ...vm,
    ...facts,
    type,
    qmp: () => qmp() ?? qemu.qmp(),
    exited: vm.exited.then(qemu.exitOf),
    isStray: mark.isOn,
    sshPort: port,
    closedPort: null,
    portOf: (own) => own ?? port,
    place: (path) => shortPath(tree.moved(resolve(plan.folder, path)), owned),
    agent: null,
    tree: tree.path,
    command: [program, ...parameters].map((word) => shownToPeople(tree.original(word))),
    async inspect() {
      if ((await reachableFromOutside(port)) !== null) vm.note('reachable-from-outside', `port ${port}`);
      const commands = await commandsOf(started.pid, mark.isOn);
      const accelerator = commands.map((command) => accelerated.exec(command)?.[1]).find(Boolean);
      if (accelerator !== undefined) vm.note('accelerator', accelerator);
      if (!qemu.isUsed(commands)) vm.note('binary-unused', plan.binary ?? '');
      for (const path of await tree.changedOriginals()) vm.note('original-changed', shownToPeople(path));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The clone of the launcher's tree, with its assets in place. */
async function treeOf(plan: LauncherLaunchPlan): Promise<ClonedTree> {
  await using held = new AsyncDisposableStack();
  const tree = held.use(await cloneTree(plan.tree));
  for (const { from, to } of plan.assets) await tree.put(from, resolve(tree.moved(plan.folder), to));
  held.move();
  return tree;
}

interface Sockets {
  /** null: the console is the launcher's own output. */
  readonly console: string | null;
  readonly qmp: string | null;
}

async function socketsOf(
  plan: LauncherLaunchPlan,
  tree: ClonedTree,
  resources: AsyncDisposableStack,
): Promise<Sockets> {
  const reached = (path: string): Promise<string> => shortPath(tree.moved(resolve(plan.folder, path)), resources);
  return {
    console: plan.console.from === 'socket' ? await reached(plan.console.path) : null,
    qmp: plan.qmp === null ? null : await reached(plan.qmp),
  };
}

function commandOf(plan: LauncherLaunchPlan, tree: ClonedTree, port: number) {
  const filled = (text: string): string => tree.moved(text.replaceAll('{port}', String(port)));
  const [word = '', ...parameters] = plan.command.map(filled);
  const environment = Object.entries(plan.environment).map(([name, value]) => [name, filled(value)] as const);
  const folder = tree.moved(plan.folder);
  return { program: programOf(word, folder), parameters, environment: Object.fromEntries(environment), folder };
}

interface Listening {
  readonly vm: ReturnType<typeof watchProcess>;
  readonly started: StartedProcess;
  readonly output: OutputPipes;
  readonly sockets: Sockets;
  now(): number;
}

/** Hears the output and connects to the sockets, which come when the launcher makes them. Returns the ways to type on the console and to ask. */
function listen(
  { vm, started, output, sockets, now }: Listening,
  resources: AsyncDisposableStack,
): Pick<RunningVm, 'type' | 'qmp'> {
  const over = new AbortController();
  resources.defer(() => over.abort());
  /** Nobody answers on its sockets any more; what they still hold is read. */
  const ended = new AbortController();
  void started.exited.then(() => ended.abort());
  const connected = async (path: string, use: (socket: Socket) => void | Promise<void>): Promise<void> => {
    const socket = await connectTo(path, AbortSignal.any([over.signal, ended.signal]));
    if (socket === null) return;
    over.signal.addEventListener('abort', () => socket.destroy());
    await use(socket);
  };
  const { stdin } = started.child;
  stdin?.on('error', () => {});
  let input: NodeJS.WritableStream | null = stdin;
  let control: Qmp | null = null;
  const stdout = output.readers?.[0] ?? started.child.stdout;
  vm.hearErrors(output.readers?.[1] ?? started.child.stderr);
  if (sockets.console === null) {
    if (stdout) vm.hearConsole(stdout, 'stdout');
  } else {
    vm.hearErrors(stdout, 'stdout');
    void connected(sockets.console, (socket) => {
      input = socket;
      vm.note('console-connected');
      vm.hearConsole(socket);
    });
  }
  if (sockets.qmp !== null) {
    void connected(sockets.qmp, async (socket) => {
      const qmp = speakQmp(socket, now, (event) => noteQmpEvent(vm, event));
      const ready = await qmp.execute('qmp_capabilities', 10_000).catch(() => null);
      if (ready === null) return;
      vm.note('qmp-ready', '', ready.atNs);
      control = qmp;
    });
  }
  return { type: (text) => void (input?.writable && input.write(text)), qmp: () => control };
}

/** A relative path with a slash starts in the launcher's folder, as it would for a person who stands there. */
function programOf(word: string, folder: string): string {
  if (isAbsolute(word)) return word;
  return word.includes('/') ? join(folder, word) : (findProgram({ environment: process.env }, word) ?? word);
}

async function checkFree(port: number): Promise<void> {
  // Somebody of ours may just be letting go of it.
  for (let attempt = 0; attempt < 20; attempt += 1) {
    if (await portIsFree(port)) return;
    await delay(100);
  }
  throw measurementError(
    `port ${port} of the launcher is already in use by another program`,
    `end what listens on it (lsof -i :${port} shows it), or let the launcher take its port from {port}`,
  );
}

/** The command lines of this process's family. */
async function commandsOf(leader: number, isStray: (pid: number) => boolean): Promise<readonly string[]> {
  const host = thisHost();
  const table = await (await systemOf(host)).processes(host, { command: 'arguments' });
  return familyOf(leader, table, new Map(), isStray).map(({ command }) => command);
}

const accelerated = /(?:\s--?accel\s+|[\s,]accel=)(hvf|kvm|tcg)\b/;
