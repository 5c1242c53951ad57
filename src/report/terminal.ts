// The report at the end of a run, for a terminal of any width: verdict first, then where the time goes.
import type { Verdict } from '../model/comparison.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Finding, PhaseRow, Report, ScenarioReport } from '../model/report.ts';
import { findingScope } from './finding-text.ts';
import {
  formatChange,
  formatDifference,
  formatFraction,
  formatInterval,
  formatLimit,
  formatNoise,
  formatValue,
} from './format.ts';
import { comparedWith, headline, machineLine, nextStep, verdictSign, verdictTitle, whereLine } from './headline.ts';
import { type Cell, layoutTable, type Paint, type TerminalStyle, wrapText } from './terminal-table.ts';
import { vulkanLine } from './vulkan-text.ts';

export interface TerminalOptions extends TerminalStyle {
  /** Paths of the written files, shown last and never cut. */
  readonly files: readonly string[];
}

/** Lines of at most `columns` columns (file paths and commands excepted), one newline at the end. */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const several = report.scenarios.length > 1;
  const lines = [
    ...wrapText(headline(report), options, { paint: tint[report.verdict.word], bold: 'bold' }),
    ...report.scenarios.flatMap((scenario) => {
      const { id } = scenario.scenario;
      const title = `${id}: ${verdictTitle(scenario.verdict.word).toLowerCase()}`;
      const heading = wrapText(title, options, { paint: tint[scenario.verdict.word], bold: 'bold' });
      return [...(several ? ['', ...heading] : []), ...scenarioLines(report, scenario, options)];
    }),
    ...block(
      'Files',
      options.files.map((file) => `  ${plainLine(file, 4096)}`),
      options,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function scenarioLines(report: Report, scenario: ScenarioReport, style: TerminalStyle): readonly string[] {
  const where = whereLine(scenario);
  const step = nextStep(report, scenario);
  const total = scenario.phases.reduce((sum, row) => sum + median(row), 0) || 1;
  const slowest = [...scenario.services].sort((left, right) => median(right) - median(left)).slice(0, 8);
  return [
    ...wrapText(comparedWith(report, scenario), style, { paint: 'dim' }),
    ...wrapText(machineLine(scenario.conditions.head, scenario), style, { paint: 'dim' }),
    ...wrapText(vulkanLine(scenario), style, { paint: 'dim' }),
    ...wrapText(scenario.verdict.because, style),
    ...wrapText(where === '' ? '' : `where: ${where}`, style),
    ...wrapText(step.text, style),
    ...(step.command === '' ? [] : [`  ${plainLine(step.command)}`]),
    ...block(
      'Metrics',
      layoutTable(metricCells(scenario), style, scenario.comparisons.length > 0 ? [6, 5, 2, 3] : [5, 4]),
      style,
    ),
    ...block('Where the time goes', layoutTable(phaseCells(scenario.phases, total), style), style),
    ...block('Slowest services', layoutTable(phaseCells(slowest, total), style), style),
    ...block('Boots that failed', failedBoots(scenario, style), style),
    ...block('Findings', findings(scenario, style), style),
    ...block('Warnings', warnings(scenario, style), style),
  ];
}

function block(title: string, lines: readonly string[], style: TerminalStyle): readonly string[] {
  return lines.length === 0 ? [] : ['', ...wrapText(title, style, { bold: 'bold' }), ...lines];
}

function failedBoots(scenario: ScenarioReport, style: TerminalStyle): readonly string[] {
  const failed = scenario.boots.filter((boot) => boot.outcome.kind !== 'ready');
  const more = failed.length > 8 ? wrapText(`and ${failed.length - 8} more`, style, { indent: 2 }) : [];
  const lines = failed
    .slice(0, 8)
    .flatMap((boot) =>
      wrapText(`boot ${boot.number} (${boot.side}): ${boot.outcomeText}`, style, { paint: 'red', indent: 2 }),
    );
  return [...lines, ...more];
}

function findings(scenario: ScenarioReport, style: TerminalStyle): readonly string[] {
  return scenario.findings.flatMap((finding) => {
    const text = `${finding.severity} ${finding.id}: ${finding.cause}${findingScope(finding)} ${finding.advice}`;
    const evidence = finding.evidence.slice(0, 2);
    return [
      ...wrapText(text, style, { paint: tint[finding.severity], indent: 2 }),
      ...evidence.flatMap((line) => wrapText(`| ${plainLine(line, 160)}`, style, { paint: 'dim', indent: 4 })),
    ];
  });
}

function warnings(scenario: ScenarioReport, style: TerminalStyle): readonly string[] {
  const all = [...scenario.warnings, ...scenario.comparisons.flatMap((comparison) => comparison.warnings)];
  const texts = new Set(all.map((warning) => warning.text));
  return [...texts].flatMap((text) => wrapText(text, style, { paint: 'yellow', indent: 2 }));
}

/** Name and change, or name and median, are the last to go in a narrow terminal. */
function metricCells(scenario: ScenarioReport): Cell[][] {
  if (scenario.comparisons.length === 0) {
    return [
      cells(['', 'metric', 'median', '95 % CI', 'boots', 'noise'], 'llrrrr', 'dim'),
      ...scenario.summaries.head.map((summary) =>
        cells(
          [
            '',
            summary.metric,
            formatValue(summary.median, summary.unit),
            formatInterval(summary.interval, summary.unit),
            `${summary.count}${summary.failures === 0 ? '' : ` (${summary.failures} failed)`}`,
            formatNoise(summary),
          ],
          'llrrrr',
        ),
      ),
    ];
  }
  return [
    cells(['', 'metric', 'base', 'head', 'change [95 % CI]', 'noise', 'limit'], 'llrrrrr', 'dim'),
    ...scenario.comparisons.map((comparison) =>
      cells(
        [
          comparison.gate ? verdictSign(comparison.word) : '',
          comparison.metric,
          formatValue(comparison.base.median, comparison.unit),
          formatValue(comparison.head.median, comparison.unit),
          formatChange(comparison.ratio, comparison.interval),
          formatNoise(comparison.base, comparison.head),
          comparison.gate ? formatLimit(comparison) : 'no gate',
        ],
        'llrrrrr',
        comparison.gate ? tint[comparison.word] : 'plain',
      ),
    ),
  ];
}

/** `total` is what shares are of: the length of the boot. */
function phaseCells(rows: readonly PhaseRow[], total: number): Cell[][] {
  const longest = Math.max(1, ...rows.map(median));
  const paired = rows.some((row) => row.base !== null);
  return rows.map((row) => [
    ...cells(['', row.name, formatValue(row.head?.median ?? null, 'ms')], 'llr'),
    ...cells([paired ? formatDifference(row.differenceMs, 'ms') : formatFraction(median(row) / total)], 'r'),
    { text: '', align: 'bar', share: median(row) / longest },
  ]);
}

const median = (row: PhaseRow): number => row.head?.median ?? 0;

function cells(texts: readonly string[], align: string, paint?: Paint): Cell[] {
  return texts.map((text, index) => ({
    text,
    align: align[index] === 'r' ? 'right' : 'left',
    ...(paint === undefined ? {} : { paint }),
  }));
}

const tint: Record<Verdict['word'] | Finding['severity'], Paint> = {
  incomparable: 'yellow',
  failed: 'red',
  slower: 'red',
  undecided: 'yellow',
  faster: 'green',
  same: 'plain',
  recorded: 'plain',
  note: 'plain',
  warning: 'yellow',
  error: 'red',
};
