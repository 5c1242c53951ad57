// Who else uses the processors right now: sampled over a short window, without the own process tree.
import { readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askText } from './ask.ts';
import { type ProcessTimes, parseCpuTicks, parseProcessStat } from './linux.ts';
import { parseMacProcesses } from './macos.ts';
import { type HostView, readHostFile, thisHost } from './view.ts';

export interface BusyProgram {
  /** Name of the program, never its arguments. */
  readonly name: string;
  /** Share of one CPU, a fraction; processes of one name are summed. */
  readonly cpus: number;
}

export interface Activity {
  /** Programs that used more than a tenth of a CPU, largest first. */
  readonly busy: readonly BusyProgram[];
  /** Share of this virtual machine's CPU time that its hypervisor gave to others; 0 where nobody knows. */
  readonly steal: number;
}

const busyFrom = 0.1;

/** Samples all processes over `windowMs` (Linux). macOS keeps a decaying average of its own, over up to a minute. */
export async function sampleActivity(host: HostView = thisHost(), windowMs = 500): Promise<Activity> {
  if (host.os === 'macos') {
    const processes = parseMacProcesses(await askText(host, 'ps', '-Ao', 'pid=,ppid=,pcpu=,comm='));
    const own = familyOf(host.pid, new Map(processes.map((entry) => [entry.pid, entry])));
    const others = processes.filter((entry) => !own.has(entry.pid));
    return { busy: rank(others.map((entry) => ({ name: entry.name, cpus: entry.cpuPercent / 100 }))), steal: 0 };
  }
  const before = readProcesses(host);
  const cpuBefore = parseCpuTicks(readHostFile(host, 'proc/stat'));
  const started = performance.now();
  await sleep(windowMs);
  const after = readProcesses(host);
  const cpuAfter = parseCpuTicks(readHostFile(host, 'proc/stat'));
  const ticks = (performance.now() - started) / 10;
  const own = familyOf(host.pid, after);
  const others = [...after].filter(([pid]) => !own.has(pid));
  const total = cpuAfter.total - cpuBefore.total;
  return {
    // A process that was not there before was born inside the window: all of its time counts.
    busy: rank(
      others.map(([pid, now]) => ({
        name: programName(host, pid, now.name),
        cpus: (now.ticks - (before.get(pid)?.ticks ?? 0)) / ticks,
      })),
    ),
    steal: total > 0 ? Math.max(0, cpuAfter.steal - cpuBefore.steal) / total : 0,
  };
}

/** For people and for the record: `cc1plus 98 %`. */
export const describeBusy = (program: BusyProgram): string => `${program.name} ${Math.round(program.cpus * 100)} %`;

function rank(programs: readonly BusyProgram[]): readonly BusyProgram[] {
  const sums = new Map<string, number>();
  for (const { name, cpus } of programs) sums.set(name, (sums.get(name) ?? 0) + cpus);
  return [...sums]
    .map(([name, cpus]) => ({ name, cpus }))
    .filter(({ cpus }) => cpus > busyFrom)
    .sort((one, other) => other.cpus - one.cpus || one.name.localeCompare(other.name, 'en'));
}

/** A program may rename its main thread, and with it the process; Node does. */
function programName(host: HostView, pid: number, name: string): string {
  if (name !== 'MainThread') return name;
  try {
    return basename(readlinkSync(join(host.root, 'proc', String(pid), 'exe')));
  } catch {
    return name;
  }
}

function readProcesses(host: HostView): ReadonlyMap<number, ProcessTimes> {
  const folder = join(host.root, 'proc');
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return new Map();
  }
  return new Map(
    names.flatMap((name) => {
      const times = parseProcessStat(readHostFile(host, join('proc', name, 'stat')));
      return times === null ? [] : [[Number(name), times] as const];
    }),
  );
}

/** A process and everything that descends from it. */
function familyOf(root: number, processes: ReadonlyMap<number, { readonly parent: number }>): ReadonlySet<number> {
  const family = new Set([root]);
  for (let grown = true; grown; ) {
    const size = family.size;
    for (const [pid, { parent }] of processes) if (family.has(parent)) family.add(pid);
    grown = family.size > size;
  }
  return family;
}
