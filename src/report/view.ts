// What every report for people shows, as data: sentences, tables and lists, the worst scenario first. Exporters lay it out,
// and compute and phrase nothing. Foreign text in it is plain already; each format still escapes it.
import type { Verdict } from '../model/comparison.ts';
import { plainLine } from '../model/plain-text.ts';
import type { BootRow, Finding, Report, ScenarioReport } from '../model/report.ts';
import type { Side } from '../model/scenario.ts';
import { type Compared, comparedSides, machineLine } from './compared.ts';
import { findingScope } from './finding-text.ts';
import { formatDifference, formatInterval, formatValue } from './format.ts';
import { methodText } from './method.ts';
import { movedTable } from './moved.ts';
import { type NextStep, nextStep } from './next-step.ts';
import type { Table } from './table.ts';
import { isMostly, mainSummary, reportTitle, scenarioTitle, worstFirst } from './title.ts';
import {
  bootTable,
  changedMetricTable,
  conditionTable,
  gatingLimit,
  metricTable,
  openMetrics,
  phaseTable,
  serviceTable,
  unchangedMetrics,
  vulkanChangeTable,
} from './view-tables.ts';
import { vulkanInBrief, vulkanLine } from './vulkan-text.ts';
import { workTable } from './work-table.ts';

export interface ReportView {
  /** A sentence without its end: what happened, with its numbers. */
  readonly title: string;
  readonly word: Verdict['word'];
  readonly run: string;
  /** Version of Bootgauge. */
  readonly tool: string;
  /** The worst first. */
  readonly scenarios: readonly ScenarioView[];
  readonly method: { readonly sentences: readonly string[]; readonly commands: readonly string[] };
}

/** Empty texts, and tables and lists without rows, are left out by every exporter. */
export interface ScenarioView {
  readonly id: string;
  readonly word: Verdict['word'];
  readonly title: string;
  readonly compared: Compared;
  readonly machine: string;
  readonly vulkan: string;
  /** `Vulkan: Venus on both sides`; empty where the sides differ or something is wrong, which only the whole line tells. */
  readonly vulkanBrief: string;
  /** The main figure where nothing was compared. */
  readonly recorded: string;
  readonly because: string;
  /** The phases in which a change lies. */
  readonly where: string;
  readonly next: NextStep;
  readonly metrics: Table;
  /** In five columns the metrics that moved, and those that gate and are undecided; gating ones first. */
  readonly changed: Table;
  /** Names of the others. */
  readonly unchanged: readonly string[];
  /** Metrics that do not gate and are undecided. */
  readonly open: readonly string[];
  /** `5 % and 50 ms`, where all gating metrics are held to the same; else empty. */
  readonly limit: string;
  readonly phases: Table;
  /** In the order of the boot. */
  readonly services: Table;
  readonly vulkanChanges: Table;
  /** What stands under the boots and has moved, where the verdict is bad. */
  readonly moved: Table;
  readonly boots: Table;
  readonly conditions: Table;
  readonly failures: readonly FailureView[];
  readonly findings: readonly FindingView[];
  readonly warnings: readonly string[];
  /** What pictures are drawn from. */
  readonly source: ScenarioReport;
}

/** Boots of one side that failed in the same way. */
export interface FailureView {
  /** `boots 7, 9 (head): hung in mdev`. */
  readonly text: string;
  readonly side: Side;
  /** The one whose console and examination are shown. */
  readonly boot: number;
  /** What the console said last, where the report knows it. */
  readonly console: readonly string[];
  /** What was seen of it before QEMU was ended, where it hung. */
  readonly autopsy: readonly string[];
}

export interface FindingView {
  readonly id: string;
  readonly severity: Finding['severity'];
  /** It stops something, or head alone has it: a reader should not have to look for it. */
  readonly isNews: boolean;
  readonly text: string;
  /** Lines that show it. */
  readonly evidence: readonly string[];
}

export function reportView(report: Report): ReportView {
  return {
    title: reportTitle(report),
    word: report.verdict.word,
    run: plainLine(report.run, 80),
    tool: plainLine(report.tool, 40),
    scenarios: worstFirst(report.scenarios).map((scenario) => scenarioView(report, scenario)),
    method: methodText(report),
  };
}

