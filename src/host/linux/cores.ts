// How many guests' processors this machine can serve at once without two of them sharing a core.
import { type HostView, readHostFile } from '../view.ts';

/** Physical cores of the fastest kind, of those that this process may use. Two threads of a core count once. */
export async function performanceCores(host: HostView): Promise<number> {
  const cpu = (number: number, file: string): string =>
    readHostFile(host, `sys/devices/system/cpu/cpu${number}/${file}`);
  const present = [...readHostFile(host, 'proc/cpuinfo').matchAll(/^processor[ \t]*:[ \t]*(\d+)/gm)].map((match) =>
    Number(match[1]),
  );
  const allowed = /^Cpus_allowed_list:\s*(.*)$/m.exec(readHostFile(host, 'proc/self/status'))?.[1] ?? '';
  const usable = listed(allowed) ?? present;
  // Intel's processors with two kinds of cores name the fast ones; others tell how much each can do.
  const fast = listed(readHostFile(host, 'sys/devices/cpu_core/cpus'));
  const capacities = new Map(present.map((number) => [number, Number(cpu(number, 'cpu_capacity'))]));
  const most = Math.max(0, ...capacities.values());
  const counted = present.filter(
    (number) => usable.includes(number) && (fast?.includes(number) ?? true) && (capacities.get(number) ?? 0) >= most,
  );
  return new Set(counted.map((number) => cpu(number, 'topology/thread_siblings_list') || `${number}`)).size;
}

/** `0-3,8`; null where nothing is listed. */
function listed(text: string): number[] | null {
  const ranges = [...text.matchAll(/(\d+)(?:-(\d+))?/g)].map((match) => [
    Number(match[1]),
    Number(match[2] ?? match[1]),
  ]);
  if (ranges.length === 0) return null;
  return ranges.flatMap(([first = 0, last = 0]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
}
