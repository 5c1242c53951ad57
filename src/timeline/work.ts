// A boot that was counted -> how many instructions its guest ran, in all and in each phase.
import type { Boot } from '../model/boot.ts';
import { type Measurement, workMetric } from '../model/metric.ts';
import type { ReadBoot } from '../model/timeline.ts';

const perUnit = 1e6;

/** In millions. A boot that did not get ready, or was not counted to its end, has null. */
export function measureWork({ boot, timeline }: ReadBoot): Readonly<Record<string, Measurement>> {
  const at = countAt(boot);
  const end = at(timeline.endNs);
  const failed = { value: null, resolution: 0 };
  if (!timeline.complete || end === null) return { [workMetric()]: failed };
  const measured = (instructions: number): Measurement => ({ value: instructions / perUnit, resolution: 0 });
  const phases = timeline.phases.map(({ name, spans }): [string, Measurement] => {
    const counts = spans.map(({ startNs, endNs }) => (at(endNs) ?? end) - (at(startNs) ?? end));
    return [workMetric(name), measured(counts.reduce((sum, count) => sum + count, 0))];
  });
  return { [workMetric()]: measured(end), ...Object.fromEntries(phases) };
}

/** The count that was asked for at a moment, or next after it; null: none was. Before the guest was started it is 0. */
function countAt({ events, work = [] }: Boot): (atNs: number) => number | null {
  const startedNs = events.find(({ name }) => name === 'guest-started')?.atNs ?? 0;
  return (atNs) => (atNs <= startedNs ? 0 : (work.find((sample) => sample.atNs >= atNs)?.instructions ?? null));
}
