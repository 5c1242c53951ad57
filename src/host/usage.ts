// CPU time and resident memory of a process and everything in its session: /proc on Linux, ps elsewhere.
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

/** Reads the usage of the process group and session that `leader` leads. Time of members that ended stays counted. */
export function usageReader(leader: number, platform: NodeJS.Platform = process.platform): UsageReader {
  return platform === 'linux' ? procReader(leader) : psReader(leader);
}

/** Sums `ps -A -o pgid=,rss=,time=` over one process group. */
export function parsePs(text: string, group: number): Usage | null {
  const rows = text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:[.,]\d+)?)\s*$/.exec(line);
    return match && Number(match[1]) === group ? [match] : [];
  });
  if (rows.length === 0) return null;
  const seconds = (row: RegExpExecArray): number =>
    Number(row[3] ?? 0) * 86_400 +
    Number(row[4] ?? 0) * 3600 +
    Number(row[5]) * 60 +
    Number((row[6] ?? '0').replace(',', '.'));
  return {
    cpuNs: Math.round(rows.reduce((sum, row) => sum + seconds(row), 0) * 1e9),
    rssBytes: rows.reduce((sum, row) => sum + Number(row[2]) * 1024, 0),
  };
}

/** Reads of the known members between two searches through all processes: a search costs milliseconds of CPU. */
const readsPerSearch = 5;
const tickNs = 1e7;

function procReader(leader: number): UsageReader {
  const ticks = new Map<number, number>();
  let members: readonly number[] = [leader];
  let reads = 0;
  return {
    // Every 100 ms took a fifth of all the CPU time that measuring a boot takes.
    periodMs: 250,
    async read() {
      if (reads % readsPerSearch === 0) members = sessionMembers(leader);
      reads += 1;
      let pages = 0;
      for (const pid of members) {
        const stat = readStat(pid);
        if (stat?.session !== leader) continue;
        ticks.set(pid, stat.cpuTicks);
        pages += stat.rssPages;
      }
      if (ticks.size === 0) return null;
      const cpuTicks = [...ticks.values()].reduce((sum, value) => sum + value, 0);
      return { cpuNs: cpuTicks * tickNs, rssBytes: pages * pageSize() };
    },
  };
}

function sessionMembers(leader: number): readonly number[] {
  return (
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      // A member is younger than its leader, unless the numbers have wrapped around.
      .filter((pid) => pid >= leader || pid < 1000)
      .filter((pid) => readStat(pid)?.session === leader)
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

function psReader(group: number): UsageReader {
  return {
    periodMs: 1000,
    async read() {
      const listing = await runProgram('ps', ['-A', '-o', 'pgid=,rss=,time='], { timeoutMs: 2000 }).catch(() => null);
      return listing === null ? null : parsePs(listing.stdout, group);
    },
  };
}
