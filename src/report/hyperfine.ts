// hyperfine's JSON (its --export-json), for scripts that plot or compare such files. One result per scenario and side.
import { mainMetricOf } from '../model/readiness.ts';
import type { BootRow, Report, ScenarioReport } from '../model/report.ts';
import type { Side } from '../model/scenario.ts';

/**
 * Seconds to readiness, mostly SSH, of every measured boot that got there; failed boots have no time and are counted in `parameters.failed`.
 * Mean, deviation and extremes are in the file because the format demands them; nothing is judged by them. `user` holds the
 * whole CPU time of the emulator's processes, which is not recorded apart for user and system.
 */
export function hyperfineReport(report: Report): string {
  const results = report.scenarios.flatMap((scenario) =>
    (['base', 'head'] as const).flatMap((side) => resultOf(scenario, side)),
  );
  return `${JSON.stringify({ results }, null, 2)}\n`;
}

function resultOf(scenario: ScenarioReport, side: Side): readonly object[] {
  const metric = mainMetricOf(scenario.scenario);
  const boots = scenario.boots.filter((boot) => boot.side === side && !boot.warmup);
  const times = secondsOf(boots, metric);
  const median = scenario.summaries[side].find((summary) => summary.metric === metric)?.median ?? null;
  if (times.length === 0) return [];
  const mean = meanOf(times);
  const cpu = secondsOf(boots, 'cpu-time');
  return [
    {
      command: `bootgauge run ${scenario.scenario.id} (${side})`,
      mean,
      stddev: times.length < 2 ? null : deviationOf(times, mean),
      median: median === null ? mean : median / 1000,
      user: cpu.length === 0 ? 0 : meanOf(cpu),
      system: 0,
      min: Math.min(...times),
      max: Math.max(...times),
      times,
      exit_codes: times.map(() => 0),
      parameters: { scenario: scenario.scenario.id, side, failed: `${boots.length - times.length}` },
    },
  ];
}

function secondsOf(boots: readonly BootRow[], name: string): readonly number[] {
  return boots.flatMap((boot) => {
    const value = boot.outcome.kind === 'ready' ? (boot.values[name] ?? null) : null;
    return value === null ? [] : [value / 1000];
  });
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const deviationOf = (values: readonly number[], mean: number): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
