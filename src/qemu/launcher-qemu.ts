// The measured QEMU where a launcher expects it: a link where nothing need be changed, else a stand-in that has its arguments changed
// and tells when it starts.
import { symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { ClonedTree } from '../host/clone-tree.ts';
import { allowedEnvironment } from '../host/environment.ts';
import { temporaryFolder } from '../host/processes.ts';
import { BootgaugeError } from '../model/errors.ts';
import type { LauncherLaunchPlan } from '../model/launch-plan.ts';
import { graphicsArguments } from './arguments.ts';
import type { Clock } from './clock.ts';
import { glDisplayFor } from './gl-display.ts';
import { type Qmp, speakQmp } from './qmp.ts';
import { type Rewritten, rewriteArguments } from './rewrite.ts';
import { noteQmpEvent, shownToPeople, type VmExit, type watchProcess } from './running-vm.ts';
import { type Asked, environmentOf, listening, type NoStart, placeStandIn, type Start } from './stand-in.ts';

/** Told what a launcher gives to its QEMU, which is not started: its words, and all variables that it would have had. */
export type Rehearse = (asked: Asked) => void;

type Watched = ReturnType<typeof watchProcess>;

export interface LauncherQemu {
  /** From now on its starts, and what it says on QMP, are events of this VM. */
  watch(vm: Watched, clock: Clock): void;
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
  rehearse: Rehearse | undefined,
): Promise<LauncherQemu> {
  const { binary, emulator, rewrite } = plan;
  const none: LauncherQemu = { watch: () => {}, qmp: () => null, isUsed: () => true, exitOf: (exit) => exit };
  if (binary === null) return none;
  const place = await tree.place(resolve(tree.moved(plan.folder), binary));
  const isPlain = emulator.leadingArguments.length === 0 && Object.keys(emulator.environment).length === 0;
  if (rewrite === 'none' && isPlain && rehearse === undefined) {
    await symlink(emulator.program, place);
    // The last one for a script that goes to its folder first.
    const names = [emulator.program, binary, `./${basename(binary)}`];
    // Whoever cannot look at processes has not seen that it is unused.
    const isUsed = (commands: readonly string[]): boolean =>
      commands.length === 0 || commands.some((line) => names.some((name) => `${line} `.includes(`${name} `)));
    return { ...none, isUsed };
  }
  const folder = resources.use(await temporaryFolder('bg-', '/tmp')).path;
  const guest = followGuest({ plan, tree, qmpPath: join(folder, 'qmp'), rehearse });
  resources.use(await placeStandIn(place, folder, guest.answer));
  if (rewrite !== 'none') resources.use(await listening(guest.qmpServer, join(folder, 'qmp')));
  return guest;
}

interface Followed {
  readonly plan: LauncherLaunchPlan;
  readonly tree: ClonedTree;
  readonly qmpPath: string;
  readonly rehearse: Rehearse | undefined;
}

/** Of one boot. What has asked may be a launcher that claims more than node takes, to look faster than it is. */
const mostLeftOutNs = 2e9;

/** Answers the stand-in, and follows the QEMU that it becomes. */
function followGuest({ plan, tree, qmpPath, rehearse }: Followed) {
  let watched: { readonly vm: Watched; readonly clock: Clock } | null = null;
  let starts = 0;
  let leftOutNs = 0;
  let control: Qmp | null = null;
  const note = (name: string, detail: string): void => watched?.vm.note(name, shownToPeople(tree.original(detail)));

  /** No boot is charged for the stand-in: its time, of which the start of node is nearly all, is left out. A guest that runs goes on. */
  function leaveOut(ownMs: number): void {
    if (watched === null || starts > 0) return;
    const { vm, clock } = watched;
    // Stamps are whole nanoseconds.
    const ns = Math.round(Math.min(ownMs * 1e6, clock.now(), mostLeftOutNs - leftOutNs));
    if (ns <= 0) return;
    leftOutNs += ns;
    clock.leaveOut(ns);
    vm.note('left-out', `${Math.round(ns / 1e6)} ms of the program at binary`);
  }

  function answer({ words, folder, environment, ownMs }: Asked): Start | NoStart {
    leaveOut(ownMs);
    try {
      const moved = words.map(tree.moved);
      const rewritten = rewrittenFor(plan, plan.rewrite === 'none' ? words : moved, qmpPath);
      if (!rewritten.isQuestion) {
        starts += 1;
        if (rehearse !== undefined) {
          const start = startOf(plan, rewritten.words, tree.moved);
          const seen = Object.entries(environmentOf(start, environment));
          const originals = Object.fromEntries(seen.map(([name, value]) => [name, tree.original(value)]));
          rehearse({ words: moved, folder, environment: originals, ownMs });
          return { status: 0, said: '' };
        }
        note('qemu-started', rewritten.words.join(' '));
        if (rewritten.changes.length > 0) note('rewritten', rewritten.changes.join('; '));
      }
      return startOf(plan, rewritten.words, tree.moved);
    } catch (error) {
      if (!(error instanceof BootgaugeError)) throw error;
      return { status: 1, said: `bootgauge: ${error.message}` };
    }
  }

  const qmpServer = createServer((socket) => {
    if (watched === null) return void socket.destroy();
    const { vm, clock } = watched;
    socket.on('error', () => {});
    const qmp = speakQmp(socket, clock.now, (event) => {
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
    watch: (vm: Watched, clock: Clock) => {
      watched = { vm, clock };
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

/** What becomes of these words by the plan. Throws a usageError when there is nothing that a change could be made to. */
function rewrittenFor(
  { rewrite, explain, architecture, emulator }: LauncherLaunchPlan,
  words: readonly string[],
  qmp: string,
): Rewritten {
  const changes = rewrite === 'none' ? {} : rewrite;
  const graphics = changes.gpu === undefined ? [] : graphicsArguments(changes.gpu, glDisplayFor(emulator));
  const rewritten = rewriteArguments(words, { architecture, changes, explain, graphics, qmp });
  return rewrite === 'none' ? { ...rewritten, words, changes: [] } : rewritten;
}

function startOf(
  { emulator, environment }: LauncherLaunchPlan,
  words: readonly string[],
  moved: ClonedTree['moved'],
): Start {
  const given = Object.entries(environment).map(([name, value]) => [name, moved(value)] as const);
  // macOS has taken them from the script, where that was started by a shell of the system.
  const lost = [...Object.entries(allowedEnvironment(process.env)), ...given].filter(([name]) =>
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
