// The changing state of a Linux machine.
import type { SystemState } from '../system.ts';
import { type HostView, readHostFile } from '../view.ts';

export async function state(host: HostView): Promise<SystemState> {
  return {
    loadAverage: Number(readHostFile(host, 'proc/loadavg').split(' ')[0] ?? 0),
    freeMemoryMiB: meminfoMiB(readHostFile(host, 'proc/meminfo'), 'MemAvailable'),
    // Virtual machines are started for a job, and are not busy with themselves then.
    uptimeMinutes: null,
  };
}

/** A value of /proc/meminfo in MiB; 0 when it is not there. */
export function meminfoMiB(meminfo: string, name: string): number {
  const match = new RegExp(`^${name}:[ \\t]*(\\d+) kB`, 'm').exec(meminfo);
  return match === null ? 0 : Math.floor(Number(match[1]) / 1024);
}
