// What one comparison says about a commit while bisecting. Pure.
import type { Comparison } from '../model/comparison.ts';
import type { ScenarioReport } from '../model/report.ts';

/** What is looked for: a slowdown of a metric that the bad commit has and the good one has not. */
export interface Step {
  readonly metric: string;
  /** bad / good. */
  readonly ratio: number;
}

export interface NoStep {
  readonly because: string;
  /** More boots may show one. */
  readonly open: boolean;
}

export interface Answered {
  /** skip: the commit is at fault. unmeasured: good gave nothing to compare with, or there were too few boots; the commit is not. */
  readonly answer: 'good' | 'bad' | 'skip' | 'undecided' | 'unmeasured';
  readonly because: string;
  /** It was counted to the nearer half. */
  readonly uncertain?: true;
}

/** A look at the boots so far: enough of them, too few, or as the report's own rule says. */
export interface Look {
  readonly decision: 'enough' | 'go-on' | 'as-usual';
  readonly because: string;
}

/** The step from good to bad, or why there is none. Of several slower metrics time-to-ssh comes first, as in every report. */
export function stepOf({ comparisons, verdict }: ScenarioReport, wanted: string | undefined): Step | NoStep {
  const asked = comparisons.filter(({ metric, gate }) => (wanted === undefined ? gate : metric === wanted));
  const followed = asked.filter(({ head }) => head.better !== 'higher');
  if (wanted !== undefined && followed.length < asked.length)
    return { because: `${wanted} cannot be followed: bisect follows metrics of which less is better`, open: false };
  const slower = followed.find(isSlower);
  if (slower?.ratio != null && slower.ratio > 1) return { metric: slower.metric, ratio: slower.ratio };
  if (isAboutFailures(verdict.rule) || comparisons.length === 0) return { because: verdict.because, open: false };
  const open = followed.find(isOpen);
  const telling = open ?? followed[0];
  if (telling !== undefined) return { because: `${telling.metric}: ${telling.because}`, open: open !== undefined };
  return { because: wanted === undefined ? verdict.because : `${wanted} was not measured`, open: false };
}

export function lookForStep(report: ScenarioReport, wanted: string | undefined): Look {
  const step = stepOf(report, wanted);
  if ('metric' in step) return { decision: 'enough', because: `${step.metric} ${percent(step.ratio)}` };
  if (step.open) {
    // The usual rule spares boots that would not settle anything; what it calls settled may be another metric, or a phase.
    const isUsual = wanted === undefined && report.verdict.word === 'undecided';
    return { decision: isUsual ? 'as-usual' : 'go-on', because: step.because };
  }
  return { decision: isAboutFailures(report.verdict.rule) ? 'as-usual' : 'enough', because: step.because };
}

/** A metric above its ceiling is `failed`, whatever it is against the other side. */
const isSlower = ({ word, interval }: Comparison): boolean =>
  word === 'slower' || (word === 'failed' && interval !== null && interval.low > 1);

const isOpen = ({ word, interval, limit }: Comparison): boolean =>
  word === 'undecided' || (word === 'failed' && (interval === null || interval.high > 1 + limit));

const isAboutFailures = (rule: string): boolean => isHeadFailure(rule) || rule === 'base-never-booted';

/** A report may be `failed` for other reasons: a ceiling, or what became of Vulkan. Those commits do boot. */
const isHeadFailure = (rule: string): boolean =>
  ['head-never-booted', 'boot-failures', 'emulator-crashes'].includes(rule);

/** Whether a commit, compared with good, lies before or after the step: nearer to good or nearer to bad, as ratios. */
export function answerOf({ verdict, comparisons }: ScenarioReport, step: Step): Answered {
  const { rule, because } = verdict;
  if (isHeadFailure(rule)) return { answer: 'skip', because: `does not boot: ${because}` };
  if (rule === 'base-never-booted') return { answer: 'unmeasured', because };
  const comparison = comparisons.find(({ metric }) => metric === step.metric);
  if (comparison?.base.median === null) {
    return { answer: 'unmeasured', because: `${step.metric} of good was not measured: ${because}` };
  }
  if (comparison === undefined || comparison.head.median === null) {
    return { answer: 'skip', because: `${step.metric} was not measured: ${because}` };
  }
  if (comparison.ratio === null) return { answer: 'undecided', because: `${step.metric}: ${comparison.because}` };
  return byHalves(comparison, comparison.ratio, step);
}

function byHalves({ interval, word, metric, limit }: Comparison, ratio: number, step: Step): Answered {
  const half = Math.sqrt(step.ratio);
  const change = `${metric} ${percent(ratio)}${interval === null ? '' : ` [${percent(interval.low)}, ${percent(interval.high)}]`}`;
  if (interval !== null && interval.low > half) return { answer: 'bad', because: change };
  if (interval !== null && interval.high < half) return { answer: 'good', because: change };
  if (word === 'slower' && ratio > half) return { answer: 'bad', because: change };
  // `same` excludes a slowdown of the limit; a step that is smaller it does not exclude.
  const excluded = word === 'faster' || (word === 'same' && 1 + limit <= step.ratio);
  if (excluded && ratio < half) return { answer: 'good', because: change };
  return { answer: 'undecided', because: change };
}

/** A verdict that is no answer, such as `slower` by about half of the step, ends nothing. */
export function lookForAnswer(report: ScenarioReport, step: Step): Look {
  const { answer, because } = answerOf(report, step);
  if (answer === 'good' || answer === 'bad') return { decision: 'enough', because };
  return { decision: answer === 'undecided' ? 'go-on' : 'as-usual', because };
}

/** For a commit that stays undecided after more boots: the nearer half, which is a guess. */
export function nearestAnswer(report: ScenarioReport, step: Step): Answered {
  const answered = answerOf(report, step);
  if (answered.answer !== 'undecided') return answered;
  const ratio = report.comparisons.find(({ metric }) => metric === step.metric)?.ratio ?? null;
  if (ratio === null) return { ...answered, answer: 'unmeasured' };
  const answer = ratio > Math.sqrt(step.ratio) ? 'bad' : 'good';
  return { answer, because: `${answered.because}, counted for the nearer side`, uncertain: true };
}

/** `+12.3 %`. */
export function percent(ratio: number): string {
  const change = (ratio - 1) * 100;
  return `${change < 0 ? '' : '+'}${change.toFixed(1)} %`;
}
