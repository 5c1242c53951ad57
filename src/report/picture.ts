// What all pictures share: colours, text that stays in its place, and whole stand-alone files. Elements are SVG and
// escaped as HTML is. All text is monospaced and cut by its column count, so that it cannot run out of its place.
import { scaleLinear } from 'd3-scale';
import { columnsOf, cutToColumns, plainLine } from '../model/plain-text.ts';
import { type Html, html, lines, nothing, ownSource } from './html-writer.ts';

export interface Picture {
  /** To be put into an `<svg>` or `<g>`. */
  readonly elements: Html;
  readonly height: number;
}

/** Colours in both schemes, for files of their own and within report.html. */
export const pictureStyle = `
:root { color-scheme: light dark; }
.page { fill: #ffffff; }
text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #24292f; }
.title { font-weight: 600; font-size: 13px; }
.small { font-size: 10.5px; fill: #57606a; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.mark { stroke: #8250df; stroke-width: 1; stroke-dasharray: 3 3; }
.head { fill: #0969da; }
.base { fill: #afb8c1; }
.service { fill: #1b7c83; }
.failed { fill: #cf222e; }
.stripe { fill: #f6f8fa; }
.slower { fill: #b4232c; font-weight: 600; }
.faster { fill: #116329; font-weight: 600; }
@media screen and (prefers-color-scheme: dark) {
  .page { fill: #0d1117; }
  text { fill: #e6edf3; }
  .small { fill: #9198a1; }
  .grid { stroke: #30363d; }
  .mark { stroke: #ab7df8; }
  .head { fill: #4493f8; }
  .base { fill: #656c76; }
  .service { fill: #39c5cf; }
  .failed { fill: #f85149; }
  .stripe { fill: #151b23; }
  .slower { fill: #ff7b72; }
  .faster { fill: #56d364; }
}
`;

type TextKind = 'title' | 'small' | 'plain' | 'slower' | 'faster';

/** Pixels of one column. */
const columnWidth: Record<TextKind, number> = { title: 8, small: 6.4, plain: 7.3, slower: 7.3, faster: 7.3 };

/** How wide a text is, in pixels. */
export const widthOf = (text: string, kind: TextKind): number => columnsOf(plainLine(text)) * columnWidth[kind];

/** Text from `x` on, cut where `room` ends; the whole of it is shown when a reader points at it. */
export function label(content: string, kind: TextKind, { x, y, room }: { x: number; y: number; room: number }): Html {
  const line = plainLine(content);
  const shown = cutToColumns(line, Math.max(0, Math.floor(room / columnWidth[kind])));
  if (shown === '') return nothing;
  const whole = shown === line ? nothing : html`<title>${line}</title>`;
  const look = kind === 'plain' ? nothing : html` class="${kind}"`;
  return html`<text${look} x="${short(x)}" y="${y}">${shown}${whole}</text>`;
}

/** What the marks of a picture stand for, one beside the other, in one line; a mark is 16 pixels wide and stands around y = 9. */
export function keyOf(
  parts: readonly { readonly mark: Html; readonly text: string }[],
  { width, y }: { readonly width: number; readonly y: number },
): Html {
  let x = 0;
  return lines(
    parts.map(({ mark, text }) => {
      const at = x;
      x += 22 + widthOf(text, 'small') + 14;
      return html`<g transform="translate(${short(at)} ${y})">${mark}${label(text, 'small', { x: 22, y: 13, room: width - at - 22 })}</g>`;
    }),
  );
}

/** Round values within a range, at most one more than asked for: the library takes the number for a hint only. */
export function niceTicks([low, high]: readonly [number, number], most: number): readonly number[] {
  const scale = scaleLinear([low, high], [0, 1]);
  for (let count = most; count > 1; count -= 1) {
    const ticks = scale.ticks(count);
    if (ticks.length <= most + 1) return ticks;
  }
  return scale.ticks(1);
}

/** Coordinates need no more digits: files stay small. */
export const short = (value: number): number => Math.round(value * 10) / 10;

/** A picture as a file: it fits any width, and is light or dark as the reader's system is. */
export function standAlone(
  picture: { readonly title: string; readonly text: string; readonly width: number; readonly height: number },
  elements: readonly Html[],
): string {
  const { title, text, width, height } = picture;
  const file = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">${title}</title>
<desc id="desc">${text}</desc>
<style>${ownSource(pictureStyle)}</style>
<rect class="page" width="${width}" height="${height}"/>
${elements}
</svg>`;
  return `${file.text}\n`;
}
