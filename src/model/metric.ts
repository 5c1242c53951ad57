// What a metric is. Which there are, the probe room says: each probe brings its own.
import { z } from 'zod';
import type { MetricRule } from './scenario.ts';

/** `ms` and `MiB` are Bootgauge's own; a number of a user's probe has what it is counted in, or nothing. */
export const unitSchema = z.string();
export type Unit = z.output<typeof unitSchema>;

export interface MetricDefinition {
  readonly name: string;
  readonly unit: Unit;
  readonly meaning: string;
  readonly rule: MetricRule;
  /** Costs time of its own: only measured in scenarios that name it. */
  readonly onlyWhenNamed?: true;
  /** A boot is waited for this one besides SSH: its critical chain is shown. */
  readonly isAwaited?: true;
  /** Its moment is a mark of the timeline, of this name. */
  readonly mark?: string;
}

/** One value of a boot. */
export interface Measurement {
  /** null: the boot failed before this could be measured, unless it is `unknown`. */
  readonly value: number | null;
  /** The boot did not fail; nobody saw the value. */
  readonly unknown?: true;
  /** How late the value may be, in the metric's unit. */
  readonly resolution: number;
}

export const phaseMetric = (phase: string): string => `phase:${phase}`;
export const serviceMetric = (service: string): string => `service:${service}`;
/** Instructions of the guest, until it is ready or in one phase, in millions. */
export const workMetric = (phase = ''): string => (phase === '' ? 'instructions' : `instructions:${phase}`);
export const phaseOfWork = (metric: string): string => metric.replace(/^instructions:/, '');
export const isWork = (metric: string): boolean => /^instructions(?::|$)/.test(metric);
export const isExplaining = (metric: string): boolean => metric.startsWith('phase:') || metric.startsWith('service:');
