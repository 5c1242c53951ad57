// report.svg: the typical boots of every scenario as waterfalls, one below the other. Hand-written SVG, no script.
import type { Report } from '../model/report.ts';
import { type Html, html } from './html-writer.ts';
import { standAlone } from './picture.ts';
import { reportTitle, worstFirst } from './title.ts';
import { waterfall, waterfallText } from './waterfall.ts';

const width = 900;
const margin = 20;

/** A stand-alone picture, light or dark as the reader's system is; fits any width. */
export function svgReport(report: Report): string {
  const scenarios = worstFirst(report.scenarios);
  const parts: Html[] = [];
  let top = margin;
  for (const scenario of scenarios) {
    const { elements, height } = waterfall(scenario, { width: width - 2 * margin });
    parts.push(html`<g transform="translate(${margin} ${top})">\n${elements}\n</g>`);
    top += height + margin;
  }
  const text = scenarios.map(waterfallText).join(' ');
  return standAlone({ title: `Boot waterfall: ${reportTitle(report)}`, text, width, height: top }, parts);
}
