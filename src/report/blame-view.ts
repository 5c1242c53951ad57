// A side's blame as data: which phase, what in it, whether it computed or waited, and what the boot hung on.

import type { BlamePart, Chain, ClockStory, PhaseBlame, SideBlame } from '../model/blame.ts';
import { plainLine } from '../model/plain-text.ts';
import { mainMetricOf } from '../model/readiness.ts';
import type { ScenarioReport } from '../model/report.ts';
import { formatCount } from '../model/units.ts';
import { formatDifference, formatFraction, formatInterval, formatValue } from './format.ts';
import {
  type Cell,
  cell,
  figureColumn,
  nameColumn,
  type Row,
  type Table,
  textColumn,
  withoutEmptyColumns,
} from './table.ts';

export interface BlameView {
  readonly title: string;
  /** What a reader must know about the figures; may be empty. */
  readonly note: string;
  /** When the kernel began, against its first line; empty when it cannot be told. */
  readonly clock: string;
  /** They add up to the whole boot. */
  readonly phases: Table;
  /** What ran in the phases, without what ran inside it, the most expensive first. */
  readonly parts: Table;
  readonly chains: readonly ChainView[];
}

export interface ChainView {
  readonly title: string;
  /** Empty when every link is shown. */
  readonly left: string;
  readonly links: Table;
}

/** One for each side that has a complete boot; at most so many parts of each. */
export function blameViews(scenario: ScenarioReport, mostParts: number): readonly BlameView[] {
  return (scenario.blame ?? []).map((side) => ({
    title: titleOf(side, scenario),
    note:
      side.profile === 'attribution'
        ? 'A verbose console makes the boot itself slower. These figures explain; do not compare them with the timing profile.'
        : '',
    clock: side.clock === null ? '' : clockSentence(side.clock),
    phases: withoutEmptyColumns(phaseTable(side)),
    parts: withoutEmptyColumns(partTable(side, mostParts)),
    chains: side.chains.map(chainView),
  }));
}

function titleOf(side: SideBlame, scenario: ScenarioReport): string {
  return `${side.side}: ${mainMetricOf(scenario.scenario)} ${formatValue(side.totalMs, 'ms')}, ${blamedBoots(side, scenario)}, ${side.profile} profile`;
}

/** `The first kernel line arrived at 52.0 s; the kernel had been running for 51.2 s by then.` */
export function clockSentence({ firstLineMs, kernelZeroMs, silentMs }: ClockStory): string {
  const arrived = `The first kernel line arrived at ${formatValue(firstLineMs, 'ms')}`;
  // The kernel prints before it has found a clock: those lines all say zero.
  if (kernelZeroMs >= firstLineMs) return `${arrived}; its clock began to run at ${formatValue(kernelZeroMs, 'ms')}.`;
  if (silentMs >= firstLineMs / 2)
    return `${arrived}; the kernel had been running for ${formatValue(silentMs, 'ms')} by then.`;
  return `${arrived}; the guest's kernel had not started before ${formatValue(kernelZeroMs, 'ms')}.`;
}

/** `busy (1.3 CPUs)`; empty when too little was silent to tell. */
function silenceWord({ silence }: PhaseBlame): string {
  if (silence.word === 'unknown' || silence.cpus === null) return '';
  return `${silence.word} (${silence.cpus.toFixed(1)} CPUs)`;
}

/** `3 boots`; where the metric table counts other boots, which these are, too. */
function blamedBoots({ side, boots }: SideBlame, { summaries, scenario }: ScenarioReport): string {
  const counted = summaries[side].find(({ metric }) => metric === mainMetricOf(scenario))?.count ?? boots;
  const shown = formatCount(boots, 'boot');
  if (counted === boots) return shown;
  return `${shown} (those of this run that ${mainMetricOf(scenario) === 'time-to-ssh' ? 'came to the SSH banner' : 'got ready'}; the metric table counts ${counted})`;
}

