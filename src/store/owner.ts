// Who made a lock or a temporary folder, and whether that process still lives. A process id alone is not enough: ids come back.
import { readFile } from 'node:fs/promises';
import { systemOf } from '../host/systems.ts';
import { thisHost } from '../host/view.ts';

export interface Owner {
  readonly pid: number;
  /** When the process started, in the system's own words; empty where nobody tells. Tells two processes of one id apart. */
  readonly started: string;
}

export function thisOwner(): Promise<Owner> {
  own ??= startOf(process.pid).then((started) => ({ pid: process.pid, started }));
  return own;
}
let own: Promise<Owner> | undefined;

export async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = await startOf(owner.pid);
  return started === '' || owner.started === '' || started === owner.started;
}

async function startOf(pid: number): Promise<string> {
  try {
    const host = thisHost();
    const entry = await (await systemOf(host)).process(host, pid);
    return entry === null ? '' : `${await thisBoot()}${entry.started}`;
  } catch {
    // A system that is not known.
    return '';
  }
}

/** Linux counts from its own start on. */
async function thisBoot(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).slice(0, 8);
}
