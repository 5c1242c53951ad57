// What GitHub knows, put around a report: commits once, and commands that work for a reader who has no run.
import assert from 'node:assert/strict';
import test from 'node:test';
import { commentLimit, fitSections } from '../../src/github/fit.ts';
import { type Frame, failureSections, framed } from '../../src/github/frame.ts';
import { assembled } from '../../src/report/markdown.ts';
import { reportView } from '../../src/report/view.ts';
import { exampleReports } from '../report/example-reports.ts';
import { matchGolden } from '../report/golden.ts';

const frame: Frame = {
  repositoryUrl: 'https://github.com/someone/qemu',
  headSha: 'abc1234def'.padEnd(40, '0'),
  baseSha: 'def4567abc'.padEnd(40, '1'),
  runUrl: 'https://github.com/someone/qemu/actions/runs/1',
  artifactUrl: '',
  gateChanges: [],
  notes: [],
};
const shown = (name: keyof typeof exampleReports, changes: Partial<Frame> = {}): string =>
  assembled(framed(reportView(exampleReports[name]), { ...frame, ...changes })).text;

test('the commits of both sides are named once, with links, in the last line', () => {
  const text = shown('slower');
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  assert.match(
    last,
    /^<sub>head \[`abc1234def`\]\(\S+\/commit\/abc1234def0+\) against base \[`def4567abc`\]\(\S+\) · /,
  );
  assert.match(last, /docs\/words\.md\) · \*\*Bootgauge\*\* 0\.1\.0<\/sub>$/);
  assert.match(text, / · 12 interleaved pairs · Apple M2 Pro, /);
  assert.equal(text.match(/12 interleaved pairs/g)?.length, 1);
  assert.equal(text.match(/head.{0,4}abc1234def/g)?.length, 2, 'in the last line, and in the command that repeats it');
});

test('a line that names other commits, or a baseline, stays beside the links', () => {
  const other = shown('slower', { headSha: '9'.repeat(40) });
  assert.match(other, /^<sub>head \[`9{10}`\].*<\/sub>$/m);
  assert.match(other, / · head abc1234def against base · 12 interleaved pairs · /);
  assert.match(shown('two'), /against a baseline of 5 sessions/);
});

test('no command of a comment names a run that the reader does not have', () => {
  for (const name of ['slower', 'recorded', 'failed'] as const) {
    const text = shown(name);
    assert.match(text, /#### Method/);
    assert.doesNotMatch(text, /bootgauge (analyze|baseline accept) \d/);
    assert.match(text, /#### Repeat or accept/);
  }
});

test('a comment has one block that warns and one fold for each scenario, its name on it, the worst first', () => {
  const notes = ['The launcher of base was used.'];
  const text = shown('undecided', { gateChanges: [{ path: 'bootgauge.yml', lines: ['+ limit: 90%'] }], notes });
  assert.equal(text.match(/^> \[!WARNING\]$/gm)?.length, 1);
  assert.match(text, /^> - This pull request changes files that decide this check: `bootgauge.yml`\. /m);
  assert.match(text, /^> - The launcher of base was used\.\n> - `?time-to-ssh`? drifts 3 %/m);
  assert.match(text, /^<pre>&#43; limit: 90%<\/pre>$/m);
  assert.equal(text.match(/<details>/g)?.length, 1);
  const folds = [...shown('two').matchAll(/<summary>(\S+)/g)].map(([, name]) => name);
  assert.deepEqual(folds, ['openssh-2cpu:', 'default:', 'Method']);
});

test('what stands before the folds fits a phone: no table of more than five columns, and nothing twice', () => {
  for (const name of Object.keys(exampleReports) as (keyof typeof exampleReports)[]) {
    if (name === 'hostile') continue;
    const [visible = ''] = shown(name).split('<details>');
    for (const row of visible.match(/^\|.*$/gm) ?? []) assert.ok(row.split('|').length - 2 <= 5, row);
    const lines = visible.split('\n').filter((line) => line.length > 12 && !line.startsWith('|'));
    assert.deepEqual(lines, [...new Set(lines)]);
  }
});

test('a report that says "unchanged" says it in two lines', () => {
  const [visible = ''] = shown('same').split('<details>');
  assert.equal(visible.trim().split('\n\n').length, 2);
});

test('of boots that failed in the same way a comment tells the numbers, and the last lines of one', () => {
  const text = shown('failed');
  assert.match(text, /^- boots 7, 13, 19 \(head\): hung in mdev/m);
  assert.match(
    text,
    /<summary>Console of boot 7, the last 2 lines<\/summary>\n\n<pre>&#42; Mounting .*\n&#42; Scanning/,
  );
});

test('which files a pull request changes in its own check stays in the comment, however long their diff is', () => {
  const lines = Array.from({ length: 4000 }, (_, index) => `+ line ${index} ${'x'.repeat(40)}`);
  const paths = ['bootgauge.yml', '.github/workflows/bench.yml', 'scripts/run-alpine.sh'];
  const changes = { gateChanges: paths.map((path) => ({ path, lines })) };
  const sections = framed(reportView(exampleReports.slower), { ...frame, ...changes });
  const text = fitSections(sections, commentLimit, '');
  for (const path of paths) assert.ok(text.includes(`\`${path}\``), path);
  assert.match(text, /Left out, since there is no more room here: .*`gate changes`/);
});

test('one warning of many scenarios is told once', () => {
  const { undecided } = exampleReports;
  const [only] = undecided.scenarios;
  assert.ok(only);
  const named = (id: string) => ({ ...only, scenario: { ...only.scenario, id } });
  const report = { ...undecided, scenarios: ['a', 'b', 'c', 'd', 'e', 'f'].map(named) };
  const text = assembled(framed(reportView(report), frame)).text;
  assert.equal(text.match(/drifts 3 %/g)?.length, 1);
});

test('the comments of ten situations are as they were last approved', () => {
  const gateChanges = [{ path: 'bootgauge.yml', lines: ['- limit: 5%', '+ limit: 90%'] }];
  const artifactUrl = 'https://github.com/someone/qemu/actions/runs/1/artifacts/2';
  for (const name of Object.keys(exampleReports) as (keyof typeof exampleReports)[]) {
    const changes = { artifactUrl, gateChanges: name === 'slower' ? gateChanges : [] };
    matchGolden(`comments/${name}.md`, `${shown(name, changes)}\n`);
  }
  const error = { message: 'QEMU did not start', hint: 'Check the input `qemu`.' };
  matchGolden('comments/no-measurement.md', `${assembled(failureSections(error, frame)).text}\n`);
});
