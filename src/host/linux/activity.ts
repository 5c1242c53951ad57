// Who uses the processors of a Linux machine: two looks at the table of processes.
import { readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActiveProcess, ProcessEntry } from '../system.ts';
import { type HostView, readHostFile } from '../view.ts';
import { processes, tickNs } from './processes.ts';

export async function activity(host: HostView, windowMs: number): Promise<readonly ActiveProcess[]> {
  const before = new Map((await processes(host)).map(({ pid, cpuNs }) => [pid, cpuNs]));
  const stolenBefore = stolenTicks(readHostFile(host, 'proc/stat'));
  const started = performance.now();
  await sleep(windowMs);
  const after = await processes(host);
  const stolen = stolenTicks(readHostFile(host, 'proc/stat')) - stolenBefore;
  const ns = (performance.now() - started) * 1e6;
  return [
    // A process that was not there before was born inside the window: all of its time counts.
    ...after.map((entry) => ({
      pid: entry.pid,
      parent: entry.parent,
      band: entry.band,
      name: programName(host, entry),
      cpus: (entry.cpuNs - (before.get(entry.pid) ?? 0)) / ns,
    })),
    { pid: -1, parent: -1, band: -1, name: 'other virtual machines', cpus: Math.max(0, (stolen * tickNs) / ns) },
  ];
}

/** Ticks of all CPUs together that a hypervisor gave to somebody else, from /proc/stat; 0 where nobody knows. */
export function stolenTicks(stat: string): number {
  // user nice system idle iowait irq softirq steal
  const fields = /^cpu\s+(.*)$/m.exec(stat)?.[1]?.trim().split(/\s+/) ?? [];
  return Number(fields[7] ?? 0);
}

/** A program may rename its main thread, and with it the process; Node does. */
function programName(host: HostView, { pid, command }: ProcessEntry): string {
  if (command !== 'MainThread') return command;
  try {
    return basename(readlinkSync(join(host.root, 'proc', String(pid), 'exe')));
  } catch {
    return command;
  }
}