function phaseTable({ side, phases, totalMs }: SideBlame): Table {
  const compared = phases.some(({ differenceMs }) => differenceMs !== null);
  const longest = Math.max(1, ...phases.map(({ ms }) => ms));
  const change = (differenceMs: number | null, ms: number): Cell =>
    cell(compared ? formatDifference(differenceMs, 'ms') : formatFraction(ms / (totalMs || 1)));
  const total = phases.reduce((sum, { differenceMs }) => sum + (differenceMs ?? 0), 0);
  return {
    title: `Phases of ${side}, adding up`,
    columns: [
      nameColumn('phase'),
      figureColumn('time'),
      figureColumn('change', compared ? 'change' : 'share'),
      middleHalf,
      figureColumn('silent'),
      textColumn('meanwhile'),
    ],
    rows: [
      ...phases.map((phase) => ({
        cells: [
          cell(plainLine(phase.name, 120)),
          cell(formatValue(phase.ms, 'ms')),
          change(phase.differenceMs, phase.ms),
          cell(formatInterval({ low: phase.lowMs, high: phase.highMs }, 'ms')),
          cell(formatFraction(phase.silence.share)),
          cell(silenceWord(phase)),
        ],
        share: phase.ms / longest,
      })),
      {
        cells: [cell('total'), cell(formatValue(totalMs, 'ms')), change(total, totalMs), cell(''), cell(''), cell('')],
      },
    ],
  };
}

function partTable(side: SideBlame, most: number): Table {
  const share = (ms: number): Cell => cell(formatFraction(ms / (side.totalMs || 1)));
  const all = side.phases
    .flatMap((phase) => phase.parts.map((part) => ({ ...part, phase: phase.name })))
    .sort((a, b) => b.ms - a.ms);
  const rows = all.slice(0, most).map(
    (part): Row => ({
      cells: [
        cell(plainLine(partName(part), 120)),
        cell(formatValue(part.ms, 'ms')),
        share(part.ms),
        cell(formatInterval({ low: part.lowMs, high: part.highMs }, 'ms')),
        cell(part.kind === 'unnamed' ? '' : `${part.kind} in ${plainLine(part.phase, 60)}`),
      ],
    }),
  );
  const rest = all.slice(most);
  const restMs = rest.reduce((sum, { ms }) => sum + ms, 0);
  const smaller = {
    cells: [cell(`${rest.length} smaller parts`), cell(formatValue(restMs, 'ms')), share(restMs), cell(''), cell('')],
  };
  return {
    title: `Self time of each part of ${side.side}, without what ran inside it`,
    columns: [
      nameColumn('what'),
      figureColumn('time'),
      figureColumn('share'),
      middleHalf,
      textColumn('kind', 'kind and phase'),
    ],
    rows: rest.length === 0 ? rows : [...rows, smaller],
  };
}

/** How a part is called where kinds stand side by side. */
const partName = ({ kind, name }: BlamePart): string => (kind === 'unnamed' ? `${name}, unnamed` : name);

/** Links shorter than this share of the chain are left out. */
const shownLink = 0.01;

function chainView({ metric, boot, links }: Chain): ChainView {
  const endMs = links.at(-1)?.endMs ?? 0;
  const kept = links.filter((link) => link.endMs - link.startMs >= shownLink * endMs);
  const left = links.length - kept.length;
  const title = `Critical chain to ${plainLine(metric, 60)}, boot ${boot}: ${formatValue(endMs === 0 ? null : endMs, 'ms')}`;
  return {
    title,
    left: left === 0 ? '' : `${formatCount(left, 'link')} under 1 % left out.`,
    links: {
      title,
      columns: [figureColumn('at'), nameColumn('link'), figureColumn('takes')],
      rows: kept.map(({ kind, name, startMs, endMs: linkEndMs }) => ({
        cells: [
          cell(`${(startMs / 1000).toFixed(2)} s`),
          cell(plainLine(kind === 'phase' ? `(${name})` : name, 120)),
          cell(formatDifference(linkEndMs - startMs, 'ms')),
        ],
        share: (linkEndMs - startMs) / (endMs || 1),
      })),
    },
  };
}

const middleHalf = figureColumn('half', 'quartiles');
