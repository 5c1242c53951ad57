// Annotations on a run's page: at most ten, the worst first.
import { type Comparison, judgesNothing } from '../model/comparison.ts';
import type { Report, ScenarioReport } from '../model/report.ts';
import type { Annotation } from './runner.ts';

const mostAnnotations = 10;

/** What a report has to say on the run's page. */
export function annotationsOf(report: Report): readonly Annotation[] {
  const all = new Map(report.scenarios.flatMap(ofScenario).map((each) => [JSON.stringify(each), each]));
  const sorted = [...all.values()].sort((one, other) => rank[one.level] - rank[other.level]);
  if (sorted.length <= mostAnnotations) return sorted;
  const more = sorted.length - (mostAnnotations - 1);
  const last: Annotation = { level: 'notice', title: 'Bootgauge', text: `${more} more in the job summary` };
  return [...sorted.slice(0, mostAnnotations - 1), last];
}

/** Of a run that was to judge: a warning for each scenario that had nothing to be compared with, which would pass in silence. */
export function nothingCompared({ scenarios }: Pick<Report, 'scenarios'>): readonly Annotation[] {
  return scenarios
    .filter(({ verdict }) => verdict.word === 'recorded' && !judgesNothing(verdict.rule))
    .map(({ scenario, verdict }) => ({
      level: 'warning',
      title: `Bootgauge ${scenario.id}: nothing was compared`,
      text: `${verdict.because}: this check judges nothing. Give it a base or record a baseline; fail-on: nothing-compared fails here.`,
    }));
}

const rank = { error: 0, warning: 1, notice: 2 } as const;

function ofScenario({ scenario, verdict, comparisons, findings }: ScenarioReport): Annotation[] {
  const title = `Bootgauge ${scenario.id}`;
  const speaking = comparisons.filter((entry) => entry.gate && levels[entry.word] !== undefined);
  const rows = speaking.map((entry) => ({ level: levelOf(entry), title, text: `${entry.metric}: ${entry.because}` }));
  const whole = levels[verdict.word];
  const unsaid = whole !== undefined && !speaking.some((entry) => entry.word === verdict.word);
  return [
    ...(unsaid ? [{ level: whole, title, text: verdict.because || verdict.word }] : []),
    ...rows,
    ...findings
      .filter((finding) => finding.severity === 'error')
      .map((finding) => ({ level: 'warning' as const, title, text: `${finding.cause} ${finding.advice}` })),
  ];
}

const levelOf = (entry: Comparison): Annotation['level'] => levels[entry.word] ?? 'notice';

const levels: Readonly<Partial<Record<string, Annotation['level']>>> = {
  failed: 'error',
  slower: 'error',
  incomparable: 'error',
  undecided: 'warning',
};
