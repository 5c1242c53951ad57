import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { analyze } from '../../src/analyze.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { Report, ScenarioReport } from '../../src/model/report.ts';
import { htmlReport } from '../../src/report/html.ts';
import { type HtmlConsole, htmlConsole } from '../../src/report/html-console.ts';
import { htmlScript, htmlScriptHash } from '../../src/report/html-script.ts';
import { intervalPlot } from '../../src/report/interval-plot.ts';
import { changedPhases } from '../../src/report/title.ts';
import { waterfall } from '../../src/report/waterfall.ts';
import {
  exampleBoot,
  exampleConditions,
  exampleRecordedScenario,
  exampleRun,
  exampleScenario,
} from '../examples/run.ts';
import { timeline } from './example-parts.ts';
import { exampleReports, hostileText } from './example-reports.ts';
import { matchGolden } from './golden.ts';

const consoles: readonly HtmlConsole[] = [
  {
    scenario: 'default',
    boot: 5,
    side: 'head',
    lines: [
      { text: 'Linux version 6.12.38', firstNs: 0.4e9, phase: 'before-openrc' },
      { text: hostileText, firstNs: 1.9e9, phase: 'mdev' },
    ],
  },
];

test('the page is as it was last approved', () => {
  matchGolden('slower.html', htmlReport(exampleReports.slower, consoles));
});

test('the content security policy allows the one script that is there, and no other', () => {
  assert.equal(createHash('sha256').update(htmlScript).digest('base64'), htmlScriptHash);
  const page = htmlReport(exampleReports.slower, consoles);
  assert.match(page, new RegExp(`script-src 'sha256-${htmlScriptHash.replace(/[+/=]/g, '\\$&')}'`));
  assert.equal(page.match(/<script/g)?.length, 1);
  assert.ok(page.includes(`<script>${htmlScript}</script>`));
});

test('the page asks nothing of a network and has no script without a console', () => {
  for (const report of Object.values(exampleReports)) {
    const page = htmlReport(report);
    assert.doesNotMatch(page, /<script|<link|<img|<iframe|@import|url\(|\s(?:src|href|on\w+)=/);
  }
});

test('hostile names and lines bring no tag and no attribute of their own into the page', () => {
  const tags = (page: string): readonly string[] => [...new Set(page.match(/<\/?[a-z][\w-]*|<!/gi))].sort();
  const hostile = htmlReport(exampleReports.hostile, consoles);
  const warned = { ...exampleReports.slower.scenarios[0], warnings: [{ code: 'x', text: 'harmless' }] };
  const friendly = htmlReport({ ...exampleReports.slower, scenarios: [warned] } as Report, consoles);
  assert.deepEqual(tags(hostile), tags(friendly));
  assert.doesNotMatch(hostile.replace(/^<script>[\s\S]*?<\/script>$/gm, ''), /[^\P{Cc}\n]/u);
});

test('every id is there once and every reference has its target', () => {
  const page = htmlReport(exampleReports.two, consoles);
  const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
  assert.equal(new Set(ids).size, ids.length);
  const references = [...page.matchAll(/\s(?:for|aria-labelledby)="([^"]+)"/g)].flatMap((match) =>
    match[1]?.split(' '),
  );
  assert.deepEqual(
    references.filter((reference) => !ids.includes(reference)),
    [],
  );
});

const line = (text: string) => (_: unknown, index: number) => ({
  ...{ text: `line ${index} ${text}`, firstNs: index, phase: 'mdev' },
});
const lines = (count: number, text = ''): HtmlConsole['lines'] => Array.from({ length: count }, line(text));
const console = (boot: number, own: HtmlConsole['lines']): HtmlConsole => ({
  ...{ scenario: 'default', boot, side: 'head', lines: own },
});
const shownLines = (page: string): number[] =>
  [...page.matchAll(/<span class="what">line (\d+)/g)].map(([, number]) => Number(number));

test('a report of 1,000 boots and full consoles of long lines stays under 3 MB and shows every boot', () => {
  const scenario = exampleReports.slower.scenarios[0];
  assert.ok(scenario);
  const boots = Array.from({ length: 1000 }, (_, index) => {
    const boot = scenario.boots[1 + (index % 24)];
    assert.ok(boot);
    return { ...boot, number: index + 1 };
  });
  // Each of them takes five bytes once it is escaped, or three as it is.
  const long = [`${'&<>"'.repeat(50)}${'\u20ac'.repeat(200)}`, '&'.repeat(400)];
  const report = { ...exampleReports.slower, scenarios: [{ ...scenario, boots }] };
  const page = htmlReport(
    report,
    long.map((text, index) => console(index + 1, lines(4000, text))),
  );
  const bytes = Buffer.byteLength(page);
  assert.ok(bytes > 2_000_000 && bytes < 3_000_000, `${bytes} bytes`);
  assert.equal(page.match(/<circle[^>]*><title>/g)?.length, 2 * 1000);
  assert.equal(page.match(/[\d,]+ lines left out here; everything that was recorded is in the run folder/g)?.length, 2);
  // What boots say takes room as well: the consoles get what is left.
  const wordy = boots.map((boot) => ({ ...boot, outcomeText: `panicked: ${'<'.repeat(120)}` }));
  const largest = htmlReport(
    { ...report, scenarios: [{ ...scenario, boots: wordy }] },
    long.map((text, index) => console(index + 1, lines(4000, text))),
  );
  assert.ok(Buffer.byteLength(largest) < 3_000_000, `${Buffer.byteLength(largest)} bytes`);
});

