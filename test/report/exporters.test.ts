import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { columnsOf } from '../../src/model/plain-text.ts';
import type { Report, ScenarioReport } from '../../src/model/report.ts';
import { dotPlot } from '../../src/report/dot-plot.ts';
import { jsonReport } from '../../src/report/json.ts';
import { assembled, markdownReport, markdownSections } from '../../src/report/markdown.ts';
import { svgReport } from '../../src/report/svg.ts';
import { terminalReport } from '../../src/report/terminal.ts';
import { reportView } from '../../src/report/view.ts';
import { waterfall } from '../../src/report/waterfall.ts';
import { exampleReports } from './example-reports.ts';
import { matchGolden } from './golden.ts';
import { elementsOf } from './xml.ts';

const files = ['.bootgauge/runs/2026-11-22T20-14-03-k3f9/report.md'];
const names = Object.keys(exampleReports) as (keyof typeof exampleReports)[];
const terminal = (report: Report, columns: number, characters: 'unicode' | 'ascii' = 'unicode'): string =>
  terminalReport(report, { columns, colour: 'none', characters, files });

for (const name of names) {
  test(`the report "${name}" is shown as it was last approved`, () => {
    const report = exampleReports[name];
    matchGolden(`${name}.terminal-80.txt`, terminal(report, 80));
    matchGolden(`${name}.md`, markdownReport(report));
    matchGolden(`${name}.svg`, svgReport(report));
  });
}

test('the terminal report in 40 columns and in colour is as it was last approved', () => {
  matchGolden('slower.terminal-40.txt', terminal(exampleReports.slower, 40));
  const options = { columns: 80, colour: 'colour', characters: 'ascii', files } as const;
  matchGolden('slower.terminal-colour.txt', terminalReport(exampleReports.slower, options));
});

test('report.json is as it was last approved, parses back to the report and does not depend on key order', () => {
  const report = exampleReports.slower;
  const text = jsonReport(report);
  matchGolden('slower.report.json', text);
  assert.deepEqual(JSON.parse(text), report);
  assert.equal(jsonReport(Object.fromEntries(Object.entries(report).reverse()) as unknown as Report), text);
  assert.ok(text.startsWith('{\n  "schema": 1,\n'));
  assert.ok(text.endsWith('}\n'));
});

test('no line of the terminal report is wider than the terminal', () => {
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 200 }), fc.constantFrom(...names), (columns, name) => {
      for (const line of terminal(exampleReports[name], columns).split('\n')) {
        const free = line.startsWith('  .bootgauge/') || line.startsWith('  bootgauge ');
        assert.ok(free || columnsOf(line) <= columns, `${columnsOf(line)} columns of ${columns}: ${line}`);
      }
    }),
  );
});

test('the ascii report holds ascii only', () => {
  for (const name of names) assert.match(terminal(exampleReports[name], 80, 'ascii'), /^[\n -~]*$/);
});

test('without colour no report for a terminal holds a control character', () => {
  for (const name of names) assert.doesNotMatch(terminal(exampleReports[name], 80), /[^\P{Cc}\n]/u);
});

test('hostile names change neither the tables nor the folds of the markdown', () => {
  const shape = (text: string): readonly string[] =>
    text.split('\n').flatMap((line) => {
      if (line.startsWith('|')) return [`row of ${line.split('|').length - 1}`];
      return /^(?:<\/?details>|```|#+ |- | {2}- )/.exec(line)?.slice(0, 1) ?? [];
    });
  const warned = { ...exampleReports.slower.scenarios[0], warnings: exampleReports.hostile.scenarios[0]?.warnings };
  const friendly = { ...exampleReports.slower, scenarios: [warned] } as Report;
  assert.deepEqual(shape(markdownReport(exampleReports.hostile)), shape(markdownReport(friendly)));
});

test('hostile names bring no tag of their own into markdown', () => {
  const tags = new Set(markdownReport(exampleReports.hostile).match(/<[^>]*>/g));
  assert.deepEqual([...tags].sort(), ['</code>', '</details>', '</summary>', '<code>', '<details>', '<summary>']);
});

test('markdown sections make up the whole report, and what must stay says verdict and changes', () => {
  const sections = markdownSections(reportView(exampleReports.slower));
  assert.equal(`${assembled(sections).text}\n`, markdownReport(exampleReports.slower));
  const kept = sections.filter((section) => section.priority === 0).map((section) => section.name);
  assert.deepEqual(kept, ['verdict', 'compared', 'changes']);
  const twice = markdownSections(reportView(exampleReports.two)).map((section) => section.name);
  assert.ok(twice.includes('openssh-2cpu/changes'));
});

test('every picture is well-formed, has a title, a description and no script', () => {
  for (const name of names) {
    const elements = elementsOf(svgReport(exampleReports[name]));
    const tags = new Set(elements.map((element) => element.tag));
    assert.deepEqual(
      [...tags].sort(),
      ['desc', 'g', 'line', 'rect', 'style', 'svg', 'text', 'title'].filter((tag) => tags.has(tag)),
    );
    assert.ok(tags.has('title') && tags.has('desc'));
  }
});

test('no text of a picture runs out of it, on a desk or on a phone', () => {
  for (const scenario of names.flatMap((name) => exampleReports[name].scenarios)) {
    for (const width of [340, 900]) {
      for (const picture of [waterfall(scenario, { width }), dotPlot(scenario, { width })]) {
        assert.ok(picture);
        for (const element of elementsOf(`<svg>${picture.elements.text}</svg>`)) {
          if (element.tag !== 'text') continue;
          const { x, class: kind, 'text-anchor': anchor } = element.attributes;
          const character = kind === 'title' ? 8 : kind === 'small' ? 6.4 : 7.3;
          const room = columnsOf(element.text) * character;
          const start = Number(x) - (anchor === 'middle' ? room / 2 : anchor === 'end' ? room : 0);
          assert.ok(start >= -0.5 && start + room <= width + 0.5, `${element.text} at ${x} of ${width}`);
        }
      }
    }
  }
});

test('the median of a side lies inside the plot although earlier boots made it', () => {
  const [scenario] = exampleReports.slower.scenarios as [ScenarioReport];
  for (const times of [0.5, 3]) {
    const far = scenario.summaries.head.map((summary) => ({ ...summary, median: (summary.median ?? 0) * times }));
    const picture = dotPlot({ ...scenario, summaries: { ...scenario.summaries, head: far } }, { width: 900 });
    const heights = [...(picture?.elements.text ?? '').matchAll(/class="median \w+" x1="\d+" y1="([^"]+)"/g)].map(
      ([, y]) => Number(y),
    );
    assert.equal(heights.length, 2);
    for (const y of heights) assert.ok(y > 0 && y < (picture?.height ?? 0), `${y} of ${picture?.height}`);
  }
});

test('a report without boots and without phases can be shown in every format', () => {
  const scenario = exampleReports.recorded.scenarios[0];
  assert.ok(scenario);
  const summaries = { head: [], base: [] };
  const empty = { ...scenario, typical: [], phases: [], services: [], boots: [], summaries };
  const report = { ...exampleReports.recorded, scenarios: [empty] };
  for (const text of [terminal(report, 80), markdownReport(report), svgReport(report), jsonReport(report)]) {
    assert.match(text, /Recorded|recorded/);
    assert.doesNotMatch(text, /NaN|Infinity|undefined/);
  }
});
