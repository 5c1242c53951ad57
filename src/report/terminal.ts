// The report at the end of a run, for a terminal of any width: verdict first, then where the time goes.
import type { Verdict } from '../model/comparison.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Finding, Report } from '../model/report.ts';
import { comparedLine } from './compared.ts';
import { firstRows, type Row, type Table, withColumns } from './table.ts';
import { layoutTable, type Paint, type TerminalStyle, tonePaint, wrapText } from './terminal-table.ts';
import { scenarioVerdict } from './verdict-words.ts';
import { reportView, type ScenarioView } from './view.ts';
import { verdictTone } from './view-tables.ts';

export interface TerminalOptions extends TerminalStyle {
  /** Paths of the written files, shown last and never cut. */
  readonly files: readonly string[];
}

/** Lines of at most `columns` columns (file paths and commands excepted), one newline at the end. */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const { title, word, scenarios } = reportView(report);
  const lines = [
    ...wrapText(title, options, { paint: paintOf(word), bold: 'bold' }),
    ...scenarios.flatMap((scenario) => [
      ...(scenarios.length > 1 ? ['', ...heading(scenario, options)] : []),
      ...scenarioLines(scenario, options),
    ]),
    ...block(
      'Files',
      options.files.map((file) => `  ${plainLine(file, 4096)}`),
      options,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function heading({ id, word, source }: ScenarioView, style: TerminalStyle): readonly string[] {
  return wrapText(`${id}: ${scenarioVerdict(source).toLowerCase()}`, style, { paint: paintOf(word), bold: 'bold' });
}

function scenarioLines(scenario: ScenarioView, style: TerminalStyle): readonly string[] {
  const { where, next, metrics } = scenario;
  const dim = { paint: 'dim' } as const;
  const tables = [
    { title: 'Metrics', table: metrics, droppable: ['noise', 'limit', 'resolution', 'base', 'head', 'boots'] },
    { title: 'Where the time goes', table: withColumns(scenario.phases, ['phase', ...times]), droppable: [] },
    { title: 'Slowest services', table: slowest(scenario.services), droppable: [] },
  ];
  const causes = [
    ...block('Findings', findings(scenario, style), style),
    ...block(
      'Warnings',
      scenario.warnings.flatMap((text) => wrapText(text, style, { paint: 'yellow', indent: 2 })),
      style,
    ),
  ];
  return [
    ...wrapText(comparedLine(scenario.compared), style, dim),
    ...wrapText(scenario.machine, style, dim),
    ...wrapText(scenario.vulkan, style, dim),
    ...wrapText(scenario.because, style),
    ...wrapText(where === '' ? '' : `Where: ${where}`, style),
    ...wrapText(next.command === '' ? next.text : `${next.text}:`, style),
    ...(next.command === '' ? [] : [`  ${plainLine(next.command)}`]),
    ...block('Boots that failed', failures(scenario, style), style),
    ...(scenario.word === 'failed' ? causes : []),
    ...tables.flatMap(({ title, table, droppable }) => block(title, layoutTable(table, style, droppable), style)),
    ...(scenario.word === 'failed' ? [] : causes),
    ...block(scenario.moved.title, movedLines(scenario, style), style),
  ];
}

/** A terminal has no room for both sides: the difference tells it, or the share. */
const times = ['head', 'difference', 'share'];

function slowest(services: Table): Table {
  const length = ({ share }: Row): number => share ?? 0;
  const rows = services.rows.toSorted((one, other) => length(other) - length(one)).slice(0, 8);
  return withColumns({ ...services, rows }, ['service', ...times]);
}

function block(title: string, lines: readonly string[], style: TerminalStyle): readonly string[] {
  return lines.length === 0 ? [] : ['', ...wrapText(title, style, { bold: 'bold' }), ...lines];
}

const mostFailures = 8;
const mostConsoleLines = 5;

function failures({ failures: all }: ScenarioView, style: TerminalStyle): readonly string[] {
  const more = all.length - mostFailures;
  return [
    ...all
      .slice(0, mostFailures)
      .flatMap(({ text, console }) => [
        ...wrapText(text, style, { paint: 'red', indent: 2 }),
        ...console
          .slice(-mostConsoleLines)
          .flatMap((line) => wrapText(`| ${line}`, style, { paint: 'dim', indent: 4 })),
      ]),
    ...wrapText(more > 0 ? `and ${more} more` : '', style, { indent: 2 }),
  ];
}

const mostMoved = 12;

function movedLines({ moved }: ScenarioView, style: TerminalStyle): readonly string[] {
  const more = moved.rows.length - mostMoved;
  return [
    ...layoutTable(firstRows(moved, mostMoved), style),
    ...wrapText(more > 0 ? `and ${more} more, which report.html lists` : '', style, { indent: 2 }),
  ];
}

function findings(scenario: ScenarioView, style: TerminalStyle): readonly string[] {
  return scenario.findings.flatMap(({ severity, id, text, evidence }) => [
    ...wrapText(`${severity} ${id}: ${text}`, style, { paint: severities[severity], indent: 2 }),
    ...evidence
      .slice(0, 2)
      .flatMap((line) => wrapText(`| ${plainLine(line, 160)}`, style, { paint: 'dim', indent: 4 })),
  ]);
}

const severities: Record<Finding['severity'], Paint> = { note: 'plain', warning: 'yellow', error: 'red' };
const paintOf = (word: Verdict['word']): Paint => tonePaint[verdictTone(word)];
