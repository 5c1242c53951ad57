// What macOS's own programs tell (sysctl, sw_vers, pmset, vm_stat, ps, system_profiler). Pure functions over their text,
// which take allow-listed lines only: serial numbers and identifiers are never looked at.
import { foldChip } from './linux.ts';

/** `name: value` lines of sysctl. Names that this Mac does not know are simply not there. */
export function parseSysctl(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const match = /^(\w+\.[\w.]+): (.*)$/.exec(line.trim());
      return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2].trim()] as const];
    }),
  );
}

/**
 * Name of the processor. `hardware` is system_profiler's SPHardwareDataType: the first Apple silicon systems and programs
 * under Rosetta call it `Apple processor` or `VirtualApple` in sysctl, and only the profiler knows better.
 */
export function macChip(brand: string, hardware: string): string {
  if (brand !== '' && !isVagueBrand(brand)) return foldChip(brand);
  const profiled = /^\s*(?:Chip|Processor Name): (.*)$/m.exec(hardware)?.[1] ?? '';
  return foldChip(profiled) || foldChip(brand) || 'unknown processor';
}

export const isVagueBrand = (brand: string): boolean => brand === '' || /^(Apple processor|VirtualApple)/.test(brand);

/** `macOS 15` (`macOS 10.15` before 11) and `macOS 15.5 (24F74)`, from sw_vers. */
export function macRelease(swVers: string): { readonly osMajor: string; readonly osVersion: string } {
  const value = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(swVers)?.[1]?.trim() ?? '';
  const version = value('ProductVersion');
  const build = [value('BuildVersion'), value('ProductVersionExtra')].filter((part) => part !== '').join(' ');
  const parts = version.startsWith('10.') ? 2 : 1;
  return {
    osMajor: `macOS ${version.split('.').slice(0, parts).join('.')}`.trim(),
    osVersion: `macOS ${version}${build === '' ? '' : ` (${build})`}`.trim(),
  };
}

/** For example `8 Performance + 4 Efficiency`; empty where all cores are alike or nothing is known (Intel, virtual machines). */
export function macCores(sysctl: ReadonlyMap<string, string>): string {
  const levels = Number(sysctl.get('hw.nperflevels') ?? 0);
  if (!(levels > 1)) return '';
  const conventional = ['Performance', 'Efficiency'];
  return Array.from({ length: levels }, (_, level) => {
    const count = sysctl.get(`hw.perflevel${level}.physicalcpu`) ?? '?';
    return `${count} ${sysctl.get(`hw.perflevel${level}.name`) ?? conventional[level] ?? `level ${level}`}`;
  }).join(' + ');
}

/** First figure of `vm.loadavg`, `{ 1.59 1.77 1.86 }`; some locales write a comma. */
export function parseMacLoad(text: string): number {
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
export function macFreeMiB(vmStat: string): number {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(vmStat)?.[1] ?? 4096);
  const pages = ['free', 'inactive', 'speculative'].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s*(\\d+)`, 'm').exec(vmStat)?.[1] ?? 0),
  );
  return Math.floor((pages.reduce((sum, count) => sum + count, 0) * pageBytes) / (1 << 20));
}

/** True on battery (or on a UPS's), false on mains, null when pmset does not say; from `pmset -g batt`. */
export function macOnBattery(batt: string): boolean | null {
  const source = /drawing from '([^']+)'/.exec(batt)?.[1];
  return source === undefined ? null : source !== 'AC Power';
}

/** The energy mode in use; from `pmset -g`. Macs that know a high power mode write `powermode`, others `lowpowermode`. */
export function macEnergyMode(settings: string): 'automatic' | 'low' | 'high' | 'unknown' {
  const value = (name: string): string | undefined => new RegExp(`^\\s*${name}\\s+(\\d+)`, 'm').exec(settings)?.[1];
  const mode = value('powermode') ?? value('lowpowermode');
  return mode === undefined ? 'unknown' : mode === '1' ? 'low' : mode === '2' ? 'high' : 'automatic';
}

/** Idle minutes until the system sleeps, 0 for never, null when pmset does not say; from `pmset -g`. */
export function macSleepMinutes(settings: string): number | null {
  const minutes = /^\s*sleep\s+(\d+)/m.exec(settings)?.[1];
  return minutes === undefined ? null : Number(minutes);
}

/** What `pmset -g therm` complains of, such as `speed limit 70 %`; empty when it complains of nothing. */
export function macThrottling(therm: string): string {
  const limits = [...therm.matchAll(/CPU_(Speed|Scheduler)_Limit\s*=\s*(\d+)/g)]
    .filter((match) => Number(match[2]) < 100)
    .map((match) => `${match[1]?.toLowerCase()} limit ${match[2]} %`);
  const levels = [...therm.matchAll(/(thermal|performance) warning level\s*[=:]?\s*(\d+)/gi)]
    .filter((match) => Number(match[2]) > 0)
    .map((match) => `${match[1]?.toLowerCase()} warning level ${match[2]}`);
  return [...levels, ...limits].join(', ');
}

export interface MacProcess {
  readonly pid: number;
  readonly parent: number;
  readonly cpuPercent: number;
  readonly name: string;
}

/** Lines of `ps -Ao pid=,ppid=,pcpu=,comm=`; `comm` is a path that may hold blanks. */
export function parseMacProcesses(text: string): readonly MacProcess[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+(?:[.,]\d+)?)\s+(.+?)\s*$/.exec(line);
    if (match === null) return [];
    const [, pid, parent, cpu, command] = match as unknown as [string, string, string, string, string];
    const name = command.slice(command.lastIndexOf('/') + 1);
    return [{ pid: Number(pid), parent: Number(parent), cpuPercent: Number(cpu.replace(',', '.')), name }];
  });
}

/** True when `codesign -d --entitlements -` shows the key with the value true, in its own format or as a property list. */
export function hasEntitlement(codesign: string, key: string): boolean {
  const at = codesign.search(new RegExp(`${key.replaceAll('.', '\\.')}(?![\\w.-])`));
  if (at < 0) return false;
  const value = /<(true|false)\s*\/>|\[Bool\]\s*(true|false)/.exec(codesign.slice(at + key.length));
  // A value after the next key belongs to that key.
  const nextKey = codesign.slice(at + key.length).search(/<key>|\[Key\]/);
  if (value === null || (nextKey >= 0 && value.index > nextKey)) return false;
  return (value[1] ?? value[2]) === 'true';
}
