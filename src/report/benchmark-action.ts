// Custom JSON of benchmark-action/github-action-benchmark, for its tool `customSmallerIsBetter`.

import type { Report } from '../model/report.ts';
import { formatCount } from '../model/units.ts';
import { formatInterval } from './format.ts';

/** One entry per scenario and metric with head's median; one without a median, or of which more is better, has no place in this format. */
export function benchmarkActionReport(report: Report): string {
  const entries = report.scenarios.flatMap((scenario) =>
    scenario.summaries.head
      .filter(({ median, better }) => median !== null && better !== 'higher')
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
