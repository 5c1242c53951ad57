// The conditions of a report say what was risked for its verdict.
import assert from 'node:assert/strict';
import test from 'node:test';
import { conditionRows } from '../../src/report/method.ts';
import { exampleReports } from './example-reports.ts';

test('the risk of a false alarm stands beside the conditions, by metric that gates, so far and at most', () => {
  const [scenario] = exampleReports.slower.scenarios;
  assert.ok(scenario);
  const comparisons = scenario.comparisons.map((comparison) => ({
    ...comparison,
    spent: { error: 0.0021, of: 0.0065 },
  }));
  const rows = new Map(conditionRows({ ...scenario, comparisons }));
  const gating = comparisons.filter(({ gate }) => gate).map(({ metric }) => metric);
  assert.equal(
    rows.get('risk of a false alarm'),
    gating.map((metric) => `${metric} 0.21 % so far, 0.65 % at most`).join('; '),
  );
  assert.equal(new Map(conditionRows(scenario)).has('risk of a false alarm'), false);
});
