// Sentences and command lines that several formats share.
import assert from 'node:assert/strict';
import test from 'node:test';
import { withAttribution } from '../../src/config/attribution.ts';
import type { BootRow, Finding, Report, ScenarioReport } from '../../src/model/report.ts';
import { findingScope } from '../../src/report/finding-text.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { methodText } from '../../src/report/method.ts';
import { nextStep } from '../../src/report/next-step.ts';
import { publishedTimes } from '../../src/report/perspective.ts';
import { reportTitle } from '../../src/report/title.ts';
import { reportView } from '../../src/report/view.ts';
import { exampleReports } from './example-reports.ts';

const finding: Finding = { id: 'x', severity: 'warning', cause: '', advice: '', evidence: [], boots: [1, 2, 3, 4] };

test('a finding on both sides tells what it costs each of them, once where it is the same', () => {
  const scope = (costs: Partial<Finding>): string => findingScope({ ...finding, sides: 'both', ...costs });
  assert.equal(
    scope({ costMs: 9000, baseCostMs: 3000 }),
    ' (on both sides, 4 boots, about 9.00 s per boot on head, 3.00 s on base)',
  );
  assert.equal(scope({ costMs: 9000, baseCostMs: 9001 }), ' (on both sides, 4 boots, about 9.00 s per boot)');
  assert.equal(scope({ costMs: 9000 }), ' (on both sides, 4 boots, about 9.00 s per boot on head)');
  assert.equal(scope({ baseCostMs: 3000 }), ' (on both sides, 4 boots, about 3.00 s per boot on base)');
  assert.equal(scope({}), ' (on both sides, 4 boots)');
  assert.equal(
    findingScope({ ...finding, sides: 'head', boots: [2], costMs: 9000 }),
    ' (new on head, 1 boot, about 9.00 s per boot)',
  );
});

test('a title of slow boots does not tell a median that most boots have kept', () => {
  const [scenario] = exampleReports.slower.scenarios as [ScenarioReport];
  const [first, ...others] = scenario.comparisons;
  const because = '10 of 24 boots of head are far slower than its others, 0 of 24 of base';
  const slow = { ...first, ratio: 0.998, because, slowBoots: true } as typeof first & object;
  const comparisons = [slow, ...others.map((other) => ({ ...other, word: 'same' as const }))];
  const report = { ...exampleReports.slower, scenarios: [{ ...scenario, comparisons }] };
  assert.equal(reportTitle(report), `Slower: ${because}`);
});

test('of what is undecided a comment shows what can fail the run, and counts the rest in one line', () => {
  const [scenario] = exampleReports.slower.scenarios as [ScenarioReport];
  const [first] = scenario.comparisons as [ScenarioReport['comparisons'][number]];
  const informing = Array.from({ length: 16 }, (_, index) => ({
    ...first,
    ...{ metric: `ssh-trip-${index}`, gate: false, word: 'undecided' as const },
  }));
  const moved = { ...first, metric: 'moved', gate: false };
  const gating = { ...first, metric: 'gating', word: 'undecided' as const };
  const comparisons = [first, ...informing, moved, gating];
  const report = { ...exampleReports.slower, scenarios: [{ ...scenario, comparisons }] };
  const [shown = ''] = markdownReport(report).split('<details>');
  const rows = shown.split('\n').filter((line) => line.startsWith('| `'));
  assert.deepEqual(
    rows.map((row) => row.split('`')[1]),
    [first.metric, 'gating', 'moved'],
  );
  const named = informing.slice(0, 12).map(({ metric }) => `\`${metric}\``);
  assert.ok(shown.includes(`\nUndecided without a gate (16): ${named.join(', ')} and 4 more\n`), shown);
});

