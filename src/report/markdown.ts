// report.md and the pieces of a pull request comment: verdict first, changed rows only, the rest folded.
import { markdownTable } from 'markdown-table';
import type { Comparison, Summary } from '../model/comparison.ts';
import type { PhaseRow, Report, ScenarioReport } from '../model/report.ts';
import { escapeMarkdown, markdownCode } from './escape.ts';
import { findingScope } from './finding-text.ts';
import { formatChange, formatDifference, formatInterval, formatLimit, formatNoise, formatValue } from './format.ts';
import {
  changedComparisons,
  comparedWith,
  headline,
  machineLine,
  nextStep,
  recordedLine,
  verdictSign,
  verdictTitle,
  whereLine,
} from './headline.ts';
import { conditionRows, methodText } from './method.ts';
import { vulkanChangeRows, vulkanLine } from './vulkan-text.ts';

export interface MarkdownSection {
  /** `verdict`, `changes`, `where`, ...; with several scenarios `<scenario>/<name>`. */
  readonly name: string;
  readonly text: string;
  /** 0 must stay; of the others the highest goes first when there is too little room. */
  readonly priority: number;
}

/** The whole report as GitHub's markdown, one newline at the end. */
export function markdownReport(report: Report): string {
  return `${markdownSections(report)
    .map((section) => section.text)
    .join('\n\n')}\n`;
}

/** The report in pieces, in the order in which they are shown; any of them but priority 0 may be left out. */
export function markdownSections(report: Report): readonly MarkdownSection[] {
  const several = report.scenarios.length > 1;
  const title = { name: 'verdict', text: `### ${headline(report)}`, priority: 0 };
  const scenarios = report.scenarios.flatMap((scenario) =>
    scenarioSections(report, scenario, several)
      .filter((section) => section.text !== '')
      .map((section) => (several ? { ...section, name: `${scenario.scenario.id}/${section.name}` } : section)),
  );
  return [title, ...scenarios, { name: 'method', text: method(report), priority: 9 }];
}

function scenarioSections(report: Report, scenario: ScenarioReport, several: boolean): readonly MarkdownSection[] {
  const section = (name: string, priority: number, text: string): MarkdownSection => ({ name, text, priority });
  return [
    section('scenario', 0, several ? `#### ${markdownCode(scenario.scenario.id)}: ${title(scenario)}` : ''),
    section('compared', 0, compared(report, scenario)),
    section('vulkan', 0, escapeMarkdown(vulkanLine(scenario), 700)),
    section('changes', 0, changes(scenario)),
    section('because', 1, because(scenario)),
    section('where', 1, where(scenario)),
    section('next', 1, next(report, scenario)),
    section('failures', 1, failures(scenario)),
    section('findings', 2, findings(scenario)),
    section('warnings', 3, warnings(scenario)),
    section('metrics', 4, details('All metrics', allMetrics(scenario))),
    section('phases', 5, details('Phases', phaseTable('phase', scenario.phases))),
    section('services', 6, details('Services', phaseTable('service', scenario.services.slice(0, 20)))),
    section('vulkan-changes', 5, details('Vulkan: what changed', vulkanChanges(scenario))),
    section('boots', 8, details('Boots', bootTable(scenario))),
    section('conditions', 7, details('Conditions', conditions(scenario))),
  ];
}

const title = (scenario: ScenarioReport): string => verdictTitle(scenario.verdict.word).toLowerCase();

function compared(report: Report, scenario: ScenarioReport): string {
  return escapeMarkdown(`${comparedWith(report, scenario)}; ${machineLine(scenario.conditions.head, scenario)}`, 500);
}

function changes(scenario: ScenarioReport): string {
  const rows = changedComparisons(scenario);
  if (rows.length > 0) return comparisonTable(rows);
  return scenario.comparisons.length > 0 ? '' : `**${escapeMarkdown(recordedLine(scenario))}**`.replace('****', '');
}

function because(scenario: ScenarioReport): string {
  return scenario.verdict.because === '' ? '' : escapeMarkdown(scenario.verdict.because, 600);
}

function where(scenario: ScenarioReport): string {
  const text = whereLine(scenario);
  return text === '' ? '' : `where: ${escapeMarkdown(text)}`;
}

function next(report: Report, scenario: ScenarioReport): string {
  const step = nextStep(report, scenario);
  if (step.text === '') return '';
  return step.command === '' ? escapeMarkdown(step.text, 600) : `${escapeMarkdown(step.text)} \`${step.command}\``;
}

function failures(scenario: ScenarioReport): string {
  const failed = scenario.boots.filter((boot) => boot.outcome.kind !== 'ready');
  const lines = failed
    .slice(0, 5)
    .map((boot) => `- boot ${boot.number} (${boot.side}): ${escapeMarkdown(boot.outcomeText)}`);
  return list('Failed boots', [...lines, ...(failed.length > 5 ? [`- and ${failed.length - 5} more`] : [])]);
}

