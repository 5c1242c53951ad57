// The few words that every format says first: verdict, counts, what was compared with what, and the one next step.
import type { Comparison, Summary, Verdict } from '../model/comparison.ts';
import type { Conditions } from '../model/conditions.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Report, ScenarioReport } from '../model/report.ts';
import type { Side } from '../model/scenario.ts';
import { buildName, isSameOnBothSides } from './build-lines.ts';
import { formatCount, formatDifference, formatInterval, formatValue } from './format.ts';

/** `1 regression, 14 unchanged`, `Recorded`, `Not comparable`; counts gating metrics over all scenarios. */
export function headline(report: Report): string {
  const gating = report.scenarios.flatMap((scenario) => scenario.comparisons).filter((entry) => entry.gate);
  const parts = counted.flatMap(({ word, one, many }) => {
    const count = gating.filter((entry) => entry.word === word).length;
    return count === 0 ? [] : [formatCount(count, one, many)];
  });
  const failed = report.scenarios.filter((scenario) => scenario.verdict.word === 'failed');
  const boots = failed.some((scenario) => !scenario.comparisons.some((entry) => entry.word === 'failed'));
  const lost = report.scenarios.flatMap(({ vulkan }) => (vulkan?.lost ? [vulkan.lost] : []));
  const all = lost.length > 0 ? [...new Set(lost), ...parts] : boots ? ['head fails', ...parts] : parts;
  return all.length > 0 ? all.join(', ') : verdictTitle(report.verdict.word);
}

/** The verdict word as a title. */
export function verdictTitle(word: Verdict['word']): string {
  return titles[word];
}

/** One character in front of a row: `!` slower or failed, `+` faster, `?` undecided, `x` incomparable, `=` same. */
export function verdictSign(word: Verdict['word']): string {
  return signs[word];
}

/** `head abc1234 against a baseline of 5 sessions (last def4567), 12 boots`. */
export function comparedWith(report: Report, scenario: ScenarioReport): string {
  const head = report.commit === '' ? 'head' : `head ${report.commit.slice(0, 10)}`;
  const count = scenario.boots.filter((boot) => !boot.warmup && boot.side === 'head').length;
  if (scenario.scenario.base !== null) {
    const { head: own, base } = scenario.conditions;
    const against = (base === null ? '' : buildName(base)) || 'base';
    const same = isSameOnBothSides(scenario) ? 'A/A run: ' : '';
    return `${same}${buildName(own) || head} against ${against}, ${formatCount(count, 'interleaved pair')}`;
  }
  const { sessions, lastCommit } = scenario.baseline;
  if (sessions === 0) return `${head}, ${formatCount(count, 'boot')}, no baseline to judge against`;
  const last = lastCommit === '' ? '' : ` (last ${lastCommit.slice(0, 10)})`;
  return `${head} against a baseline of ${formatCount(sessions, 'session')}${last}, ${formatCount(count, 'boot')}`;
}

/** `Apple M2 Pro, macOS 15, HVF, reference-arm64-dropbear, 2 CPUs, 1024 MiB`. */
export function machineLine(conditions: Conditions, scenario: ScenarioReport): string {
  const { machine } = scenario.scenario.head;
  return [
    conditions.host.chip,
    conditions.host.osMajor,
    conditions.accelerator.toUpperCase(),
    conditions.guest.name,
    formatCount(machine.cpus, 'CPU'),
    formatValue(machine.memoryMiB, 'MiB'),
  ]
    .filter((part) => part !== '')
    .map((part) => plainLine(part, 60))
    .join(', ');
}

/** `mdev +240 ms of the +270 ms`; empty when analysis names no place. */
export function whereLine(scenario: ScenarioReport): string {
  const { where } = scenario;
  if (where === null || where.phases.length === 0) return '';
  const parts = where.phases.map(
    (phase) => `${plainLine(phase.name, 60)} ${formatDifference(phase.differenceMs, 'ms')}`,
  );
  return `${parts.join(', ')} of the ${formatDifference(where.differenceMs, 'ms')}`;
}

