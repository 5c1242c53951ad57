// report.html: one file that needs no network and, for all but the console's search, no JavaScript.

import type { Report } from '../model/report.ts';
import { formatCount } from '../model/units.ts';
import { comparedLine } from './compared.ts';
import { dotPlot, dotPlotStyle } from './dot-plot.ts';
import { blameSection, perspectiveBox } from './html-blame.ts';
import { bootOf, consoleBox, fitConsoles, type HtmlConsole, type ShownConsole } from './html-console.ts';
import { drawingsSection } from './html-drawings.ts';
import { htmlScript, htmlScriptHash } from './html-script.ts';
import { htmlStyle } from './html-style.ts';
import { fold, type Html, html, htmlProse, htmlTable, isNothing, lines, nothing, ownSource } from './html-writer.ts';
import { intervalPlot, intervalPlotStyle, intervalText } from './interval-plot.ts';
import { type Picture, pictureStyle } from './picture.ts';
import { firstRows, withColumns } from './table.ts';
import { mainSummary } from './title.ts';
import { scenarioVerdict } from './verdict-words.ts';
import { type FindingView, type ReportView, reportView, type ScenarioView } from './view.ts';
import { waterfall, waterfallNumbers, waterfallText } from './waterfall.ts';

/**
 * The whole page. Of a long console beginning and end are shown, at most 4,000 lines, and of all together 2 MB or what the rest of the
 * page leaves of 3 MB; what is left out is said.
 */
export function htmlReport(report: Report, consoles: readonly HtmlConsole[] = []): string {
  const view = reportView(report);
  const rest = encoder.encode(pageWith(view, fitConsoles(consoles, 0))).length;
  return pageWith(view, fitConsoles(consoles, Math.min(mostConsoleBytes, Math.max(0, mostBytes - rest))));
}

const encoder = new TextEncoder();
const mostConsoleBytes = 2_000_000;
const mostBytes = 2_990_000;