test('of a long console beginning and end are shown, and how much is left out between them', () => {
  const page = htmlReport(exampleReports.slower, [console(1, lines(5000))]);
  assert.deepEqual(shownLines(page), [...Array(1000).keys(), ...Array.from({ length: 3000 }, (_, at) => 2000 + at)]);
  assert.match(page, /line 999<\/span><\/div>\n<p class="soft">1000 lines left out here;[^\n]*\n<div>[^\n]*line 2000</);
  assert.equal(shownLines(htmlReport(exampleReports.slower, [console(1, lines(4000))])).length, 4000);
});

test('a console too large for the page keeps both its ends, and what short consoles leave goes to the long ones', () => {
  const large = lines(1500, '&'.repeat(400));
  const alone = shownLines(htmlReport(exampleReports.slower, [console(1, large)]));
  const two = shownLines(htmlReport(exampleReports.slower, [console(1, large), console(2, large)]));
  const besideShort = shownLines(htmlReport(exampleReports.slower, [console(1, large), console(2, lines(3))]));
  for (const shown of [alone, two]) assert.deepEqual([shown[0], shown.at(-1)], [0, 1499]);
  assert.ok(alone.length < 1500 && two.length < 2 * 1500);
  assert.ok(besideShort.length > 0.9 * alone.length && besideShort.length > 0.9 * two.length);
});

test('blame, its chain and the times of others are on the page, and foreign names in them stay text', () => {
  const boots = [exampleBoot(1, 8000), exampleBoot(2, 8300, { side: 'base' })];
  const scenario = { ...exampleScenario, base: exampleScenario.head };
  const conditions = { head: exampleConditions, base: exampleConditions };
  const analysed = analyze(exampleRun([exampleRecordedScenario(boots, { scenario, conditions })]));
  const page = htmlReport(analysed);
  assert.match(page, /<h3>Blame: what the time is spent on<\/h3>/);
  assert.match(
    page,
    /<th scope="row">total<\/th><td class="figure" data-of="time">8\.00 s<\/td><td class="figure" data-of="change">-300 ms<\/td>/,
  );
  assert.match(page, /Critical chain to time-to-ssh, boot 1: 8\.00 s/);
  assert.match(page, /boot times that others published/);
  const [side] = analysed.scenarios[0]?.blame ?? [];
  assert.ok(side);
  const phases = side.phases.map((phase) => ({
    ...phase,
    parts: phase.parts.map((part) => ({ ...part, name: hostileText })),
  }));
  const chains = side.chains.map((chain) => ({
    ...chain,
    links: chain.links.map((link) => ({ ...link, name: hostileText })),
  }));
  const spoiled = { ...analysed.scenarios[0], blame: [{ ...side, phases, chains }] };
  assert.doesNotMatch(htmlReport({ ...analysed, scenarios: [spoiled] } as Report), /<script|<a |\u001b|\u202e/);
});

test('the title of a blame says which boots it is laid on where the metric table counts others', () => {
  const hung: Partial<Boot> = { probes: [], outcome: { kind: 'hung', phase: 'openrc', deadlineMs: 9000 } };
  const page = (...boots: readonly Boot[]): string => htmlReport(analyze(exampleRun([exampleRecordedScenario(boots)])));
  assert.match(
    page(exampleBoot(1, 8000), exampleBoot(2, 8000, hung)),
    /<summary>head: time-to-ssh 8\.00 s, 1 boot \(those of this run that came to the SSH banner; the metric table counts 2\), timing/,
  );
  assert.match(page(exampleBoot(1, 8000), exampleBoot(2, 8000)), /head: time-to-ssh 8\.00 s, 2 boots, timing profile/);
});

