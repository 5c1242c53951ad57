// Which phases and services carry the boot and its change. Explains, never gates.
import type { BaselineSession } from '../model/baseline.ts';
import type { Comparison, Summary } from '../model/comparison.ts';
import { comparableWith } from '../model/conditions.ts';
import { phaseMetric, serviceMetric } from '../model/metric.ts';
import { mainMetricOf } from '../model/readiness.ts';
import type { ChangeLocation, PhaseRow } from '../model/report.ts';
import type { Series } from '../model/series.ts';
import { metricUnit } from '../probe/probes.ts';
import { lowerMedian } from '../stats/quantiles.ts';
import type { JudgeInput } from './judge-input.ts';
import { surelyWent } from './phases.ts';
import { summarize, summarizeSeries } from './summarize.ts';

export interface ExplainedRows {
  readonly phases: readonly PhaseRow[];
  readonly services: readonly PhaseRow[];
}

/** A row for every phase and service of either side, in the order in which head (then base) has them. */
export function explainRows(input: Pick<JudgeInput, 'head' | 'base' | 'sessions' | 'headKey'>): ExplainedRows {
  const rows = (prefix: string): PhaseRow[] => {
    const names = new Set([...input.head, ...(input.base ?? [])].map((series) => series.metric));
    return [...names]
      .filter((metric) => metric.startsWith(prefix))
      .map((metric) => rowOf(metric, metric.slice(prefix.length), input));
  };
  return { phases: rows(phaseMetric('')), services: rows(serviceMetric('')) };
}

/** Phases that together make up at least this share of a change are named. */
const namedShare = 0.8;
const namedPhases = 3;

/** Where a change of the main readiness lies: phases that surely went its way, each by its own test, largest first. null where there is none. */
export function locateChange(
  comparisons: readonly Comparison[],
  phases: readonly PhaseRow[],
  input: JudgeInput,
): ChangeLocation | null {
  const changed = comparisons.find((comparison) => comparison.metric === mainMetricOf(input.scenario));
  if (changed === undefined || (changed.word !== 'slower' && changed.word !== 'faster')) return null;
  // Medians know nothing of a share of the boots, and may even have moved the other way.
  if (changed.slowBoots) return null;
  if (changed.head.median === null || changed.base.median === null) return null;
  const differenceMs = changed.head.median - changed.base.median;
  const usable = { ...input, sessions: comparableWith(input.sessions, input.headKey) };
  const sameWay = phases
    .flatMap(({ name, differenceMs: own }) => (own === null ? [] : [{ name, differenceMs: own }]))
    .filter((phase) => phase.differenceMs * differenceMs > 0)
    .filter(({ name }) => surelyWent(name, differenceMs > 0 ? 'up' : 'down', usable))
    .toSorted((a, b) => Math.abs(b.differenceMs) - Math.abs(a.differenceMs));
  const named: { name: string; differenceMs: number }[] = [];
  let carried = 0;
  for (const phase of sameWay.slice(0, namedPhases)) {
    if (Math.abs(carried) >= Math.abs(differenceMs) * namedShare) break;
    named.push(phase);
    carried += phase.differenceMs;
  }
  return named.length === 0 ? null : { differenceMs, phases: named };
}

function rowOf(metric: string, name: string, input: Parameters<typeof explainRows>[0]): PhaseRow {
  const head = summaryOf(input.head, metric);
  const base =
    input.base === null
      ? storedSummary(metric, comparableWith(input.sessions, input.headKey))
      : summaryOf(input.base, metric);
  const [own, other] = [head?.median ?? null, base?.median ?? null];
  return { name, base, head, differenceMs: own === null || other === null ? null : own - other };
}

function summaryOf(series: readonly Series[], metric: string): Summary | null {
  const found = series.find((entry) => entry.metric === metric);
  return found === undefined ? null : summarizeSeries(found);
}

function storedSummary(metric: string, sessions: readonly BaselineSession[]): Summary | null {
  const stored = sessions.flatMap((session) => session.metrics[metric] ?? []);
  if (stored.length === 0) return null;
  return summarize({
    metric,
    unit: metricUnit(metric),
    resolution: lowerMedian(stored.map((entry) => entry.resolution)),
    values: stored.flatMap((entry) => entry.samples),
  });
}
