// One boot and its timeline -> values by metric name, each with how late it may be.
import type { Boot } from '../model/boot.ts';
import { type Measurement, phaseMetric, serviceMetric } from '../model/metric.ts';
import type { Timeline } from '../model/timeline.ts';
import { measureMetric, usualMetrics } from '../probe/probes.ts';

/**
 * All measurements of a boot. Phases and services that a complete boot did not have are absent, not null. `probeMetrics` are the names
 * of the users' probes that are metrics (recorded under that name); a boot in which one never passed has null for it.
 */
export function measureBoot(input: {
  readonly boot: Boot;
  readonly timeline: Timeline;
  readonly probeMetrics: readonly string[];
  /** What every boot records; as with SSH if not given. */
  readonly usual?: readonly string[];
  /** none: nobody could log in, so that there is no time-to-login either; asked if not given. */
  readonly login?: 'asked' | 'none';
}): Readonly<Record<string, Measurement>> {
  const { boot, timeline, probeMetrics } = input;
  const usual = (input.usual ?? usualMetrics).filter((name) => name !== 'time-to-login' || input.login !== 'none');
  const measurements: Record<string, Measurement> = Object.fromEntries(
    [...usual, ...probeMetrics].map((name) => [name, measureMetric(boot, name)]),
  );
  const resolution = measurements[boot.ready ?? 'time-to-ssh']?.resolution ?? 0;
  for (const phase of timeline.phases) {
    const value = timeline.complete ? phase.durationNs / 1e6 : null;
    measurements[phaseMetric(phase.name)] = { value, resolution };
  }
  for (const [name, ns] of serviceTotals(timeline)) {
    measurements[serviceMetric(name)] = { value: timeline.complete ? ns / 1e6 : null, resolution: 0 };
  }
  return measurements;
}

/** A service that starts in several steps is the sum of them. */
function serviceTotals(timeline: Timeline): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { name, startNs, endNs } of timeline.services) totals.set(name, (totals.get(name) ?? 0) + endNs - startNs);
  return totals;
}
