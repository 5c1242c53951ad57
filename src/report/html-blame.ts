// The page's blame: shares that add up, silences, the chain that the boot hung on, and how long others take.
import type { Chain, SideBlame } from '../model/blame.ts';
import type { ScenarioReport } from '../model/report.ts';
import {
  blamedBoots,
  clockSentence,
  partName,
  publishedRange,
  rankedParts,
  shownLink,
  silenceWord,
} from './blame-text.ts';
import { escapeHtml } from './escape.ts';
import { formatDifference, formatFraction, formatInterval, formatValue } from './format.ts';
import { figure, type HtmlCell, name, table } from './html-tables.ts';
import { publishedTimes } from './perspective.ts';

const mostParts = 20;

/** Empty without a complete boot. */
export function blameSection(scenario: ScenarioReport): string {
  const sides = scenario.blame ?? [];
  if (sides.length === 0) return '';
  return ['<h3>Blame</h3>', ...sides.map((side, index) => sideBox(scenario, side, index === 0 ? ' open' : ''))].join(
    '\n',
  );
}

/** Published boot times of other systems, for the order of magnitude. */
export function perspectiveBox(): string {
  const items = publishedTimes.map(({ system, lowMs, highMs, conditions, source }) => {
    const text = `${publishedRange(lowMs, highMs)}: ${system}, ${conditions} (${source})`;
    return `<li>${escapeHtml(text, 300)}</li>`;
  });
  return `<details><summary>For perspective: boot times that others published</summary><ul>\n${items.join('\n')}\n</ul></details>`;
}

function sideBox(scenario: ScenarioReport, side: SideBlame, open: string): string {
  const title = `${side.side}: time-to-ssh ${formatValue(side.totalMs, 'ms')}, ${blamedBoots(side, scenario)}, ${side.profile} profile`;
  const clock = side.clock === null ? '' : `<p>${escapeHtml(clockSentence(side.clock), 300)}</p>`;
  return [
    `<details${open}><summary>${escapeHtml(title)}</summary>`,
    clock,
    phases(side),
    parts(side),
    ...side.chains.map(chain),
    '</details>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function phases(side: SideBlame): string {
  const compared = side.phases.some(({ differenceMs }) => differenceMs !== null);
  const share = (ms: number): string => formatFraction(ms / (side.totalMs || 1));
  const rows = side.phases.map((phase): HtmlCell[] => [
    name(phase.name),
    figure(formatValue(phase.ms, 'ms')),
    figure(compared ? formatDifference(phase.differenceMs, 'ms') : share(phase.ms)),
    figure(formatFraction(phase.silence.share)),
    { text: silenceWord(phase), kind: 'text' },
  ]);
  const total = side.phases.reduce((sum, { differenceMs }) => sum + (differenceMs ?? 0), 0);
  rows.push([
    name('together'),
    figure(formatValue(side.totalMs, 'ms')),
    figure(compared ? formatDifference(total, 'ms') : share(side.totalMs)),
    figure(''),
    { text: '', kind: 'text' },
  ]);
  const head = ['phase', 'time', compared ? 'change' : 'share', 'silent', 'meanwhile'];
  return table(`Phases of ${side.side}, adding up`, head, rows);
}

function parts(side: SideBlame): string {
  const all = rankedParts(side);
  const rows = all
    .slice(0, mostParts)
    .map((part): HtmlCell[] => [
      name(partName(part)),
      figure(formatValue(part.ms, 'ms')),
      figure(formatFraction(part.ms / (side.totalMs || 1))),
      figure(formatInterval({ low: part.lowMs, high: part.highMs }, 'ms')),
      { text: part.kind === 'unnamed' ? '' : `${part.kind} in ${part.phase}`, kind: 'text' },
    ]);
  const rest = all.slice(mostParts);
  if (rest.length > 0) {
    const ms = rest.reduce((sum, part) => sum + part.ms, 0);
    const cells = [
      name(`${rest.length} smaller ones`),
      figure(formatValue(ms, 'ms')),
      figure(formatFraction(ms / (side.totalMs || 1))),
    ];
    rows.push([...cells, figure(''), { text: '', kind: 'text' }]);
  }
  return table(`Own times of ${side.side}`, ['own time of', 'time', 'share', 'middle half', 'what'], rows);
}

function chain({ metric, boot, links }: Chain): string {
  const endMs = links.at(-1)?.endMs ?? 0;
  const kept = links.filter((link) => link.endMs - link.startMs >= shownLink * endMs);
  const rows = kept.map((link): HtmlCell[] => [
    figure(`${(link.startMs / 1000).toFixed(2)} s`),
    name(link.kind === 'phase' ? `(${link.name})` : link.name),
    figure(formatDifference(link.endMs - link.startMs, 'ms')),
  ]);
  const title = `Critical chain to ${metric}, boot ${boot}: ${formatValue(endMs, 'ms')}`;
  return `<details><summary>${escapeHtml(title)}</summary>\n${table(title, ['at', 'link', 'takes'], rows)}</details>`;
}
