// What GitHub knows, put around a report: commits once, and commands that work for a reader who has no run.
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Frame, framed } from '../../src/github/frame.ts';
import { reportView } from '../../src/report/view.ts';
import { exampleReports } from '../report/example-reports.ts';

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
  framed(reportView(exampleReports[name]), { ...frame, ...changes })
    .map(({ text }) => text.text)
    .join('\n\n');

test('the commits of both sides are named once, with links, in the line that tells boots and machine', () => {
  const text = shown('slower');
  assert.match(
    text,
    /^head \[`abc1234def`\]\(\S+\/commit\/abc1234def0+\) against base \[`def4567abc`\]\(\S+\), 12 interleaved pairs; Apple M2 Pro, /m,
  );
  assert.equal(text.match(/12 interleaved pairs/g)?.length, 1);
});

test('a line that names other commits, or a baseline, stays beside the links', () => {
  const other = shown('slower', { headSha: '9'.repeat(40) });
  assert.match(other, /^head \[`9{10}`\].*\)$/m);
  assert.match(other, /^head abc1234def against base, 12 interleaved pairs; /m);
  assert.match(shown('two'), /against a baseline of 5 sessions/);
});

test('no command of a comment names a run that the reader does not have', () => {
  for (const name of ['slower', 'recorded', 'failed'] as const) {
    const text = shown(name);
    assert.match(text, /<summary>Method<\/summary>/);
    assert.doesNotMatch(text, /bootgauge (analyze|baseline accept) \d/);
    assert.match(text, /Reproduce or accept this pull request/);
  }
});
