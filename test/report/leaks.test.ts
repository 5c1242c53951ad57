// Whatever text a guest, a configuration or a stored report holds, it stays text in every exporter.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { annotationsOf } from '../../src/github/annotations.ts';
import { framed } from '../../src/github/frame.ts';
import { writeAnnotation } from '../../src/github/runner.ts';
import type { Report } from '../../src/model/report.ts';
import { blameText } from '../../src/report/blame-text.ts';
import { exporters } from '../../src/report/exporters.ts';
import { htmlReport } from '../../src/report/html.ts';
import { junitReport } from '../../src/report/junit.ts';
import { assembled, markdownReport } from '../../src/report/markdown.ts';
import { svgReport } from '../../src/report/svg.ts';
import { terminalReport } from '../../src/report/terminal.ts';
import { reportView } from '../../src/report/view.ts';
import { exampleReports } from './example-reports.ts';
import { everything } from './hostile-leaves.ts';
import { elementsOf } from './xml.ts';

/** Each is looked for as it is, so each must be one that an escape takes apart. */
const attacks = [
  '@octocat',
  '![p](https://evil.example/p.png)',
  '[x](https://evil.example/)',
  '<img src=x onerror=alert(1)>',
  '</code></pre></details>',
  '<!-- bootgauge: bootgauge -->',
  ' | a | b |',
  '`code`` ```',
  '"><script>alert(1)</script>',
  ']]>',
] as const;
/** These must vanish wherever they stand. */
const controls = [
  '\u001b[31m',
  '\u001b]8;;https://evil.example\u0007',
  '\u009b2J',
  '\u202e',
  '\u2066',
  '\u0000',
  '\u2028',
];

/** What a report's own logic chooses by; another word there is no report. */
const closed = new Set(
  ['word', 'unit', 'mode', 'side', 'from', 'severity', 'profile', 'onUndecided', 'sides', 'state', 'os', 'rule'].concat(
    ['guest.kind', 'outcome.kind', 'changes.kind', 'accel', 'gpu'],
  ),
);

/** The report with every other text in it, names of metrics included, replaced. */
function filled(report: Report, text: string): Report {
  const replaced = (value: unknown, key: string, parent: string): unknown => {
    if (typeof value === 'string') {
      const kept = closed.has(key) || closed.has(`${parent}.${key}`) || (key === 'outcome' && value === 'ok');
      return kept ? value : `${text}${key === 'metric' ? value : ''}`;
    }
    if (Array.isArray(value)) return value.map((entry) => replaced(entry, key, parent));
    if (value === null || typeof value !== 'object') return value;
    const named = ['values', 'metrics'].includes(key);
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [named ? `${text}${name}` : name, replaced(entry, name, key)]),
    );
  };
  return replaced(report, '', '') as Report;
}

const frame = (text: string) => ({
  repositoryUrl: 'https://github.com/someone/qemu',
  headSha: 'a'.repeat(40),
  baseSha: 'b'.repeat(40),
  runUrl: 'https://github.com/someone/qemu/actions/runs/1',
  artifactUrl: `https://evil.example/)${text}`,
  gateChanges: [{ path: text, lines: [text] }],
  notes: [text],
});

const anyText = fc
  .array(fc.oneof(fc.constantFrom(...attacks, ...controls, '\n', '::error::x', '##[error]'), fc.string()), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(''));
const anyReport = fc.constantFrom(...Object.values(exampleReports)).map(everything);

const noControl = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/u;

