// Who uses the processors of a Linux machine: two looks at the table of processes.
import { readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActiveProcess, ProcessEntry } from '../system.ts';
import { type HostView, readHostFile } from '../view.ts';
import { processes } from './processes.ts';
import { processorMs } from './state.ts';

export async function activity(host: HostView, windowMs: number): Promise<readonly ActiveProcess[]> {
  const before = new Map((await processes(host)).map(({ pid, cpuNs }) => [pid, cpuNs]));
  const stolenBefore = stolenMs(host);
  const started = performance.now();
  await sleep(windowMs);
  const after = await processes(host);
  const stolen = stolenMs(host) - stolenBefore;
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
    { pid: -1, parent: -1, band: -1, name: 'other virtual machines', cpus: Math.max(0, (stolen * 1e6) / ns) },
  ];
}

const stolenMs = (host: HostView): number => processorMs(readHostFile(host, 'proc/stat'))?.stolen ?? 0;

/** A program may rename its main thread, and with it the process; Node does. Whose file may not be seen still shows its command line. */
function programName(host: HostView, { pid, command }: ProcessEntry): string {
  if (command !== 'MainThread') return command;
  const place = join('proc', String(pid));
  try {
    return basename(readlinkSync(join(host.root, place, 'exe')));
  } catch {
    return basename(firstWord(join(host.root, place, 'cmdline'))) || command;
  }
}

function firstWord(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\0')[0] ?? '';
  } catch {
    return '';
  }
}
