// What the emulator used up to the banner. Nobody is asked: usage is sampled in every boot.
import type { Boot } from '../model/boot.ts';
import type { Measurement } from '../model/metric.ts';
import { always, gating, informing, type Probe, passed } from './probe.ts';

/** Processor time is counted in ticks of this many ms on Linux and macOS. */
export const cpuTickMs = 10;

export const usage: Probe = {
  name: 'usage',
  metrics: [
    {
      name: 'cpu-time',
      unit: 'ms',
      meaning: "CPU time of the emulator's processes up to the SSH banner",
      rule: gating,
    },
    {
      name: 'peak-rss',
      unit: 'MiB',
      meaning: "largest resident memory of the emulator's processes",
      rule: { ...informing, floor: 16 },
    },
  ],
  asked: always,
  measure: (boot, metric) => (metric === 'cpu-time' ? cpuTime(boot) : peakRss(boot)),
};

/** By the sample nearest to the banner: the recorder takes one right after it, besides those at regular intervals. */
function cpuTime(boot: Boot): Measurement {
  const bannerNs = passed(boot, 'ssh-banner', 'banner')?.atNs;
  const nearest = usageNear(boot, bannerNs ?? 0);
  if (nearest === undefined || bannerNs === undefined) return { value: null, resolution: 0 };
  return { value: nearest.cpuNs / 1e6, resolution: Math.max(cpuTickMs, Math.abs(bannerNs - nearest.atNs) / 1e6) };
}

function peakRss(boot: Boot): Measurement {
  const isReady = passed(boot, 'ssh-banner', 'banner') !== undefined && boot.usage.length > 0;
  const peak = boot.usage.reduce((largest, entry) => Math.max(largest, entry.rssBytes), 0);
  return { value: isReady ? peak / 2 ** 20 : null, resolution: 0 };
}

export const usageNear = ({ usage: samples }: Boot, atNs: number): Boot['usage'][number] | undefined =>
  samples.toSorted((a, b) => Math.abs(a.atNs - atNs) - Math.abs(b.atNs - atNs))[0];
