// npm run bench:html -- [--pictures FOLDER] [--json]: report.html in Chromium, light and dark, on a phone, a desk and paper, and with
// 1,000 boots. Promises: nothing overflows, no error, axe finds no serious fault, hostile text stays text, it is small and quick.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { analyzeInFull } from '../../src/analyze.ts';
import { htmlReport } from '../../src/report/html.ts';
import { type HtmlConsole, htmlConsole } from '../../src/report/html-console.ts';
import {
  exampleBoot,
  exampleConditions,
  exampleRecordedScenario,
  exampleRun,
  exampleScenario,
} from '../examples/run.ts';
import { exampleReports, hostileText } from '../report/example-reports.ts';
import { openChromium, type Tab, type View } from './chromium.ts';
import { finishBench } from './table.ts';

const largestBytes = 3_000_000;
const longestLoadMs = 3000;
const longestSearchMs = 500;

const { values } = parseArgs({
  options: { pictures: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const hostileConsole: HtmlConsole = {
  ...{ scenario: 'default', boot: 5, side: 'head' },
  lines: Array.from({ length: 300 }, (_, index) => ({
    text: index % 37 === 5 ? hostileText : ` * Starting service ${index} ... [ ok ]`,
    ...{ firstNs: index * 8e6, phase: index < 100 ? 'before-openrc' : 'mdev' },
  })),
};

/** A run of 1,000 boots as it would be recorded, both sides in turn, with more console than a page can hold. */
function thousandBoots(): string {
  const boots = Array.from({ length: 1000 }, (_, index) => {
    const side = index % 2 === 0 ? ('base' as const) : ('head' as const);
    const ms = 8000 * (side === 'head' ? 1.08 : 1) * (1 + 0.03 * Math.sin(index * 2.3));
    return exampleBoot(index + 1, ms, { side, round: 1 + (index >> 1) });
  });
  const conditions = { head: exampleConditions, base: exampleConditions };
  const scenario = { ...exampleScenario, base: exampleScenario.head };
  const { report, boots: read } = analyzeInFull(exampleRun([exampleRecordedScenario(boots, { conditions, scenario })]));
  const [first] = read;
  if (first === undefined) throw new Error('no boot was read');
  const lines = Array.from({ length: 6000 }, (_, index) => ({
    // Every third line is as long as one can be.
    text: `[    0.${index}] line ${index} of a verbose console ${index % 3 === 0 ? '<&"> '.repeat(80) : ''}`,
    ...{ firstNs: index * 1e6, lastNs: index * 1e6, terminated: true },
  }));
  const consoles = (['base', 'head'] as const).map((side, index) =>
    htmlConsole({ scenario: 'default', boot: index + 1, side }, lines, first.timeline.phases),
  );
  return htmlReport(report, consoles);
}

const pages: Readonly<Record<string, string>> = {
  slower: htmlReport(exampleReports.slower, [hostileConsole]),
  failed: htmlReport(exampleReports.failed, [hostileConsole]),
  hostile: htmlReport(exampleReports.hostile, [hostileConsole]),
  thousand: thousandBoots(),
};

interface Seen {
  readonly page: string;
  readonly view: string;
  readonly overflowing: readonly string[];
  readonly complaints: readonly string[];
  readonly faults: readonly { readonly id: string; readonly impact: string; readonly where: string }[];
  readonly loadMs: number;
  readonly searchMs: number | null;
}

const openAll = `for (const box of document.querySelectorAll('details')) box.open = true;`;

/** Wider than the window, or text of a picture that runs out of the picture. */
const overflowing = `(() => {
  const wide = document.documentElement.scrollWidth > innerWidth ? ['the page: ' + document.documentElement.scrollWidth] : [];
  const shown = [...document.querySelectorAll('svg')].filter((svg) => svg.getBoundingClientRect().width > 0);
  return wide.concat(shown.flatMap((svg) => {
    const box = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter((text) => {
      const own = text.getBoundingClientRect();
      return own.left < box.left - 1 || own.right > box.right + 1;
    }).map((text) => text.textContent);
  }));
})()`;

const search = `(() => {
  const field = document.querySelector('.search');
  const begun = performance.now();
  field.value = '7';
  field.dispatchEvent(new Event('input'));
  document.body.getBoundingClientRect();
  const took = performance.now() - begun;
  const said = document.querySelector('.found').textContent;
  field.value = '';
  field.dispatchEvent(new Event('input'));
  return { took, said };
})()`;

/** That much passed shows that axe looked. */
const violations = `axe.run().then(({ violations, passes }) => {
  if (passes.length < 10) throw new Error('axe looked at nothing');
  return violations.map(({ id, impact, nodes }) =>
    ({ id, impact, where: nodes[0].html.slice(0, 160) + ' ' + nodes[0].failureSummary.slice(0, 200) }));
})`;

const folder = mkdtempSync(join(tmpdir(), 'bootgauge-bench-html-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130));
const pictures = values.pictures === undefined ? null : resolve(values.pictures);
if (pictures !== null) mkdirSync(pictures, { recursive: true });
const seen: Seen[] = [];
{
  await using chromium = await openChromium();
  for (const [page, text] of Object.entries(pages)) {
    writeFileSync(join(folder, `${page}.html`), text);
    if (pictures !== null) writeFileSync(join(pictures, `${page}.html`), text);
    const url = pathToFileURL(join(folder, `${page}.html`)).href;
    const common: View = { url, width: 1280, scheme: 'light', scripts: 'run', media: 'screen' };
    const views: readonly View[] = [
      ...([390, 1280] as const).flatMap((width) =>
        (['light', 'dark'] as const).map((scheme): View => ({ ...common, width, scheme })),
      ),
      { ...common, scripts: 'off' },
      // What a sheet of A4 has between its margins.
      { ...common, width: 718, media: 'print' },
    ];
    for (const view of views) {
      const tab = await chromium.open(view);
      seen.push(await look(page, view, tab));
      await tab.close();
    }
  }
}
report();

async function look(page: string, view: View, tab: Tab): Promise<Seen> {
  const words =
    view.media === 'print' ? 'print' : view.scripts === 'off' ? 'no-scripts' : `${view.width}-${view.scheme}`;
  await tab.evaluate(openAll);
  const spills = await tab.evaluate<string[]>(overflowing);
  const complaints: string[] = [];
  let searchMs: number | null = null;
  if (view.scripts === 'run' && view.media === 'screen') {
    const found = await tab.evaluate<{ took: number; said: string }>(search);
    searchMs = found.took;
    if (!/^\d+ of \d+ lines$/.test(found.said)) complaints.push(`the search says ${JSON.stringify(found.said)}`);
  }
  if (view.scripts === 'off' && (await tab.evaluate<boolean>(`!document.querySelector('.search').hidden`)))
    complaints.push('a search that cannot search is shown');
  if (pictures !== null) {
    const file = join(pictures, `${page}-${words}`);
    if (view.media === 'print') writeFileSync(`${file}.pdf`, await tab.pdf());
    else writeFileSync(`${file}.png`, await tab.picture());
  }
  // All that the page itself has to answer for has happened by now.
  complaints.push(...tab.complaints);
  let faults: Seen['faults'] = [];
  // Without scripts axe cannot run either.
  if (view.media === 'screen' && view.scripts === 'run') {
    await tab.evaluate(`${axe};0`);
    faults = await tab.evaluate<Seen['faults']>(violations);
  }
  process.stderr.write(`${page} ${words}: ${[...spills, ...complaints].join('; ') || 'well'}, axe ${faults.length}\n`);
  return { page, view: words, overflowing: spills, complaints, faults, loadMs: tab.loadMs, searchMs };
}

function report(): void {
  const serious = seen.flatMap(({ faults }) => faults).filter(({ impact }) => ['serious', 'critical'].includes(impact));
  const spills = seen.filter((view) => view.overflowing.length > 0);
  const complaining = seen.filter(({ complaints }) => complaints.length > 0);
  const largest = Buffer.byteLength(pages.thousand ?? '');
  const slowest = Math.max(...seen.map(({ loadMs }) => loadMs));
  const search = Math.max(...seen.map(({ searchMs }) => searchMs ?? 0));
  const list = (some: readonly Seen[]): string => some.map(({ page, view }) => `${page} ${view}`).join('; ') || 'none';
  finishBench(
    {
      name: 'report.html in Chromium',
      columns: ['page', 'view', 'overflows', 'complaints', 'axe', 'loaded after, ms', 'search, ms'],
      rows: seen.map((view) => [
        ...[view.page, view.view, view.overflowing.length, view.complaints.length],
        ...[view.faults.map(({ id, impact }) => `${id} (${impact})`).join(', ') || '-', Math.round(view.loadMs)],
        view.searchMs === null ? '-' : view.searchMs.toFixed(1),
      ]),
      promises: [
        { what: 'nothing overflows', measured: list(spills), met: spills.length === 0 },
        { what: 'no error, no request, no dialog', measured: list(complaining), met: complaining.length === 0 },
        {
          what: 'axe finds no serious fault',
          measured: `${serious.length} in ${seen.length} views`,
          met: serious.length === 0,
        },
        {
          what: `1,000 boots take less than ${largestBytes / 1e6} MB`,
          measured: `${(largest / 1e6).toFixed(2)} MB`,
          met: largest < largestBytes,
        },
        {
          what: `every page is there within ${longestLoadMs / 1000} s and searched within ${longestSearchMs} ms`,
          measured: `${(slowest / 1000).toFixed(2)} s, ${search.toFixed(0)} ms`,
          met: slowest <= longestLoadMs && search <= longestSearchMs,
        },
      ],
      notes: [],
      data: seen,
    },
    values.json ? 'json' : 'table',
  );
}