test('the interval of every gating metric is drawn against limit and floor, and an end beyond the axis is an arrow', () => {
  const scenario = exampleReports.slower.scenarios[0] as ScenarioReport;
  const [first, second, ...others] = scenario.comparisons;
  assert.ok(first && second);
  const far = { ...second, ratio: 3, interval: { low: 2.5, high: 3.5 } };
  const fewer = { ...first, head: { ...first.head, better: 'higher' as const } };
  const drawn = intervalPlot({ ...scenario, comparisons: [first, far, fewer, ...others] }, { width: 900 });
  const svg = drawn?.elements.text ?? '';
  assert.equal(svg.match(/<title>limit 5 %</g)?.length, 4);
  assert.equal(svg.match(/<title>floor 50 ms</g)?.length, 4);
  assert.equal(svg.match(/<path class="bad-mark"/g)?.length, 1);
  // Of numbers of which more is better the limit lies to the left.
  const places = [...svg.matchAll(/<line class="limit" x1="([\d.]+)" y1="(\d+)"/g)].slice(1).map(([, x]) => Number(x));
  assert.ok((places[2] as number) < (places[0] as number));
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|peak-rss/);
  const none = scenario.comparisons.map((one) => ({ ...one, ratio: null, interval: null, floor: 0 }));
  assert.doesNotMatch(intervalPlot({ ...scenario, comparisons: none }, { width: 340 })?.elements.text ?? 'NaN', /NaN/);
  assert.equal(intervalPlot({ ...scenario, comparisons: [] }, { width: 900 }), null);
});

test('only the phases in which a change lies have a coloured difference, and every phase has one number', () => {
  const page = htmlReport(exampleReports.slower);
  assert.match(page, /<td class="figure bad">\+241 ms/);
  assert.match(page, /<td class="figure">\+24 ms/);
  assert.equal(page.match(/class="slower"[^>]*>\+24 ms/g), null);
  const scenario = exampleReports.slower.scenarios[0] as ScenarioReport;
  const typical = scenario.typical.map((boot) => ({
    ...boot,
    timeline: { ...boot.timeline, phases: boot.timeline.phases.map((one) => ({ ...one, durationNs: 777e6 })) },
  }));
  const svg = waterfall({ ...scenario, typical }, { width: 900 }).elements.text;
  assert.doesNotMatch(svg.replace(/<title>.*?<\/title>/g, ''), /777/);
  assert.match(svg, /643 ms/);
  assert.match(waterfall({ ...scenario, typical }, { width: 900, only: 'head' }).elements.text, />777 ms</);
  const alone = {
    ...scenario,
    where: null,
    verdict: { ...scenario.verdict, rule: 'phase', because: 'the phase openrc grew by 90 ms (+9 %)' },
  };
  assert.deepEqual([...changedPhases(alone)], ['openrc']);
  const [some] = alone.phases;
  assert.ok(some);
  const because = 'the phase load data grew by 200 ms (+20 %), surely more than its limit of 10 %';
  const named = ['load data', 'limit', 'by', 'data'].map((name) => ({ ...some, name }));
  const sentence = { ...alone, phases: named, verdict: { ...alone.verdict, because } };
  assert.deepEqual([...changedPhases(sentence)], ['load data'], 'words of the sentence are no phases');
});

test('a failed run opens on what failed: its last lines, findings and the console, from its end', () => {
  const failed = consoles.map((one) => ({ ...one, failed: true as const }));
  const other: HtmlConsole = { ...console(4, lines(3)), side: 'base' };
  const page = htmlReport(exampleReports.failed, [other, ...failed]);
  const places = ['Boots that failed', 'Findings', 'boot-0-1', 'What decided', 'Where the time goes'];
  const at = places.map((words) => page.indexOf(words, page.indexOf('<main>')));
  assert.ok(
    at.every((place) => place > 0),
    at.join(),
  );
  assert.deepEqual(
    at,
    at.toSorted((one, two) => one - two),
  );
  assert.match(page, /class="boot-1" checked> boot 5 \(head, failed\)/);
  assert.match(
    page,
    /<details class="console-box" open><summary>Console of boot 5[\s\S]*?<div class="console from-end"/,
  );
  assert.doesNotMatch(htmlReport(exampleReports.slower, consoles), /class="console-box" open|<fieldset/);
});

test('failed boots are crosses, and a scenario without any value has no plot', () => {
  const failed = htmlReport(exampleReports.failed);
  assert.equal(failed.match(/<path class="cross"[^>]*><title>/g)?.length, 2 * 3);
  const scenario = exampleReports.recorded.scenarios[0];
  assert.ok(scenario);
  const none = { ...scenario, summaries: { head: [], base: [] }, typical: [], boots: [] };
  const page = htmlReport({ ...exampleReports.recorded, scenarios: [none] });
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  assert.doesNotMatch(page, /Every boot/);
});

test('a line belongs to the phase in which its first byte arrived', () => {
  const at = (firstNs: number) => ({ text: '', firstNs, lastNs: firstNs, terminated: true });
  const lines = [at(0), at(211_999_999), at(212e6), at(1.9e9), at(99e9)];
  const shown = htmlConsole({ scenario: 'default', boot: 1, side: 'head' }, lines, timeline(1).phases);
  assert.deepEqual(
    shown.lines.map((line) => line.phase),
    ['qemu-start', 'qemu-start', 'before-openrc', 'mdev', ''],
  );
});
