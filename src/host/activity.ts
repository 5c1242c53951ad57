// Who else uses the processors right now: sampled over a short window, without the own process tree.
import { familyOf } from './family.ts';
import { systemOf } from './systems.ts';
import { type HostView, thisHost } from './view.ts';

export interface BusyProgram {
  /** Name of the program, never its arguments. */
  readonly name: string;
  /** Share of one CPU, a fraction; processes of one name are summed. */
  readonly cpus: number;
}

const busyFrom = 0.1;

/**
 * Programs that used more than a tenth of a CPU, largest first; among them, on a virtual machine, the others of its host. Samples all
 * processes over `windowMs` on Linux; macOS keeps a decaying average of its own, over up to a minute.
 */
export async function sampleActivity(host: HostView = thisHost(), windowMs = 500): Promise<readonly BusyProgram[]> {
  const processes = await (await systemOf(host)).activity(host, windowMs);
  const own = new Set(familyOf(host.pid, processes).map(({ pid }) => pid));
  const sums = new Map<string, number>();
  for (const { pid, name, cpus } of processes) if (!own.has(pid)) sums.set(name, (sums.get(name) ?? 0) + cpus);
  return [...sums]
    .map(([name, cpus]) => ({ name, cpus }))
    .filter(({ cpus }) => cpus > busyFrom)
    .sort((one, other) => other.cpus - one.cpus || one.name.localeCompare(other.name, 'en'));
}

/** For people and for the record: `cc1plus 98 %`. */
export const describeBusy = (program: BusyProgram): string => `${program.name} ${Math.round(program.cpus * 100)} %`;
