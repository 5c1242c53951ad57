// How long the emulator waited: what a fault that sleeps or times out costs, told apart from work that is merely slow.
import { idleCpus, type UsageSample } from '../model/boot.ts';
import type { Span } from '../model/timeline.ts';

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

/** Busy CPUs between two moments, by the samples around them; null where there are not two. */
export function cpusBetween(usage: readonly UsageSample[], fromNs: number, toNs: number): number | null {
  const from = usage.findLast(({ atNs }) => atNs <= fromNs) ?? usage[0];
  const to = usage.findLast(({ atNs }) => atNs <= toNs);
  if (from === undefined || to === undefined || to.atNs <= from.atNs) return null;
  return (to.cpuNs - from.cpuNs) / (to.atNs - from.atNs);
}
