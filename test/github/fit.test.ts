// What is left out when a text is too long: whole sections, in the stated order, and it is said.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { commentLimit, fitSections, summaryLimit } from '../../src/github/fit.ts';
import { markdownSections, type Section } from '../../src/report/markdown.ts';
import { Markdown } from '../../src/report/markdown-writer.ts';
import { reportView } from '../../src/report/view.ts';
import { exampleReports } from '../report/example-reports.ts';

const section = (name: string, priority: number, text: string): Section => ({
  ...{ name, priority, text: new Markdown(text) },
});
const letters = { size: (text: string) => text.length, most: 400 };

test('what fits is kept whole', () => {
  const text = fitSections([section('a', 0, 'one'), section('b', 9, ''), section('c', 5, 'two')], letters, 'x');
  assert.equal(text, 'one\n\ntwo\n');
});

test('the highest number goes first, of equal ones the last', () => {
  const sections = [
    section('verdict', 0, 'v'.repeat(100)),
    section('boots', 8, 'b'.repeat(100)),
    section('one', 9, '1'.repeat(100)),
    section('two', 9, '2'.repeat(100)),
    section('metrics', 4, 'm'.repeat(60)),
  ];
  const text = fitSections(sections, letters, 'See the artifact.');
  assert.match(
    text,
    /^v+\n\nb+\n\nm+\n\nLeft out, since there is no more room here: `two`, `one`\. See the artifact\.\n$/,
  );
});

test('a comment of 200,000 characters ends within the limit, its verdict whole', () => {
  const rows = Array.from({ length: 20 }, (_, index) =>
    section(`part ${index}`, index + 1, `<details>${'x'.repeat(10_000)}</details>`),
  );
  const text = fitSections([section('verdict', 0, '### 1 regression'), ...rows], commentLimit, 'x');
  assert.ok(text.length <= 65_536);
  assert.match(text, /^### 1 regression/);
  assert.equal(text.match(/<details>/g)?.length, text.match(/<\/details>/g)?.length);
});

test('a summary is measured in bytes', () => {
  const wide = Array.from({ length: 60 }, (_, index) => section(`${index}`, 1, '\u{1f40c}'.repeat(10_000)));
  assert.ok(Buffer.byteLength(fitSections(wide, summaryLimit, 'x')) <= 1024 * 1024);
});

test('whatever is to be shown, the text is within the limit and every section is whole or named as left out', () => {
  const anySection = fc.record({
    name: fc.stringMatching(/^[a-z]{1,12}$/),
    priority: fc.nat(9),
    text: fc.string({ minLength: 1, maxLength: 300 }).map((text) => new Markdown(`<${text.replaceAll('\n', ' ')}>`)),
  });
  fc.assert(
    fc.property(fc.array(anySection, { maxLength: 15 }), (sections) => {
      const text = fitSections(sections, { size: (value) => value.length, most: 600 }, 'x');
      if (text.length > 600) return false;
      return sections.every((entry) => text.includes(entry.text.text) || text.includes('Left out'));
    }),
  );
});

test('a report of 200 scenarios is measured part by part: each once, and never as a whole', () => {
  const [slower, failed] = [exampleReports.slower.scenarios[0], exampleReports.failed.scenarios[0]];
  assert.ok(slower && failed);
  const scenarios = Array.from({ length: 200 }, (_, index) => {
    const of = index % 2 === 0 ? slower : failed;
    return { ...of, scenario: { ...of.scenario, id: `scenario-${index}` } };
  });
  const sections = markdownSections(reportView({ ...exampleReports.slower, scenarios }));
  let measured = 0;
  const size = (text: string): number => {
    measured += text.length;
    return text.length;
  };
  const text = fitSections(sections, { ...commentLimit, size }, 'x');
  const all = sections.reduce((sum, section) => sum + section.text.text.length, 0);
  assert.ok(text.length <= commentLimit.most);
  assert.match(text, /^### 🔴 scenario-1: 3 of 12 boots/);
  assert.match(text, /Left out, since there is no more room here: \d+ sections\. x\n$/);
  const perSection = 2000;
  assert.ok(measured < all + sections.length * perSection, `${measured} characters measured of ${all}`);
});
