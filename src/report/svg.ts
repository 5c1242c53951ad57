// report.svg: the typical boots of every scenario as waterfalls, one below the other. Hand-written SVG, no script.
import type { Report } from '../model/report.ts';
import { escapeHtml } from './escape.ts';
import { headline } from './headline.ts';
import { waterfall, waterfallStyle, waterfallText } from './waterfall.ts';

/** A stand-alone picture, light or dark as the reader's system is; fits any width. */
export function svgReport(report: Report): string {
  const width = 900;
  const margin = 20;
  let top = margin;
  const parts: string[] = [];
  for (const scenario of report.scenarios) {
    const picture = waterfall(scenario, { width: width - 2 * margin });
    parts.push(`<g transform="translate(${margin} ${top})">\n${picture.elements}\n</g>`);
    top += picture.height + margin;
  }
  const title = escapeHtml(`Boot waterfall: ${headline(report)}`);
  const description = report.scenarios.map((scenario) => waterfallText(scenario)).join(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${title}</title>`,
    `<desc id="desc">${escapeHtml(description, 2000)}</desc>`,
    `<style>${waterfallStyle}</style>`,
    `<rect class="page" width="${width}" height="${top}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}
