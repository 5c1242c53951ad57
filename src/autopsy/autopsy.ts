// Looks at a guest that hangs before its emulator is ended: QEMU by QMP, the guest's kernel by its console, the host by its tables. Facts
// only; what they mean is for the diagnosis.
import { z } from 'zod';
import { familyOf } from '../host/family.ts';
import type { ProcessEntry, System, ThreadEntry } from '../host/system.ts';
import { systemOf } from '../host/systems.ts';
import { type HostView, thisHost } from '../host/view.ts';
import type { Autopsy, HostProcess } from '../model/autopsy.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Qmp } from '../qemu/qmp.ts';
import type { RunningVm } from '../qemu/running-vm.ts';
import {
  type Asker,
  askerOf,
  consoleDevice,
  diskCounters,
  lookAtCpus,
  networkState,
  pendingRequests,
  screenOf,
} from './ask-qemu.ts';
import { isKernel, nameCpus } from './kernel-places.ts';
import { kernelSymbols } from './kernel-symbols.ts';
import { askKernel } from './sysrq.ts';

export interface AutopsyOptions {
  /** The guest has a screen. */
  readonly screen: boolean;
  /** Its 3D commands run on the host, in processes of their own. */
  readonly renders: boolean;
  /** File of the guest's kernel, where it is known: it names addresses. */
  readonly kernel: string | null;
  readonly host?: HostView;
  /** For everything together; 15 s if not given. */
  readonly limitMs?: number;
}

export type ExaminedVm = Pick<RunningVm, 'pid' | 'nowNs' | 'console' | 'type' | 'events' | 'qmp' | 'isStray'>;

const longestMs = 15_000;
/** QEMU answers such a question from its main loop, at once, unless that loop is stuck. */
const firstAnswerMs = 1500;
/** A stack tool gets what is left, and not more than this for each process. */
const stackMs = 4000;

/** null: there is nobody left to examine. Never rejects. */
export async function examine(vm: ExaminedVm, options: AutopsyOptions): Promise<Autopsy | null> {
  const startMs = performance.now();
  const atNs = vm.nowNs();
  const endMs = startMs + (options.limitMs ?? longestMs);
  const leftMs = (): number => endMs - performance.now();
  const notes: string[] = [];
  const asked = await tell(askQemu(vm, options, leftMs, notes), notes, nothingAsked('none'));
  if (asked === null || hasEnded(vm)) return null;
  const host = options.host ?? thisHost();
  const wantsStacks = asked.control !== 'answered' || options.renders;
  const processes = await tell(askHost(host, vm, wantsStacks, leftMs, notes), notes, []);
  return {
    ...asked,
    ...{ atNs, tookMs: Math.round(performance.now() - startMs), processes },
    notes: notes.slice(0, 20).map((note) => plainLine(note, 300)),
  };
}

const hasEnded = (vm: ExaminedVm): boolean => vm.events().some(({ name }) => name === 'exited');

/** What fails is noted; the rest is still worth having. */
async function tell<T>(work: Promise<T>, notes: string[], otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    notes.push(`a part of the examination failed: ${(error as Error).message}`);
    return otherwise;
  }
}

type Asked = Omit<Autopsy, 'atNs' | 'tookMs' | 'processes' | 'notes'>;

const nothingAsked = (control: Autopsy['control']): Asked => ({
  ...{ control, status: '', cpus: [], disks: [], pending: [], network: [], screen: null },
  sysrq: { asked: '', answered: '', refused: '', text: '' },
});

const statusAnswer = z.object({ status: z.string() });

async function askQemu(
  vm: ExaminedVm,
  options: AutopsyOptions,
  leftMs: () => number,
  notes: string[],
): Promise<Asked | null> {
  const qmp = vm.qmp();
  if (qmp?.closed()) return null;
  if (qmp === null) {
    notes.push('no QMP connection: nothing was asked of QEMU');
    return nothingAsked('none');
  }
  const status = await askerOf(qmp, firstAnswerMs).ask(statusAnswer, 'query-status');
  if (qmp.closed()) return null;
  if (status === null) {
    notes.push(`QEMU did not answer on QMP within ${firstAnswerMs / 1000} s`);
    return nothingAsked('silent');
  }
  // The host's stacks have their own part of the time.
  const asker = askerOf(qmp, 1000, () => leftMs() - stackMs);
  const facts = {
    ...nothingAsked('answered'),
    status: plainLine(status.status, 60),
    cpus: await cpusOf(asker, options.kernel, notes),
    disks: await diskCounters(asker),
    pending: await pendingRequests(asker),
    network: await networkState(asker),
    screen: options.screen ? await screenOf(asker) : null,
  };
  // A guest that does not run cannot answer.
  return status.status === 'running' ? { ...facts, sysrq: await sysrq({ vm, qmp, asker, leftMs, notes }) } : facts;
}

