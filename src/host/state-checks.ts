// What of the machine's present state makes measurements noisy or runs impossible, as lines for doctor.
import type { HostFacts, HostState } from '../model/conditions.ts';
import { type Check, ok, problem, warning } from './check.ts';
import { littleDiskMiB, littleMemoryMiB, settledMinutes } from './conditions.ts';
import { timingJitter } from './noise.ts';
import { slowPhrases } from './power.ts';

/** Memory that no boot of the default guest can do without; MiB. */
const leastMemoryMiB = 512;
/** Disk that no run can do without; MiB. */
const leastDiskMiB = 256;
/** Above this, a percentage, differences of a few percent drown. */
const noisyPercent = 5;

/** One line each for memory, disk, other programs, load, power and, where it is known, the time since the machine started. */
export function stateChecks(facts: HostFacts, state: HostState): readonly Check[] {
  return [
    memoryCheck(state.freeMemoryMiB),
    diskCheck(state.freeDiskMiB),
    busyCheck(state.busy),
    loadCheck(state.loadAverage, facts.cpus),
    powerCheck(state.power, facts.os),
    ...(state.uptimeMinutes === undefined ? [] : [uptimeCheck(state.uptimeMinutes)]),
  ];
}

/** How evenly a short piece of work runs; takes half a second. */
export async function noiseCheck(): Promise<Check> {
  const { percent, loops, medianMs } = await timingJitter();
  const found = `${percent.toFixed(1)} % spread over ${loops} loops of ${Math.round(medianMs)} ms`;
  if (percent <= noisyPercent) return ok('noise', 'timing noise', found);
  return warning('noise', 'timing noise', found, 'end other work on this machine, or plan for more boots per side');
}

export const gibibytes = (mebibytes: number): string =>
  mebibytes < 1024 ? `${mebibytes} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;

function memoryCheck(freeMiB: number): Check {
  if (freeMiB === 0)
    return warning(
      'memory',
      'memory',
      'the system did not say how much is free',
      'ask again when the machine is less busy',
    );
  const found = `${gibibytes(freeMiB)} free`;
  const todo = 'end programs that hold memory, or lower `memory` in bootgauge.yml';
  if (freeMiB < leastMemoryMiB) return problem('memory', 'memory', found, todo);
  return freeMiB < littleMemoryMiB ? warning('memory', 'memory', found, todo) : ok('memory', 'memory', found);
}

function diskCheck(freeMiB: number): Check {
  const found = `${gibibytes(freeMiB)} free`;
  const todo = `free ${gibibytes(littleDiskMiB)}, or set BOOTGAUGE_CACHE to a folder on a larger disk`;
  if (freeMiB < leastDiskMiB) return problem('disk', 'disk', found, todo);
  return freeMiB < littleDiskMiB ? warning('disk', 'disk', found, todo) : ok('disk', 'disk', found);
}

function busyCheck(busy: readonly string[]): Check {
  if (busy.length === 0) return ok('busy', 'other programs', 'none uses more than 10 % of a CPU');
  const programs = busy.slice(0, 5).join(', ') + (busy.length > 5 ? ` and ${busy.length - 5} more` : '');
  return warning('busy', 'other programs', programs, 'end them or wait before a run that is to judge something');
}

function loadCheck(load: number, cpus: number): Check {
  const found = `${load.toFixed(2)} on ${cpus} CPUs`;
  if (load <= cpus * 0.75) return ok('load', 'load average', found);
  return warning('load', 'load average', found, 'wait until it is below three quarters of the CPUs');
}

function powerCheck(power: string, os: HostFacts['os']): Check {
  const found = power === '' ? 'nothing known, as in most virtual machines' : power;
  const phrases = power.split(', ');
  const remedy = (
    [
      [slowPhrases.battery, 'connect the machine to mains'],
      [slowPhrases.lowPower, os === 'macos' ? 'sudo pmset -a lowpowermode 0' : 'powerprofilesctl set performance'],
      [slowPhrases.throttled, 'let it cool down, and look at dust and room temperature'],
      [slowPhrases.governor, 'sudo cpupower frequency-set -g performance'],
    ] as const
  ).find(([phrase]) => phrases.some((part) => part === phrase || part.startsWith(`${phrase} (`)));
  return remedy === undefined ? ok('power', 'power', found) : warning('power', 'power', found, remedy[1]);
}

function uptimeCheck(minutes: number): Check {
  const found =
    minutes < 120
      ? `${minutes} min`
      : minutes < 2880
        ? `${Math.floor(minutes / 60)} h`
        : `${Math.floor(minutes / 1440)} days`;
  if (minutes >= settledMinutes) return ok('uptime', 'up for', found);
  return warning('uptime', 'up for', found, `wait until the machine has been up for ${settledMinutes} min`);
}
