// npm run bench:comment -- [--pictures FOLDER] [--json]: the comment in ten situations, in GitHub's own styles, on a phone and a desk,
// light and dark. Promises: nothing runs out of the page, no table in sight has to be scrolled on a desk, axe finds no serious fault.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { marked } from 'marked';
import { openChromium, type View } from './chromium.ts';
import { finishBench } from './table.ts';

const { values } = parseArgs({
  options: { pictures: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const find = createRequire(import.meta.url).resolve;
const axe = readFileSync(find('axe-core/axe.min.js'), 'utf8');
const styles = readFileSync(find('github-markdown-css/github-markdown.css'), 'utf8');
const comments = resolve(import.meta.dirname, '../fixtures/reports/comments');

/** A comment's box on a desk has about 800 px; on a phone it has the page but for its margins. */
const frame = `body { margin: 0 auto; max-width: 800px; padding: 16px; background: var(--bgColor-default); }`;

const pageOf = (name: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${name}</title><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><style>${styles}${frame}</style></head>
<body><main class="markdown-body">${marked.parse(readFileSync(join(comments, `${name}.md`), 'utf8'), { async: false, gfm: true })}</main></body></html>`;

const openAll = `for (const box of document.querySelectorAll('details')) box.open = true;`;
/** How far the page, and the widest table in sight, reach beyond what is seen without scrolling, px. */
const pageBeyond = `Math.max(0, document.documentElement.scrollWidth - innerWidth)`;
const tableBeyond = `Math.max(0, ...[...document.querySelectorAll('table')]
  .filter((table) => table.checkVisibility({ contentVisibilityAuto: true }))
  .map((table) => table.scrollWidth - table.clientWidth))`;
/** That a table scrolls where it is too wide is GitHub's own way, and so is that the keyboard cannot scroll it. */
const rules = `{ rules: { 'scrollable-region-focusable': { enabled: false } } }`;
const violations = `axe.run(${rules}).then(({ violations, passes }) => {
  if (passes.length < 5) throw new Error('axe looked at nothing');
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 120));
})`;

interface Seen {
  readonly comment: string;
  readonly view: string;
  /** px beyond the page, and beyond the widest table that has to be scrolled. */
  readonly page: number;
  readonly tables: number;
  readonly faults: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), 'bootgauge-bench-comment-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130));
const pictures = values.pictures === undefined ? null : resolve(values.pictures);
if (pictures !== null) mkdirSync(pictures, { recursive: true });

const names = readdirSync(comments).map((file) => file.replace(/\.md$/, ''));
const seen: Seen[] = [];
{
  await using chromium = await openChromium();
  for (const comment of names) {
    const file = join(folder, `${comment}.html`);
    writeFileSync(file, pageOf(comment));
    for (const width of [390, 1280])
      for (const scheme of ['light', 'dark'] as const)
        seen.push(
          await look(comment, { url: pathToFileURL(file).href, width, scheme, scripts: 'run', media: 'screen' }),
        );
  }

  async function look(comment: string, view: View): Promise<Seen> {
    const tab = await chromium.open(view);
    const name = `${view.width}-${view.scheme}`;
    if (pictures !== null) writeFileSync(join(pictures, `${comment}-${name}.png`), await tab.picture());
    const tables = await tab.evaluate<number>(tableBeyond);
    await tab.evaluate(openAll);
    const page = await tab.evaluate<number>(pageBeyond);
    await tab.evaluate(`${axe};0`);
    const faults = await tab.evaluate<string[]>(violations);
    await tab.close();
    return { comment, view: name, page, tables, faults };
  }
}

const list = (some: readonly Seen[]): string =>
  some.map(({ comment, view }) => `${comment} ${view}`).join('; ') || 'none';
const wide = seen.filter(({ page }) => page > 0);
const scrolled = seen.filter(({ tables, view }) => tables > 0 && view.startsWith('1280'));
const faulty = seen.filter(({ faults }) => faults.length > 0);
finishBench(
  {
    name: 'The comment in ten situations',
    columns: ['comment', 'view', 'page overflows, px', 'table scrolls, px', 'axe'],
    rows: seen.map(({ comment, view, page, tables, faults }) => [
      ...[comment, view, page, tables, faults.join('; ') || '-'],
    ]),
    promises: [
      { what: 'ten situations', measured: String(names.length), met: names.length >= 10 },
      { what: 'nothing runs out of the page', measured: list(wide), met: wide.length === 0 },
      { what: 'no table in sight has to be scrolled on a desk', measured: list(scrolled), met: scrolled.length === 0 },
      { what: 'axe finds no serious fault', measured: list(faulty), met: faulty.length === 0 },
    ],
    notes: [],
    data: seen,
  },
  values.json ? 'json' : 'table',
);
