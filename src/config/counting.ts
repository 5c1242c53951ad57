// What `run --count` adds: boots in a scenario of their own under TCG's instruction counter, which judge no time.
import { usageError } from '../model/errors.ts';
import type { LauncherGuest } from '../model/guests/launcher.ts';
import { countId, type Gpu, type Scenario, type SideSpec } from '../model/scenario.ts';

/** The scenarios, each timing one followed by the one that counts its guest's instructions, with `boots` boots a side. */
export function withCounting(scenarios: readonly Scenario[], boots: number): Scenario[] {
  const all = scenarios.flatMap((scenario) =>
    scenario.profile === 'timing' ? [scenario, counting(scenario, boots)] : [scenario],
  );
  const twice = all.find(({ id }, index) => all.findIndex((other) => other.id === id) !== index);
  if (twice === undefined) return all;
  throw usageError(
    `--count needs the name ${twice.id} for itself, and another scenario has it`,
    'name the other one otherwise, or the scenarios one at a time on the command line',
  );
}

function counting(scenario: Scenario, boots: number): Scenario {
  const { draw: _, responsiveness: __, ...plain } = scenario;
  return {
    ...plain,
    id: countId(scenario.id),
    description: `how much work the guest of ${scenario.id} does: instructions, counted on one CPU under TCG`,
    count: true,
    head: countedSide(scenario.id, scenario.head),
    base: scenario.base === null ? null : countedSide(scenario.id, scenario.base),
    probes: [],
    metrics: {},
    // A guest that a hypervisor boots in seconds takes minutes here.
    deadlines: { totalMs: Math.max(scenario.deadlines.totalMs, longestBootMs), phasesMs: {} },
    sampling: {
      ...{ warmup: 0, boots, maxBoots: boots, timeBudgetMs: 2 * boots * longestBootMs },
      ...{ quietWaitMs: 0, parallel: 'off' },
    },
  };
}

const longestBootMs = 600_000;

function countedSide(id: string, side: SideSpec): SideSpec {
  const { machine, guest } = side;
  if (machine.accel === 'hvf' || machine.accel === 'kvm') throw onlyTcg(id, machine.accel);
  // Vulkan runs on the host, whose pace would be counted as the guest's waiting.
  const gpu = machine.gpu === 'venus' ? 'plain' : machine.gpu;
  if (guest.kind === 'launcher')
    return { ...side, guest: countedLauncher(id, guest, machine.gpu), machine: { ...machine, gpu } };
  const qemuArguments = [...machine.qemuArguments, ...countArguments];
  return { ...side, machine: { ...machine, accel: 'tcg', cpus: 1, gpu, qemuArguments } };
}

const onlyTcg = (id: string, accel: string): Error =>
  usageError(
    `--count cannot count under ${accel.toUpperCase()}, which ${id} asks for: only TCG knows how many instructions its guest ran`,
    'leave accel at auto: the boots that count then take TCG, and the timed ones what is fastest',
  );

/** The guest runs through a copy of its command's own arguments: what Bootgauge cannot write into them, it cannot count. */
function countedLauncher(id: string, guest: LauncherGuest, given: Gpu): LauncherGuest {
  const { rewrite = {}, binary } = guest;
  if (binary === null || rewrite === 'none')
    throw usageError(
      `--count must change the arguments that the launcher of ${id} gives to its QEMU, and may not`,
      "name in guest.binary where it finds its QEMU, without `rewrite: none`; or count the launcher's guest as a custom one",
    );
  if (rewrite.accel === 'hvf' || rewrite.accel === 'kvm') throw onlyTcg(id, rewrite.accel);
  const gpu = (rewrite.gpu ?? given) === 'venus' ? ({ gpu: 'plain' } as const) : {};
  const qemuArguments = [...(rewrite.qemuArguments ?? []), ...countArguments];
  return { ...guest, rewrite: { ...rewrite, ...gpu, accel: 'tcg', cpus: 1, qemuArguments } };
}

/**
 * Eight nanoseconds of the guest's time an instruction, about what TCG takes itself. An idle guest's time jumps to its next timer. Its
 * random numbers, and the date that it finds, are the same in every boot; the date is one that no file of the guest is newer than.
 */
const countArguments = [
  ...['-icount', 'shift=3,sleep=off', '-seed', '1'],
  ...['-rtc', 'base=2035-01-01T00:00:00,clock=vm'],
];