function findings(scenario: ScenarioReport): string {
  const items = scenario.findings.map((finding) => {
    const evidence = finding.evidence.slice(0, 3).map((line) => `  - ${markdownCode(line)}`);
    const text = `${escapeMarkdown(finding.cause)}${findingScope(finding)} ${escapeMarkdown(finding.advice)}`;
    return [`- **${finding.severity}** ${markdownCode(finding.id)}: ${text}`, ...evidence].join('\n');
  });
  return list('Findings', items);
}

function warnings(scenario: ScenarioReport): string {
  const all = [...scenario.warnings, ...scenario.comparisons.flatMap((comparison) => comparison.warnings)];
  const texts = new Set(all.map((warning) => escapeMarkdown(warning.text)));
  const items = [...texts].map((text) => `- ${text}`);
  return list('Warnings', items);
}

function allMetrics(scenario: ScenarioReport): string {
  if (scenario.comparisons.length > 0) return comparisonTable(scenario.comparisons);
  const rows = scenario.summaries.head.map((summary) => [
    markdownCode(summary.metric),
    ...summaryCells(summary),
    formatNoise(summary),
    formatValue(summary.resolution, summary.unit),
  ]);
  return table([['metric', 'median', '95 % CI', 'boots', 'noise', 'resolution'], ...rows], 'lrrrrr');
}

function summaryCells(summary: Summary): readonly string[] {
  const failures = summary.failures === 0 ? '' : ` (${summary.failures} failed)`;
  return [
    formatValue(summary.median, summary.unit),
    formatInterval(summary.interval, summary.unit),
    `${summary.count}${failures}`,
  ];
}

function comparisonTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((comparison) => [
    comparison.gate ? verdictSign(comparison.word) : '',
    markdownCode(comparison.metric),
    formatValue(comparison.base.median, comparison.unit),
    formatValue(comparison.head.median, comparison.unit),
    formatChange(comparison.ratio, comparison.interval),
    comparison.word,
    formatNoise(comparison.base, comparison.head),
    comparison.gate ? formatLimit(comparison) : 'no gate',
  ]);
  return table([['', 'metric', 'base', 'head', 'change [95 % CI]', 'verdict', 'noise', 'limit'], ...rows], 'clrrrlrr');
}

function phaseTable(what: string, rows: readonly PhaseRow[]): string {
  if (rows.length === 0) return '';
  const paired = rows.some((row) => row.base !== null);
  const head = paired ? [what, 'base', 'head', 'difference'] : [what, 'median', '95 % CI'];
  const body = rows.map((row) =>
    paired
      ? [
          markdownCode(row.name),
          formatValue(row.base?.median ?? null, 'ms'),
          formatValue(row.head?.median ?? null, 'ms'),
          formatDifference(row.differenceMs, 'ms'),
        ]
      : [
          markdownCode(row.name),
          formatValue(row.head?.median ?? null, 'ms'),
          formatInterval(row.head?.interval ?? null, 'ms'),
        ],
  );
  return table([head, ...body], 'lrrr');
}

function bootTable(scenario: ScenarioReport): string {
  const metrics = scenario.summaries.head.map((summary) => summary);
  const rows = scenario.boots.map((boot) => [
    `${boot.number}`,
    boot.side,
    boot.warmup ? 'warm-up' : `${boot.round}`,
    escapeMarkdown(boot.outcomeText, 120),
    ...metrics.map(({ metric, unit }) => formatValue(boot.values[metric] ?? null, unit)),
  ]);
  const names = metrics.map((summary) => markdownCode(summary.metric));
  return table([['boot', 'side', 'round', 'outcome', ...names], ...rows], `rlrl${'r'.repeat(names.length)}`);
}

function vulkanChanges(scenario: ScenarioReport): string {
  const rows = vulkanChangeRows(scenario).map((row) => row.map((cell) => markdownCode(cell)));
  return rows.length === 0 ? '' : table([['what', 'name', 'base', 'head'], ...rows], 'llll');
}

function conditions(scenario: ScenarioReport): string {
  const rows = conditionRows(scenario).map(([name, value]) => [name, escapeMarkdown(value)]);
  return table([['', ''], ...rows], 'll');
}

function method(report: Report): string {
  const { sentences, commands } = methodText(report);
  const text = sentences.map((sentence) => escapeMarkdown(sentence, 600)).join(' ');
  return details('Method, reproduce, accept', `${text}\n\n\`\`\`sh\n${commands.join('\n')}\n\`\`\``);
}

/** A titled list; the title keeps it apart from a list before it. */
function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `**${title}**\n\n${items.join('\n')}`;
}

function details(summary: string, body: string): string {
  return body === '' ? '' : `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

function table(rows: readonly (readonly string[])[], align: string): string {
  if (rows.length < 2) return '';
  const kept = rows.map((row, index) =>
    row.map((cell, column) => (index > 0 && align[column] === 'r' ? unbroken(cell) : cell)),
  );
  return markdownTable(kept, { align: [...align] });
}

/** A figure must not be torn from its unit in a narrow cell. */
const unbroken = (figure: string): string => figure.replaceAll(' ', '\u00a0');
