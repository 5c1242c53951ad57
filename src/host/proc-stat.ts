// Reads /proc/PID/stat (Linux).
import { readFileSync } from 'node:fs';

export interface ProcessStat {
  /** One letter; Z has ended and waits to be reaped. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly cpuTicks: number;
  readonly rssPages: number;
}

/** The line of a process, or null when there is no such process. */
export function readStat(pid: number): ProcessStat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

/** Reads such a line. The program's name may hold spaces and brackets. */
export function parseStat(text: string): ProcessStat | null {
  const end = text.lastIndexOf(')');
  if (end < 0) return null;
  const field = text.slice(end + 2).split(' ');
  const number = (position: number): number => Number(field[position - 3]);
  return {
    state: field[0] ?? '',
    parent: number(4),
    group: number(5),
    session: number(6),
    cpuTicks: number(14) + number(15),
    rssPages: number(24),
  };
}