test('metrics that got worse in different ways are counted together as worse', () => {
  const [scenario] = exampleReports.slower.scenarios as [ScenarioReport];
  const [first] = scenario.comparisons as [ScenarioReport['comparisons'][number]];
  const rate = { ...first, metric: 'fps', unit: 'fps', head: { ...first.head, better: 'higher' as const } };
  const memory = { ...first, metric: 'rss', unit: 'MiB' };
  const title = (...others: (typeof first)[]): string =>
    reportTitle({ ...exampleReports.slower, scenarios: [{ ...scenario, comparisons: [first, ...others] }] });
  assert.match(title(rate), / is 11 % slower, mostly in mdev: .* \(1 more metric is lower\)$/);
  assert.match(title(rate, memory), / \(2 more metrics are worse\)$/);
  assert.match(title(rate, { ...first, metric: 'other' }), / \(2 more metrics are slower\)$/);
});

const runCommands = (report: Report): string[] =>
  methodText(report).commands.filter((command) => command.startsWith('bootgauge run'));

test('what repeats an explained run names no scenario that does not exist, and asks for as many boots', () => {
  const [timed, other] = exampleReports.two.scenarios as [ScenarioReport, ScenarioReport];
  const long = { ...other, scenario: { ...other.scenario, id: 'x'.repeat(64) } };
  const scenarios = [timed, long].flatMap((entry, index) =>
    withAttribution([entry.scenario], index + 2).map((scenario) => ({ ...entry, scenario })),
  );
  assert.deepEqual(runCommands({ ...exampleReports.two, scenarios }), [
    'bootgauge run default --explain 2',
    `bootgauge run ${'x'.repeat(64)} --explain 3`,
  ]);
  const named = { ...timed, scenario: { ...timed.scenario, id: 'mine.attribution', profile: 'attribution' as const } };
  assert.deepEqual(runCommands({ ...exampleReports.two, scenarios: [timed, named] }), [
    'bootgauge run default',
    'bootgauge run mine.attribution --profile attribution',
  ]);
});

test('a command line is repeated as it was given, and leaves neither the shell nor the code around it', () => {
  const command = ['run', '--cpus', '1', '--append', 'quiet loglevel=7', '--base', 'main...', '--qemu', '~/qemu'];
  assert.deepEqual(runCommands({ ...exampleReports.two, command }), [
    "bootgauge run --cpus 1 --append 'quiet loglevel=7' --base main... --qemu ~/qemu",
  ]);
  const homes = ['run', '--qemu=~/qemu', '--qemu=~/my qemu', '~/a b', '~/', '~', 'a~/b'];
  assert.deepEqual(runCommands({ ...exampleReports.two, command: homes }), [
    `bootgauge run --qemu="$HOME"/qemu --qemu="$HOME"/'my qemu' ~/'a b' ~/ '~' 'a~/b'`,
  ]);
  const hostile = ['run', '', "it's", '```', '$(reboot)', 'a\nb', '\u202e', 'HEAD^'];
  assert.deepEqual(runCommands({ ...exampleReports.two, command: hostile }), [
    "bootgauge run '' 'it?s' '???' '$(reboot)' 'a?b' '?' 'HEAD^'",
  ]);
});

