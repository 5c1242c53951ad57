// A check that judges nothing says so where people look.
import assert from 'node:assert/strict';
import test from 'node:test';
import { nothingCompared } from '../../src/github/annotations.ts';
import type { Report } from '../../src/model/report.ts';

const reportOf = (...rules: readonly (readonly [string, string])[]): Report =>
  ({
    scenarios: rules.map(([word, rule], index) => ({
      scenario: { id: `s${index}` },
      verdict: { word, rule, because: 'there is no base side', wouldDecide: '' },
    })),
  }) as unknown as Report;

test('each scenario that had nothing to be compared with is a warning with its name', () => {
  const report = reportOf(
    ['recorded', 'nothing-to-compare'],
    ['same', 'stored-sessions'],
    ['recorded', 'nothing-gates'],
  );
  const warnings = nothingCompared(report);
  assert.deepEqual(
    warnings.map(({ level, title }) => `${level} ${title}`),
    ['warning Bootgauge s0: nothing was compared', 'warning Bootgauge s2: nothing was compared'],
  );
  assert.match(warnings[0]?.text ?? '', /there is no base side: this check judges nothing/);
});

test('boots that only explain are not blamed for it', () => {
  assert.deepEqual(nothingCompared(reportOf(['recorded', 'explains-only'], ['slower', 'paired-sequential'])), []);
});