function pageWith(view: ReportView, shown: readonly ShownConsole[]): string {
  const policy = ownSource(
    `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${htmlScriptHash}'; base-uri 'none'; form-action 'none'`,
  );
  const script = shown.length === 0 ? nothing : html`<script>${ownSource(htmlScript)}</script>`;
  const page = lines([
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${view.title} - Bootgauge</title>
<style>${ownSource(pictureStyle + dotPlotStyle + intervalPlotStyle + htmlStyle)}</style>
</head>
<body>
<main>
<p class="soft">Bootgauge run ${view.run}</p>
<h1>${view.title}</h1>`,
    ...view.scenarios.map((scenario, index) => section(scenario, shown, index)),
    view.scenarios.some(({ source }) => source.typical.length > 0) ? perspectiveBox() : nothing,
    method(view),
    ownSource('</main>'),
    script,
    ownSource('</body>\n</html>'),
  ]);
  return `${page.text}\n`;
}

/** A phone shows the first three or four: change and verdict before what they come from. */
const metricColumns = 'metric change verdict base head median interval boots noise limit resolution'.split(' ');

function section(scenario: ScenarioView, consoles: readonly ShownConsole[], index: number): Html {
  const { id, word, source } = scenario;
  const own = consoles.filter(({ console }) => console.scenario === source.scenario.id);
  const boots = bootSwitch(scenario, own, index);
  const causes = lines([
    titled('Findings', bulleted(scenario.findings.map(finding))),
    titled('Warnings', bulleted(scenario.warnings.map((text) => htmlProse(text)))),
  ]);
  const hasFailed = word === 'failed';
  return lines([
    html`<section aria-labelledby="scenario-${index}">
<h2 id="scenario-${index}">${id} <span class="word word-${word}">${scenarioVerdict(source)}</span></h2>`,
    ...opening(scenario),
    failures(scenario),
    ...(hasFailed ? [causes, boots] : []),
    picture(
      { title: 'What decided: change against limit and floor', text: intervalText(source), id: `intervals-${index}` },
      (width) => intervalPlot(source, { width }),
    ),
    titled(scenario.moved.title, htmlTable(scenario.moved)),
    titled('Metrics', htmlTable(withColumns(scenario.metrics, metricColumns))),
    ...pictures(scenario, index),
    fold('Phases, medians of all boots', htmlTable(scenario.phases), 'open'),
    fold('Services, medians of all boots', htmlTable(firstRows(scenario.services, 40))),
    blameSection(source),
    ...(hasFailed ? [] : [causes]),
    fold('Vulkan: what changed', htmlTable(scenario.vulkanChanges)),
    drawingsSection(source),
    ...(hasFailed ? [] : [boots]),
    fold(`All ${formatCount(source.boots.length, 'boot')}`, htmlTable(scenario.boots)),
    fold('Conditions', htmlTable(scenario.conditions)),
    ownSource('</section>'),
  ]);
}

function opening(scenario: ScenarioView): readonly Html[] {
  const { recorded, because, where, next } = scenario;
  return [
    about(scenario),
    recorded === '' ? nothing : html`<p><strong>${recorded}</strong></p>`,
    paragraph(because),
    where === '' ? nothing : html`<p>Where: <strong>${where}</strong></p>`,
    next.command === '' ? paragraph(next.text) : html`<p>${next.text}: <code>${next.command}</code></p>`,
  ];
}

/** One boot at a time: its waterfall, where both sides were booted, and its console. */
function bootSwitch({ source, word }: ScenarioView, consoles: readonly ShownConsole[], index: number): Html {
  const state = word === 'failed' ? 'open' : 'closed';
  const [only] = consoles;
  if (only === undefined) return nothing;
  if (consoles.length === 1) return consoleBox(only, `${index}-0`, state);
  const wanted = (failed: boolean) => (one: ShownConsole) =>
    one.console.side === 'head' && (one.console.failed === true) === failed;
  const first = consoles.findIndex(wanted(word === 'failed'));
  const choices = consoles.map((one, at) => {
    const checked = ownSource(at === Math.max(0, first) ? ' checked' : '');
    return html`<label><input type="radio" name="boot-${index}" class="boot-${at}"${checked}> ${bootOf(one)}</label>`;
  });
  const panels = consoles.map((one, at) => {
    const { side, boot } = one.console;
    const isTypical = source.typical.some((typical) => typical.side === side && typical.number === boot);
    const caption = { title: `Time of ${bootOf(one)}`, text: '', id: `boot-${index}-${at}` };
    const drawn = isTypical ? picture(caption, (width) => waterfall(source, { width, only: side })) : nothing;
    return html`<div class="boot-${at}">${lines([drawn, consoleBox(one, `${index}-${at}`, state)])}</div>`;
  });
  return html`<h3>Boot by boot</h3>
<div class="switch"><fieldset><legend>Shown</legend>${choices}</fieldset>
${panels}
</div>`;
}

function about({ compared, machine, vulkan }: ScenarioView): Html {
  const driver = vulkan === '' ? nothing : html`<br>${vulkan}`;
  return html`<p class="soft">${comparedLine(compared)}<br>${machine}${driver}</p>`;
}

function pictures({ source }: ScenarioView, index: number): readonly Html[] {
  const metric = mainSummary(source, 'head')?.metric ?? '';
  const dots = `${metric} of ${formatCount(source.boots.length, 'boot')} in the order taken; dashed lines are medians.`;
  return [
    picture({ title: `Every boot: ${metric}`, text: dots, id: `dots-${index}` }, (width) => dotPlot(source, { width })),
    picture(
      {
        ...{ title: 'Where the time goes', text: waterfallText(source), id: `waterfall-${index}` },
        note: `Bars: boots nearest to the median. Numbers: ${waterfallNumbers}.`,
      },
      (width) => waterfall(source, { width }),
    ),
  ];
}

interface Caption {
  readonly title: string;
  /** For people who do not see the picture. */
  readonly text: string;
  readonly id: string;
  /** What a phone's picture has no room to say. */
  readonly note?: string;
}

/** The same picture drawn for a desk and for a phone; the style sheet shows one of them. */
function picture({ title, text, id, note = '' }: Caption, draw: (width: number) => Picture | null): Html {
  const drawn = [
    { kind: 'desk', width: 900 },
    { kind: 'phone', width: 340 },
  ].flatMap(({ kind, width }) => {
    const { elements, height } = draw(width) ?? { elements: nothing, height: 0 };
    if (isNothing(elements)) return [];
    const own = `${id}-${kind}`;
    return html`<svg class="${kind}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${own}-title ${own}-text">
<title id="${own}-title">${title}</title>
<desc id="${own}-text">${text}</desc>
${elements}
</svg>`;
  });
  const shown = note === '' || drawn.length === 0 ? drawn : [html`<p class="soft note phone">${note}</p>`, ...drawn];
  return titled(title, lines(shown));
}

function failures({ failures: all, word }: ScenarioView): Html {
  const most = word === 'failed' ? 10 : 3;
  const items = all.slice(0, 8).map(({ text, console, autopsy }, index) => {
    const seen = lines(autopsy.map((line) => html`<pre>${line}</pre>`));
    const state = word === 'failed' && index === 0 ? 'open' : 'closed';
    const examined = autopsy.length === 0 ? nothing : fold('Examination before QEMU was ended', seen, state);
    const said = console.slice(-most);
    const last = said.length === 0 ? nothing : html`<pre>${said.map((line) => html`${line}`)}</pre>`;
    return html`${text}${last}${examined}`;
  });
  const more = all.length - items.length;
  return titled('Boots that failed', bulleted([...items, ...(more > 0 ? [html`and ${more} other ways`] : [])]));
}

function finding({ id, severity, text, evidence }: FindingView): Html {
  const tone = { error: 'bad', warning: 'doubt', note: 'soft' }[severity];
  const shown = evidence.map((line) => html`<pre>${line}</pre>`);
  return html`<span class="${tone}">${severity}</span> <code>${id}</code> ${htmlProse(text)}${shown}`;
}

function method({ method: { sentences, commands } }: ReportView): Html {
  return html`<section aria-labelledby="method">
<h2 id="method">Method and how to reproduce</h2>
<p>${htmlProse(sentences.join(' '))}</p>
<pre>${commands.map((command) => html`${command}`)}</pre>
</section>`;
}

const paragraph = (text: string): Html => (text === '' ? nothing : html`<p>${htmlProse(text)}</p>`);

const titled = (title: string, body: Html): Html => (isNothing(body) ? nothing : html`<h3>${title}</h3>\n${body}`);

function bulleted(items: readonly Html[]): Html {
  return items.length === 0 ? nothing : html`<ul>\n${items.map((item) => html`<li>${item}</li>`)}\n</ul>`;
}
