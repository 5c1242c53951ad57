// The outputs of the action's step, for later steps of a workflow. Numbers are plain: milliseconds and ratios.
import { mainMetricOf } from '../model/readiness.ts';
import type { Report, ScenarioReport } from '../model/report.ts';

export interface OutputFacts {
  readonly report: Report;
  /** Folder of the run on the runner. */
  readonly folder: string;
  readonly artifactId: string;
  readonly artifactUrl: string;
  readonly commentUrl: string;
}

/** Names as action.yml lists them; of several scenarios the figures are the first one's. */
export function outputsOf(facts: OutputFacts): Readonly<Record<string, string>> {
  const { report } = facts;
  const [first] = report.scenarios;
  return {
    verdict: report.verdict.word,
    problem: '',
    run: report.run,
    'report-path': facts.folder,
    ...figuresOf('time-to-ssh', first, 'time-to-ssh'),
    ...figuresOf('time-to-ready', first, first && mainMetricOf(first.scenario)),
    'vulkan-driver': report.scenarios.map(({ vulkan }) => vulkan?.head.identity.driverID).find(Boolean) ?? '',
    'artifact-id': facts.artifactId,
    'artifact-url': facts.artifactUrl,
    'comment-url': facts.commentUrl,
  };
}

/** Empty where head has no such metric; the ratio also where there is nothing to compare with. */
function figuresOf(name: string, scenario: ScenarioReport | undefined, metric: string | undefined) {
  const comparison = scenario?.comparisons.find((entry) => entry.metric === metric);
  const summary = scenario?.summaries.head.find((entry) => entry.metric === metric);
  return {
    [name]: figure(comparison?.head.median ?? summary?.median ?? null, 1),
    [`${name}-ratio`]: figure(comparison?.ratio ?? null, 4),
  };
}

const figure = (value: number | null, decimals: number): string =>
  value === null || !Number.isFinite(value) ? '' : value.toFixed(decimals);
