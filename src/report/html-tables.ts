// Tables and lists of report.html. Every cell is escaped here.
import type { Comparison } from '../model/comparison.ts';
import type { PhaseRow, ScenarioReport } from '../model/report.ts';
import { escapeHtml } from './escape.ts';
import { findingScope } from './finding-text.ts';
import { formatChange, formatDifference, formatInterval, formatLimit, formatNoise, formatValue } from './format.ts';
import { conditionRows } from './method.ts';
import { vulkanChangeRows } from './vulkan-text.ts';

export interface HtmlCell {
  readonly text: string;
  readonly kind: 'name' | 'text' | 'figure';
  readonly tone?: 'bad' | 'good' | 'doubt' | '';
}

export function metricTable(scenario: ScenarioReport): string {
  if (scenario.comparisons.length === 0) {
    const rows = scenario.summaries.head.map((summary) => [
      name(summary.metric),
      figure(formatValue(summary.median, summary.unit)),
      figure(formatInterval(summary.interval, summary.unit)),
      figure(`${summary.count}${summary.failures === 0 ? '' : ` (${summary.failures} failed)`}`),
      figure(formatNoise(summary)),
      figure(formatValue(summary.resolution, summary.unit)),
    ]);
    return table('Metrics', ['metric', 'median', '95 % interval', 'boots', 'noise', 'resolution'], rows);
  }
  const head = ['metric', 'change [95 % interval]', 'verdict', 'base', 'head', 'noise', 'limit'];
  return table('Metrics', head, scenario.comparisons.map(comparisonRow));
}

function comparisonRow(comparison: Comparison): readonly HtmlCell[] {
  const { unit, word, gate } = comparison;
  const bad = word === 'slower' || word === 'failed';
  const tone = bad ? 'bad' : word === 'faster' ? 'good' : word === 'same' ? '' : 'doubt';
  return [
    name(comparison.metric),
    figure(formatChange(comparison.ratio, comparison.interval), gate ? tone : ''),
    { text: word, kind: 'text', tone: gate ? tone : '' },
    figure(formatValue(comparison.base.median, unit)),
    figure(formatValue(comparison.head.median, unit)),
    figure(formatNoise(comparison.base, comparison.head)),
    figure(gate ? formatLimit(comparison) : 'no gate'),
  ];
}

/** Empty when there are no rows. */
export function phaseTable(what: 'phase' | 'service', rows: readonly PhaseRow[]): string {
  if (rows.length === 0) return '';
  const paired = rows.some((row) => row.base !== null);
  const head = paired ? [what, 'base', 'head', 'difference'] : [what, 'median', '95 % interval'];
  const body = rows.map((row) => [
    name(row.name),
    ...(paired ? [figure(formatValue(row.base?.median ?? null, 'ms'))] : []),
    figure(formatValue(row.head?.median ?? null, 'ms')),
    figure(paired ? formatDifference(row.differenceMs, 'ms') : formatInterval(row.head?.interval ?? null, 'ms')),
  ]);
  return table(what === 'phase' ? 'Phases' : 'Services', head, body);
}

export function bootTable(scenario: ScenarioReport): string {
  const metrics = scenario.summaries.head;
  const rows = scenario.boots.map((boot) => [
    figure(`${boot.number}`),
    { text: boot.side, kind: 'text' } as const,
    figure(boot.warmup ? 'warm-up' : `${boot.round}`),
    { text: boot.outcomeText, kind: 'text', tone: boot.outcome.kind === 'ready' ? '' : 'bad' } as const,
    ...metrics.map(({ metric, unit }) => figure(formatValue(boot.values[metric] ?? null, unit))),
  ]);
  return table('Boots', ['boot', 'side', 'round', 'outcome', ...metrics.map(({ metric }) => metric)], rows);
}

export function conditionTable(scenario: ScenarioReport): string {
  const rows = conditionRows(scenario).map(([key, value]) => [name(key), { text: value, kind: 'text' } as const]);
  return table('Conditions', ['condition', 'value'], rows);
}

/** What the Vulkan driver lost and gained; empty when there is nothing. */
export function vulkanTable(scenario: ScenarioReport): string {
  const rows = vulkanChangeRows(scenario).map(([what = '', ...others]) => [
    { text: what, kind: 'text', tone: what.endsWith(' lost') ? 'bad' : '' } as const,
    ...others.map((text) => ({ text, kind: 'text' }) as const),
  ]);
  return rows.length === 0 ? '' : table('Vulkan: what changed', ['what', 'name', 'base', 'head'], rows);
}

/** Empty when there are none. */
export function findingList(scenario: ScenarioReport): string {
  const items = scenario.findings.map((finding) => {
    const tone = finding.severity === 'error' ? 'bad' : finding.severity === 'warning' ? 'doubt' : 'soft';
    const evidence = finding.evidence.slice(0, 3).map((line) => `<pre>${escapeHtml(line)}</pre>`);
    const text = `${escapeHtml(finding.cause)}${findingScope(finding)} ${escapeHtml(finding.advice)}`;
    return `<li><span class="${tone}">${finding.severity}</span> <code>${escapeHtml(finding.id, 60)}</code> ${text}${evidence.join('')}</li>`;
  });
  return items.length === 0 ? '' : `<ul>\n${items.join('\n')}\n</ul>`;
}

/** Empty when there are none. */
export function warningList(scenario: ScenarioReport): string {
  const all = [...scenario.warnings, ...scenario.comparisons.flatMap((comparison) => comparison.warnings)];
  const items = [...new Set(all.map((warning) => warning.text))].map((text) => `<li>${escapeHtml(text, 600)}</li>`);
  return items.length === 0 ? '' : `<ul>\n${items.join('\n')}\n</ul>`;
}

export const name = (text: string): HtmlCell => ({ text, kind: 'name' });
export const figure = (text: string, tone: HtmlCell['tone'] = ''): HtmlCell => ({ text, kind: 'figure', tone });

/** A table in a box that scrolls by itself where it is wider than the page. */
export function table(label: string, head: readonly string[], rows: readonly (readonly HtmlCell[])[]): string {
  const first = rows[0] ?? [];
  const headCells = head.map((text, column) => {
    const kind = first[column]?.kind === 'figure' ? ' class="figure"' : '';
    return `<th scope="col"${kind}>${escapeHtml(text, 60)}</th>`;
  });
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`);
  return [
    `<div class="wide-box" role="region" aria-label="${escapeHtml(label)}" tabindex="0">`,
    `<table><thead><tr>${headCells.join('')}</tr></thead><tbody>`,
    ...body,
    '</tbody></table></div>',
  ].join('\n');
}

function cell({ text, kind, tone }: HtmlCell): string {
  const escaped = escapeHtml(text, 120);
  if (kind === 'name') return `<th scope="row">${escaped}</th>`;
  const classes = [kind === 'figure' ? 'figure' : '', tone ?? ''].filter((entry) => entry !== '').join(' ');
  return classes === '' ? `<td>${escaped}</td>` : `<td class="${classes}">${escaped}</td>`;
}
