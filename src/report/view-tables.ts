// The tables of a report: rows and what they mean, before any format.
import type { Comparison, Summary, Verdict } from '../model/comparison.ts';
import { isWork, workMetric } from '../model/metric.ts';
import { plainLine } from '../model/plain-text.ts';
import type { PhaseRow, ScenarioReport } from '../model/report.ts';
import {
  formatChange,
  formatChangeInterval,
  formatDifference,
  formatFraction,
  formatInterval,
  formatLimit,
  formatNoise,
  formatValue,
} from './format.ts';
import { conditionRows } from './method.ts';
import {
  type Cell,
  type Column,
  cell,
  figureColumn,
  nameColumn,
  type Row,
  type Table,
  type Tone,
  textColumn,
} from './table.ts';
import { changedPhases } from './title.ts';
import { comparisonWord } from './verdict-words.ts';
import { vulkanChangeRows } from './vulkan-text.ts';

/** What a verdict means for the reader. */
export const verdictTone = (word: Verdict['word']): Tone => tones[word];

const tones: Record<Verdict['word'], Tone> = {
  failed: 'bad',
  slower: 'bad',
  incomparable: 'doubt',
  undecided: 'doubt',
  faster: 'good',
  same: 'plain',
  recorded: 'plain',
};

export function metricTable(scenario: ScenarioReport): Table {
  if (scenario.comparisons.length > 0) return comparisonTable('All metrics', scenario.comparisons);
  return {
    title: 'All metrics',
    columns: [
      nameColumn('metric'),
      figureColumn('median'),
      figureColumn('interval', '95 % CI'),
      figureColumn('boots'),
      figureColumn('noise'),
      figureColumn('resolution'),
    ],
    rows: scenario.summaries.head.map(summaryRow),
  };
}

/** What moved or can fail the run, gating metrics first, in as many columns as a comment can show. */
export function changedMetricTable({ comparisons }: ScenarioReport): Table {
  const changed = comparisons.filter((entry) => entry.word !== 'same' && !isOpen(entry));
  return {
    title: 'What changed',
    columns: [
      nameColumn('metric'),
      figureColumn('base'),
      figureColumn('head'),
      figureColumn('change'),
      figureColumn('interval', '95 % interval'),
    ],
    rows: [...changed.filter(({ gate }) => gate), ...changed.filter(({ gate }) => !gate)].map((comparison) => {
      const { metric, unit, base, head, ratio, interval, gate, word } = comparison;
      const said = comparisonWord(comparison);
      const change = ratio === null ? said : `${formatChange(ratio, null)} ${said}`;
      return row([
        cell(plainLine(metric, 120)),
        cell(formatValue(base.median, unit)),
        cell(formatValue(head.median, unit)),
        cell(change, gate ? verdictTone(word) : 'plain'),
        cell(formatChangeInterval(interval)),
      ]);
    }),
  };
}

export const unchangedMetrics = ({ comparisons }: ScenarioReport): readonly string[] =>
  comparisons.filter(({ word }) => word === 'same').map(({ metric }) => plainLine(metric, 120));

/** Undecided, and of no weight: with few boots most of what only informs. */
export const openMetrics = ({ comparisons }: ScenarioReport): readonly string[] =>
  comparisons.filter(isOpen).map(({ metric }) => plainLine(metric, 120));

const isOpen = ({ gate, word }: Comparison): boolean => !gate && word === 'undecided';

/** What all gating metrics of a time are held to; empty where that is not the same. */
export function gatingLimit({ comparisons }: ScenarioReport): string {
  const limits = new Set(comparisons.filter(({ gate, unit }) => gate && unit === 'ms').map(formatLimit));
  const [limit = ''] = limits;
  return limits.size === 1 ? limit.replace(' & ', ' and ') : '';
}

export const phaseTable = (scenario: ScenarioReport): Table =>
  timeTable('Phases', 'phase', { rows: scenario.phases, meaning: changedPhases(scenario) }, sumOf(scenario.phases));

/** Shares are of the whole boot, as those of the phases are. */
export const serviceTable = ({ services, phases }: ScenarioReport): Table =>
  timeTable('Services', 'service', { rows: services, meaning: new Set() }, sumOf(phases));

export function bootTable({ summaries, boots }: ScenarioReport): Table {
  const metrics = summaries.head.filter(({ metric }) => !isWork(metric) || metric === workMetric());
  return {
    title: 'Boots',
    columns: [
      figureColumn('boot'),
      textColumn('side'),
      figureColumn('round'),
      textColumn('outcome'),
      ...metrics.map(({ metric }): Column => ({ ...figureColumn(plainLine(metric, 60)), named: true })),
    ],
    rows: boots.map((boot) => ({
      cells: [
        cell(`${boot.number}`),
        cell(boot.side),
        cell(boot.warmup ? 'warm-up' : `${boot.round}`),
        cell(plainLine(boot.outcomeText, 120), boot.outcome.kind === 'ready' ? 'plain' : 'bad'),
        ...metrics.map(({ metric, unit }) => cell(formatValue(boot.values[metric] ?? null, unit))),
      ],
    })),
  };
}

