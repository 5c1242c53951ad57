// What a case of bench:qemu is: a change of QEMU's source whose effect is known beforehand, and what must be said of it.

import type { ScenarioReport } from '../../src/model/report.ts';
import type { RecordedRun } from '../../src/model/run.ts';
import type { MetricRule, Scenario } from '../../src/model/scenario.ts';
import type { Promised } from './table.ts';

export interface Case {
  readonly name: string;
  readonly cpus: number;
  /** null: head is built of the same source, and differs from base in `headArguments` alone. */
  readonly patch: {
    readonly file: string;
    /** Changes the file's text; null when it is not as expected. */
    readonly change: (text: string) => string | null;
  } | null;
  readonly headArguments?: readonly string[];
  readonly metrics: Readonly<Record<string, MetricRule>>;
  readonly responsiveness?: Scenario['responsiveness'];
  readonly check: (report: ScenarioReport, run: RecordedRun) => Promised;
}

export const gating: MetricRule = { gate: true, tolerate: 0, limit: 0.1, floor: 50, max: null };

/** Puts a statement behind what is found. */
export const behind =
  (place: RegExp, statement: string) =>
  (text: string): string | null => {
    const found = place.exec(text);
    if (found === null) return null;
    const end = found.index + found[0].length;
    return `${text.slice(0, end)}\n    ${statement}${text.slice(end)}`;
  };

export const ofMetric = (report: ScenarioReport, metric: string) =>
  report.comparisons.find((one) => one.metric === metric);

export function shown(report: ScenarioReport, metric: string): string {
  const one = ofMetric(report, metric);
  if (one?.ratio == null) return `${metric} not measured: ${report.verdict.because}`;
  const percent = (ratio: number): string => `${((ratio - 1) * 100).toFixed(1)} %`;
  const range = one.interval === null ? '' : ` [${percent(one.interval.low)}, ${percent(one.interval.high)}]`;
  return `${metric} ${percent(one.ratio)}${range}, ${one.word}`;
}
