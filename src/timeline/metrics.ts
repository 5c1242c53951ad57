// One boot and its timeline -> values by metric name, each with how late it may be.
import type { Boot, ProbeEvent, UsageSample } from '../model/boot.ts';
import { idleCpu, phaseMetric, serviceMetric } from '../model/metric.ts';
import type { Timeline } from '../model/timeline.ts';
import { bannerNs } from './read-timeline.ts';

export interface Measurement {
  /** null: the boot failed before this could be measured. */
  readonly value: number | null;
  /** How late the value may be, in the metric's unit. */
  readonly resolution: number;
}

/** Processor time is counted in ticks of this many ms on Linux and macOS. */
const cpuTickMs = 10;

/**
 * All measurements of a boot. Phases and services that a complete boot did not have are absent, not null. `probeMetrics` are the names
 * of the users' probes that are metrics (recorded under that name); a boot in which one never passed has null for it.
 */
export function measureBoot(input: {
  readonly boot: Boot;
  readonly timeline: Timeline;
  readonly probeMetrics: readonly string[];
  /** none: nobody could log in, so that there is no time-to-login either; asked if not given. */
  readonly login?: 'asked' | 'none';
}): Readonly<Record<string, Measurement>> {
  const { boot, timeline, probeMetrics } = input;
  const measurements: Record<string, Measurement> = {
    'time-to-ssh': moment(passed(boot, 'ssh-banner', 'banner')),
    ...(input.login === 'none' ? {} : { 'time-to-login': moment(passed(boot, 'login', 'ok')) }),
    'cpu-time': cpuTime(boot),
    'peak-rss': peakRss(boot),
  };
  for (const name of probeMetrics) measurements[name] = probed(boot, name);
  const resolution = measurements['time-to-ssh']?.resolution ?? 0;
  for (const phase of timeline.phases) {
    const value = timeline.complete ? phase.durationNs / 1e6 : null;
    measurements[phaseMetric(phase.name)] = { value, resolution };
  }
  for (const [name, ns] of serviceTotals(timeline)) {
    measurements[serviceMetric(name)] = { value: timeline.complete ? ns / 1e6 : null, resolution: 0 };
  }
  return measurements;
}

function passed(boot: Boot, probe: string, outcome: string): ProbeEvent | undefined {
  return boot.probes.find((event) => event.probe === probe && event.outcome === outcome);
}

function moment(event: ProbeEvent | undefined): Measurement {
  if (!event) return { value: null, resolution: 0 };
  return { value: event.atNs / 1e6, resolution: Math.max(0, event.atNs - event.startedNs) / 1e6 };
}

const dispatchMetric = 'time-to-first-dispatch';

function probed(boot: Boot, name: string): Measurement {
  const event = passed(boot, name, 'ok');
  if (name === idleCpu) return cpuShare(boot, event);
  if (name === 'vulkaninfo') return duration(event);
  const { value, resolution } = moment(event);
  // The end of a program's work is what is meant: only the time before its run began is lateness.
  const work =
    name === 'time-to-vulkan' ? passed(boot, 'vulkaninfo', 'ok') : name === dispatchMetric ? event : undefined;
  return { value, resolution: Math.max(0, resolution - (duration(work).value ?? 0)) };
}

/** CPU ms per second between the samples nearest to the window's ends. */
function cpuShare(boot: Boot, window: ProbeEvent | undefined): Measurement {
  const [from, to] = window === undefined ? [] : [usageAt(boot, window.startedNs), usageAt(boot, window.atNs)];
  if (from == null || to == null || to.atNs <= from.atNs) return { value: null, resolution: 0 };
  const seconds = (to.atNs - from.atNs) / 1e9;
  return { value: (to.cpuNs - from.cpuNs) / 1e6 / seconds, resolution: cpuTickMs / seconds };
}

/** For a program that is itself what is measured, from start to end. */
function duration(event: ProbeEvent | undefined): Measurement {
  return { value: event ? (event.atNs - event.startedNs) / 1e6 : null, resolution: 0 };
}

/** By the sample nearest to the banner: the recorder takes one right after it, besides those at regular intervals. */
function cpuTime(boot: Boot): Measurement {
  const banner = bannerNs(boot);
  const nearest = usageAt(boot, banner ?? 0);
  if (nearest === null || banner === null) return { value: null, resolution: 0 };
  return { value: nearest.cpuNs / 1e6, resolution: Math.max(cpuTickMs, Math.abs(banner - nearest.atNs) / 1e6) };
}

/** The sample nearest to a moment; the first of those that are equally near. */
function usageAt({ usage }: Boot, atNs: number): UsageSample | null {
  let nearest: UsageSample | null = null;
  for (const sample of usage) {
    if (nearest === null || Math.abs(sample.atNs - atNs) < Math.abs(nearest.atNs - atNs)) nearest = sample;
  }
  return nearest;
}

function peakRss(boot: Boot): Measurement {
  const isReady = bannerNs(boot) !== null && boot.usage.length > 0;
  const peak = boot.usage.reduce((largest, entry) => Math.max(largest, entry.rssBytes), 0);
  return { value: isReady ? peak / 2 ** 20 : null, resolution: 0 };
}

/** A service that starts in several steps is the sum of them. */
function serviceTotals(timeline: Timeline): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { name, startNs, endNs } of timeline.services) totals.set(name, (totals.get(name) ?? 0) + endNs - startNs);
  return totals;
}
