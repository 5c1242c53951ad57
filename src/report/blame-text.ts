// `bootgauge blame` for a terminal.
import type { Report, ScenarioReport } from '../model/report.ts';
import { type BlameView, blameViews, type ChainView } from './blame-view.ts';
import { perspectiveLines } from './perspective.ts';
import { type StoppedBoot, stoppedBoots } from './stopped-boots.ts';
import { layoutTable, type TerminalStyle, wrapText } from './terminal-table.ts';

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

function scenarioBlocks(scenario: ScenarioReport, options: BlameTextOptions): readonly string[] {
  const { id } = scenario.scenario;
  const views = blameViews(scenario, options.most).map((view) => sideLines(id, view, options));
  const none = `${id}: no boot ${scenario.scenario.ready === undefined ? 'reached its SSH server' : 'got ready'}, so there is no time to explain.`;
  const explained = views.length > 0 ? views : [wrapText(none, options)];
  const stopped = (['head', 'base'] as const).flatMap((side) => stoppedLines(stoppedBoots(scenario, side), options));
  return [...explained, ...(stopped.length === 0 ? [] : [stopped])].flatMap((lines, index) =>
    index > 0 ? ['', ...lines] : lines,
  );
}

function stoppedLines(boots: readonly StoppedBoot[], options: BlameTextOptions): readonly string[] {
  return boots
    .slice(0, mostStopped)
    .flatMap((boot, index) => [
      ...(index > 0 ? [''] : []),
      ...wrapText(boot.title, options, { bold: 'bold' }),
      ...wrapText(boot.way, options),
      ...wrapText(boot.cause, options),
      ...boot.evidence.flatMap((line) => wrapText(`| ${line}`, options, { indent: 2, paint: 'dim' })),
      ...(boot.lastLines.length === 0 ? ['The console stayed empty.'] : ['The console said last:']),
      ...boot.lastLines.flatMap((line) => wrapText(line, options, { indent: 2, paint: 'dim' })),
    ]);
}

/** Of the boots of a side that never came up so many are told of: they mostly stand at the same place. */
const mostStopped = 2;

function sideLines(id: string, view: BlameView, options: BlameTextOptions): readonly string[] {
  return [
    ...wrapText(`${id}, ${view.title}`, options, { bold: 'bold' }),
    ...wrapText(view.note, options, { paint: 'dim' }),
    ...wrapText(view.clock, options),
    '',
    ...layoutTable(view.phases, options, ['half', 'meanwhile', 'silent']),
    '',
    ...wrapText('Self time of each part, without what ran inside it', options, { bold: 'bold' }),
    ...layoutTable(view.parts, options, ['kind', 'half']),
    ...view.chains.flatMap((chain) => ['', ...chainLines(chain, options)]),
  ];
}

function chainLines({ title, left, links }: ChainView, options: BlameTextOptions): readonly string[] {
  const heading = left === '' ? title : `${title}. ${left}`;
  return [...wrapText(heading, options, { bold: 'bold' }), ...layoutTable(links, options)];
}

function perspective(options: BlameTextOptions): readonly string[] {
  return [
    '',
    ...wrapText('For perspective: boot times that others published', options, { bold: 'bold' }),
    ...perspectiveLines().flatMap((line) => wrapText(line, options, { indent: 2 })),
  ];
}
