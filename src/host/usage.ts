// CPU time and resident memory of a process and everything that it has started.
import { familyOf } from './family.ts';
import type { ProcessEntry, UsagePace } from './system.ts';
import { systemOf } from './systems.ts';
import { thisHost } from './view.ts';

export interface Usage {
  /** User and system time; in steps of 10 ms on Linux. */
  readonly cpuNs: number;
  /** Sum over the processes; pages they share count for each. */
  readonly rssBytes: number;
  /** Of the busiest of them, where the system has bands of priorities. */
  readonly priority?: number;
}

export interface UsageReader {
  /** How often reading is cheap enough. */
  readonly pace: Promise<UsagePace>;
  /** On Linux the values are those of the moment of the call. null when they cannot be known. */
  read(): Promise<Usage | null>;
}

export interface UsageOptions {
  /** Tells a process that belongs to the family though it has left session and parent (a daemon); nobody if not given. */
  readonly isStray?: (pid: number) => boolean;
}

/**
 * Reads the usage of `leader`'s session (on macOS: of its process group) and of all that descends from it, wherever it has moved to.
 * Time of members that ended stays counted.
 */
export function usageReader(leader: number, { isStray }: UsageOptions = {}): UsageReader {
  const host = thisHost();
  const system = systemOf(host);
  const cpuNs = new Map<number, number>();
  /** Process -> band. */
  let members: ReadonlyMap<number, number> = new Map([[leader, leader]]);
  let reads = 0;
  const search = async (): Promise<readonly ProcessEntry[]> => {
    const table = await (await system).processes(host, { command: 'none', since: leader });
    const family = familyOf(leader, table, members, isStray);
    members = new Map(family.map(({ pid, band }) => [pid, band]));
    return family;
  };
  const look = async (): Promise<readonly ProcessEntry[]> => {
    const { process } = await system;
    const entries = await Promise.all([...members.keys()].map((pid) => process(host, pid)));
    return entries.filter((entry) => entry !== null && members.get(entry.pid) === entry.band) as ProcessEntry[];
  };
  return {
    pace: system.then(({ usage }) => usage),
    async read() {
      const isSearch = reads % (await system).usage.readsPerSearch === 0;
      reads += 1;
      const family = await (isSearch ? search() : look());
      for (const entry of family) cpuNs.set(entry.pid, entry.cpuNs);
      if (cpuNs.size === 0) return null;
      const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
      const busiest = family.toSorted((one, other) => other.cpuNs - one.cpuNs)[0]?.priority ?? null;
      return {
        cpuNs: sum(cpuNs.values()),
        rssBytes: sum(family.map(({ rssBytes }) => rssBytes)),
        ...(busiest === null ? {} : { priority: busiest }),
      };
    },
  };
}
