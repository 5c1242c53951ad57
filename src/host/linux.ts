// What Linux tells about itself in /proc, /sys and /etc/os-release. Pure functions over text.
import { armCoreName } from './arm-cores.ts';

/** Name of the processor: the same after every reboot, no frequencies, no trade mark signs, whitespace folded. */
export function linuxChip(cpuinfo: string, deviceTreeModel: string): string {
  const field = (name: string): string[] =>
    [...cpuinfo.matchAll(new RegExp(`^${name}[ \\t]*:[ \\t]*(.*)$`, 'gm'))].map((match) => match[1] ?? '');
  const modelName = field('model name')[0];
  if (modelName !== undefined && modelName.trim() !== '') return foldChip(modelName);
  const parts = field('CPU part');
  const cores = field('CPU implementer').map((implementer, index) => armCoreName(implementer, parts[index] ?? '0x0'));
  // A machine may list its small cores first or last depending on which CPU booted it.
  const kinds = [...new Set(cores)].sort();
  const board = deviceTreeModel === 'linux,dummy-virt' ? '' : foldChip(deviceTreeModel);
  if (kinds.length === 0) return board === '' ? 'unknown processor' : board;
  return board === '' ? kinds.join(' + ') : `${kinds.join(' + ')} (${board})`;
}

/** Trade mark signs, clock rates and repeated blanks removed. */
export function foldChip(name: string): string {
  return name
    .replace(/\((R|TM|C)\)/gi, ' ')
    .replace(/\bCPU\b/g, ' ')
    .replace(/@\s*[\d.,]+\s*[GM]Hz.*/i, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

export function linuxCpuCount(cpuinfo: string): number {
  return Math.max(1, [...cpuinfo.matchAll(/^processor[ \t]*:/gm)].length);
}

/** A value of /proc/meminfo in MiB; 0 when it is not there. */
export function meminfoMiB(meminfo: string, name: string): number {
  const match = new RegExp(`^${name}:[ \\t]*(\\d+) kB`, 'm').exec(meminfo);
  return match === null ? 0 : Math.floor(Number(match[1]) / 1024);
}

/** Distribution and major version as people say them, and the full version; from os-release(5). */
export function linuxRelease(osRelease: string): { readonly osMajor: string; readonly osVersion: string } {
  const value = (name: string): string => {
    const match = new RegExp(`^${name}=(.*)$`, 'm').exec(osRelease);
    return (match?.[1] ?? '').trim().replace(/^(["'])(.*)\1$/, '$2');
  };
  const name = value('NAME') === '' ? 'Linux' : value('NAME');
  const version = value('VERSION_ID');
  // These number their releases by two parts; a bare date is a rolling release, which has no major version.
  const parts = ['ubuntu', 'alpine', 'nixos', 'opensuse-leap'].includes(value('ID')) ? 2 : 1;
  const major = /^\d{8}$/.test(version) ? '' : version.split('.').slice(0, parts).join('.');
  return {
    osMajor: `${name} ${major}`.trim(),
    osVersion: value('PRETTY_NAME') === '' ? `${name} ${version}`.trim() : value('PRETTY_NAME'),
  };
}

export interface ProcessTimes {
  readonly name: string;
  readonly parent: number;
  /** User and system time so far, in clock ticks (1/100 s on every Linux that Node runs on). */
  readonly ticks: number;
}

/** The few fields of /proc/<pid>/stat that are needed; null when it does not look like one. A name may hold blanks and parentheses. */
export function parseProcessStat(stat: string): ProcessTimes | null {
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const fields = stat.slice(close + 2).split(' ');
  const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number);
  if (parent === undefined || user === undefined || system === undefined) return null;
  if (![parent, user, system].every(Number.isFinite)) return null;
  return { name: stat.slice(open + 1, close), parent, ticks: user + system };
}

/** Ticks of all CPUs together from /proc/stat: all of them, and those that a hypervisor gave to somebody else. */
export function parseCpuTicks(stat: string): { readonly total: number; readonly steal: number } {
  const match = /^cpu\s+(.*)$/m.exec(stat);
  // user nice system idle iowait irq softirq steal; guest times are contained in user.
  const fields = (match?.[1] ?? '').trim().split(/\s+/).map(Number).slice(0, 8);
  return { total: fields.reduce((sum, ticks) => sum + (ticks || 0), 0), steal: fields[7] ?? 0 };
}

export interface PowerSupply {
  readonly type: string;
  readonly online: string;
  readonly status: string;
  readonly scope: string;
}

/** True when the machine itself (not a mouse) runs on its battery. */
export function runsOnBattery(supplies: readonly PowerSupply[]): boolean {
  const mains = supplies.some((supply) => supply.type !== 'Battery' && supply.online === '1');
  const draining = supplies.some(
    (supply) => supply.type === 'Battery' && supply.scope !== 'Device' && supply.status === 'Discharging',
  );
  return draining && !mains;
}
