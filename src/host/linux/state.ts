// The changing state of a Linux machine.
import type { SystemState } from '../system.ts';
import { type HostView, readHostFile } from '../view.ts';
import { tickNs } from './processes.ts';

export async function state(host: HostView): Promise<SystemState> {
  return {
    loadAverage: Number(readHostFile(host, 'proc/loadavg').split(' ')[0] ?? 0),
    freeMemoryMiB: meminfoMiB(readHostFile(host, 'proc/meminfo'), 'MemAvailable'),
    processorMs: processorMs(readHostFile(host, 'proc/stat')),
    // Virtual machines are started for a job, and are not busy with themselves then.
    uptimeMinutes: null,
  };
}

/** What /proc/stat says of all CPUs together; null when it says nothing of them. */
export function processorMs(stat: string): SystemState['processorMs'] {
  // proc_stat(5): user nice system idle iowait irq softirq steal, then guests' time, which user and nice hold already.
  const fields = /^cpu\s+(\d.*)$/m.exec(stat)?.[1]?.trim().split(/\s+/).slice(0, 8).map(Number) ?? [];
  const ms = (ticks: number): number => Math.round((ticks * tickNs) / 1e6);
  return fields.length === 0
    ? null
    : { total: ms(fields.reduce((sum, ticks) => sum + ticks, 0)), stolen: ms(fields[7] ?? 0) };
}

/** A value of /proc/meminfo in MiB; 0 when it is not there. */
export function meminfoMiB(meminfo: string, name: string): number {
  const match = new RegExp(`^${name}:[ \\t]*(\\d+) kB`, 'm').exec(meminfo);
  return match === null ? 0 : Math.floor(Number(match[1]) / 1024);
}
