// The outputs of the action's step, for later steps of a workflow. Numbers are plain: milliseconds and ratios.
import type { Report } from '../model/report.ts';

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
  const comparison = report.scenarios[0]?.comparisons.find((entry) => entry.metric === 'time-to-ssh');
  const summary = report.scenarios[0]?.summaries.head.find((entry) => entry.metric === 'time-to-ssh');
  return {
    verdict: report.verdict.word,
    problem: '',
    run: report.run,
    'report-path': facts.folder,
    'time-to-ssh': figure(comparison?.head.median ?? summary?.median ?? null, 1),
    'time-to-ssh-ratio': figure(comparison?.ratio ?? null, 4),
    'vulkan-driver': report.scenarios.map(({ vulkan }) => vulkan?.head.identity.driverID).find(Boolean) ?? '',
    'artifact-id': facts.artifactId,
    'artifact-url': facts.artifactUrl,
    'comment-url': facts.commentUrl,
  };
}

const figure = (value: number | null, decimals: number): string =>
  value === null || !Number.isFinite(value) ? '' : value.toFixed(decimals);