export function conditionTable(scenario: ScenarioReport): Table {
  const rows = conditionRows(scenario).map(([key, value]) => row([cell(key), cell(plainLine(value))]));
  return { title: 'Conditions', columns: [textColumn('condition'), textColumn('value')], rows };
}

/** What the Vulkan driver lost and gained, losses first. */
export function vulkanChangeTable(scenario: ScenarioReport): Table {
  const rows = vulkanChangeRows(scenario).map(([what = '', ...others]) =>
    row([cell(what, what.endsWith(' lost') ? 'bad' : 'plain'), ...others.map((other) => cell(other))]),
  );
  return {
    title: 'Vulkan: what changed',
    columns: [textColumn('what'), nameColumn('name'), nameColumn('base'), nameColumn('head')],
    rows,
  };
}

function comparisonTable(title: string, comparisons: readonly Comparison[]): Table {
  return {
    title,
    columns: [
      nameColumn('metric'),
      figureColumn('base'),
      figureColumn('head'),
      figureColumn('change', 'change (95 % CI)'),
      textColumn('verdict'),
      figureColumn('noise'),
      figureColumn('limit'),
    ],
    rows: comparisons.map(comparisonRow),
  };
}

/** Metrics that decide nothing have a word too, but no colour. */
function comparisonRow(comparison: Comparison): Row {
  const { metric, unit, base, head, gate, word } = comparison;
  const tone = gate ? verdictTone(word) : 'plain';
  return row([
    cell(plainLine(metric, 120)),
    cell(formatValue(base.median, unit)),
    cell(formatValue(head.median, unit)),
    cell(formatChange(comparison.ratio, comparison.interval), tone),
    cell(comparisonWord(comparison), tone),
    cell(formatNoise(base, head)),
    cell(gate ? formatLimit(comparison) : 'none'),
  ]);
}

function summaryRow(summary: Summary): Row {
  const failed = summary.failures === 0 ? '' : ` (${summary.failures} failed)`;
  return row([
    cell(plainLine(summary.metric, 120)),
    cell(formatValue(summary.median, summary.unit)),
    cell(formatInterval(summary.interval, summary.unit)),
    cell(`${summary.count}${failed}`),
    cell(formatNoise(summary)),
    cell(formatValue(summary.resolution, summary.unit)),
  ]);
}

interface Times {
  readonly rows: readonly PhaseRow[];
  /** Whose difference means something: it alone has a colour. */
  readonly meaning: ReadonlySet<string>;
}

/** `wholeMs` is what shares are of. */
function timeTable(title: string, what: string, { rows, meaning }: Times, wholeMs: number): Table {
  const paired = rows.some(({ base }) => base !== null);
  const longest = Math.max(1, ...rows.map(medianOf));
  const others = paired
    ? [figureColumn('base'), figureColumn('head'), figureColumn('difference')]
    : [figureColumn('head', 'median'), figureColumn('interval', '95 % CI'), figureColumn('share')];
  return {
    title,
    columns: [nameColumn(what), ...others],
    rows: rows.map((entry) => ({
      cells: [cell(plainLine(entry.name, 120)), ...(paired ? pairedTimes(entry, meaning) : times(entry, wholeMs))],
      share: medianOf(entry) / longest,
    })),
  };
}

const pairedTimes = ({ name, base, head, differenceMs }: PhaseRow, meaning: ReadonlySet<string>): Cell[] => [
  cell(formatValue(base?.median ?? null, 'ms')),
  cell(formatValue(head?.median ?? null, 'ms')),
  cell(formatDifference(differenceMs, 'ms'), !meaning.has(name) ? 'plain' : (differenceMs ?? 0) > 0 ? 'bad' : 'good'),
];

const times = (entry: PhaseRow, wholeMs: number): Cell[] => [
  cell(formatValue(entry.head?.median ?? null, 'ms')),
  cell(formatInterval(entry.head?.interval ?? null, 'ms')),
  cell(formatFraction(medianOf(entry) / wholeMs)),
];

const medianOf = ({ head }: PhaseRow): number => head?.median ?? 0;
const sumOf = (rows: readonly PhaseRow[]): number => rows.reduce((sum, entry) => sum + medianOf(entry), 0) || 1;

const row = (cells: readonly Cell[]): Row => ({ cells });
