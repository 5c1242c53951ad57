// The sentence that every format begins with: what happened, with its numbers.

import { type Comparison, type Summary, severity, type Verdict } from '../model/comparison.ts';
import { plainLine } from '../model/plain-text.ts';
import { mainMetricOf } from '../model/readiness.ts';
import type { BootRow, Report, ScenarioReport } from '../model/report.ts';
import type { Side } from '../model/scenario.ts';
import { formatChange, formatPercent, formatValue } from './format.ts';
import { andMore, comparisonWord, scenarioVerdict, speaking, verdictTitle } from './verdict-words.ts';

/** `Boot to SSH is 11 % slower: 2.68 s instead of 2.41 s`; of several scenarios the worst speaks, and the others are counted. */
export function reportTitle(report: Report): string {
  const [worst, ...others] = worstFirst(report.scenarios);
  if (worst === undefined) return verdictTitle(report.verdict.word);
  if (others.length === 0) return scenarioTitle(worst);
  const counts = new Map<string, number>();
  for (const other of others) {
    const word = scenarioVerdict(other).toLowerCase();
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const rest = [...counts].map(([word, count]) => (others.length === 1 ? word : `${count} ${word}`)).join(', ');
  const more = others.length === 1 ? 'the other scenario' : 'other scenarios';
  return `${plainLine(worst.scenario.id, 60)}: ${scenarioTitle(worst).replace(/^Boot/, 'boot')}; ${more}: ${rest}`;
}

/** What became of one scenario, as a sentence without its end. */
export function scenarioTitle(scenario: ScenarioReport): string {
  const { verdict, vulkan } = scenario;
  if (scenario.scenario.count) return countTitle(verdict);
  if (verdict.rule === 'soak') return `${verdictTitle(verdict.word)}: ${plainLine(verdict.because, 300)}`;
  if (vulkan?.lost) return plainLine(vulkan.lost, 200);
  switch (verdict.word) {
    case 'failed':
      return failedTitle(scenario);
    case 'slower':
    case 'faster':
      return changedTitle(scenario, verdict.word);
    case 'undecided':
      return undecidedTitle(scenario);
    case 'same':
      return unchangedTitle(scenario);
    case 'recorded':
      return recordedTitle(scenario);
    case 'incomparable':
      return scenario.scenario.base === null ? 'Not comparable with the baseline' : 'Not comparable with base';
  }
}

function countTitle({ because }: Verdict): string {
  return `${because[0]?.toUpperCase()}${plainLine(because.slice(1), 300)}`;
}

/** The summary of the metric that a scenario is first of all about: its main readiness, or whatever stands first without it. */
export function mainSummary(scenario: ScenarioReport, side: Side): Summary | null {
  const summaries = scenario.summaries[side];
  return summaries.find(({ metric }) => metric === mainMetricOf(scenario.scenario)) ?? summaries[0] ?? null;
}

/** What a reader must see first stands first; scenarios of the same verdict keep their order. */
export function worstFirst(scenarios: readonly ScenarioReport[]): readonly ScenarioReport[] {
  return scenarios.toSorted((one, other) => severity(one.verdict.word) - severity(other.verdict.word));
}

function failedTitle(scenario: ScenarioReport): string {
  const { rule, because } = scenario.verdict;
  if (rule === 'boot-failures' || rule === 'head-never-booted') return failedBootsTitle(scenario);
  const [first, ...others] = speaking(scenario, 'failed');
  // An emulator that dies or an accelerator that is lost; failed boots beside it are not what it failed for.
  if (rule !== 'ceiling' || first === undefined) return `${verdictTitle('failed')}: ${plainLine(because, 200)}`;
  return `Failed: ${subjectWithin(first.metric, scenario)} is ${formatValue(first.head.median, first.unit)}${andMore(others)}`;
}

function failedBootsTitle(scenario: ScenarioReport): string {
  const [head, base] = [tallyOf(scenario, 'head'), tallyOf(scenario, 'base')];
  // Those of an earlier run of the same two sides count, and are not here.
  if (head.failed.length === 0) return `${verdictTitle('failed')}: ${plainLine(scenario.verdict.because, 200)}`;
  const against = base.boots === 0 ? '' : ` (base: ${base.failed.length} of ${base.boots})`;
  const which = head.boots === 1 ? 'The only boot' : `${head.failed.length} of ${head.boots} boots`;
  return `${which} of head ${howFailed(head.failed, scenario)}${against}`;
}

/** A side that hangs from its warm-up on may be given up before anything is measured. */
function tallyOf(scenario: ScenarioReport, side: Side) {
  const all = scenario.boots.filter((boot) => boot.side === side);
  const measured = all.filter(({ warmup }) => !warmup);
  const boots = measured.length > 0 ? measured : all;
  return { failed: boots.filter(({ outcome }) => outcome.kind !== 'ready'), boots: boots.length };
}

/** `hung in openrc, at chronyd`, where all of them did; what a title has no room for stands in the findings. */
function howFailed(boots: readonly BootRow[], { findings }: ScenarioReport): string {
  const kinds = new Set(boots.map(({ outcome }) => outcome.kind));
  const [kind] = kinds;
  if (kinds.size > 1 || (kind !== 'hung' && kind !== 'panicked' && kind !== 'rebooted')) return 'failed';
  const phases = new Set(boots.map(({ outcome }) => (outcome.kind === 'hung' ? plainLine(outcome.phase, 60) : '')));
  const [phase = ''] = phases;
  if (phase === '') return kind;
  if (phases.size > 1) return `hung in ${[...phases].slice(0, 3).join(', ')}`;
  const service = findings
    .filter((finding) => boots.every(({ number }) => finding.boots.includes(number)))
    .flatMap(({ id }) => /^hung-in-service:(.+)$/.exec(id)?.[1] ?? [])
    .find((name) => !name.startsWith(phase));
  return `hung in ${phase}${service === undefined ? '' : `, at ${plainLine(service, 60)}`}`;
}

function changedTitle(scenario: ScenarioReport, word: 'slower' | 'faster'): string {
  // A phase alone grew, which no metric shows.
  if (scenario.verdict.rule === 'phase') return `${verdictTitle(word)}: ${plainLine(scenario.verdict.because, 200)}`;
  const { first, others } = spokesman(scenario, word);
  // The median of most boots need not have moved at all.
  if (first?.slowBoots) return `${scenarioVerdict(scenario)}: ${plainLine(first.because, 200)}${andMore(others)}`;
  if (first === undefined || first.ratio === null) return scenarioVerdict(scenario);
  const values = `${formatValue(first.head.median, first.unit)} instead of ${formatValue(first.base.median, first.unit)}`;
  const size = formatPercent(Math.abs(first.ratio - 1));
  return `${subject(first.metric, scenario)} is ${size} ${comparisonWord(first)}${placeOf(first, scenario)}: ${values}${andMore(others)}`;
}

/** `, mostly in mdev`, where the change of the main metric lies in phases that carry most of it. */
function placeOf({ metric }: Comparison, scenario: ScenarioReport): string {
  if (metric !== mainMetricOf(scenario.scenario) || !isMostly(scenario.where)) return '';
  return `, mostly in ${(scenario.where?.phases ?? []).map(({ name }) => plainLine(name, 40)).join(' and ')}`;
}

/** Whether the phases that are named carry at least half of a change; together they may have grown by more than it. */
export const isMostly = (where: ScenarioReport['where']): boolean =>
  where !== null &&
  where.phases.length > 0 &&
  Math.abs(where.phases.reduce((sum, { differenceMs }) => sum + differenceMs, 0)) >= Math.abs(where.differenceMs) / 2;

/** The phases whose difference means something: those that carry the change, and those that made a scenario slower by themselves. */
export function changedPhases({ where, verdict, phases }: ScenarioReport): ReadonlySet<string> {
  const carrying = (where?.phases ?? []).map(({ name }) => name);
  const names = verdict.rule === 'phase' ? phases.map(({ name }) => name) : [];
  return new Set([...carrying, ...names.filter((name) => verdict.because.includes(`the phase ${name} grew by `))]);
}

function undecidedTitle(scenario: ScenarioReport): string {
  const { first, others } = spokesman(scenario, 'undecided');
  if (first === undefined) return verdictTitle('undecided');
  if (first.ratio === null) return `Undecided: ${subjectWithin(first.metric, scenario)} cannot be compared yet`;
  return `Undecided: ${subjectWithin(first.metric, scenario)} ${formatChange(first.ratio, first.interval)}${andMore(others)}`;
}

function unchangedTitle(scenario: ScenarioReport): string {
  if (scenario.verdict.rule === 'identical-sides') return `Unchanged: ${scenario.verdict.because}`;
  const { first } = spokesman(scenario, 'same');
  if (first === undefined) return verdictTitle('same');
  const change = first.ratio === null ? '' : ` (${formatChange(first.ratio, first.interval)})`;
  return `${subject(first.metric, scenario)} is unchanged: ${formatValue(first.head.median, first.unit)}${change}`;
}

function recordedTitle(scenario: ScenarioReport): string {
  const summary = mainSummary(scenario, 'head');
  const value =
    summary?.median == null
      ? verdictTitle('recorded')
      : `Recorded: ${subjectWithin(summary.metric, scenario)} ${summary.unit === 'ms' ? 'takes' : 'is'} ${formatValue(summary.median, summary.unit)}`;
  if (scenario.verdict.rule === 'nothing-to-compare') return `${value}, with nothing to compare it with`;
  return scenario.verdict.rule === 'nothing-gates' ? `${value}, and no metric that is compared can fail` : value;
}

/** The gating comparison that a title tells, and the others that came to the same word. */
function spokesman(scenario: ScenarioReport, word: Comparison['word']) {
  const all = speaking(scenario, word);
  const first = all.find(({ metric }) => metric === mainMetricOf(scenario.scenario)) ?? all[0];
  return { first, others: all.filter((entry) => entry !== first) };
}

/** How a sentence calls a metric: at its beginning, and within it. */
const subject = (metric: string, scenario: ScenarioReport): string =>
  subjectWithin(metric, scenario).replace(/^boot/, 'Boot');

function subjectWithin(metric: string, { scenario }: ScenarioReport): string {
  const known = subjects.get(metric);
  if (known !== undefined) return known;
  return metric === mainMetricOf(scenario) ? 'boot until ready' : plainLine(metric, 60);
}

const subjects = new Map([
  ['time-to-ssh', 'boot to SSH'],
  ['time-to-login', 'boot to login'],
]);
