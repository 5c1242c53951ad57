// What a trend site shows of a scenario that has runs and no baseline yet.
import assert from 'node:assert/strict';
import test from 'node:test';
import { analyze } from '../../src/analyze.ts';
import { siteHistory } from '../../src/trend/site.ts';
import { exampleBoot, exampleRecordedScenario, exampleRun } from '../examples/run.ts';

test('of runs alone the newest one says which metric is the main one', () => {
  const runOf = (id: string, metric: string) => {
    const recorded = exampleRecordedScenario([exampleBoot(1, 8000), exampleBoot(2, 8100)]);
    const report = analyze({ ...exampleRun([recorded]), id, startedAt: `2026-01-0${id}T00:00:00.000Z` });
    const [scenario] = report.scenarios;
    assert.ok(scenario);
    const head = scenario.summaries.head.slice(0, 1).map((summary) => ({ ...summary, metric }));
    return { report, scenario: { ...scenario, summaries: { ...scenario.summaries, head } } };
  };
  const own = { machine: 'mac', scenario: 'default', page: 'mac.default.html', sessions: [] };
  const unknown = { acceptedBy: new Map<string, string>(), pages: new Map<string, string>() };
  // As they are kept: newest first.
  const runs = [runOf('2', 'time-to-desktop'), runOf('1', 'time-to-ssh')];
  const { points, metrics } = siteHistory({ ...own, ...unknown, runs });
  assert.deepEqual(
    points.map(({ run }) => run),
    ['1', '2'],
  );
  assert.equal(metrics[0]?.name, 'time-to-desktop');
});
