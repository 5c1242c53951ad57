// The table of processes in /proc.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessEntry, TableOptions } from '../system.ts';

type Place = { readonly root: string };

/** Reads before it first waits: the values are those of the moment of the call. */
export async function processes(place: Place, options: TableOptions = {}): Promise<readonly ProcessEntry[]> {
  const { since = 0, command = 'name' } = options;
  return (
    processIds(place)
      // What is younger has a higher number, unless the numbers have wrapped around.
      .filter((pid) => pid >= since || pid < 1000)
      .flatMap((pid) => {
        const entry = readEntry(place, pid);
        if (entry === null) return [];
        if (command === 'none' || command === 'name') return [entry];
        const words = [readText(place, pid, 'cmdline'), command === 'environment' ? environmentOf(pid, place) : ''];
        return [{ ...entry, command: words.join('\0').replaceAll('\0', ' ').trim() }];
      })
  );
}

export async function oneProcess(place: Place, pid: number): Promise<ProcessEntry | null> {
  return readEntry(place, pid);
}

/** null when there is no such process. */
export function readEntry(place: Place, pid: number): ProcessEntry | null {
  return parseStat(readText(place, pid, 'stat'));
}

/** The numbers of all processes; none where the system has no such folder. */
export function processIds({ root }: Place): readonly number[] {
  try {
    return readdirSync(join(root, 'proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** The environment that a process was given, entries ended by a null byte; empty when it cannot be read. */
export const environmentOf = (pid: number, place: Place = { root: '/' }): string => readText(place, pid, 'environ');

/** A line of proc_pid_stat(5); null when it does not look like one. The name may hold spaces and brackets. */
export function parseStat(line: string): ProcessEntry | null {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const field = line.slice(close + 2).split(' ');
  const number = (position: number): number => Number(field[position - 3]);
  const cpuTicks = number(14) + number(15);
  if (open < 0 || close < open || !Number.isFinite(cpuTicks)) return null;
  return {
    pid: Number(line.slice(0, open)),
    parent: number(4),
    group: number(5),
    band: number(6),
    started: field[22 - 3] ?? '',
    cpuNs: cpuTicks * tickNs,
    rssBytes: number(24) * pageSize(),
    command: line.slice(open + 1, close),
    priority: null,
    ended: field[0] === 'Z' || field[0] === 'X',
  };
}

/** 1/100 s on every Linux that Node runs on. */
export const tickNs = 1e7;

function readText({ root }: Place, pid: number, name: string): string {
  try {
    return readFileSync(`${root === '/' ? '' : root}/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** From the auxiliary vector: 4, 16 or 64 KiB. */
function pageSize(): number {
  if (knownPageSize > 0) return knownPageSize;
  knownPageSize = 4096;
  try {
    const vector = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      if (vector.readBigUInt64LE(at) === 6n) knownPageSize = Number(vector.readBigUInt64LE(at + 8));
    }
  } catch {
    // Another system, whose tests read the tables of this one.
  }
  return knownPageSize;
}
let knownPageSize = 0;