/** The main figure of a scenario without a comparison: `time-to-ssh 2.41 s [2.38, 2.45] s`. */
export function recordedLine(scenario: ScenarioReport): string {
  const summary = mainSummary(scenario, 'head');
  if (summary === null || summary.median === null) return '';
  const interval = summary.interval === null ? '' : ` ${formatInterval(summary.interval, summary.unit)}`;
  return `${summary.metric} ${formatValue(summary.median, summary.unit)}${interval}`;
}

/** The summary of the metric that a scenario is first of all about: time-to-ssh, or whatever stands first without it. */
export function mainSummary(scenario: ScenarioReport, side: Side): Summary | null {
  const summaries = scenario.summaries[side];
  return summaries.find((summary) => summary.metric === 'time-to-ssh') ?? summaries[0] ?? null;
}

/** The arms of a study have no baseline, and are no scenarios that `run` knows. */
export const isOfStudy = ({ baseline: { path } }: ScenarioReport): boolean => path === '';

/** What to do now: a sentence, and a command line or an empty string. */
export function nextStep(
  report: Report,
  scenario: ScenarioReport,
): { readonly text: string; readonly command: string } {
  const { verdict } = scenario;
  if (isOfStudy(scenario)) {
    return { text: 'This is a study; what each change does:', command: `bootgauge study --report ${report.run}` };
  }
  if (!report.finished) {
    return {
      text: 'The run was interrupted: this is what it had recorded. To record all of it:',
      command: 'bootgauge run',
    };
  }
  const accept = `bootgauge baseline accept ${report.run}`;
  switch (verdict.word) {
    case 'slower':
      return { text: 'If the slowdown is intended, accept it with a reason:', command: `${accept} --intended "why"` };
    case 'recorded':
      if (verdict.rule === 'explains-only') return { text: '', command: '' };
      return { text: 'To judge later runs against this one:', command: accept };
    case 'faster':
      return { text: 'To hold later runs to the faster times:', command: accept };
    case 'undecided':
      return { text: verdict.wouldDecide === '' ? 'More boots would decide it.' : verdict.wouldDecide, command: '' };
    case 'failed':
      if (verdict.rule === 'vulkan-lost') {
        return {
          text: 'The findings say what takes Vulkan away; what vulkaninfo said is in the run folder.',
          command: '',
        };
      }
      return { text: 'The serial console of every failed boot is in the run folder.', command: '' };
    case 'incomparable':
      return { text: 'Record a baseline under the same conditions, or compare runs that share them.', command: '' };
    case 'same':
      return { text: '', command: '' };
  }
}

/** Comparisons that a short report shows: everything but `same`, gating metrics first. */
export function changedComparisons(scenario: ScenarioReport): readonly Comparison[] {
  const changed = scenario.comparisons.filter((entry) => entry.word !== 'same');
  return [...changed.filter((entry) => entry.gate), ...changed.filter((entry) => !entry.gate)];
}

const titles: Record<Verdict['word'], string> = {
  incomparable: 'Not comparable',
  failed: 'Failed',
  slower: 'Slower',
  undecided: 'Undecided',
  faster: 'Faster',
  same: 'Unchanged',
  recorded: 'Recorded',
};

const signs: Record<Verdict['word'], string> = {
  incomparable: 'x',
  failed: '!',
  slower: '!',
  undecided: '?',
  faster: '+',
  same: '=',
  recorded: '·',
};

const counted: readonly { word: Comparison['word']; one: string; many: string }[] = [
  { word: 'failed', one: 'failure', many: 'failures' },
  { word: 'slower', one: 'regression', many: 'regressions' },
  { word: 'incomparable', one: 'not comparable', many: 'not comparable' },
  { word: 'undecided', one: 'undecided', many: 'undecided' },
  { word: 'faster', one: 'improvement', many: 'improvements' },
  { word: 'same', one: 'unchanged', many: 'unchanged' },
];
