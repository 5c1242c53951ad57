// What Linux tells of system, processor and memory in /proc and /etc/os-release.
import type { HostFacts } from '../../model/conditions.ts';
import { foldChip } from '../chip-name.ts';
import { type HostView, readHostFile } from '../view.ts';
import { armCoreName } from './arm-cores.ts';
import { meminfoMiB } from './state.ts';

/** The facts that stay the same while the machine is up. */
export async function facts(host: HostView): Promise<HostFacts> {
  const cpuinfo = readHostFile(host, 'proc/cpuinfo');
  return {
    os: 'linux',
    ...thisRelease(host),
    chip: linuxChip(cpuinfo, readHostFile(host, 'proc/device-tree/model')),
    architecture: host.architecture,
    cpus: linuxCpuCount(cpuinfo),
    memoryMiB: meminfoMiB(readHostFile(host, 'proc/meminfo'), 'MemTotal'),
    runner: host.environment.RUNNER_NAME ?? '',
  };
}

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

function linuxCpuCount(cpuinfo: string): number {
  return Math.max(1, [...cpuinfo.matchAll(/^processor[ \t]*:/gm)].length);
}

export const thisRelease = (host: HostView): ReturnType<typeof linuxRelease> =>
  linuxRelease(readHostFile(host, 'etc/os-release') || readHostFile(host, 'usr/lib/os-release'));

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
