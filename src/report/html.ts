// report.html: one file that needs no network and, for all but the console's search, no JavaScript.
import type { Report, ScenarioReport } from '../model/report.ts';
import { dotPlot, dotPlotStyle } from './dot-plot.ts';
import { escapeHtml } from './escape.ts';
import { formatCount } from './format.ts';
import {
  comparedWith,
  headline,
  machineLine,
  mainSummary,
  nextStep,
  recordedLine,
  verdictTitle,
  whereLine,
} from './headline.ts';
import { blameSection, perspectiveBox } from './html-blame.ts';
import { consoleBox, fitConsoles, type HtmlConsole, type ShownConsole } from './html-console.ts';
import { htmlScript, htmlScriptHash } from './html-script.ts';
import { htmlStyle } from './html-style.ts';
import {
  bootTable,
  conditionTable,
  findingList,
  metricTable,
  phaseTable,
  vulkanTable,
  warningList,
} from './html-tables.ts';
import { methodText } from './method.ts';
import { vulkanLine } from './vulkan-text.ts';
import { type Picture, waterfall, waterfallStyle, waterfallText } from './waterfall.ts';

/**
 * The whole page. Of a long console beginning and end are shown, at most 4,000 lines, and of all together 2 MB or what the rest of the
 * page leaves of 3 MB; what is left out is said.
 */
export function htmlReport(report: Report, consoles: readonly HtmlConsole[] = []): string {
  const rest = encoder.encode(pageWith(report, fitConsoles(consoles, 0))).length;
  return pageWith(report, fitConsoles(consoles, Math.min(mostConsoleBytes, Math.max(0, mostBytes - rest))));
}

const encoder = new TextEncoder();
const mostConsoleBytes = 2_000_000;
const mostBytes = 2_990_000;

function pageWith(report: Report, shown: readonly ShownConsole[]): string {
  const title = escapeHtml(headline(report));
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${htmlScriptHash}'; base-uri 'none'; form-action 'none'`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${title} - Bootgauge</title>`,
    `<style>${waterfallStyle}${dotPlotStyle}${htmlStyle}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<p class="soft">Bootgauge run ${escapeHtml(report.run)}</p>`,
    `<h1>${title}</h1>`,
    ...report.scenarios.map((scenario, index) => section(report, scenario, shown, index)),
    method(report),
    '</main>',
    ...(shown.length === 0 ? [] : [`<script>${htmlScript}</script>`]),
    '</body>',
    '</html>\n',
  ].join('\n');
}

function section(report: Report, scenario: ScenarioReport, consoles: readonly ShownConsole[], index: number): string {
  const { word, because } = scenario.verdict;
  const vulkan = vulkanLine(scenario) === '' ? '' : `<br>${escapeHtml(vulkanLine(scenario), 700)}`;
  const changes = vulkanTable(scenario);
  const { id } = scenario.scenario;
  const where = whereLine(scenario);
  const recorded = scenario.comparisons.length === 0 ? recordedLine(scenario) : '';
  const phases = phaseTable('phase', scenario.phases);
  return [
    `<section aria-labelledby="scenario-${index}">`,
    `<h2 id="scenario-${index}">${escapeHtml(id, 80)} <span class="word word-${word}">${verdictTitle(word)}</span></h2>`,
    `<p class="soft">${escapeHtml(comparedWith(report, scenario))}<br>${escapeHtml(machineLine(scenario.conditions.head, scenario))}${vulkan}</p>`,
    recorded === '' ? '' : `<p><strong>${escapeHtml(recorded)}</strong></p>`,
    because === '' ? '' : `<p>${escapeHtml(because, 600)}</p>`,
    where === '' ? '' : `<p>Where: <strong>${escapeHtml(where)}</strong></p>`,
    step(report, scenario),
    '<h3>Metrics</h3>',
    metricTable(scenario),
    picture(`Every boot: ${mainSummary(scenario, 'head')?.metric ?? ''}`, 'dots', index, dotText(scenario), (width) =>
      dotPlot(scenario, { width }),
    ),
    picture('Where the time goes', 'waterfall', index, waterfallText(scenario), (width) =>
      waterfall(scenario, { width }),
    ),
    waterfallText(scenario) === '' ? '' : perspectiveBox(),
    phases === '' ? '' : `<details open><summary>Phases, medians of all boots</summary>${phases}</details>`,
    scenario.services.length === 0
      ? ''
      : `<details><summary>Services</summary>${phaseTable('service', scenario.services.slice(0, 40))}</details>`,
    blameSection(scenario),
    titled('Findings', findingList(scenario)),
    titled('Warnings', warningList(scenario)),
    changes === '' ? '' : `<details><summary>Vulkan: what changed</summary>${changes}</details>`,
    ...consoles
      .filter((entry) => entry.console.scenario === id)
      .map((entry, at) => consoleBox(entry, `${index}-${at}`)),
    `<details><summary>All ${formatCount(scenario.boots.length, 'boot')}</summary>${bootTable(scenario)}</details>`,
    `<details><summary>Conditions</summary>${conditionTable(scenario)}</details>`,
    '</section>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

const titled = (title: string, body: string): string => (body === '' ? '' : `<h3>${title}</h3>\n${body}`);

function step(report: Report, scenario: ScenarioReport): string {
  const { text, command } = nextStep(report, scenario);
  if (text === '') return '';
  return `<p>${escapeHtml(text, 600)}${command === '' ? '' : ` <code>${escapeHtml(command)}</code>`}</p>`;
}

/** The same picture drawn for a desk and for a phone; the style sheet shows one of them. */
function picture(
  title: string,
  name: string,
  index: number,
  description: string,
  draw: (width: number) => Picture | null,
): string {
  const drawn = [
    { kind: 'desk', width: 900 },
    { kind: 'phone', width: 340 },
  ].flatMap(({ kind, width }) => {
    const { elements, height } = draw(width) ?? { elements: '', height: 0 };
    if (elements === '') return [];
    const id = `${name}-${index}-${kind}`;
    return [
      `<svg class="${kind}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-text">`,
      `<title id="${id}-title">${escapeHtml(title, 80)}</title>`,
      `<desc id="${id}-text">${escapeHtml(description, 2000)}</desc>`,
      elements,
      '</svg>',
    ];
  });
  return drawn.length === 0 ? '' : [`<h3>${escapeHtml(title, 80)}</h3>`, ...drawn].join('\n');
}

function dotText(scenario: ScenarioReport): string {
  const metric = mainSummary(scenario, 'head')?.metric ?? '';
  return `${metric} of ${formatCount(scenario.boots.length, 'boot')} in the order taken; dashed lines are medians.`;
}

function method(report: Report): string {
  const { sentences, commands } = methodText(report);
  return [
    '<section aria-labelledby="method">',
    '<h2 id="method">Method and how to reproduce</h2>',
    `<p>${escapeHtml(sentences.join(' '), 1000)}</p>`,
    `<pre>${commands.map((command) => escapeHtml(command)).join('\n')}</pre>`,
    '</section>',
  ].join('\n');
}
