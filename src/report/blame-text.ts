// `bootgauge blame` for a terminal: which phase, what in it, whether it computed or waited, and what the boot hung on.
import type { BlamePart, Chain, ClockStory, PhaseBlame, SideBlame } from '../model/blame.ts';
import type { Report, ScenarioReport } from '../model/report.ts';
import { formatCount, formatDifference, formatFraction, formatInterval, formatValue, missing } from './format.ts';
import { publishedTimes } from './perspective.ts';
import { type Cell, layoutTable, type TerminalStyle, wrapText } from './terminal-table.ts';

export interface BlameTextOptions extends TerminalStyle {
  /** Rows of the list of parts. */
  readonly most: number;
  readonly perspective: 'shown' | 'hidden';
}

/** One block per scenario and side; each stands for itself, so that profiles never share a table. */
export function blameText(report: Report, options: BlameTextOptions): string {
  const blocks = report.scenarios.flatMap((scenario) => scenarioBlocks(scenario, options));
  const lines = [...blocks, ...(options.perspective === 'shown' ? perspective(options) : [])];
  return `${lines.join('\n')}\n`;
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
export function silenceWord({ silence }: Pick<PhaseBlame, 'silence'>): string {
  if (silence.word === 'unknown' || silence.cpus === null) return '';
  return `${silence.word} (${silence.cpus.toFixed(1)} CPUs)`;
}

/** `3 boots`; where the metric table counts other boots, which these are, too. */
export function blamedBoots({ side, boots }: SideBlame, { summaries }: ScenarioReport): string {
  const counted = summaries[side].find(({ metric }) => metric === 'time-to-ssh')?.count ?? boots;
  const shown = formatCount(boots, 'boot');
  if (counted === boots) return shown;
  return `${shown} (those of this run that came to the SSH banner; the metric table counts ${counted})`;
}

/** All parts of a side, the most expensive first. */
export function rankedParts(side: SideBlame): readonly (BlamePart & { readonly phase: string })[] {
  return side.phases
    .flatMap((phase) => phase.parts.map((part) => ({ ...part, phase: phase.name })))
    .sort((a, b) => b.ms - a.ms);
}

/** How a part is called where kinds stand side by side. */
export function partName({ kind, name }: BlamePart): string {
  return kind === 'unnamed' ? `${name}, unnamed` : name;
}

/** Links shorter than this share of the chain are left out of lists. */
export const shownLink = 0.01;

function scenarioBlocks(scenario: ScenarioReport, options: BlameTextOptions): string[] {
  const sides = scenario.blame ?? [];
  const { id } = scenario.scenario;
  if (sides.length === 0) {
    return [...wrapText(`${id}: no boot came as far as its SSH server, so there is nothing to lay blame on.`, options)];
  }
  return sides.flatMap((side, index) => [...(index > 0 ? [''] : []), ...sideLines(scenario, side, options)]);
}

function sideLines(scenario: ScenarioReport, side: SideBlame, options: BlameTextOptions): readonly string[] {
  const title = `${scenario.scenario.id}, ${side.side}, ${side.profile} profile: time-to-ssh ${formatValue(side.totalMs, 'ms')}, ${blamedBoots(side, scenario)}`;
  const note =
    side.profile === 'attribution'
      ? 'A verbose console makes the boot itself slower: these figures explain, and are not to be compared with the timing profile.'
      : '';
  return [
    ...wrapText(title, options, { bold: 'bold' }),
    ...wrapText(note, options, { paint: 'dim' }),
    ...(side.clock === null ? [] : wrapText(clockSentence(side.clock), options)),
    '',
    ...layoutTable(phaseCells(side), options, [4, 6, 5]),
    '',
    ...wrapText('What in them, without what ran inside it', options, { bold: 'bold' }),
    ...layoutTable(partCells(side, options.most), options, [5, 4]),
    ...side.chains.flatMap((chain) => ['', ...chainLines(chain, options)]),
  ];
}

function phaseCells(side: SideBlame): Cell[][] {
  const longest = Math.max(1, ...side.phases.map(({ ms }) => ms));
  const compared = side.phases.some(({ differenceMs }) => differenceMs !== null);
  const row = (texts: readonly string[], paint?: 'dim'): Cell[] =>
    texts.map((text, index) => ({
      text,
      align: index < 2 || index === 6 ? 'left' : 'right',
      ...(paint ? { paint } : {}),
    }));
  const header = ['', 'phase', 'time', compared ? 'change' : 'share', 'middle half', 'silent', ''];
  const changed = (value: number | null, share: number): string =>
    compared ? formatDifference(value, 'ms') : formatFraction(share);
  const total = side.phases.reduce((sum, { differenceMs }) => sum + (differenceMs ?? 0), 0);
  return [
    [...row(header, 'dim'), { text: '', align: 'bar', share: 0 }],
    ...side.phases.map((phase): Cell[] => [
      ...row([
        '',
        phase.name,
        formatValue(phase.ms, 'ms'),
        changed(phase.differenceMs, phase.ms / (side.totalMs || 1)),
        formatInterval({ low: phase.lowMs, high: phase.highMs }, 'ms'),
        formatFraction(phase.silence.share),
        silenceWord(phase),
      ]),
      { text: '', align: 'bar', share: phase.ms / longest },
    ]),
    [
      ...row(['', 'together', formatValue(side.totalMs, 'ms'), changed(total, 1), '', '', '']),
      { text: '', align: 'bar' },
    ],
  ];
}

function partCells(side: SideBlame, most: number): Cell[][] {
  const parts = rankedParts(side);
  const texts = parts
    .slice(0, most)
    .map((part) => [
      '',
      partName(part),
      formatValue(part.ms, 'ms'),
      formatFraction(part.ms / (side.totalMs || 1)),
      formatInterval({ low: part.lowMs, high: part.highMs }, 'ms'),
      part.kind === 'unnamed' ? '' : `${part.kind} in ${part.phase}`,
    ]);
  const rest = parts.slice(most);
  const restMs = rest.reduce((sum, { ms }) => sum + ms, 0);
  if (rest.length > 0) {
    const name = `${rest.length} smaller ones`;
    texts.push(['', name, formatValue(restMs, 'ms'), formatFraction(restMs / (side.totalMs || 1)), '', '']);
  }
  return texts.map((row) =>
    row.map((text, index): Cell => ({ text, align: index === 1 || index === 5 ? 'left' : 'right' })),
  );
}

function chainLines({ metric, boot, links }: Chain, options: BlameTextOptions): readonly string[] {
  const endMs = links.at(-1)?.endMs ?? 0;
  const kept = links.filter((link) => link.endMs - link.startMs >= shownLink * endMs);
  const left = links.length - kept.length;
  const rows = kept.map((link): Cell[] => [
    { text: `${(link.startMs / 1000).toFixed(2)} s`, align: 'right' },
    { text: link.kind === 'phase' ? `(${link.name})` : link.name, align: 'left' },
    { text: formatDifference(link.endMs - link.startMs, 'ms'), align: 'right' },
    { text: '', align: 'bar', share: (link.endMs - link.startMs) / (endMs || 1) },
  ]);
  const more = left === 0 ? '' : ` ${formatCount(left, 'link')} under 1 % left out.`;
  const title = `Critical chain to ${metric} (boot ${boot}): ${endMs === 0 ? missing : formatValue(endMs, 'ms')}.${more}`;
  return [...wrapText(title, options, { bold: 'bold' }), ...layoutTable(rows, options)];
}

function perspective(options: BlameTextOptions): readonly string[] {
  return [
    '',
    ...wrapText('For perspective, as published by others', options, { bold: 'bold' }),
    ...publishedTimes.flatMap(({ system, lowMs, highMs, conditions, source }) =>
      wrapText(`${publishedRange(lowMs, highMs)}  ${system}: ${conditions} (${source})`, options, { indent: 2 }),
    ),
  ];
}

/** `23.4 s`, `18.0 to 25.0 s`. */
export function publishedRange(lowMs: number, highMs: number): string {
  if (lowMs === highMs) return formatValue(lowMs, 'ms');
  return `${formatValue(lowMs, 'ms')} to ${formatValue(highMs, 'ms')}`;
}