test('no text leaks into markdown: no tag, link, image, mention or row of its own', () => {
  fc.assert(
    fc.property(anyReport, anyText, (report, text) => {
      const hostile = filled(report, text);
      const comment = assembled(framed(reportView(hostile), frame(text))).text;
      for (const whole of [markdownReport(hostile), comment]) {
        // A block of code is text whatever it holds, as long as it ends where it should.
        const shown = whole.replace(/^```sh\n[^`]*\n```$/gm, '');
        assert.doesNotMatch(whole, noControl);
        assert.doesNotMatch(shown, /```/);
        const tags = new Set(shown.match(/<[^>]*>/g));
        for (const tag of tags) assert.match(tag, /^<\/?(?:details|summary|code|sub|pre)>$|^<folder>$/);
        assert.doesNotMatch(
          shown,
          /@\w|!\[|\]\((?!https:\/\/github\.com\/(?:someone\/qemu|bootgauge\/bootgauge)\/)|<!--/,
        );
        const widths = shown
          .match(/^\|.*$(?:\n\|.*$)*/gm)
          ?.map((table) => table.split('\n').map((row) => row.split('|').length));
        for (const table of widths ?? []) assert.equal(new Set(table).size, 1, 'a cell broke its row');
      }
    }),
    { numRuns: 60 },
  );
});

test('no text leaks into pages, pictures and test results: they are well-formed and hold the elements they always hold', () => {
  fc.assert(
    fc.property(anyReport, anyText, (report, text) => {
      const hostile = filled(report, text);
      const friendly = filled(report, 'x');
      for (const write of [svgReport, junitReport]) {
        assert.doesNotMatch(write(hostile), noControl);
        const tags = (one: Report) => [...new Set(elementsOf(write(one)).map(({ tag }) => tag))].sort();
        assert.deepEqual(tags(hostile), tags(friendly));
      }
      const page = (one: Report) => [...new Set(htmlReport(one).match(/<\/?[a-z][\w-]*|<!/gi))].sort();
      assert.deepEqual(
        page(hostile).filter((tag) => !/code$/.test(tag)),
        page(friendly).filter((tag) => !/code$/.test(tag)),
      );
      assert.doesNotMatch(htmlReport(hostile), /\son\w+=|javascript:|src=x/i.test(text) ? /<[^>]*\son\w+=/ : noControl);
    }),
    { numRuns: 40 },
  );
});

test('no text leaks into a terminal or into commands of the runner', (context) => {
  fc.assert(
    fc.property(anyReport, anyText, (report, text) => {
      const hostile = filled(report, text);
      const style = { columns: 80, colour: 'none', characters: 'unicode' } as const;
      assert.doesNotMatch(terminalReport(hostile, { ...style, files: [text] }), noControl);
      assert.doesNotMatch(blameText(hostile, { ...style, most: 5, perspective: 'hidden' }), noControl);
      const written: string[] = [];
      const mock = context.mock.method(process.stdout, 'write', (line: string) => written.push(line) > 0);
      try {
        for (const annotation of annotationsOf(hostile)) writeAnnotation(annotation);
      } finally {
        mock.mock.restore();
      }
      for (const command of written.filter((line) => line.startsWith('::') || line.includes(text))) {
        assert.match(command, /^::(?:error|warning|notice) title=[^:,\n]*::[^\n]*\r?\n$/);
        assert.doesNotMatch(command.trim(), noControl);
      }
    }),
    { numRuns: 60 },
  );
});

test('no exporter fails over any text', () => {
  fc.assert(
    fc.property(anyReport, anyText, (report, text) => {
      const exported = { report: filled(report, text), boots: [], consoles: [] };
      for (const { write } of exporters) assert.equal(typeof write(exported), 'string');
    }),
    { numRuns: 20 },
  );
});

test('only the writers declare text to be finished', () => {
  const src = join(import.meta.dirname, '../../src');
  const makers = globSync('**/*.ts', { cwd: src }).filter((file) =>
    /new (?:Markdown|Html)\(|String\.raw/.test(readFileSync(join(src, file), 'utf8')),
  );
  assert.deepEqual(
    makers
      .map((file) => basename(file))
      .filter((file) => file.endsWith('-writer.ts'))
      .sort(),
    ['html-writer.ts', 'markdown-writer.ts'],
  );
  assert.deepEqual(
    globSync('{report,github}/**/*.ts', { cwd: src }).filter(
      (file) => !file.endsWith('-writer.ts') && /new (?:Markdown|Html)\(/.test(readFileSync(join(src, file), 'utf8')),
    ),
    [],
  );
});
