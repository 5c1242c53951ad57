// All that was seen of a boot that hung, as lines for people.
import type { Autopsy, HostProcess, VirtualCpu } from '../model/autopsy.ts';
import { plainLine } from '../model/plain-text.ts';
import { type KernelTask, kernelTasks, waitOf } from './kernel-tasks.ts';

const mostLines = 60;
const mostTasks = 20;

/** Plain lines, what tells most first. */
export function autopsyText(autopsy: Autopsy): string[] {
  const { control, status, disks, pending, network, screen, sysrq, processes, notes } = autopsy;
  const qemu = { answered: `QEMU answers; the guest is ${status}`, silent: 'QEMU does not answer on QMP', none: '' }[
    control
  ];
  const lines = [
    qemu,
    ...autopsy.cpus.map(cpuText),
    ...pending.map(({ device, queue, pending: count }) => `${device}, queue ${queue}: ${count} requests not answered`),
    ...disks.map(
      ({ device, readOperations, writeOperations, idleMs }) =>
        `${device}: ${readOperations} reads, ${writeOperations} writes${idleMs === null ? '' : `, idle for ${(idleMs / 1000).toFixed(1)} s`}`,
    ),
    ...connections(network),
    screen === null ? '' : 'a picture of the screen is in the record of the boot',
    sysrq.answered === ''
      ? ''
      : `the kernel was asked (sysrq ${sysrq.answered}); its whole answer is in the record of the boot`,
    ...userTasks(kernelTasks(sysrq.text)),
    ...processes.flatMap(processText),
    ...notes,
  ];
  return lines
    .map((line) => plainLine(line, 200))
    .filter((line) => line !== '')
    .slice(0, mostLines);
}

function cpuText({ index, samples, stack }: VirtualCpu): string {
  const looks = samples.map(({ pc, halted, place }) => {
    if (halted === true) return 'waits';
    if (place !== '') return place;
    return /^0*$/.test(pc) ? 'not started' : `${/^ffff/.test(pc) ? 'kernel' : 'user'} 0x${pc}`;
  });
  const seen = [...new Set(looks)].join(', ');
  return `vCPU ${index}: ${seen}${stack.length === 0 ? '' : `; ${stack.slice(0, 12).join(' < ')}`}`;
}

/** How many connections of each kind: their numbers tell nothing. */
function connections(network: readonly string[]): string[] {
  const kinds = network.flatMap(
    (line) => /^((?:TCP|UDP)(?:\[\w+\])?)\s.*?\s(\d+)\s+\d+\s+\d+$/.exec(line)?.slice(1, 3).join(' to port ') ?? [],
  );
  return [...Map.groupBy(kinds, (kind) => kind)]
    .slice(0, 6)
    .map(([kind, all]) => `network: ${kind}, ${all.length} times`);
}

/** Those that the guest's kernel did not start for itself. */
function userTasks(tasks: readonly KernelTask[]): string[] {
  const own = tasks.filter(({ pid, parent }) => pid !== 2 && parent !== 2);
  const shown = own.slice(-mostTasks).map((task) => {
    const wait = waitOf(task);
    return `task ${task.name} (${task.pid}, of ${task.parent}): ${task.state}${wait === '' || task.state === 'R' ? '' : `, ${wait}`}`;
  });
  return own.length > shown.length ? [`${own.length} tasks, the youngest of them:`, ...shown] : shown;
}

function processText({ pid, name, threads }: HostProcess): string[] {
  const shown = threads.slice(0, 12).map(({ state, waitsIn, stack }) => {
    const where = stack.length > 0 ? stack.slice(0, 5).join(' < ') : waitsIn;
    return `${state || '?'}${where === '' ? '' : ` ${where}`}`;
  });
  return [`host: ${name} (${pid}), ${threads.length} threads: ${[...new Set(shown)].join('; ')}`];
}
