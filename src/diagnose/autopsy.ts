// What an examined hang says: of all that was seen, the fact that speaks. The rules stand in the order of how much they decide.
import type { Autopsy, HostProcess, VirtualCpu } from '../model/autopsy.ts';
import { plainLine } from '../model/plain-text.ts';
import { type KernelTask, kernelTasks, waitedFor, waitOf } from './kernel-tasks.ts';

/** What a finding of a hang is called, says, and advises. */
export interface Story {
  readonly id: string;
  readonly cause: string;
  readonly advice: string;
}

export interface SeenHang {
  /** null: no fact decides, and the console knows better. */
  readonly story: Story | null;
  /** Who in the guest is waited for: for where the console does not tell. */
  readonly suspect: Story | null;
  /** Plain lines, the one that decides first. */
  readonly evidence: readonly string[];
}

export const nothingSeen: SeenHang = { story: null, suspect: null, evidence: [] };

interface Told {
  readonly story: Story;
  readonly evidence: string;
}

interface Seen {
  readonly autopsy: Autopsy;
  readonly tasks: readonly KernelTask[];
  readonly consoleIsEmpty: boolean;
}

export function readAutopsy(autopsy: Autopsy, consoleIsEmpty: boolean): SeenHang {
  const tasks = kernelTasks(autopsy.sysrq.text);
  const seen = { autopsy, tasks, consoleIsEmpty };
  const told = rules.map((rule) => rule(seen)).find((one) => one !== null) ?? null;
  const waits = waitingTask(tasks);
  const cpus = idleText(autopsy.cpus);
  const pending = autopsy.pending.map(
    ({ device, queue, pending: count }) => `${count} requests of ${device} (queue ${queue}) are not answered`,
  );
  const general = [...(waits === null ? [] : [waits.evidence]), cpus, ...pending];
  return {
    story: told?.story ?? null,
    suspect: waits?.story ?? null,
    evidence: [...(told === null ? [] : [told.evidence]), ...(told === null ? general : pending)]
      .map((line) => plainLine(line, 300))
      .filter((line) => line !== '')
      .slice(0, 4),
  };
}

const rules: readonly ((seen: Seen) => Told | null)[] = [
  emulatorStopped,
  emulatorBlocked,
  rendererStuck,
  guestNotRunning,
  panicked,
  spinning,
  blockedTask,
];

/** The first process is QEMU itself. */
function emulatorStopped({ autopsy: { processes } }: Seen): Told | null {
  const stopped = processes[0]?.threads.filter(({ state }) => /^[Tt]$/.test(state)) ?? [];
  if (stopped.length === 0) return null;
  return {
    story: {
      id: 'hung-emulator-stopped',
      cause: 'QEMU itself was stopped by a signal or a debugger: nothing of the guest could run.',
      advice:
        'Find out who sends SIGSTOP or SIGTSTP to QEMU, or holds it in a debugger: a job control shell, a freezer, a tracer.',
    },
    evidence: `${stopped.length} of ${processes[0]?.threads.length ?? 0} threads of QEMU are stopped (state T)`,
  };
}

function emulatorBlocked({ autopsy: { control, processes } }: Seen): Told | null {
  if (control !== 'silent') return null;
  const main = processes[0]?.threads[0];
  const stack = main?.stack.slice(0, 6).join(' < ') ?? '';
  const waits = main?.waitsIn ? `, waits in ${main.waitsIn}` : '';
  const where = main === undefined ? '' : `; its main thread is in state ${main.state || 'unknown'}${waits}`;
  return {
    story: {
      id: 'hung-emulator-blocked',
      cause: "QEMU's main loop is blocked: it did not answer a question that it answers at once.",
      advice:
        'Look at what its main thread waits for: a lock, a disk or socket of the host, or the display; install gdb to see the stack.',
    },
    evidence: `QEMU does not answer on QMP${where}${stack === '' ? '' : `: ${stack}`}`,
  };
}

const isRenderer = ({ name }: HostProcess): boolean => /virgl_render|render.?server|vkr/i.test(name);

