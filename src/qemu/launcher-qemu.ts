// The measured QEMU where a launcher expects it: a link where nothing need be changed, else a stand-in that has its arguments changed
// and tells when it starts.
import { symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import type { ClonedTree } from '../host/clone-tree.ts';
import { allowedEnvironment } from '../host/environment.ts';
import { temporaryFolder } from '../host/processes.ts';
import { BootgaugeError } from '../model/errors.ts';
import type { LauncherLaunchPlan } from '../model/launch-plan.ts';
import { graphicsArguments } from './arguments.ts';
import { glDisplayFor } from './gl-display.ts';
import { type Qmp, speakQmp } from './qmp.ts';
import { type Rewritten, rewriteArguments } from './rewrite.ts';
import { noteQmpEvent, shownToPeople, type VmExit, type watchProcess } from './running-vm.ts';
import { listening, placeStandIn, type Refusal, type Start } from './stand-in.ts';

type Watched = ReturnType<typeof watchProcess>;

export interface LauncherQemu {
  /** From now on its starts, and what it says on QMP, are events of this VM. */
  watch(vm: Watched, now: () => number): void;
  qmp(): Qmp | null;
  /** Whether the launcher has started it, as far as these command lines of its family show. */
  isUsed(commands: readonly string[]): boolean;
  /** The end of a script, as that of its QEMU: a shell tells in its own status by which signal a program was ended. */
  exitOf(exit: VmExit): VmExit;
}

/** Throws a usageError when it cannot be placed. */
export async function placeQemu(
  plan: LauncherLaunchPlan,
  tree: ClonedTree,
  resources: AsyncDisposableStack,
): Promise<LauncherQemu> {
  const { binary, emulator, rewrite } = plan;
  const none: LauncherQemu = { watch: () => {}, qmp: () => null, isUsed: () => true, exitOf: (exit) => exit };
  if (binary === null) return none;
  const place = await tree.place(resolve(tree.moved(plan.folder), binary));
  const isPlain = emulator.leadingArguments.length === 0 && Object.keys(emulator.environment).length === 0;
  if (rewrite === 'none' && isPlain) {
    await symlink(emulator.program, place);
    const names = [emulator.program, binary];
    return { ...none, isUsed: (commands) => commands.some((line) => names.some((name) => startsWith(line, name))) };
  }
  const folder = resources.use(await temporaryFolder('bg-', '/tmp')).path;
  const guest = followGuest(plan, tree, join(folder, 'qmp'));
  resources.use(await placeStandIn(place, folder, guest.answer));
  if (rewrite !== 'none') resources.use(await listening(guest.qmpServer, join(folder, 'qmp')));
  return guest;
}

const startsWith = (line: string, name: string): boolean => (line.split(' ', 1)[0] ?? '').endsWith(name);

/** Answers the stand-in, and follows the QEMU that it becomes. */
function followGuest(plan: LauncherLaunchPlan, tree: ClonedTree, qmpPath: string) {
  let watched: { readonly vm: Watched; now(): number } | null = null;
  let starts = 0;
  let control: Qmp | null = null;
  const note = (name: string, detail: string): void => watched?.vm.note(name, shownToPeople(tree.original(detail)));

  function answer(words: readonly string[]): Start | Refusal {
    try {
      const rewritten = rewrittenFor(plan, tree, words, qmpPath);
      if (!rewritten.isQuestion) {
        starts += 1;
        note('qemu-started', rewritten.words.join(' '));
        if (rewritten.changes.length > 0) note('rewritten', rewritten.changes.join('; '));
      }
      return startOf(plan, rewritten.words);
    } catch (error) {
      if (!(error instanceof BootgaugeError)) throw error;
      return { refused: `bootgauge: ${error.message}` };
    }
  }

  const qmpServer = createServer((socket) => {
    const { vm, now } = watched ?? {};
    if (vm === undefined || now === undefined) return void socket.destroy();
    socket.on('error', () => {});
    const qmp = speakQmp(socket, now, (event) => {
      noteQmpEvent(vm, event);
      if (event.name === 'RESUME') noteStarted(vm, event.atNs);
    });
    void greet(qmp, vm).then((isReady) => {
      if (isReady) control = qmp;
    });
  });

  return {
    answer,
    qmpServer,
    watch: (vm: Watched, now: () => number) => {
      watched = { vm, now };
    },
    qmp: () => control,
    isUsed: () => starts > 0,
    exitOf: (exit: VmExit) => (starts > 0 ? endedBySignal(exit) : exit),
  };
}

/** QEMU answers from its main loop, which it enters when the guest was let go; one that was told to wait says when it goes on. */
async function greet(qmp: Qmp, vm: Watched): Promise<boolean> {
  try {
    const ready = await qmp.execute('qmp_capabilities', 30_000);
    vm.note('qmp-ready', '', ready.atNs);
    const { value } = await qmp.execute('query-status', 30_000);
    if ((value as { running?: unknown } | null)?.running === true) noteStarted(vm, ready.atNs);
    return true;
  } catch {
    // It ended before: the end says why.
    return false;
  }
}

function noteStarted(vm: Watched, atNs: number): void {
  if (!vm.events().some(({ name }) => name === 'guest-started')) vm.note('guest-started', '', atNs);
}

function rewrittenFor(
  { rewrite, explain, architecture, emulator }: LauncherLaunchPlan,
  tree: ClonedTree,
  words: readonly string[],
  qmp: string,
): Pick<Rewritten, 'words' | 'changes' | 'isQuestion'> {
  const changes = rewrite === 'none' ? {} : rewrite;
  const graphics = changes.gpu === undefined ? [] : graphicsArguments(changes.gpu, glDisplayFor(emulator));
  const rewritten = rewriteArguments(words.map(tree.moved), { architecture, changes, explain, graphics, qmp });
  return rewrite === 'none' ? { ...rewritten, words, changes: [] } : rewritten;
}

function startOf({ emulator, environment }: LauncherLaunchPlan, words: readonly string[]): Start {
  // macOS has taken them from the script, where that was started by a shell of the system.
  const lost = Object.entries({ ...allowedEnvironment(process.env), ...environment }).filter(([name]) =>
    name.startsWith('DYLD_'),
  );
  return {
    program: emulator.program,
    words: [...emulator.leadingArguments, ...words],
    usual: Object.fromEntries(lost),
    environment: emulator.environment,
  };
}

const signalsByNumber = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

function endedBySignal({ atNs, code, signal }: VmExit): VmExit {
  const name = code === null ? undefined : signalsByNumber.get(code - 128);
  return name === undefined ? { atNs, code, signal } : { atNs, code: null, signal: name };
}
