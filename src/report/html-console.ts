// The console of a boot as report.html shows it: time, phase and text of every line, searchable by the page's script.
import type { Side } from '../model/scenario.ts';
import type { Phase, SerialLine } from '../model/timeline.ts';
import { escapeHtml } from './escape.ts';
import { formatCount, formatValue, nsToMs } from './format.ts';

/** The console of one boot, each line with the phase that it was printed in. */
export interface HtmlConsole {
  readonly scenario: string;
  readonly boot: number;
  readonly side: Side;
  readonly lines: readonly (Pick<SerialLine, 'text' | 'firstNs'> & { readonly phase: string })[];
}

/** Gives every line the phase that was going on when its first byte arrived; empty after the last phase. */
export function htmlConsole(
  boot: Pick<HtmlConsole, 'scenario' | 'boot' | 'side'>,
  lines: readonly SerialLine[],
  phases: readonly Phase[],
): HtmlConsole {
  const spans = phases
    .flatMap((phase) => phase.spans.map((span) => ({ ...span, name: phase.name })))
    .sort((left, right) => left.startNs - right.startNs);
  const phaseAt = (atNs: number): string => {
    const span = spans.findLast((entry) => entry.startNs <= atNs);
    return span !== undefined && atNs < span.endNs ? span.name : '';
  };
  const { scenario, side } = boot;
  const shown = lines.map(({ text, firstNs }) => ({ text, firstNs, phase: phaseAt(firstNs) }));
  return { scenario, boot: boot.boot, side, lines: shown };
}

/** A folded box; the search field appears only where scripts run. */
export function consoleBox(console: HtmlConsole, id: string): string {
  const lines = console.lines.slice(0, mostLines).map((line) => {
    const at = formatValue(nsToMs(line.firstNs), 'ms');
    return `<div><span class="at">${at}</span><span class="in">${escapeHtml(line.phase, 40)}</span><span class="what">${escapeHtml(line.text, 400)}</span></div>`;
  });
  const left = console.lines.length - lines.length;
  const title = `Console of boot ${console.boot} (${console.side})`;
  return [
    `<details class="console-box"><summary>${title}, ${formatCount(console.lines.length, 'line')}</summary>`,
    `<label for="search-${id}" class="soft">Search in the lines, their phases and times</label>`,
    `<input id="search-${id}" class="search" type="search" hidden>`,
    '<p class="soft found" aria-live="polite"></p>',
    `<div class="console" role="region" aria-label="${title}" tabindex="0">`,
    ...lines,
    '</div>',
    ...(left > 0 ? [`<p class="soft">${formatCount(left, 'more line')} in the run folder.</p>`] : []),
    '</details>',
  ].join('\n');
}

const mostLines = 4000;
