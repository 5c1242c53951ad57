// Custom JSON of benchmark-action/github-action-benchmark, for its tool `customSmallerIsBetter`.

import type { Report } from '../model/report.ts';
import { formatCount } from '../model/units.ts';
import { formatInterval } from './format.ts';

/** One entry per scenario and metric with head's median; a metric without a median is left out. */
export function benchmarkActionReport(report: Report): string {
  const entries = report.scenarios.flatMap((scenario) =>
    scenario.summaries.head
      .filter((summary) => summary.median !== null)
      .map((summary) => ({
        name: `${scenario.scenario.id} / ${summary.metric}`,
        unit: summary.unit,
        value: summary.median,
        ...(summary.interval === null ? {} : { range: formatInterval(summary.interval, summary.unit) }),
        extra: `${formatCount(summary.count, 'boot')}, ${summary.failures} failed`,
      })),
  );
  return `${JSON.stringify(entries, null, 2)}\n`;
}
