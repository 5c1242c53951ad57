// CPU time and resident memory of a process and everything that it has started: /proc on Linux, ps elsewhere.
import { readdirSync, readFileSync } from 'node:fs';
import { readStat } from './proc-stat.ts';
import { runProgram } from './processes.ts';

export interface Usage {
  /** User and system time; in steps of 10 ms on Linux. */
  readonly cpuNs: number;
  /** Sum over the processes; pages they share count for each. */
  readonly rssBytes: number;
}

export interface UsageReader {
  /** How often reading is cheap enough. */
  readonly periodMs: number;
  /** On Linux the values are those of the moment of the call. null when they cannot be known. */
  read(): Promise<Usage | null>;
}

export interface UsageOptions {
  readonly platform?: NodeJS.Platform;
  /** Tells a process that belongs to the family though it has left session and parent (a daemon); nobody if not given. */
  readonly isStray?: (pid: number) => boolean;
}

/**
 * Reads the usage of `leader`'s session (on macOS: of its process group) and of all that descends from it, wherever it has moved to.
 * Time of members that ended stays counted.
 */
export function usageReader(leader: number, options: UsageOptions = {}): UsageReader {
  const { platform = process.platform, isStray = () => false } = options;
  return platform === 'linux' ? procReader(leader, isStray) : psReader(leader);
}

/** A process as far as its family matters. */
export interface Relative {
  readonly pid: number;
  readonly parent: number;
  /** Session, or on macOS process group. */
  readonly band: number;
}

/** The leader's band, all descendants, and those that were members before and are still in the band they were in then. */
export function familyOf<Row extends Relative>(
  leader: number,
  rows: readonly Row[],
  earlier: ReadonlyMap<number, number>,
  isStray: (pid: number) => boolean = () => false,
): Row[] {
  const isIn = ({ pid, band }: Row): boolean => pid === leader || band === leader || earlier.get(pid) === band;
  const family = new Map(rows.filter((row) => isIn(row) || isStray(row.pid)).map((row) => [row.pid, row]));
  for (let size = -1; size < family.size; ) {
    size = family.size;
    for (const row of rows) if (family.has(row.parent)) family.set(row.pid, row);
  }
  return [...family.values()];
}

/** Rows of `ps -A -o pid=,ppid=,pgid=,rss=,time=`. */
export function parsePs(text: string): readonly (Relative & Usage)[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:[.,]\d+)?)\s*$/.exec(line);
    if (match === null) return [];
    const [pid, parent, band, kibibytes, days, hours, minutes] = match
      .slice(1)
      .map((part: string | undefined) => Number(part ?? 0)) as [
      ...[number, number, number, number, number, number, number],
    ];
    const seconds = Number((match[8] ?? '0').replace(',', '.')) + ((days * 24 + hours) * 60 + minutes) * 60;
    return [{ pid, parent, band, cpuNs: Math.round(seconds * 1e9), rssBytes: kibibytes * 1024 }];
  });
}

/** Reads of the known members between two searches through all processes: a search costs milliseconds of CPU. */
const readsPerSearch = 5;
const tickNs = 1e7;

function procReader(leader: number, isStray: (pid: number) => boolean): UsageReader {
  const ticks = new Map<number, number>();
  /** Process -> session. */
  let members: ReadonlyMap<number, number> = new Map([[leader, leader]]);
  let reads = 0;
  return {
    // Every 100 ms took a fifth of all the CPU time that measuring a boot takes.
    periodMs: 250,
    async read() {
      if (reads % readsPerSearch === 0) {
        members = new Map(familyOf(leader, processRows(leader), members, isStray).map(({ pid, band }) => [pid, band]));
      }
      reads += 1;
      let pages = 0;
      for (const [pid, session] of members) {
        const stat = readStat(pid);
        if (stat?.session !== session) continue;
        ticks.set(pid, stat.cpuTicks);
        pages += stat.rssPages;
      }
      if (ticks.size === 0) return null;
      const cpuTicks = [...ticks.values()].reduce((sum, value) => sum + value, 0);
      return { cpuNs: cpuTicks * tickNs, rssBytes: pages * pageSize() };
    },
  };
}

function processRows(leader: number): Relative[] {
  return (
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      // A member is younger than its leader, unless the numbers have wrapped around.
      .filter((pid) => pid >= leader || pid < 1000)
      .flatMap((pid) => {
        const stat = readStat(pid);
        return stat === null ? [] : [{ pid, parent: stat.parent, band: stat.session }];
      })
  );
}

/** From the auxiliary vector: 4, 16 or 64 KiB. */
function pageSize(): number {
  if (knownPageSize > 0) return knownPageSize;
  knownPageSize = 4096;
  const vector = readFileSync('/proc/self/auxv');
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (vector.readBigUInt64LE(at) === 6n) knownPageSize = Number(vector.readBigUInt64LE(at + 8));
  }
  return knownPageSize;
}
let knownPageSize = 0;

function psReader(leader: number): UsageReader {
  const cpuNs = new Map<number, number>();
  let members: ReadonlyMap<number, number> = new Map();
  return {
    periodMs: 1000,
    async read() {
      const words = ['-A', '-o', 'pid=,ppid=,pgid=,rss=,time='];
      const listing = await runProgram('ps', words, { timeoutMs: 2000 }).catch(() => null);
      const family = familyOf(leader, parsePs(listing?.stdout ?? ''), members);
      members = new Map(family.map(({ pid, band }) => [pid, band]));
      for (const row of family) cpuNs.set(row.pid, row.cpuNs);
      if (cpuNs.size === 0) return null;
      const rssBytes = family.reduce((sum, row) => sum + row.rssBytes, 0);
      return { cpuNs: [...cpuNs.values()].reduce((sum, value) => sum + value, 0), rssBytes };
    },
  };
}
