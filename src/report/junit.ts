// JUnit XML for CI systems that show tests: a suite per scenario, a case for its boots and one per metric.
import type { Comparison } from '../model/comparison.ts';
import type { Report, ScenarioReport } from '../model/report.ts';
import { escapeHtml } from './escape.ts';
import { formatChange, formatCount, formatLimit, formatValue } from './format.ts';
import { verdictTitle } from './headline.ts';
import { conditionRows } from './method.ts';

interface Case {
  readonly name: string;
  readonly seconds: number;
  readonly result: 'passed' | 'failure' | 'error' | 'skipped';
  readonly message: string;
  readonly text: string;
}

/** Fails where the gate fails: slower and failed are failures, incomparable an error, undecided as the run was told. */
export function junitReport(report: Report): string {
  const suites = report.scenarios.map((scenario) => ({ scenario, cases: casesOf(report, scenario) }));
  const all = suites.flatMap((suite) => suite.cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="bootgauge"${counts(all)}>`,
    ...suites.flatMap(({ scenario, cases }) => suiteLines(report, scenario, cases)),
    '</testsuites>\n',
  ].join('\n');
}

function suiteLines(report: Report, scenario: ScenarioReport, cases: readonly Case[]): readonly string[] {
  const id = escapeHtml(scenario.scenario.id);
  const timestamp = escapeHtml(report.startedAt.replace(/(?:\.\d+)?Z$/, ''));
  const properties = conditionRows(scenario).map(
    ([name, value]) => `      <property name="${escapeHtml(name)}" value="${escapeHtml(value)}"/>`,
  );
  return [
    `  <testsuite name="${id}" timestamp="${timestamp}"${counts(cases)}>`,
    '    <properties>',
    ...properties,
    '    </properties>',
    ...cases.flatMap((entry) => caseLines(id, entry)),
    '  </testsuite>',
  ];
}

function caseLines(classname: string, entry: Case): readonly string[] {
  const open = `    <testcase classname="${classname}" name="${escapeHtml(entry.name)}" time="${entry.seconds.toFixed(3)}"`;
  if (entry.result === 'passed') return [`${open}/>`];
  const message = escapeHtml(entry.message);
  const type = entry.result === 'skipped' ? '' : ' type="bootgauge"';
  const text = escapeHtml(entry.text, 2000);
  return [
    `${open}>`,
    `      <${entry.result} message="${message}"${type}>${text}</${entry.result}>`,
    '    </testcase>',
  ];
}

function casesOf(report: Report, scenario: ScenarioReport): readonly Case[] {
  const metrics = scenario.comparisons.map((comparison) => metricCase(report, comparison));
  return [verdictCase(report, scenario), ...metrics];
}

function verdictCase(report: Report, scenario: ScenarioReport): Case {
  const { word, because } = scenario.verdict;
  const failed = scenario.boots.filter((boot) => boot.outcome.kind !== 'ready');
  const boots = failed.map((boot) => `boot ${boot.number} (${boot.side}): ${boot.outcomeText}`);
  return {
    name: 'verdict',
    seconds: 0,
    result: resultOf(report, word, true),
    message: verdictTitle(word),
    text: [because, ...(boots.length === 0 ? [] : [`${formatCount(boots.length, 'boot')} failed:`, ...boots])].join(
      ' ',
    ),
  };
}

function metricCase(report: Report, comparison: Comparison): Case {
  const { unit, head, base } = comparison;
  const values = `${formatValue(base.median, unit)} -> ${formatValue(head.median, unit)}`;
  const change = formatChange(comparison.ratio, comparison.interval);
  return {
    name: comparison.metric,
    seconds: unit === 'ms' && head.median !== null ? head.median / 1000 : 0,
    result: resultOf(report, comparison.word, comparison.gate),
    message: `${comparison.word}: ${values}, ${change}, limit ${formatLimit(comparison)}`,
    text: [comparison.because, comparison.wouldDecide].filter((part) => part !== '').join(' '),
  };
}

function resultOf(report: Report, word: ScenarioReport['verdict']['word'], gate: boolean): Case['result'] {
  if (!gate || word === 'same' || word === 'faster' || word === 'recorded') return 'passed';
  if (word === 'incomparable') return 'error';
  if (word === 'undecided') return report.onUndecided === 'fail' ? 'failure' : 'skipped';
  return 'failure';
}

function counts(cases: readonly Case[]): string {
  const count = (result: Case['result']): number => cases.filter((entry) => entry.result === result).length;
  const seconds = cases.reduce((sum, entry) => sum + entry.seconds, 0).toFixed(3);
  const [failures, errors, skipped] = [count('failure'), count('error'), count('skipped')];
  return ` tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds}"`;
}