function rendererStuck({ autopsy: { processes, pending } }: Seen): Told | null {
  for (const one of processes.slice(1).filter(isRenderer)) {
    const stuck = one.threads.find(({ state }) => /^[TtD]$/.test(state));
    if (stuck === undefined) continue;
    const requests = pending.filter(({ device }) => /gpu/.test(device)).reduce((sum, entry) => sum + entry.pending, 0);
    const waits = requests === 0 ? '' : `; ${requests} requests of the graphics device are not answered`;
    return {
      story: {
        id: 'hung-render-server',
        cause:
          'The render server on the host stands still: what the guest waits for on its graphics device never comes.',
        advice:
          'Look at the Vulkan driver of the host (state D: the driver itself; T: somebody stopped the process), and boot once with gpu: plain.',
      },
      evidence: `${one.name} (process ${one.pid}) is in state ${stuck.state}${waits}`,
    };
  }
  return null;
}

function guestNotRunning({ autopsy: { status } }: Seen): Told | null {
  if (status === '' || status === 'running') return null;
  return {
    story: {
      id: `hung-guest-${status}`,
      cause: `QEMU does not run the guest: its state is ${status}.`,
      advice:
        status === 'io-error'
          ? 'A disk of the host failed or is full: look at free space and at what QEMU wrote to standard error.'
          : 'Look who stopped it: a monitor, a debugger (-S, gdbstub), or an error that QEMU told on standard error.',
    },
    evidence: `QMP says that the guest is ${status}`,
  };
}

/** The kernel's own words for it never came out. */
function panicked({ autopsy: { cpus } }: Seen): Told | null {
  const within = (names: RegExp) =>
    cpus.map((cpu) => ({ cpu, at: cpu.stack.findIndex((name) => names.test(name)) })).find(({ at }) => at !== -1);
  const panics = within(/^(?:v?panic|die|oops_end)$/);
  // The one that panics may be busy with something else by now; the others were stopped by it.
  const found = panics ?? within(/^(?:(?:local|ipi)_cpu_stop|panic_smp_self_stop|nmi_panic_self_stop|stop_this_cpu)$/);
  if (found === undefined) return null;
  const { cpu, at } = found;
  // A watchdog that came on top must not hide what tells it.
  const calls = at < mostCalls ? stackText(cpu) : `${cpu.stack[0]} < ... < ${cpu.stack.slice(at, at + 4).join(' < ')}`;
  const why = panics === undefined ? ', where a panic (or a shutdown) puts it' : '';
  return {
    story: {
      id: 'hung-panicked-silently',
      cause: 'The kernel panicked, and its console did not say so.',
      advice:
        'Check console= on the kernel command line and boot once with earlycon; panic=-1 ends such a boot at once.',
    },
    evidence: `vCPU ${cpu.index} is in ${calls}${why}`,
  };
}

function spinning({ autopsy: { cpus }, consoleIsEmpty }: Seen): Told | null {
  const cpu = cpus.find(spins);
  if (cpu === undefined) return null;
  const name = placeOf(cpu);
  const at = `vCPU ${cpu.index} runs in the kernel in all of ${cpu.samples.length} looks, mostly at one place: ${stackText(cpu)}`;
  if (name === '' && consoleIsEmpty) {
    return {
      story: {
        id: 'hung-silent-kernel',
        cause: 'The kernel was started and goes round in one place, but never said anything on its console.',
        advice:
          'Boot once with earlycon: a panic before the console looks like this. A System.map beside the kernel names the place.',
      },
      evidence: at,
    };
  }
  return {
    story: {
      id: `hung-vcpu-spins${name === '' ? '' : `:${name}`}`,
      cause: `A virtual CPU spins in the kernel${name === '' ? '' : `, in ${name}`}: what it waits for never comes, and nothing else runs there.`,
      advice:
        'Look at the device or the lock that this function waits for; compare with one virtual CPU and with accel: tcg.',
    },
    evidence: at,
  };
}

/**
 * Every look found it at work in the kernel, and most of them on one page: a loop calls functions that lie elsewhere, but comes back,
 * and a kernel that gets on is somewhere else each time.
 */
