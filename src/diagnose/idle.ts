// How long the emulator waited: what a fault that sleeps or times out costs, told apart from work that is merely slow.
import type { UsageSample } from '../model/boot.ts';
import type { Span } from '../model/timeline.ts';

/** Below this many busy CPUs the emulator waits: what is left is timers and the sampling itself. */
const idleCpus = 0.25;

/** Nanoseconds within the spans during which the emulator waited; null without usage samples there. */
export function idleNs(usage: readonly UsageSample[], spans: readonly Span[]): number | null {
  let idle = 0;
  let sampled = 0;
  for (const [index, sample] of usage.entries()) {
    const next = usage[index + 1];
    if (next === undefined || next.atNs <= sample.atNs) continue;
    const cpus = (next.cpuNs - sample.cpuNs) / (next.atNs - sample.atNs);
    for (const { startNs, endNs } of spans) {
      const shared = Math.min(endNs, next.atNs) - Math.max(startNs, sample.atNs);
      if (shared <= 0) continue;
      sampled += shared;
      if (cpus <= idleCpus) idle += shared;
    }
  }
  return sampled > 0 ? idle : null;
}