/** Those that rest need no names: that they wait is told by the instruction. */
async function cpusOf(asker: Asker, kernel: string | null, notes: string[]): Promise<Asked['cpus']> {
  const looked = await lookAtCpus(asker);
  const works = looked.cpus.some(({ samples }) => samples.some(({ pc, halted }) => halted !== true && isKernel(pc)));
  if (!works || kernel === null) return looked.cpus;
  const symbols = await kernelSymbols(kernel);
  if (symbols !== null) return await nameCpus(asker, looked, symbols);
  notes.push('no names for addresses: no System.map beside the kernel, and its own table cannot be read');
  return looked.cpus;
}

interface Console {
  readonly vm: ExaminedVm;
  readonly qmp: Qmp;
  readonly asker: Asker;
  leftMs(): number;
  readonly notes: string[];
}

async function sysrq({ vm, qmp, asker, leftMs, notes }: Console): Promise<Autopsy['sysrq']> {
  const { sysrq: none } = nothingAsked('answered');
  const chardev = await consoleDevice(asker);
  if (chardev === null) {
    notes.push('the kernel was not asked: QEMU names no serial console');
    return none;
  }
  const answer = await tell(askKernel(vm, qmp, chardev, Math.min(9000, leftMs() - stackMs)), notes, none);
  if (answer.refused !== '') notes.push(`the guest does not allow sysrq ${answer.refused}: kernel.sysrq is not 1`);
  if (answer.asked !== '' && answer.answered === '' && answer.refused === '')
    notes.push('the guest did not answer a sysrq on its serial console');
  if (answer.answered.includes('9')) notes.push("the kernel's log level was raised to 9 for its answers");
  return answer;
}

async function askHost(
  host: HostView,
  vm: ExaminedVm,
  wantsStacks: boolean,
  leftMs: () => number,
  notes: string[],
): Promise<HostProcess[]> {
  const system = await systemOf(host);
  const table = await system.processes(host, { since: vm.pid, command: 'arguments' });
  const members = familyOf(vm.pid, table, new Map(), vm.isStray);
  // QEMU first: a launcher's lies below it.
  const rank = ({ pid, command }: ProcessEntry): number =>
    /qemu-system/.test(nameOf(command)) ? 0 : pid === vm.pid ? 1 : 2;
  const family = members.toSorted((one, other) => rank(one) - rank(other)).slice(0, 16);
  const seen = await Promise.all(
    family.map(async (entry) => ({ entry, threads: (await system.threads(host, entry.pid)).slice(0, 64) })),
  );
  const processes: HostProcess[] = [];
  for (const { entry, threads } of seen) {
    const limitMs = Math.min(stackMs, leftMs());
    const isStuck = threads.some(({ state }) => state === 'T' || state === 'D');
    const wanted = (wantsStacks || isStuck) && limitMs > 500;
    processes.push(await described(system, host, { entry, threads, limitMs: wanted ? limitMs : 0, notes }));
  }
  return processes;
}

interface Described {
  readonly entry: ProcessEntry;
  readonly threads: readonly ThreadEntry[];
  /** 0: its stacks are not asked for. */
  readonly limitMs: number;
  readonly notes: string[];
}

async function described(
  system: System,
  host: HostView,
  { entry, threads, limitMs, notes }: Described,
): Promise<HostProcess> {
  const { stacks, note } = limitMs > 0 ? await system.stacks(host, entry.pid, limitMs) : noStacks;
  if (note !== '') notes.push(note);
  return {
    pid: entry.pid,
    name: plainLine(nameOf(entry.command), 60),
    threads: threads.map(({ id, name, state, waitsIn }) => ({
      ...{ name: plainLine(name, 60), state: state.slice(0, 4), waitsIn: plainLine(waitsIn, 80) },
      stack: (stacks.get(id) ?? []).slice(0, 24).map((one) => plainLine(one, 120)),
    })),
  };
}

/** Of a program that runs by a loader of its own, as the kit's do, the loader stands first. */
function nameOf(words: string): string {
  const [, known] = /(?:^|[ /])((?:qemu-system|virgl_render)[\w.-]*)/.exec(words) ?? [];
  return known ?? words.split(' ')[0]?.split('/').at(-1) ?? '';
}

const noStacks = { stacks: new Map<number, readonly string[]>(), note: '' };
