// Turns the series of a recorded run into a baseline session.
import type { BaselineMetric, BaselineSession } from '../model/baseline.ts';
import { type Conditions, comparableKey } from '../model/conditions.ts';
import type { Parts } from '../model/inventory.ts';
import type { RecordedRun } from '../model/run.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Series } from '../model/series.ts';
import type { VulkanIdentity } from '../model/vulkan.ts';

export interface SessionSource {
  readonly run: RecordedRun;
  readonly scenario: Scenario;
  readonly conditions: Conditions;
  /** Head's series, gating and explaining ones alike. */
  readonly series: readonly Series[];
  /** Head's Vulkan driver; null where nothing was asked. */
  readonly vulkan?: VulkanIdentity | null;
  /** What stood under head; null where it is not known. */
  readonly parts?: Parts | null;
  /** Why a slower run is accepted; empty when it is not slower. */
  readonly intended: string;
  /** Why suspect boots are accepted; empty when they are not suspect. */
  readonly forced?: string;
}

export function sessionOf({
  run,
  scenario,
  conditions,
  series,
  vulkan = null,
  parts = null,
  intended,
  forced = '',
}: SessionSource): BaselineSession {
  return {
    schema: 1,
    run: run.id,
    recordedAt: run.startedAt,
    key: comparableKey(conditions, scenario),
    facts: {
      osVersion: conditions.host.osVersion,
      emulator: conditions.emulator.version,
      runner: conditions.host.runner,
    },
    commit: run.commit,
    intended,
    ...(forced === '' ? {} : { forced }),
    ...(vulkan === null ? {} : { vulkan }),
    ...(parts === null ? {} : { parts }),
    metrics: Object.fromEntries(series.map((entry) => [entry.metric, metricOf(entry)])),
  };
}

function metricOf(series: Series): BaselineMetric {
  const { unit, better } = series;
  const kept = better === undefined ? rounded : precise;
  return {
    unit,
    ...(better === undefined ? {} : { better }),
    resolution: kept(series.resolution),
    // What may have been stamped far too late is no reference for anybody.
    samples: series.samples
      .filter(({ late }) => late === undefined)
      .map((sample) => (sample.value === null ? null : kept(sample.value))),
  };
}

/** Microseconds are kept: less would lose the measurement, more only fills the file. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000;
/** Nobody knows how small a user's numbers are. */
const precise = (value: number): number => Number(value.toPrecision(9));
