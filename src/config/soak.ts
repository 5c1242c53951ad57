// A scenario that is booted only to learn how often it fails: no warm-ups, no wait for a quiet machine, and perhaps a load.
import { usageError } from '../model/errors.ts';
import { awaitsSsh } from '../model/readiness.ts';
import type { Load, ProbeSpec, Scenario } from '../model/scenario.ts';

export interface SoakLength {
  /** Of each side at most; null: as many as the time allows. */
  readonly boots: number | null;
  /** null: as long as the boots take. */
  readonly timeMs: number | null;
}

export function soaked(scenario: Scenario, { boots, timeMs }: SoakLength, load: Load): Scenario {
  if (load === 'gpu' && scenario.head.machine.gpu !== 'venus')
    throw usageError(`--load gpu needs a guest with Vulkan, and ${scenario.id} has none`, 'add --gpu venus');
  if (load !== 'none' && !awaitsSsh(scenario))
    throw usageError(
      `--load ${load} is started over SSH, and ready of ${scenario.id} does not name ssh`,
      'add ssh to it',
    );
  const { deadlines, probes } = scenario;
  return {
    ...scenario,
    soak: { load },
    deadlines: { ...deadlines, totalMs: deadlines.totalMs + (load === 'none' ? 0 : loadLimitMs) },
    probes: load === 'none' ? probes : [...probes, loadProbe(load)],
    sampling: {
      // It ends with its time, or its most boots, whichever comes first.
      ...{ warmup: 0, boots: 1, quietWaitMs: 0 },
      // A boot takes longer than a tenth of a second.
      maxBoots: boots ?? Math.ceil((timeMs ?? 0) / 100),
      timeBudgetMs: timeMs ?? longestMs,
    },
  };
}

/** A year, for a soak that ends by its boots. */
const longestMs = 365 * 86_400_000;
/** Ten seconds of load, and the longest that its last step may take. */
const loadLimitMs = 70_000;

const loadProbe = (load: Exclude<Load, 'none'>): ProbeSpec => ({
  name: `load-${load}`,
  run: `end=$(($(date +%s) + 10))\nbusy() { [ "$(date +%s)" -lt "$end" ]; }\n${loads[load]}`,
  expect: null,
  timeoutMs: loadLimitMs,
  metric: null,
});

/** Shell text for a guest with busybox or more. */
const loads: Readonly<Record<Exclude<Load, 'none'>, string>> = {
  cpu: `for processor in $(grep -c ^processor /proc/cpuinfo | xargs seq); do
	while busy; do i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); done; done &
done
wait`,
  io: `file=/var/tmp/bootgauge-load.$$
trap 'rm -f "$file"' EXIT
while busy; do
	dd if=/dev/zero of="$file" bs=64k count=64 conv=fsync 2> /dev/null && cat "$file" > /dev/null || exit 1
done`,
  gpu: `driver=$(ls /usr/share/vulkan/icd.d/virtio*.json | head -n 1)
while busy; do VK_DRIVER_FILES=$driver vulkaninfo --summary > /dev/null || exit 1; done`,
};
