// Bencher Metric Format (bencher.dev/docs/reference/bencher-metric-format): `bencher run --adapter json --file ...`.
import type { Report } from '../model/report.ts';

/** Head's medians with their intervals, in milliseconds or MiB; a metric without a median is left out. */
export function bencherReport(report: Report): string {
  const benchmarks = report.scenarios.map((scenario) => {
    const measures = scenario.summaries.head
      .filter((summary) => summary.median !== null)
      .map((summary) => {
        const { median, interval } = summary;
        const bounds = interval === null ? {} : { lower_value: interval.low, upper_value: interval.high };
        return [summary.metric.slice(0, longestMeasure), { value: median, ...bounds }] as const;
      });
    return [scenario.scenario.id, Object.fromEntries(measures)] as const;
  });
  return `${JSON.stringify(Object.fromEntries(benchmarks), null, 2)}\n`;
}

/** Names of measures are limited to this many characters. */
const longestMeasure = 64;
