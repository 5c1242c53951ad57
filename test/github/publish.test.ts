// What a report shows on GitHub besides its comment: annotations, the job summary, and whether a quiet comment speaks.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { annotationsOf } from '../../src/github/annotations.ts';
import { isNews, publishSummary } from '../../src/github/publish.ts';
import { writeAnnotation } from '../../src/github/runner.ts';
import type { Report, ScenarioReport } from '../../src/model/report.ts';
import { ganttSections } from '../../src/report/gantt.ts';
import { markdownSections } from '../../src/report/markdown.ts';
import { reportView } from '../../src/report/view.ts';
import { exampleReports } from '../report/example-reports.ts';
import { inStep } from './in-step.ts';

const { slower, same, failed, undecided, recorded } = exampleReports;

/** The report with its scenarios repeated under other names. */
function times(report: Report, count: number): Report {
  const all = Array.from({ length: count }, (_, index) =>
    report.scenarios.map((entry) => ({
      ...entry,
      scenario: { ...entry.scenario, id: `${entry.scenario.id}-${index}` },
    })),
  );
  return { ...report, scenarios: all.flat() as ScenarioReport[] };
}

test('a regression is one error per metric, a known cause a warning, and nothing else is said', () => {
  assert.deepEqual(
    annotationsOf(slower).map(({ level, title }) => [level, title]),
    [
      ['error', 'Bootgauge default'],
      ['error', 'Bootgauge default'],
    ],
  );
  assert.deepEqual(annotationsOf(same), []);
  assert.equal(annotationsOf(failed)[0]?.level, 'error');
  assert.deepEqual(new Set(annotationsOf(undecided).map(({ level }) => level)), new Set(['warning']));
});

test('there are ten annotations at most: the worst stay, and the last one counts the others', () => {
  const many = annotationsOf({
    ...slower,
    scenarios: [...times(undecided, 9).scenarios, ...times(slower, 4).scenarios],
  });
  assert.equal(many.length, 10);
  assert.deepEqual(
    many.slice(0, 8).map(({ level }) => level),
    Array.from({ length: 8 }, () => 'error'),
  );
  assert.match(many[9]?.text ?? '', /^\d+ more in the job summary$/);
});

test('an annotation is one command, whatever its text tries, and as long as GitHub takes it', async () => {
  const text = `100 %\n::stop-commands::x\r##[error]${'long '.repeat(2000)}`;
  const title = 'a,b::c\n::set-output name=x::y';
  const { log: line } = await inStep({}, () => writeAnnotation({ level: 'error', title, text }));
  assert.equal(line.indexOf('\n'), line.length - 1);
  assert.match(line, /^::error title=a%2Cb%3A%3Ac %3A%3Aset-output name=x%3A%3Ay::100 %25 ::stop-commands::x /);
  assert.ok(line.length < 4096 + 200);
});

test('the summary is the comment and the pictures, added to what is there, within 1 MiB', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-summary-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'summary');
  writeFileSync(file, 'an earlier step\n');
  const long = times(slower, 200);
  for (const report of [slower, long]) {
    const sections = markdownSections(reportView(report));
    await inStep({ GITHUB_STEP_SUMMARY: file }, () => publishSummary(sections, ganttSections(report)));
    if (report === slower)
      assert.match(
        readFileSync(file, 'utf8'),
        /^an earlier step\n### 🔴 Boot to SSH is 11 % slower.*\n\n```mermaid\ngantt[\s\S]* {2}mdev :crit, /,
      );
  }
  const text = readFileSync(file, 'utf8');
  assert.match(text, /Left out, since there is no more room here/);
  assert.ok(Buffer.byteLength(text.slice(text.lastIndexOf('### '))) < 1024 * 1024);
  assert.equal(text.match(/<details>/g)?.length, text.match(/<\/details>/g)?.length);
});

test('a quiet comment speaks of what changed or failed, and of nothing else', () => {
  for (const report of [slower, exampleReports.faster, failed, exampleReports.incomparable])
    assert.ok(isNews(report, true));
  for (const report of [same, recorded]) assert.ok(!isNews(report, true), report.verdict.word);
  assert.ok(isNews(same, false));
  const quiet = {
    ...undecided,
    scenarios: undecided.scenarios.map((entry) => ({ ...entry, boots: [], findings: [] })),
  };
  assert.ok(!isNews(quiet, true));
  assert.ok(isNews(quiet, false));
});
