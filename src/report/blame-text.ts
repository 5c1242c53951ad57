// `bootgauge blame` for a terminal.
import { plainLine } from '../model/plain-text.ts';
import type { BootRow, Report, ScenarioReport } from '../model/report.ts';
import { type BlameView, blameViews, type ChainView } from './blame-view.ts';
import { formatValue } from './format.ts';
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
    const rest = scenario.boots.filter(({ reached }) => reached !== undefined).slice(0, mostStopped);
    const none = `${id}: no boot reached its SSH server, so there is no time to explain.`;
    return [...wrapText(none, options), ...rest.flatMap((row) => ['', ...stoppedLines(row, scenario, options)])];
  }
  return views.flatMap((view, index) => [...(index > 0 ? [''] : []), ...sideLines(id, view, options)]);
}

/** Of boots that never came up so many are told of: they mostly stand at the same place. */
const mostStopped = 3;

/** Until where a boot came, what its console said last, and what is known of the cause. */
function stoppedLines(row: BootRow, { findings }: ScenarioReport, options: BlameTextOptions): readonly string[] {
  const { number, side, outcomeText, reached = [], lastLines = [] } = row;
  const cause = findings.find(({ severity, boots }) => severity === 'error' && boots.includes(number));
  const way = reached.map(({ name, ms }) => `${plainLine(name, 60)} ${formatValue(ms, 'ms')}`).join(', ');
  return [
    ...wrapText(`boot ${number} (${side}): ${plainLine(outcomeText)}`, options, { bold: 'bold' }),
    ...wrapText(`It came through ${way === '' ? 'nothing' : way}, and no further.`, options),
    ...(cause === undefined ? [] : wrapText(`${plainLine(cause.cause)} ${plainLine(cause.advice, 600)}`, options)),
    ...(lastLines.length === 0 ? ['The console stayed empty.'] : ['The console said last:']),
    ...lastLines.flatMap((line) => wrapText(plainLine(line), options, { indent: 2, paint: 'dim' })),
  ];
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
