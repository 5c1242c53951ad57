// The console of a boot as report.html shows it: time, phase and text of every line, searchable by the page's script.

import { plainLine } from '../model/plain-text.ts';
import type { Side } from '../model/scenario.ts';
import type { Phase, SerialLine } from '../model/timeline.ts';
import { formatCount } from '../model/units.ts';
import { formatValue, nsToMs } from './format.ts';
import { type Html, html, lines as joined, nothing, ownSource } from './html-writer.ts';

/** The console of one boot, each line with the phase that it was printed in. */
export interface HtmlConsole {
  readonly scenario: string;
  readonly boot: number;
  readonly side: Side;
  /** It is shown because it did not get ready. */
  readonly failed?: true;
  readonly lines: readonly (Pick<SerialLine, 'text' | 'firstNs'> & { readonly phase: string })[];
}

/** Gives every line the phase that was going on when its first byte arrived; empty after the last phase. */
export function htmlConsole(
  boot: Omit<HtmlConsole, 'lines'>,
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
  const shown = lines.map(({ text, firstNs }) => ({ text, firstNs, phase: phaseAt(firstNs) }));
  return { ...boot, lines: shown };
}

/** A console and its lines as they stand on the page: all, or its beginning and its end. */
export interface ShownConsole {
  readonly console: HtmlConsole;
  readonly beginning: readonly Html[];
  readonly end: readonly Html[];
}

/** What the page shows of each console. Together they take no more than so many bytes: what short ones leave, long ones get. */
export function fitConsoles(consoles: readonly HtmlConsole[], most: number): ShownConsole[] {
  const drawn = consoles.map(drawConsole);
  const shares = new Map<DrawnConsole, number>();
  let room = most;
  for (const [index, one] of drawn.toSorted((a, b) => a.bytes - b.bytes).entries()) {
    const share = Math.floor(room / (drawn.length - index));
    shares.set(one, share);
    room -= Math.min(one.bytes, share);
  }
  return drawn.map((one) => cut(one, shares.get(one) ?? 0));
}

/** `boot 5 (head, failed)`. */
export const bootOf = ({ console: { boot, side, failed } }: ShownConsole): string =>
  `boot ${boot} (${side}${failed ? ', failed' : ''})`;

/** A fold; the search field appears only where scripts run. */
export function consoleBox(shown: ShownConsole, id: string, state: 'open' | 'closed'): Html {
  const { console, beginning, end } = shown;
  const left = console.lines.length - beginning.length - end.length;
  const title = `Console of ${bootOf(shown)}`;
  const missing = `${formatCount(left, 'line')} left out here; everything that was recorded is in the run folder.`;
  return joined([
    html`<details class="console-box"${ownSource(state === 'open' ? ' open' : '')}><summary>${title}, ${formatCount(console.lines.length, 'line')}</summary>
<label for="search-${id}" class="soft">Search in the lines, their phases and times</label>
<input id="search-${id}" class="search" type="search" hidden>
<p class="soft found" aria-live="polite"></p>
<div class="${console.failed ? 'console from-end' : 'console'}" role="region" aria-label="${title}" tabindex="0">`,
    ...beginning,
    left > 0 ? html`<p class="soft">${missing}</p>` : nothing,
    ...end,
    html`</div>\n</details>`,
  ]);
}

const mostBeginning = 1000;
const mostLines = 4000;

interface DrawnLine {
  readonly drawn: Html;
  /** As UTF-8, with the line end. */
  readonly bytes: number;
}

interface DrawnConsole {
  readonly console: HtmlConsole;
  readonly beginning: readonly DrawnLine[];
  readonly end: readonly DrawnLine[];
  readonly bytes: number;
}

function drawConsole(console: HtmlConsole): DrawnConsole {
  const { lines } = console;
  const split = Math.min(mostBeginning, lines.length >> 2);
  const beginning = lines.slice(0, split).map(drawLine);
  const end = lines.slice(Math.max(split, lines.length - (mostLines - mostBeginning))).map(drawLine);
  return { console, beginning, end, bytes: bytesOf(beginning) + bytesOf(end) };
}

function drawLine({ text, firstNs, phase }: HtmlConsole['lines'][number]): DrawnLine {
  const at = formatValue(nsToMs(firstNs), 'ms');
  const drawn = html`<div><span class="at">${at}</span><span class="in">${plainLine(phase, 40)}</span><span class="what">${plainLine(text, 400)}</span></div>`;
  return { drawn, bytes: encoder.encode(drawn.text).length + 1 };
}

const encoder = new TextEncoder();
const htmlOf = ({ drawn }: DrawnLine): Html => drawn;
const bytesOf = (lines: readonly DrawnLine[]): number => lines.reduce((sum, { bytes }) => sum + bytes, 0);

/** A boot begins with its cause and ends with its failure: the end gets all that the beginning leaves. */
function cut({ console, beginning, end, bytes }: DrawnConsole, most: number): ShownConsole {
  const first = bytes <= most ? beginning : within(beginning, most / 4);
  const last = bytes <= most ? end : within(end.toReversed(), most - bytesOf(first)).toReversed();
  return { console, beginning: first.map(htmlOf), end: last.map(htmlOf) };
}

/** The first lines that take no more than so many bytes. */
function within(lines: readonly DrawnLine[], most: number): DrawnLine[] {
  let room = most;
  const over = lines.findIndex(({ bytes }) => {
    room -= bytes;
    return room < 0;
  });
  return over < 0 ? [...lines] : lines.slice(0, over);
}
