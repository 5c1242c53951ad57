// What one comparison says about a commit while bisecting. Pure.
import type { Comparison } from '../model/comparison.ts';
import type { ScenarioReport } from '../model/report.ts';

/** What is looked for: a slowdown of a metric that the bad commit has and the good one has not. */
export interface Step {
  readonly metric: string;
  /** bad / good. */
  readonly ratio: number;
}

export interface Answered {
  readonly answer: 'good' | 'bad' | 'skip' | 'undecided';
  readonly because: string;
}

/** The step from good to bad, or why there is none. Of several slower metrics time-to-ssh comes first, as in every report. */
export function stepOf(report: ScenarioReport, wanted: string | undefined): Step | string {
  const comparisons = report.comparisons.filter(({ metric }) => wanted === undefined || metric === wanted);
  if (comparisons.length === 0) return wanted === undefined ? report.verdict.because : `nothing is known of ${wanted}`;
  const slower = comparisons.find(({ word, gate }) => word === 'slower' && (gate || wanted !== undefined));
  if (slower?.ratio && slower.ratio > 1) return { metric: slower.metric, ratio: slower.ratio };
  return report.verdict.because;
}

/** Whether a commit, compared with good, lies before or after the step: nearer to good or nearer to bad, as ratios. */
export function answerOf(report: ScenarioReport, step: Step): Answered {
  const { word, because } = report.verdict;
  if (word === 'failed') return { answer: 'skip', because: `does not boot: ${because}` };
  const comparison = report.comparisons.find(({ metric }) => metric === step.metric);
  if (comparison?.ratio == null) return { answer: 'skip', because: `${step.metric} was not measured: ${because}` };
  return byHalves(comparison, comparison.ratio, Math.sqrt(step.ratio));
}

function byHalves({ interval, word, metric }: Comparison, ratio: number, half: number): Answered {
  const change = `${metric} ${percent(ratio)}${interval === null ? '' : ` [${percent(interval.low)}, ${percent(interval.high)}]`}`;
  if (interval !== null && interval.low > half) return { answer: 'bad', because: change };
  if (interval !== null && interval.high < half) return { answer: 'good', because: change };
  if (word === 'slower' && ratio > half) return { answer: 'bad', because: change };
  if ((word === 'same' || word === 'faster') && ratio < half) return { answer: 'good', because: change };
  return { answer: 'undecided', because: change };
}

/** For a commit that stays undecided after more boots: the nearer half. */
export function nearestAnswer(report: ScenarioReport, step: Step): Answered {
  const comparison = report.comparisons.find(({ metric }) => metric === step.metric);
  if (comparison?.ratio == null) return answerOf(report, step);
  const answer = comparison.ratio > Math.sqrt(step.ratio) ? 'bad' : 'good';
  return { answer, because: `${answerOf(report, step).because}, the nearer half` };
}

/** `+12.3 %`. */
export function percent(ratio: number): string {
  const change = (ratio - 1) * 100;
  return `${change < 0 ? '' : '+'}${change.toFixed(1)} %`;
}
