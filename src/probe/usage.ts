// What the emulator used until the guest was ready. Nobody is asked: usage is sampled in every boot.
import type { Boot } from '../model/boot.ts';
import type { Measurement } from '../model/metric.ts';
import { always, gating, informing, type Probe, readyEvent } from './probe.ts';

/** Processor time is counted in ticks of this many ms on Linux and macOS. */
export const cpuTickMs = 10;

export const usage: Probe = {
  name: 'usage',
  metrics: [
    {
      name: 'cpu-time',
      unit: 'ms',
      meaning: "CPU time of the emulator's processes until the guest is ready",
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

/** A figure of so much later or earlier says nothing of readiness; ms. */
const latestMs = 1000;

const failed: Measurement = { value: null, resolution: 0 };
const unknown: Measurement = { ...failed, unknown: true };

/** By the sample nearest to readiness: the recorder takes one right after it, besides those at regular intervals. */
function cpuTime(boot: Boot): Measurement {
  const readyNs = readyEvent(boot)?.atNs;
  if (readyNs === undefined) return failed;
  const nearest = usageNear(boot, readyNs);
  if (nearest === undefined) return unknown;
  const offMs = (Math.abs(readyNs - nearest.atNs) + (nearest.tookNs ?? 0)) / 1e6;
  return offMs > latestMs ? unknown : { value: nearest.cpuNs / 1e6, resolution: Math.max(cpuTickMs, offMs) };
}

function peakRss(boot: Boot): Measurement {
  if (readyEvent(boot) === undefined) return failed;
  if (boot.usage.length === 0) return unknown;
  return { value: Math.max(...boot.usage.map(({ rssBytes }) => rssBytes)) / 2 ** 20, resolution: 0 };
}

export const usageNear = ({ usage: samples }: Boot, atNs: number): Boot['usage'][number] | undefined =>
  samples.toSorted((a, b) => Math.abs(a.atNs - atNs) - Math.abs(b.atNs - atNs))[0];
