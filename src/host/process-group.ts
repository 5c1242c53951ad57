// A process group: what one program has started, as far as nothing has left it.
import { setTimeout as delay } from 'node:timers/promises';
import { processIds, readEntry } from './linux/processes.ts';

/** Kills every member at once. */
export function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

/** True while a process of the group lives. One that only waits to be reaped does not, where /proc can tell. */
export function groupIsAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  const pids = processIds(here);
  if (pids.length === 0) return true;
  return pids.some((pid) => {
    const entry = readEntry(here, pid);
    return entry?.group === group && !entry.ended;
  });
}

const here = { root: '/' };

/** Waits for every member; bounded, since a killed process can still be stuck in the kernel. A busy machine takes seconds to end one. */
export async function groupIsGone(group: number): Promise<void> {
  for (let attempt = 0; attempt < 1000 && groupIsAlive(group); attempt += 1) await delay(attempt < 10 ? 2 : 10);
}
