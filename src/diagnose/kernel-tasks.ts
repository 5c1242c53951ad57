// Reads what a kernel prints of its tasks when it is asked on its console (sysrq w and t).
import { plainLine } from '../model/plain-text.ts';

export interface KernelTask {
  readonly name: string;
  readonly pid: number;
  readonly parent: number;
  /** R, S, D, ...: as the kernel's own letters. */
  readonly state: string;
  /** Functions, innermost first. */
  readonly trace: readonly string[];
}

/** Since 5.12 with names of its fields; before that bare columns. */
const heads = [
  /\btask:(.{1,16}?) +state:(\S)\s.{0,60}?\bpid:\s*(\d+)\s.{0,60}?\bppid:\s*(\d+)/,
  /^(?:\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? )?(\S{1,16}) +([RSDTtZXI]) +\d+ +(\d+) +(\d+) 0x[0-9a-f]+$/,
];
const frame =
  /^(?:\[ *\d+\.\d+\])?(?:\[ *[TC]\d+\])?\s+(?:\? )?(?:\[<[0-9a-f]+>\] )?([A-Za-z_][\w.]{1,100})\+0x[0-9a-f]+\/0x[0-9a-f]+/;
const longestTrace = 40;

/** Each task once, as it was told last. */
export function kernelTasks(text: string): KernelTask[] {
  const tasks = new Map<number, KernelTask>();
  let trace: string[] = [];
  for (const line of text.split('\n')) {
    const short = line.slice(0, 300);
    const head = heads[0]?.exec(short) ?? heads[1]?.exec(short);
    if (head != null) {
      const [, name = '', state = '', pid = '', parent = ''] = head;
      trace = [];
      tasks.set(Number(pid), {
        ...{ name: plainLine(name, 20), state, pid: Number(pid), parent: Number(parent), trace },
      });
      continue;
    }
    const called = frame.exec(short)?.[1];
    if (called !== undefined && trace.length < longestTrace)
      trace.push(called.replace(/\.(?:constprop|isra|part|cold).*/, ''));
    else if (called === undefined && !/Call [Tt]race/.test(short)) trace = [];
  }
  return [...tasks.values()];
}

/** Where a task waits: its innermost function that is not the scheduler's own. */
export function waitOf({ trace }: KernelTask): string {
  return trace.find((name) => !scheduler.test(name)) ?? trace[0] ?? '';
}

const scheduler =
  /^_*(?:switch_to|schedule|schedule_\w+|io_schedule\w*|preempt_schedule\w*|cond_resched|poll_schedule_timeout|do_nanosleep|wait_woken)$/;

/**
 * The task that the init system waits for: the end of the longest chain of children below process 1, the youngest of equal ones, with
 * the chain that leads to it. Empty when no such task was told.
 */
export function waitedFor(tasks: readonly KernelTask[]): readonly KernelTask[] {
  const children = Map.groupBy(tasks, ({ parent }) => parent);
  const longestBelow = (task: KernelTask, depth: number): readonly KernelTask[] => {
    // A text of strangers may tell a circle.
    const chains = depth > 20 ? [] : (children.get(task.pid) ?? []).map((child) => longestBelow(child, depth + 1));
    const longest = chains.reduce<readonly KernelTask[]>((best, chain) => (isBetter(chain, best) ? chain : best), []);
    return [task, ...longest];
  };
  const init = tasks.find(({ pid }) => pid === 1);
  return init === undefined ? [] : longestBelow(init, 0);
}

function isBetter(chain: readonly KernelTask[], best: readonly KernelTask[]): boolean {
  if (chain.length !== best.length) return chain.length > best.length;
  const [one, other] = [chain.at(-1), best.at(-1)];
  if (one === undefined || other === undefined) return one !== undefined;
  return busyness(one) === busyness(other) ? one.pid > other.pid : busyness(one) > busyness(other);
}

/** Of the members of a pipeline the one that works is waited for, then one that waits for something else than the others. */
function busyness(task: KernelTask): number {
  if (task.state === 'R') return 2;
  return /^(?:anon_)?pipe_(?:read|write)/.test(waitOf(task)) ? 0 : 1;
}