function spins({ samples }: VirtualCpu): boolean {
  if (samples.length < 3 || samples.some(({ pc, halted }) => halted !== false || !isKernel(pc))) return false;
  const pages = Map.groupBy(samples, ({ pc }) => pc.slice(0, -3));
  return Math.max(...[...pages.values()].map((same) => same.length)) * 2 > samples.length;
}

const isKernel = (pc: string): boolean => /^ffff[0-9a-f]{12}$/.test(pc);

/** The function that waits, not the one that counts the time. */
const placeOf = ({ stack }: VirtualCpu): string => stack.find((name) => !delays.test(name)) ?? stack[0] ?? '';
const delays =
  /^_*(?:const_)?(?:n|u|m)?(?:delay|timer_delay|udelay|mdelay)\b|^(?:delay_\w+|cpu_relax|arch_timer\w*|arch_counter\w*)$/;

/** Calls of a stack that a line of evidence shows. */
const mostCalls = 8;

function stackText({ stack, samples }: VirtualCpu): string {
  return stack.length > 0 ? stack.slice(0, mostCalls).join(' < ') : `0x${samples.at(-1)?.pc ?? '?'}`;
}

/** At both looks, where there were two: any task may be blocked for some milliseconds. */
function blockedTask({ autopsy: { sysrq }, tasks }: Seen): Told | null {
  const firstLook = sysrq.text.split('sysrq: Show State', 1)[0] ?? '';
  const before = kernelTasks(sysrq.answered.includes('w') ? firstLook : sysrq.text);
  const wasBlocked = (pid: number): boolean => before.some((one) => one.pid === pid && one.state === 'D');
  const task = tasks.find(({ state, pid }) => state === 'D' && wasBlocked(pid));
  if (task === undefined) return null;
  const wait = waitOf(task);
  return {
    story: {
      id: `hung-task-blocked:${task.name}`,
      cause: `${task.name} is blocked in the kernel and cannot be interrupted: what it waits for, a device or a lock, never comes.`,
      advice: 'The functions name who waits for what: look at that device and its driver.',
    },
    evidence: `${task.name} (process ${task.pid}) is blocked in ${wait === '' ? 'the kernel' : task.trace.slice(0, 8).join(' < ')}`,
  };
}

/** Whom the init system waits for, and where that one waits. */
function waitingTask(tasks: readonly KernelTask[]): Told | null {
  const chain = waitedFor(tasks);
  const task = chain.at(-1);
  // Nobody waits for what waits for a person.
  if (task === undefined || chain.length < 2 || /^(?:a?getty|login)$/.test(task.name)) return null;
  const where = waitOf(task);
  const by = chain
    .slice(0, -1)
    .map(({ name }) => name)
    .join(' > ');
  const works = task.state === 'R';
  const isDhcp = /^(?:udhcpc|dhcpcd|dhclient)/.test(task.name);
  return {
    story: isDhcp
      ? {
          id: 'hung-dhcp-no-answer',
          cause: `The boot waits for DHCP: ${task.name} asks, and nobody answers.`,
          advice:
            "Look at the network of the guest: the device's driver, the cable (set_link), and whether QEMU's network has a DHCP server.",
        }
      : {
          id: `hung-task-${works ? 'works' : 'waits'}:${task.name}`,
          cause: works
            ? `The boot waits for ${task.name}, which is at work: this guest is slow rather than stuck.`
            : `The boot waits for ${task.name}, which waits itself.`,
          advice: works
            ? 'Raise deadlines.total, or find out why that takes so long: --profile attribution tells more.'
            : `Look at what ${task.name} waits for; the function in which it stands says what kind of thing that is.`,
        },
    evidence: `${task.name} (process ${task.pid} of ${by}) ${works ? 'is at work' : `waits in ${where === '' ? `state ${task.state}` : where}`}`,
  };
}

function idleText(cpus: readonly VirtualCpu[]): string {
  const known = cpus.filter(({ samples }) => samples.some(({ halted }) => halted !== null));
  const all = known.length > 0 && known.every(({ samples }) => samples.every(({ halted }) => halted !== false));
  return all ? (known.length === 1 ? 'its one vCPU waits for interrupts' : 'all vCPUs wait for interrupts') : '';
}
