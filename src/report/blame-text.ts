// `bootgauge blame` for a terminal.
import type { Report, ScenarioReport } from '../model/report.ts';
import { type BlameView, blameViews, type ChainView } from './blame-view.ts';
import { perspectiveLines } from './perspective.ts';
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
  const views = blameViews(scenario, options.most);
  const { id } = scenario.scenario;
  if (views.length === 0) {
    return wrapText(`${id}: no boot reached its SSH server, so there is no time to explain.`, options);
  }
  return views.flatMap((view, index) => [...(index > 0 ? [''] : []), ...sideLines(id, view, options)]);
}

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
