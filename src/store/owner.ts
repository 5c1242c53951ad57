// Who made a lock or a temporary folder, and whether that process still lives. A process id alone is not enough: ids come back.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Owner {
  readonly pid: number;
  /** When the process started, in the system's own words; empty where nobody tells. Tells two processes of one id apart. */
  readonly started: string;
}

export function thisOwner(): Owner {
  own ??= { pid: process.pid, started: startOf(process.pid) };
  return own;
}

export function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = startOf(owner.pid);
  return started === '' || owner.started === '' || started === owner.started;
}

let own: Owner | undefined;

function startOf(pid: number): string {
  try {
    if (process.platform === 'linux') {
      // Field 22 of proc_pid_stat(5), counted behind the name, which may hold spaces and brackets; ticks since that boot.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)}${ticks}`;
    }
    const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
    const date = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { env: environment, timeout: 2000 });
    return date.toString().replaceAll(/[^A-Za-z0-9]/g, '');
  } catch {
    return '';
  }
}
