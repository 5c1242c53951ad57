// The samples of one metric on one side of a run, in the order in which they were taken.
import type { Unit } from './metric.ts';
import type { Side } from './scenario.ts';

export interface Sample {
  readonly boot: number;
  readonly round: number;
  /** null: the boot failed before this metric; it ranks as the slowest and is never dropped. */
  readonly value: number | null;
}

export interface Series {
  readonly metric: string;
  readonly unit: Unit;
  readonly side: Side;
  /** How late a value may be, in the metric's unit: the period of the probe that found it. */
  readonly resolution: number;
  readonly samples: readonly Sample[];
}