function scenarioView(report: Report, scenario: ScenarioReport): ScenarioView {
  return {
    id: plainLine(scenario.scenario.id, 80),
    word: scenario.verdict.word,
    title: scenarioTitle(scenario),
    compared: comparedSides(report, scenario),
    machine: machineLine(scenario.conditions.head, scenario),
    vulkan: vulkanLine(scenario),
    vulkanBrief: vulkanInBrief(scenario),
    recorded: scenario.comparisons.length > 0 || scenario.scenario.count ? '' : recordedLine(scenario),
    because: asSentence(plainLine(scenario.verdict.because, 600)),
    where: whereLine(scenario),
    next: nextStep(report, scenario),
    metrics: scenario.scenario.count ? workTable(scenario) : metricTable(scenario),
    changed: changedMetricTable(scenario),
    unchanged: unchangedMetrics(scenario),
    open: openMetrics(scenario),
    limit: gatingLimit(scenario),
    phases: phaseTable(scenario),
    services: serviceTable(scenario),
    vulkanChanges: vulkanChangeTable(scenario),
    moved: movedTable(scenario.moved?.parts ?? [], scenario.moved?.since ?? '', 'head'),
    boots: bootTable(scenario),
    conditions: conditionTable(scenario),
    failures: failures(scenario),
    findings: scenario.findings.map(findingView),
    warnings: warnings(scenario),
    source: scenario,
  };
}

/** `time-to-ssh 2.41 s [2.38, 2.45] s`. */
function recordedLine(scenario: ScenarioReport): string {
  const summary = mainSummary(scenario, 'head');
  if (summary?.median == null) return '';
  const interval = summary.interval === null ? '' : ` ${formatInterval(summary.interval, summary.unit)}`;
  return `${plainLine(summary.metric, 120)} ${formatValue(summary.median, summary.unit)}${interval}`;
}

/** `+270 ms, mostly in mdev (+240 ms)`; empty when analysis names no place. */
function whereLine({ where }: ScenarioReport): string {
  if (where === null || where.phases.length === 0) return '';
  const parts = where.phases.map(
    ({ name, differenceMs }) => `${plainLine(name, 60)} (${formatDifference(differenceMs, 'ms')})`,
  );
  const most = isMostly(where) ? 'mostly' : 'in part';
  return `${formatDifference(where.differenceMs, 'ms')}, ${most} in ${parts.join(', ')}`;
}

const mostConsoleLines = 10;

function failures({ boots }: ScenarioReport): readonly FailureView[] {
  const failed = boots.filter(({ outcome }) => outcome.kind !== 'ready');
  return [...Map.groupBy(failed, wayOf).values()].map(failureView);
}

/** Two panics differ in the clock of their kernel and in addresses, and are the same all the same. */
const wayOf = ({ side, outcomeText }: BootRow): string =>
  `${side} ${outcomeText.replace(/\[ *\d+\.\d+\](?:\[ *[TC]\d+\])?|\b0x[0-9a-f]+/g, '')}`;

const mostNumbers = 12;

function failureView(boots: readonly BootRow[]): FailureView {
  const first = boots.find(({ autopsy }) => autopsy !== undefined) ?? (boots[0] as BootRow);
  const { number, side, outcome, outcomeText, lastLines, autopsy = [] } = first;
  const numbers = boots.slice(0, mostNumbers).map((row) => row.number);
  const more = boots.length > mostNumbers ? ` and ${boots.length - mostNumbers} more` : '';
  const said = lastLines ?? ('line' in outcome ? [outcome.line] : []);
  return {
    text: `${boots.length === 1 ? 'boot' : 'boots'} ${numbers.join(', ')}${more} (${side}): ${plainLine(outcomeText)}`,
    side,
    boot: number,
    console: said.slice(-mostConsoleLines).map((text) => plainLine(text, 200)),
    autopsy: autopsy.map((text) => plainLine(text, 200)),
  };
}

function findingView(finding: Finding): FindingView {
  const cause = asSentence(`${plainLine(finding.cause)}${findingScope(finding)}`);
  return {
    id: plainLine(finding.id, 60),
    severity: finding.severity,
    isNews: finding.severity === 'error' || finding.sides === 'head',
    text: [cause, asSentence(plainLine(finding.advice))].filter((text) => text !== '').join(' '),
    evidence: finding.evidence.slice(0, 3).map((line) => plainLine(line)),
  };
}

function warnings(scenario: ScenarioReport): readonly string[] {
  const all = [...scenario.warnings, ...scenario.comparisons.flatMap((comparison) => comparison.warnings)];
  return [...new Set(all.map(({ text }) => asSentence(plainLine(text, 600))))].filter((text) => text !== '');
}

/** Judgements are stored as half sentences: an end, and a capital where the first word is not a name. */
export function asSentence(text: string): string {
  if (text === '') return '';
  const capital = /^[a-z]+ /.test(text) ? `${text[0]?.toUpperCase()}${text.slice(1)}` : text;
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
