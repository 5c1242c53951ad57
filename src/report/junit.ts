// JUnit XML for CI systems that show tests: a suite per scenario, a case for its boots and one per metric.

import type { Comparison } from '../model/comparison.ts';
import type { Report, ScenarioReport } from '../model/report.ts';
import { formatCount } from '../model/units.ts';
import { formatChange, formatLimit, formatValue } from './format.ts';
import { type Html, html, nothing } from './html-writer.ts';
import { conditionRows } from './method.ts';
import { comparisonWord, scenarioVerdict } from './verdict-words.ts';

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
  const all = suites.flatMap(({ cases }) => cases);
  const document = html`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bootgauge"${counts(all)}>
${suites.map(({ scenario, cases }) => suite(report, scenario, cases))}
</testsuites>`;
  return `${document.text}\n`;
}

function suite(report: Report, scenario: ScenarioReport, cases: readonly Case[]): Html {
  const { id } = scenario.scenario;
  const timestamp = report.startedAt.replace(/(?:\.\d+)?Z$/, '');
  const properties = conditionRows(scenario).map(
    ([name, value]) => html`      <property name="${name}" value="${value}"/>`,
  );
  return html`  <testsuite name="${id}" timestamp="${timestamp}"${counts(cases)}>
    <properties>
${properties}
    </properties>
${cases.map((entry) => caseElement(id, entry))}
  </testsuite>`;
}

function caseElement(classname: string, { name, seconds, result, message, text }: Case): Html {
  const open = html`    <testcase classname="${classname}" name="${name}" time="${seconds.toFixed(3)}"`;
  if (result === 'passed') return html`${open}/>`;
  const type = result === 'skipped' ? nothing : html` type="bootgauge"`;
  return html`${open}>
      <${result} message="${message}"${type}>${text}</${result}>
    </testcase>`;
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
    message: scenarioVerdict(scenario),
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
    message: `${comparisonWord(comparison)}: ${values}, ${change}, limit ${formatLimit(comparison)}`,
    text: [comparison.because, comparison.wouldDecide].filter((part) => part !== '').join(' '),
  };
}

function resultOf(report: Report, word: ScenarioReport['verdict']['word'], gate: boolean): Case['result'] {
  if (!gate || word === 'same' || word === 'faster' || word === 'recorded') return 'passed';
  if (word === 'incomparable') return 'error';
  if (word === 'undecided') return report.onUndecided === 'fail' ? 'failure' : 'skipped';
  return 'failure';
}

function counts(cases: readonly Case[]): Html {
  const count = (result: Case['result']): number => cases.filter((entry) => entry.result === result).length;
  const seconds = cases.reduce((sum, entry) => sum + entry.seconds, 0).toFixed(3);
  const [failures, errors, skipped] = [count('failure'), count('error'), count('skipped')];
  return html` tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds}"`;
}
