// The stretches of a boot in which the console said nothing, and what the emulator's processes did meanwhile.
import type { Boot, UsageSample } from '../model/boot.ts';
import type { Span, Timeline } from '../model/timeline.ts';

/** A pause between two reads counts as silence from this length on. */
const shortestNs = 100_000_000;

export interface PhaseSilence {
  readonly ns: number;
  /** CPU time of the emulator during it; null when it was not sampled around it. */
  readonly cpuNs: number | null;
}

/** Silence by phase name; every phase has an entry. */
export function silences(boot: Pick<Boot, 'console' | 'usage'>, timeline: Timeline): Map<string, PhaseSilence> {
  const gaps = silentSpans(boot, timeline.endNs);
  const cpuAt = cpuCurve(boot.usage);
  return new Map(
    timeline.phases.map(({ name, spans }) => {
      const quiet = spans.flatMap((span) => gaps.flatMap((gap) => intersection(span, gap)));
      const ns = quiet.reduce((sum, span) => sum + span.endNs - span.startNs, 0);
      const cpuNs = cpuAt && quiet.reduce((sum, span) => sum + cpuAt(span.endNs) - cpuAt(span.startNs), 0);
      return [name, { ns, cpuNs }];
    }),
  );
}

function silentSpans({ console }: Pick<Boot, 'console'>, endNs: number): Span[] {
  const gaps: Span[] = [];
  let last = 0;
  for (const { atNs } of [...console.reads, { atNs: endNs }]) {
    const until = Math.min(atNs, endNs);
    if (until - last >= shortestNs) gaps.push({ startNs: last, endNs: until });
    last = Math.max(last, until);
  }
  return gaps;
}

function intersection(one: Span, other: Span): Span[] {
  const startNs = Math.max(one.startNs, other.startNs);
  const endNs = Math.min(one.endNs, other.endNs);
  return endNs > startNs ? [{ startNs, endNs }] : [];
}

/** CPU time at a moment, between samples in proportion; it begins with nothing at the spawn. */
function cpuCurve(usage: readonly UsageSample[]): ((atNs: number) => number) | null {
  if (usage.length < 2) return null;
  const points = [{ atNs: 0, cpuNs: 0 }, ...usage.toSorted((a, b) => a.atNs - b.atNs)];
  return (atNs) => {
    let low = 0;
    let high = points.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((points[middle] as UsageSample).atNs <= atNs) low = middle;
      else high = middle - 1;
    }
    const before = points[low] as UsageSample;
    const after = points[low + 1];
    if (after === undefined || after.atNs <= before.atNs) return before.cpuNs;
    return before.cpuNs + ((after.cpuNs - before.cpuNs) * (atNs - before.atNs)) / (after.atNs - before.atNs);
  };
}
