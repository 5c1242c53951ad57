// Names, units and defaults of everything that is measured per boot.
import { z } from 'zod';
import type { MetricRule } from './scenario.ts';

export const unitSchema = z.enum(['ms', 'MiB']);
export type Unit = z.output<typeof unitSchema>;

export interface MetricDefinition {
  readonly name: string;
  readonly unit: Unit;
  readonly meaning: string;
  readonly rule: MetricRule;
  /** Costs time of its own: only measured in scenarios that name it. */
  readonly onlyWhenNamed?: true;
}

const gating: MetricRule = { gate: true, tolerate: 0, limit: 0.05, floor: 50, max: null };

export const idleCpu = 'idle-cpu';

/** Metrics that every boot can have. `phase:*`, `service:*` and users' probes come on top; all of them lower-is-better. */
export const metricDefinitions: readonly MetricDefinition[] = [
  { name: 'time-to-ssh', unit: 'ms', meaning: "spawn to the SSH server's banner", rule: gating },
  { name: 'time-to-login', unit: 'ms', meaning: 'spawn to the end of the first authenticated command', rule: gating },
  { name: 'cpu-time', unit: 'ms', meaning: "CPU time of the emulator's processes up to the SSH banner", rule: gating },
  {
    name: 'peak-rss',
    unit: 'MiB',
    meaning: "largest resident memory of the emulator's processes",
    rule: { ...gating, gate: false, floor: 16 },
  },
  {
    name: 'time-to-drm',
    unit: 'ms',
    meaning: 'spawn to the making of /dev/dri/renderD128, once it was seen to open',
    rule: { ...gating, gate: false },
  },
  {
    name: 'time-to-vulkan',
    unit: 'ms',
    meaning: 'spawn to the end of the first vulkaninfo that shows the required driver',
    rule: gating,
  },
  { name: 'vulkaninfo', unit: 'ms', meaning: 'how long that vulkaninfo ran', rule: { ...gating, gate: false } },
  {
    name: 'time-to-first-dispatch',
    unit: 'ms',
    meaning: 'spawn to the end of a compute pipeline over a buffer whose result was checked',
    rule: gating,
  },
  {
    name: idleCpu,
    unit: 'ms',
    meaning: "CPU time of the emulator's processes per second of a 20 s window in which the ready guest is left alone",
    rule: gating,
    onlyWhenNamed: true,
  },
];

export const phaseMetric = (phase: string): string => `phase:${phase}`;
export const serviceMetric = (service: string): string => `service:${service}`;
export const isExplaining = (metric: string): boolean => metric.startsWith('phase:') || metric.startsWith('service:');

export function metricUnit(metric: string): Unit {
  return metricDefinitions.find((definition) => definition.name === metric)?.unit ?? 'ms';
}