test('published times stand with the fastest first, each with its conditions and its source', () => {
  const times = publishedTimes.map(({ lowMs }) => lowMs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  for (const { lowMs, highMs, conditions, source } of publishedTimes)
    assert.ok(lowMs <= highMs && conditions !== '' && source !== '');
});

test('a title tells what happened with its numbers; of several scenarios the worst speaks and the others are counted', () => {
  const [unchanged, slower] = exampleReports.two.scenarios as [ScenarioReport, ScenarioReport];
  const title = (...scenarios: ScenarioReport[]): string => reportTitle({ ...exampleReports.two, scenarios });
  const change = 'boot to SSH is 11 % slower, mostly in mdev: 2.68 s instead of 2.41 s (1 more metric is slower)';
  assert.equal(title(slower), change.replace('boot', 'Boot'));
  assert.equal(title(unchanged, slower), `openssh-2cpu: ${change}; the other scenario: unchanged`);
  assert.equal(title(unchanged, unchanged, slower), `openssh-2cpu: ${change}; other scenarios: 2 unchanged`);
  const [undecided] = exampleReports.undecided.scenarios as [ScenarioReport];
  const unknown = undecided.comparisons.map((comparison) => ({ ...comparison, ratio: null, interval: null }));
  assert.equal(title({ ...undecided, comparisons: unknown }), 'Undecided: boot to SSH cannot be compared yet');
  const memory = slower.comparisons.map((comparison) => ({ ...comparison, gate: true }));
  const [, , , rss] = memory as [unknown, unknown, unknown, ScenarioReport['comparisons'][number]];
  const grown = { ...slower, comparisons: [{ ...rss, word: 'slower' as const, ratio: 1.06 }] };
  assert.equal(title(grown), 'peak-rss is 6.0 % higher: 413 MiB instead of 412 MiB');
  const because = 'the phase kernel grew by 310 ms (+53 %), surely more than its limit of 25 %';
  const phase = { ...unchanged, verdict: { word: 'slower' as const, rule: 'phase', because, wouldDecide: '' } };
  assert.equal(title(phase), `Slower: ${because}`);
  const [failed] = exampleReports.failed.scenarios as [ScenarioReport];
  const failedFor = (rule: string, why: string): string =>
    title({ ...failed, verdict: { word: 'failed', rule, because: why, wouldDecide: '' } });
  const lost = 'head runs under tcg, the scenario under hvf';
  assert.equal(failedFor('boot-failures', ''), '3 of 12 boots of head hung in mdev (base: 0 of 12)');
  const pooled = '7 of 24 boots of head failed, against 0 of 24 of base';
  const boots = failed.boots.map((boot) => ({ ...boot, outcome: { kind: 'ready' as const } }));
  const verdict = { word: 'failed' as const, rule: 'boot-failures', because: pooled, wouldDecide: '' };
  assert.equal(title({ ...failed, boots, verdict }), `Failed: ${pooled}`);
  assert.equal(failedFor('accelerator-lost', lost), `Failed: ${lost}`, 'failed boots are not what it failed for');
});

test('boots that failed in the same way are told in one line, though clocks and addresses of their kernels differ', () => {
  const [, scenario] = exampleReports.two.scenarios as [ScenarioReport, ScenarioReport];
  const panicked = (number: number, clock: string): BootRow => {
    const line = `[    ${clock}][    T1] Kernel panic - not syncing: stack is corrupted in: 0xffff8000810${number}a`;
    const outcome = { kind: 'panicked', line } as const;
    return {
      ...{ number, side: 'head', round: 1, warmup: false, values: {} },
      outcome,
      outcomeText: `panicked: ${line}`,
    };
  };
  const boots = [panicked(1, '2.500000'), panicked(3, '2.600001'), panicked(5, '3.000000')];
  const [shown] = reportView({ ...exampleReports.two, scenarios: [{ ...scenario, boots }] }).scenarios;
  assert.deepEqual(
    shown?.failures.map(({ text }) => text.slice(0, 40)),
    ['boots 1, 3, 5 (head): panicked: [ 2.5000'],
  );
  const other: BootRow = { ...panicked(7, '9.000000'), side: 'base' };
  assert.equal(
    reportView({ ...exampleReports.two, scenarios: [{ ...scenario, boots: [...boots, other] }] }).scenarios[0]?.failures
      .length,
    2,
  );
});

test('an interrupted soak is gone on with by the same words, but for the one that would begin anew', () => {
  const [scenario] = exampleReports.slower.scenarios as [ScenarioReport];
  const verdict = { ...scenario.verdict, rule: 'soak' as const };
  const command = ['soak', '--for', '2 h', '--restart'];
  const report = { ...exampleReports.slower, finished: false, command };
  assert.equal(nextStep(report, { ...scenario, verdict }).command, "bootgauge soak --for '2 h'");
});
