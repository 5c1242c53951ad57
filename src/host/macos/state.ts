// The changing state of a Mac (sysctl, vm_stat, uptime).
import { askText } from '../ask.ts';
import type { SystemState } from '../system.ts';
import type { HostView } from '../view.ts';

export async function state(host: HostView): Promise<SystemState> {
  const [load, memory, uptime] = await Promise.all([
    askText(host, 'sysctl', '-n', 'vm.loadavg'),
    askText(host, 'vm_stat'),
    // A Mac is busy with itself after a start.
    askText(host, 'uptime'),
  ]);
  return {
    loadAverage: parseMacLoad(load),
    freeMemoryMiB: macFreeMiB(memory),
    processorMs: null,
    uptimeMinutes: macUptimeMinutes(uptime),
  };
}

/** First figure of `vm.loadavg`, `{ 1.59 1.77 1.86 }`; some locales write a comma. */
function parseMacLoad(text: string): number {
  return Number(/([\d]+(?:[.,]\d+)?)/.exec(text)?.[1]?.replace(',', '.') ?? 0);
}

/** Minutes since the start, from `uptime`: `up 12 days,  3:41,`, `up 1 hr,`, `up 3 mins,`, `up 59 secs,`; null for anything else. */
export function macUptimeMinutes(uptime: string): number | null {
  const after = /\bup\s+(.*)$/m.exec(uptime)?.[1];
  const found = /^(?:(\d+) days?,\s*)?(?:(\d+):(\d\d)|(\d+) hrs?|(\d+) mins?|(\d+) secs?)?/.exec(after ?? '');
  if (found === null || found[0] === '') return null;
  const [days, clockHours, clockMinutes, hours, minutes] = found
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  return ((days ?? 0) * 24 + (clockHours ?? 0) + (hours ?? 0)) * 60 + (clockMinutes ?? 0) + (minutes ?? 0);
}

/** Memory that a new program can get without anything being swapped out or compressed, in MiB; from vm_stat. */
function macFreeMiB(vmStat: string): number {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(vmStat)?.[1] ?? 4096);
  const pages = ['free', 'inactive', 'speculative'].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s*(\\d+)`, 'm').exec(vmStat)?.[1] ?? 0),
  );
  return Math.floor((pages.reduce((sum, count) => sum + count, 0) * pageBytes) / (1 << 20));
}
